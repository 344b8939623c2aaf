"""`milepost mappings check`: what a mapping folder still lacks."""

from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from mappings.checking.findings import Finding, findings
from worker.cli.mappings.new import here
from worker.cli.mappings.opened import chosen
from worker.cli.output import ExitCode, JsonOption, emit, show, stdout

_SHOWN: Final = 40


def check(
    carrier: Annotated[str | None, typer.Argument(help="A folder of mappings/carriers; default: all.")] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Say what a mapping folder still lacks: file, line, problem and next step of each. Exit code 1 if anything.

    Looks at the schema, stand-ins of the skeleton, rows that nothing shows,
    fixtures and their expectations, pins, documented codes and the README.

    [bold]Examples[/]

      milepost mappings check nordbahn
      milepost mappings check --json
    """
    found = {folder: findings(folder) for folder in chosen(carrier)}
    if as_json:
        emit([_document(folder.name, one) for folder, said in found.items() for one in said])
    for folder, said in () if as_json else found.items():
        for one in said[:_SHOWN]:
            _say(one)
        if len(said) > _SHOWN:
            show(f"{folder.name}: and {len(said) - _SHOWN} more")
        show(f"{folder.name}: {len(said)} to do" if said else f"{folder.name}: [green]good[/]")
    if any(found.values()):
        raise typer.Exit(ExitCode.PROBLEMS)


def _say(one: Finding) -> None:
    at = f"{here(one.file)}:{one.line}" if one.line else str(here(one.file))
    stdout().print(f"[bold]{escape(at)}[/] {escape(one.problem)}\n    [dim]{escape(one.next_step)}[/]", soft_wrap=True)


def _document(carrier: str, one: Finding) -> dict[str, Any]:
    return {"carrier": carrier} | one._asdict() | {"file": str(one.file)}
