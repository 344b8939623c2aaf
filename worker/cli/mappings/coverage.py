"""`milepost mappings coverage`: documented codes that are mapped, excused or missing, and rows that are guessed."""

from collections.abc import Iterator
from typing import Annotated

import typer

from mappings.checking.coverage import CarrierCoverage, coverage_of
from worker.cli.mappings.opened import chosen, dialect_of
from worker.cli.output import ExitCode, JsonOption, emit, show, table

_COLUMNS = ("carrier", "documented", "mapped", "excused", "missing", "%", "rows", "shown", "believed", "guessed")


def coverage(
    carrier: Annotated[str | None, typer.Argument(help="A folder of mappings/carriers; default: all.")] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Count documented codes by what became of them, and rows by how they are known. Exit code 1 unless all are judged.

    [bold]Mapped[/]: a row or a rule knows the code. [bold]Excused[/]: left
    UNMAPPED for a written reason. [bold]Missing[/]: nobody has judged it.

    [bold]Shown[/]: a fixture uses the row. [bold]Believed[/]: none does, and
    the mapping says why it holds. [bold]Guessed[/]: neither.

    [bold]Examples[/]

      milepost mappings coverage
      milepost mappings coverage fedex --json
    """
    found = [coverage_of(dialect_of(folder), folder) for folder in chosen(carrier)]
    if as_json:
        emit([_document(one) for one in found])
    else:
        show(table("Documented codes", _COLUMNS, [_row(one) for one in found]))
        show(*_open(found))
        show(_total(found))
    if not all(one.is_whole for one in found):
        raise typer.Exit(ExitCode.PROBLEMS)


def _open(found: list[CarrierCoverage]) -> Iterator[str]:
    """Name what nobody has judged yet."""
    for one in found:
        if one.tables is None:
            yield f"{one.carrier}: no documented.toml, so nothing is counted"
        for part in one.tables or ():
            if part.missing:
                yield f"{one.carrier}, {part.name}: missing {', '.join(part.missing)}"
        if one.guessed:
            yield f"{one.carrier}: guessed {', '.join(one.guessed)}"


def _row(one: CarrierCoverage) -> tuple[object, ...]:
    codes = (one.mapped + one.excused + one.missing, one.mapped, one.excused, one.missing)
    percent = None if one.percent is None else f"{one.percent:g}"
    return (one.carrier, *codes, percent, one.rows, one.shown, one.believed, len(one.guessed))


def _total(found: list[CarrierCoverage]) -> str:
    mapped, excused, missing = (sum(getattr(one, name) for one in found) for name in ("mapped", "excused", "missing"))
    total = mapped + excused + missing
    share = (1_000 * (mapped + excused) // total) / 10 if total else 0
    guessed = sum(len(one.guessed) for one in found)
    return f"{len(found)} carriers, {total} documented codes: {share:g} % mapped or excused, {guessed} guessed"


def _document(one: CarrierCoverage) -> dict[str, object]:
    return {
        "carrier": one.carrier,
        "documented": one.mapped + one.excused + one.missing,
        "mapped": one.mapped,
        "excused": one.excused,
        "missing": one.missing,
        "percent": one.percent,
        "rows": one.rows,
        "shown": one.shown,
        "believed": one.believed,
        "guessed": list(one.guessed),
        "tables": None if one.tables is None else [part._asdict() for part in one.tables],
    }
