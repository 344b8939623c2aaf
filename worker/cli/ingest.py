"""`milepost ingest`: raw carrier files, by the way that webhooks take."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from worker.backlog import take_files
from worker.cli.opening import begin, opened
from worker.cli.output import CommandFailedError, ExitCode, JsonOption, emit, show, table

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


def contents(files: list[Path]) -> dict[str, bytes]:
    """Return the bytes of each file by its name.

    Raises:
        CommandFailedError: A file cannot be read.
    """
    read: dict[str, bytes] = {}
    for file in files:
        try:
            read[str(file)] = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        except OSError as error:
            raise CommandFailedError(f"{file}: {error.strerror or 'cannot be read'}", code=ExitCode.USAGE) from error
    return read
