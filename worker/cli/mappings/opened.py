"""One carrier's folder, opened for the commands that look at it; the others' faults do not matter."""

from pathlib import Path

from mappings.dialect import Dialect
from mappings.loading import folders, load
from worker.cli.mappings.new import root_of
from worker.cli.output import CommandFailedError, ExitCode
from worker.settings import Settings


def chosen(carrier: str | None) -> list[Path]:
    """Return the folder of a carrier, or all that hold a mapping.

    Raises:
        CommandFailedError: There is no such folder.
    """
    root = root_of(Settings.load())
    names = [folder.name for folder in folders(root)]
    if carrier is None:
        return folders(root)
    if carrier not in names:
        hint = f"one of: {', '.join(names)}; or `milepost mappings new {carrier}`"
        raise CommandFailedError(f"no mapping {carrier!r} in {root}", hint=hint, code=ExitCode.USAGE)
    return [root / carrier]


def dialect_of(folder: Path) -> Dialect:
    """Return a folder's dialect, or raise `MappingInvalidError`."""
    return Dialect(*load(folder))
