"""One carrier's folder, opened for the commands that look at it; the others' faults do not matter."""

from collections.abc import Iterable
from difflib import get_close_matches
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
        near = like(carrier, names)
        hint = f"did you mean {near}?" if near else f"one of: {', '.join(names)}; or begin with `milepost mappings new`"
        raise CommandFailedError(f"no mapping {carrier!r} in {root}", hint=hint, code=ExitCode.USAGE)
    return [root / carrier]


def like(word: str, known: Iterable[str]) -> str:
    """Return the known words that look like this one, whatever their case, or an empty text."""
    by_lower = {one.casefold(): one for one in known}
    return ", ".join(by_lower[one] for one in get_close_matches(word.casefold(), by_lower))


def dialect_of(folder: Path) -> Dialect:
    """Return a folder's dialect, or raise `MappingInvalidError`."""
    return Dialect(*load(folder))
