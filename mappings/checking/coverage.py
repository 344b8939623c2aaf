"""How much of what a partner documents its mapping knows, and how each row is known."""

from pathlib import Path
from typing import NamedTuple

from mappings.coverage import covered
from mappings.dialect import Dialect
from mappings.documented import Documented, documented, judged


class TableCoverage(NamedTuple):
    """What became of one code list of the partner."""

    name: str
    source: str
    mapped: int
    excused: int
    missing: tuple[str, ...]


class CarrierCoverage(NamedTuple):
    """A partner's code lists, and its rows by how they are known: shown by a fixture, believed for a reason, guessed.

    `tables` is None where the folder lists no documented codes.
    """

    carrier: str
    tables: tuple[TableCoverage, ...] | None
    rows: int
    shown: int
    believed: int
    guessed: tuple[str, ...]

    @property
    def mapped(self) -> int:
        """Documented codes that a row or a rule knows."""
        return sum(one.mapped for one in self.tables or ())

    @property
    def excused(self) -> int:
        """Documented codes that are left UNMAPPED for a written reason."""
        return sum(one.excused for one in self.tables or ())

    @property
    def missing(self) -> int:
        """Documented codes that nobody has judged."""
        return sum(len(one.missing) for one in self.tables or ())

    @property
    def percent(self) -> float | None:
        """Share of the documented codes that are mapped or excused, rounded down; None without a list."""
        total = self.mapped + self.excused + self.missing
        return (1_000 * (self.mapped + self.excused) // total) / 10 if total else None

    @property
    def is_whole(self) -> bool:
        """Tell whether every documented code is judged and no row is guessed."""
        return self.tables is not None and not self.missing and not self.guessed


def coverage_of(dialect: Dialect, folder: Path) -> CarrierCoverage:
    """Return the coverage of one folder.

    Raises:
        MappingInvalidError: The list of documented codes breaks its form.
    """
    mapping = dialect.mapping
    seen = covered(dialect, folder)
    believed = {code for group in mapping.unverified for code in group.codes}
    shown = [code for code in mapping.codes if code in seen.codes]
    guessed = tuple(code for code in mapping.codes if code not in seen.codes and code not in believed)
    lists = documented(folder)
    tables = None if lists is None else _tables(dialect, lists)
    count = len(mapping.codes)
    return CarrierCoverage(mapping.carrier, tables, count, len(shown), count - len(shown) - len(guessed), guessed)


def _tables(dialect: Dialect, lists: Documented) -> tuple[TableCoverage, ...]:
    return tuple(
        TableCoverage(one.table.name, one.table.source, len(one.mapped), len(one.excused), one.missing)
        for one in judged(dialect, lists)
    )
