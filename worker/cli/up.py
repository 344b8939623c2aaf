"""`milepost up`: everything in one process."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from worker.cli.output import CommandFailedError, ExitCode, JsonOption, emit, stderr
from worker.logs import configure_logging
from worker.settings import Settings
from worker.up import Hub, serve_up

app = typer.Typer(rich_markup_mode="rich", add_completion=False)


@app.command()
def up(
    state_dir: Annotated[
        Path | None, typer.Option("--state-dir", help="Where everything is kept.", show_default=".milepost")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port of the gateway; 0 takes a free one.", show_default="8080")
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Run the whole hub: embedded Temporal server, ledger, worker and gateway. Ctrl-C stops it.

    Everything is kept in one directory: the next start goes on where this one ended, also after a crash.

    [bold]Examples[/]

      milepost up
      milepost up --state-dir /tmp/try --port 0 --json

    [bold]Next[/], in another terminal

      milepost accounts add fedex-main --dialect fedex     a carrier may call now
      milepost erp add shop https://shop.example.com/hook  an order system is told
      milepost keys create --label support                 the API may be used
    """
    settings = _settled(Settings.load(), state_dir, port)
    configure_logging(level=settings.log.level, style=settings.log.format)
    console = stderr()

    def ready(hub: Hub) -> None:
        if as_json:
            emit({"gateway": hub.url, "temporal": hub.temporal, "metrics": hub.metrics, "state_dir": hub.state.path})
            return
        console.print("[bold green]Milepost is up.[/] Ctrl-C stops it.")
        for name, place in (
            ("gateway", hub.url),
            ("API document", f"{hub.url}/openapi.json"),
            ("Temporal", hub.temporal),
            ("state", str(hub.state.path)),
        ):
            console.print(f"  {name:<14} {place}")
        console.print("  [dim]Carriers send to /webhooks/carriers/<account>; `milepost accounts add` makes one.[/]")

    def say(line: str) -> None:
        if not as_json:
            console.print(f"[dim]{line} ...[/]")

    if not asyncio.run(serve_up(settings, say=say, ready=ready)):
        raise CommandFailedError(
            "a part of the hub ended by itself, so all of it was stopped; the log above names the part",
            hint=f"see {settings.state_dir / 'temporal.log'}, then start again: nothing is lost, it goes on from here",
            code=ExitCode.UNREACHABLE,
        )


def _settled(settings: Settings, state_dir: Path | None, port: int | None) -> Settings:
    if state_dir is not None:
        settings = settings.model_copy(update={"state_dir": state_dir})
    if port is not None:
        settings = settings.model_copy(update={"gateway": settings.gateway.model_copy(update={"port": port})})
    return settings
