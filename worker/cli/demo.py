"""`milepost demo`: the whole hub at work."""

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from worker.cli.output import CommandFailedError, ExitCode, JsonOption, emit
from worker.demo.play import DemoFailedError
from worker.demo.run import run_demo
from worker.demo.screen import Screen, as_document
from worker.logs import configure_logging
from worker.settings import Settings

app = typer.Typer(rich_markup_mode="rich", add_completion=False)


@app.command()
def demo(
    keep: Annotated[
        Path | None, typer.Option("--keep", help="Keep everything in this directory, to look around afterwards.")
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show the whole hub at work: ten made-up parcels, five carriers' dialects, one small order system.

    Starts a Temporal server, ledger, worker, gateway and an order system on
    free ports of this machine; sends signed webhooks over HTTP; checks at
    the end that everyone agrees. Leaves no process and, without --keep, no
    file behind.

    [bold]Examples[/]

      milepost demo
      milepost demo --keep /tmp/demo
      MILEPOST_STATE_DIR=/tmp/demo milepost shipments timeline S-1001 --tenant demo
    """
    settings = Settings.load()
    if keep is not None and (keep / "ledger.db").exists():
        raise CommandFailedError(
            f"{keep} holds a hub already", hint="name a directory that is not there yet", code=ExitCode.USAGE
        )
    configure_logging(level="ERROR", style=settings.log.format)
    screen = Screen(is_silent=as_json)
    try:
        if keep is not None:
            outcome = asyncio.run(run_demo(settings, keep, screen))
        else:
            with tempfile.TemporaryDirectory(prefix="milepost-demo-") as place:
                outcome = asyncio.run(run_demo(settings, Path(place), screen))
    except DemoFailedError as error:
        raise CommandFailedError(str(error), hint="--keep DIR keeps ledger and server log") from error
    if outcome is None:
        raise typer.Exit(ExitCode.PROBLEMS)
    if as_json:
        emit(as_document(outcome))
    else:
        screen.finish(outcome, keep)
    if outcome.all_faults:
        raise typer.Exit(ExitCode.PROBLEMS)
