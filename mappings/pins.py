"""Every row of a mapping in words, a line each, as `table.expected.txt` beside it pins them.

Fixtures show what rows do, but most rows of a big code table are never seen in an answer that somebody recorded. The
pin is the second entry of such a row: whoever changes a meaning says so twice, and reads it as one line in the review.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from mappings.schema import Mapping, Row, Rule

FILE: Final = "table.expected.txt"

_TABLES: Final = ("reasons", "error_codes", "zones", "countries", "parties")


def pins_of(folder: Path) -> Path:
    """Return the file that pins the rows of a folder."""
    return folder / FILE


def pinned(mapping: Mapping) -> str:
    """Return the rows of a mapping as they are written to disk."""
    return "".join(f"{line}\n" for line in _lines(mapping))


def _lines(mapping: Mapping) -> Iterator[str]:
    for code, row in mapping.codes.items():
        yield f"code {code}: {row_said(row)}"
    for number, rule in enumerate(mapping.rules):
        yield f"rule {number}: {rule_said(rule)}"
    for name in _TABLES:
        for key, value in getattr(mapping, name).items():
            yield f"{name} {key}: {value}"
    for code in mapping.excused:
        yield f"excused {code}"
    for name in ("delivery", "skip"):
        for number, table in enumerate(getattr(mapping, name)):
            yield f"{name} {number}: {_words(table.model_dump(mode='json', exclude_defaults=True))}"


def row_said(row: Row) -> str:
    """Return a row in one line."""
    if isinstance(row, str):
        return row
    more = row.model_dump(mode="json", exclude_defaults=True, exclude={"milestone", "also"})
    said = " ".join([row.milestone, _words(more)]).strip()
    return " & ".join([said, *(row_said(one) for one in row.also)])


def rule_said(rule: Rule) -> str:
    """Return a rule in one line: its codes, its tests, its row."""
    tests = " and ".join(_words(one.model_dump(mode="json", exclude_defaults=True)) for one in rule.when)
    return f"{', '.join(rule.codes) or 'no code'} when {tests}: {row_said(rule.row)}"


def _words(value: Any) -> str:
    """Return plain data in one line, without quotes and braces where nothing needs them."""
    if isinstance(value, dict):
        return " ".join(f"{key}={_inner(inner)}" for key, inner in value.items())
    return _inner(value)


def _inner(value: Any) -> str:
    if isinstance(value, dict):
        return f"({_words(value)})"
    if isinstance(value, list):
        return "|".join(_inner(one) for one in value)
    return str(value)
