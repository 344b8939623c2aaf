"""Expectations and pins as the mapping gives them now; a person reads them before they become its judge."""

from pathlib import Path

from mappings.dialect import Dialect
from mappings.expectations import expectation_of, fixtures, outcome, text
from mappings.pins import FILE, pinned, pins_of


def renew(dialect: Dialect, folder: Path, *, write: bool = False) -> list[str]:
    """Draft missing expectations and pins, and with `write` renew those that differ; return one line for each."""
    said = []
    for fixture in fixtures(folder):
        path, now = expectation_of(fixture), text(outcome(dialect, fixture.read_bytes()))
        if not path.exists():
            path.write_text(now)
            said.append(f"drafted: {folder.name}/fixtures/{path.name} (read it before you commit it)")
        elif path.read_text() != now:
            if write:
                path.write_text(now)
            said.append(f"{'renewed' if write else 'differs'}: {folder.name}/fixtures/{path.name}")
    return said + _renew_pins(dialect, folder, write=write)


def _renew_pins(dialect: Dialect, folder: Path, *, write: bool) -> list[str]:
    """Draft the pinned table, or with `write` renew it."""
    path, now = pins_of(folder), pinned(dialect.mapping)
    if path.exists() and path.read_text("utf-8") == now:
        return []
    if path.exists() and not write:
        return [f"differs: {folder.name}/{FILE}"]
    path.write_text(now, "utf-8")
    return [f"{'renewed' if write else 'drafted'}: {folder.name}/{FILE} (read it before you commit it)"]
