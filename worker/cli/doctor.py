"""`milepost doctor`: what is wrong, and how to put it right."""

import asyncio
from typing import Annotated, Final

import typer
from rich.text import Text

from worker.checks import Verdict, examine
from worker.cli.opening import begin
from worker.cli.output import ExitCode, JsonOption, emit, show, table

app = typer.Typer(rich_markup_mode="rich", add_completion=False)

_STYLES: Final = {
    Verdict.OK: "green",
    Verdict.FIXED: "cyan",
    Verdict.WARNING: "yellow",
    Verdict.FAILED: "bold red",
    Verdict.UNREACHABLE: "bold red",
}


@app.command()
def doctor(
    *,
    fix: Annotated[bool, typer.Option("--fix", help="Migrate the ledger and register search attributes.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Check configuration, keys, disk, ledger, Temporal, search attributes and mappings; say how to fix what is wrong.

    Exit code 0 when everything is fine (warnings included), 1 when
    something is wrong, 3 when something cannot be reached.

    [bold]Examples[/]

      milepost doctor
      milepost doctor --fix --json
    """
    findings = asyncio.run(examine(begin(), repair=fix))
    if as_json:
        emit(findings)
    else:
        rows = [(Text(f.verdict, style=_STYLES[f.verdict]), f.name, f.detail, f.fix) for f in findings]
        show(table("Doctor", ["", "check", "found", "to do"], rows))
    verdicts = {finding.verdict for finding in findings}
    if Verdict.UNREACHABLE in verdicts:
        raise typer.Exit(ExitCode.UNREACHABLE)
    if Verdict.FAILED in verdicts:
        raise typer.Exit(ExitCode.PROBLEMS)
