"""Which rows of a mapping its fixtures show; the rest must be declared unverified, and nothing else may be."""

from pathlib import Path
from typing import NamedTuple

from domain.errors import PayloadError
from mappings.dialect import Dialect
from mappings.expectations import fixtures


class Coverage(NamedTuple):
    """Rows, reasons and rules that fixtures show."""

    codes: frozenset[str]
    reasons: frozenset[str]
    rules: frozenset[int]


def covered(dialect: Dialect, folder: Path) -> Coverage:
    """Return what the fixtures of a folder show of its mapping."""
    codes: set[str] = set()
    reasons: set[str] = set()
    rules: set[int] = set()
    for fixture in fixtures(folder):
        try:
            explained = [one for one in dialect.explain(fixture.read_bytes()) if one is not None]
        except PayloadError:
            continue
        codes |= {one.key for one in explained if one.key is not None}
        rules |= {one.rule for one in explained if one.rule is not None}
        reasons |= {one.reason for one in explained if one.reason is not None}
    return Coverage(frozenset(codes), frozenset(reasons), frozenset(rules))


def gaps(dialect: Dialect, folder: Path) -> list[str]:
    """Return every row that is neither shown nor declared, and every declaration that a fixture has overtaken."""
    mapping = dialect.mapping
    seen = covered(dialect, folder)
    declared = {code for group in mapping.unverified for code in group.codes}
    declared_reasons = {code for group in mapping.unverified for code in group.reasons}
    said = [f"codes.{code}: no fixture shows it; add one or declare it unverified" for code in mapping.codes
            if code not in seen.codes and code not in declared]  # fmt: skip
    said += [f"codes.{code}: declared unverified, but a fixture shows it" for code in sorted(declared & seen.codes)]
    said += [f"reasons.{code}: no fixture shows it; add one or declare it unverified" for code in mapping.reasons
             if code not in seen.reasons and code not in declared_reasons]  # fmt: skip
    said += [
        f"reasons.{code}: declared unverified, but a fixture shows it"
        for code in sorted(declared_reasons & seen.reasons)
    ]
    for number, rule in enumerate(mapping.rules):
        if (number in seen.rules) == (rule.unverified is not None):
            state = "shown by a fixture, yet declared unverified" if rule.unverified else "no fixture shows it"
            said.append(f"rules.{number}: {state}")
    return said
