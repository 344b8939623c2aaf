"""`milepost ingest`: raw carrier files, by the way that webhooks take."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from worker.backlog import take_files
from worker.cli.files import contents
from worker.cli.opening import begin, opened
from worker.cli.output import JsonOption, emit, show, table

app = typer.Typer(rich_markup_mode="rich", add_completion=False)


@app.command()
def ingest(
    files: Annotated[list[Path], typer.Argument(help="Files as the carrier sent them; `-` reads standard input.")],
    account: Annotated[str, typer.Option(help="The carrier account they belong to (`milepost accounts list`).")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Take raw carrier files in: stored, read, routed and handed to their shipments. Safe to repeat.

    [bold]Examples[/]

      milepost ingest export-2026-03-02.xml --account dhl-main
      milepost ingest dumps/*.json --account fedex-main --json
    """
    settings = begin()
    with opened(settings) as ledger:
        taken = asyncio.run(take_files(settings, ledger, ledger.accounts.get(account), contents(files)))
    if as_json:
        emit(taken)
        return
    rows = [(t.name, "new" if t.is_new else "known", t.new_facts, t.known_facts, t.parked) for t in taken]
    show(table("Taken in", ["file", "bytes", "new facts", "known facts", "parked"], rows))
    show("[dim]`milepost unmapped` lists what could not be used[/]")
