"""`milepost edi`: interchanges that come as files."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from mappings.engine import Mappings
from mappings.trees import EDI
from worker.cli.opening import TenantOption, begin, opened, tenant_of
from worker.cli.output import CommandFailedError, ExitCode, JsonOption, emit, show, table
from worker.edi.running import Pace, watch_folder
from worker.edi.taking import Source
from worker.logs import configure_logging
from worker.wiring import load_mappings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    help="""Interchanges (X12 214, EDIFACT IFTSTA) through a watched folder.

    [bold]Example[/]

      milepost edi watch /srv/edi/canadapost --carrier canadapost_x12_214
    """,
)


@app.callback()
def _group() -> None:
    """Keep `watch` a command of its own while it is the only one."""


@app.command()
def watch(
    folder: Annotated[Path, typer.Argument(help="The folder; in/, work/, out/, done/ and rejected/ are made in it.")],
    carrier: Annotated[str, typer.Option(help="The dialect of the files: a folder of mappings/carriers.")],
    *,
    tenant: TenantOption = None,
    settle: Annotated[float, typer.Option(min=0, help="Seconds for which a file must not change.")] = 2.0,
    once: Annotated[bool, typer.Option("--once", help="Take what is there and stop.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Take interchanges from in/, answer them in out/, put them into done/ or rejected/ with a report.

    Several watchers may share a folder: one works, the others stand by.
    With --once, exit code 1 says that a file was rejected.

    [bold]Examples[/]

      milepost edi watch /srv/edi/canadapost --carrier canadapost_x12_214
      milepost edi watch drop --carrier ups_iftsta --tenant shop --once --json
    """
    settings = begin()
    if not once:
        configure_logging(level=settings.log.level, style=settings.log.format)
    mappings = load_mappings(settings)
    source = Source(tenant_of(settings, tenant), _checked(mappings, carrier))
    with opened(settings) as ledger:
        watching = watch_folder(
            settings, ledger, mappings, source=source, root=folder, pace=Pace(settle=settle, once=once)
        )
        reports = asyncio.run(watching)
    if not once:
        return
    if as_json:
        emit(reports)
    else:
        show(
            table("Interchanges", ["file", "now in", "answer", "facts", "new", "problems"], [_row(r) for r in reports])
        )
    if any(report["moved_to"].startswith("rejected/") for report in reports):
        raise typer.Exit(ExitCode.PROBLEMS)


def _checked(mappings: Mappings, carrier: str) -> str:
    known = [name for name in mappings.carriers if mappings.dialect(name).formats & EDI]
    if carrier not in known:
        hint = f"one of: {', '.join(known)}"
        raise CommandFailedError(f"no dialect of interchanges {carrier!r}", hint=hint, code=ExitCode.USAGE)
    return carrier


def _row(report: dict[str, Any]) -> tuple[object, ...]:
    wrong = len(report["problems"]) + len(report["rejected"])
    answer = report["answer"] or "none"
    return report["file"], report["moved_to"], answer, report["facts"], report.get("new_facts", 0), wrong
