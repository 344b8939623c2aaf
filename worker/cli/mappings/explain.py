"""`milepost mappings explain`: which row decides, and why it is believed."""

from pathlib import Path
from typing import Annotated

import typer

from domain.errors import PayloadError
from mappings.checking.explaining import Explanation, explain_code, explain_payload
from worker.cli.files import contents
from worker.cli.mappings.opened import chosen, dialect_of
from worker.cli.output import CommandFailedError, JsonOption, emit, show, stdout, table


def explain(
    carrier: Annotated[str, typer.Argument(help="A folder of mappings/carriers.")],
    what: Annotated[str, typer.Argument(metavar="CODE|PAYLOAD", help="A code, its parts joined by /, or a file.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Say which row of a mapping a code uses, or each event of a payload, and what that row is believed by.

    [bold]Examples[/]

      milepost mappings explain fedex DL
      milepost mappings explain fedex DE/08
      milepost mappings explain fedex scan.json
    """
    [folder] = chosen(carrier)
    dialect = dialect_of(folder)
    if what == "-" or Path(what).is_file():
        try:
            events = explain_payload(dialect, folder, next(iter(contents([Path(what)]).values())))
        except PayloadError as error:
            raise CommandFailedError(f"{what}: {error}", hint="`milepost normalise` says more") from error
        if as_json:
            emit([one._asdict() for one in events])
            return
        columns = ["#", "code", "becomes", "decided by", "reason code"]
        rows = [(one.number, one.sent, " & ".join(one.milestones), one.decided_by, one.reason) for one in events]
        show(table(f"{what} ({carrier})", columns, rows))
        return
    said = explain_code(dialect, folder, what)
    if as_json:
        emit(said._asdict())
    else:
        stdout().print("\n".join(_lines(said)), markup=False, soft_wrap=True)


def _lines(said: Explanation) -> list[str]:
    rules = [f"first, if it holds: {rule}" for rule in said.rules]
    if said.key is None:
        return [f"{said.code}: {said.because}", *rules]
    row = f"{said.code}: {said.meaning}" if said.key == said.code else f"{said.code}: {said.meaning} (row {said.key})"
    return [f"{row}, {said.where}", *rules, said.because]
