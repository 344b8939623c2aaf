"""How many codes each carrier documents, and what became of them."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from mappings.dialect import Dialect
from mappings.documented import documented, judged
from mappings.loading import ROOT, folders, load


class CodeCounts(NamedTuple):
    """Codes on a carrier's lists: `mapped`, `excused` with a reason, and `missing`."""

    documented: int
    mapped: int
    excused: int
    missing: int


@lru_cache(maxsize=4)
def counted(root: Path = ROOT) -> dict[str, CodeCounts | None]:
    """Return the counts of every dialect by its name; None where no code list of the carrier is public.

    The tables do not change while a process runs, so they are read once.

    Raises:
        MappingInvalidError: a folder does not load.
    """
    return {folder.name: _counts(folder) for folder in folders(root)}


def _counts(folder: Path) -> CodeCounts | None:
    lists = documented(folder)
    if lists is None:
        return None
    tables = judged(Dialect(*load(folder)), lists)
    mapped, excused, missing = (
        sum(len(codes) for codes in column)
        for column in zip(*((one.mapped, one.excused, one.missing) for one in tables), strict=True)
    )
    return CodeCounts(mapped + excused + missing, mapped, excused, missing)
