"""`milepost ingest`: raw carrier files, by the way that webhooks take."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from worker.backlog import Taken, take_files
from worker.cli.files import contents
from worker.cli.opening import begin, opened
from worker.cli.output import JsonOption, emit, show, table
from worker.edi import durable
from worker.edi.folder import plain

app = typer.Typer(rich_markup_mode="rich", add_completion=False)


@app.command()
def ingest(
    files: Annotated[list[Path], typer.Argument(help="Files as the carrier sent them; `-` reads standard input.")],
    account: Annotated[str, typer.Option(help="The carrier account they belong to (`milepost accounts list`).")],
    *,
    answers: Annotated[
        Path | None, typer.Option(help="A directory for the acknowledgements (997, CONTRL) of interchanges.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Take raw carrier files in: stored, read, routed and handed to their shipments. Safe to repeat.

    [bold]Examples[/]

      milepost ingest export-2026-03-02.xml --account dhl-main
      milepost ingest dumps/*.json --account fedex-main --json
      milepost ingest day.edi --account cpc-edi --answers answers/
    """
    settings = begin()
    with opened(settings) as ledger:
        taken = asyncio.run(take_files(settings, ledger, ledger.accounts.get(account), contents(files)))
    if answers is not None:
        _write(answers, taken)
    if as_json:
        emit(taken)
        return
    rows = [(t.name, "new" if t.is_new else "known", t.new_facts, t.known_facts, t.parked, _answer(t)) for t in taken]
    show(table("Taken in", ["file", "bytes", "new facts", "known facts", "parked", "answer"], rows))
    show("[dim]`milepost unmapped` lists what could not be used[/]")


def _answer(taken: Taken) -> str | None:
    found = taken.acknowledgement
    return None if found is None else f"{found.kind} {found.verdict}"


def _write(answers: Path, taken: list[Taken]) -> None:
    answers.mkdir(parents=True, exist_ok=True)
    for one in taken:
        if one.acknowledgement is not None:
            # Begins with the content: two files of one name have two answers, the same file again has the same.
            name = f"{one.message_id[2:14]}-{plain(Path(one.name).name)}"
            path = answers / f"{name}.{one.acknowledgement.kind.lower()}"
            durable.write(path, one.acknowledgement.body.encode(), draft=answers / f".{name}.draft")
