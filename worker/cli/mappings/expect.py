"""`milepost mappings expect`: what fixtures become now, written down to be read."""

from typing import Annotated

import typer

from mappings.expecting import renew
from worker.cli.mappings.opened import chosen, dialect_of
from worker.cli.output import show


def expect(
    carrier: Annotated[str, typer.Argument(help="A folder of mappings/carriers.")],
    *,
    write: Annotated[bool, typer.Option("--write", help="Overwrite what differs; read the diff afterwards.")] = False,
) -> None:
    """Write what each fixture becomes now, and every row of the table, as files that later changes are judged by.

    Read every line before you commit it. Only missing files are written;
    what differs is named and kept, unless `--write` says to renew it.

    [bold]Examples[/]

      milepost mappings expect nordbahn
      milepost mappings expect nordbahn --write
    """
    [folder] = chosen(carrier)
    show(*(renew(dialect_of(folder), folder, write=write) or [f"{carrier}: nothing to write"]))
