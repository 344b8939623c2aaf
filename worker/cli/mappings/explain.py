"""`milepost mappings explain`: which row decides, and why it is believed."""

from pathlib import Path
from typing import Annotated, Final

import typer

from domain.errors import PayloadError
from mappings.checking.explaining import Explanation, explain_code, explain_payload
from mappings.dialect import Dialect
from worker.cli.files import contents
from worker.cli.mappings.new import here
from worker.cli.mappings.opened import chosen, dialect_of, like
from worker.cli.output import CommandFailedError, JsonOption, emit, show, stdout, table

_PAYLOADS: Final = (".json", ".xml", ".edi", ".txt")


def explain(
    carrier: Annotated[str, typer.Argument(help="A folder of mappings/carriers.")],
    what: Annotated[str, typer.Argument(metavar="CODE|PAYLOAD", help="A code, its parts joined by /, or a file.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Say which row of a mapping a code uses, or each event of a payload, and what that row is believed by.

    Exit code 1 when nobody has judged the code, or when the payload gives no events.

    [bold]Examples[/]

      milepost mappings explain fedex DL
      milepost mappings explain fedex DE/08
      milepost mappings explain fedex scan.json
    """
    [folder] = chosen(carrier)
    dialect = dialect_of(folder)
    if what == "-" or Path(what).exists() or Path(what).suffix in _PAYLOADS:
        _explain_payload(dialect, folder, what, as_json=as_json)
        return
    said = explain_code(dialect, folder, what)
    if as_json:
        emit(said._asdict())
    else:
        stdout().print("\n".join(_lines(said)), markup=False, soft_wrap=True)
    if not said.is_judged:
        near = like(what, dialect.mapping.codes)
        hint = f"rows that look like it: {near}" if near else f"judge it in {here(folder / 'mapping.toml')}"
        raise CommandFailedError(f"{carrier} has no row for {what!r}", hint=hint)


def _explain_payload(dialect: Dialect, folder: Path, what: str, *, as_json: bool) -> None:
    try:
        events = explain_payload(dialect, folder, next(iter(contents([Path(what)]).values())))
    except PayloadError as error:
        hint = f"{folder.name} is read as {dialect.mapping.format}; give the body as the carrier sent it"
        raise CommandFailedError(f"{what}: {error}", hint=hint) from error
    if as_json:
        emit([one._asdict() for one in events])
    elif events:
        columns = ["#", "code", "becomes", "decided by", "reason code"]
        rows = [(one.number, one.sent, " & ".join(one.milestones), one.decided_by, one.reason) for one in events]
        show(table(f"{what} ({folder.name})", columns, rows))
    if not events:
        hint = (
            f"`milepost normalise {what} --carrier {folder.name}` shows what else it says; [[shapes]] names the paths"
        )
        raise CommandFailedError(f"{what}: no events where the mapping looks for them", hint=hint)


def _lines(said: Explanation) -> list[str]:
    rules = [f"first, if it holds: {rule}" for rule in said.rules]
    if said.key is None:
        return [f"{said.code}: {said.because}", *rules]
    row = f"{said.code}: {said.meaning}" if said.key == said.code else f"{said.code}: {said.meaning} (row {said.key})"
    return [f"{row}, {said.where}", *rules, said.because]
