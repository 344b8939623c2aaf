"""`milepost sweep`: what a crash or an outage left behind, now instead of in a few seconds."""

import asyncio
from datetime import timedelta
from typing import Annotated

import typer

from worker.backlog import sweep as sweep_now
from worker.cli.opening import begin, opened
from worker.cli.output import JsonOption, emit, show

app = typer.Typer(rich_markup_mode="rich", add_completion=False)


@app.command()
def sweep(
    older_than: Annotated[float, typer.Option(help="Seconds; younger work is probably under way somewhere.")] = 5.0,
    *,
    as_json: JsonOption = False,
) -> None:
    """Read kept messages, hand over routed facts and start registered shipments that were left behind.

    Gateways do this by themselves every few seconds; the command is for the impatient and for scripts.

    [bold]Example[/]

      milepost sweep --older-than 0
    """
    settings = begin()
    with opened(settings) as ledger:
        done = asyncio.run(sweep_now(settings, ledger, older_than=timedelta(seconds=older_than)))
    if as_json:
        emit(done)
    else:
        show(f"read {done.read} messages, handed over {done.handed_over} facts, started {done.started} shipments")
