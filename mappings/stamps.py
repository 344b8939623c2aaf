"""Date and time texts into naive or aware values, without any guess about zones; patterns compile once.

A pattern is `iso`, `epoch_s`, `epoch_ms`, `wcf` (`/Date(1772446080000+0300)/`, as Microsoft's services write JSON),
`edifact` (a value and its 2379 format), or strptime directives. Numeric directives are read by one regular expression,
about five times faster than `strptime`; others (`%b`, `%p`) fall back.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final, NamedTuple

from domain.axes import Precision
from domain.errors import MappingInvalidError
from mappings.edi.periods import period

FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2100
_WIDEST_OFFSET: Final = timedelta(hours=14)


class Stamp(NamedTuple):
    """A value as the text gives it: aware only when the text carries an offset."""

    at: datetime
    precision: Precision


Read = Callable[[str], Stamp | None]

_FIELDS: Final = {
    "%Y": r"(\d{4})",
    "%m": r"(\d{1,2})",
    "%d": r"(\d{1,2})",
    "%H": r"(\d{1,2})",
    "%M": r"(\d{2})",
    "%S": r"(\d{2})(?:[.,]\d+)?",
}
_BLANK_BEFORE_OFFSET: Final = re.compile(r"(\d)\s+([+-]\d\d:?\d\d)$")
_WCF: Final = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/", re.ASCII)
_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:$|[T ]\d{2}:?\d{2})")


def reader(pattern: str) -> Read:
    """Compile a pattern; raise `MappingInvalidError` for one that no date can fit."""
    if pattern == "iso":
        return _iso
    if pattern == "edifact":
        return _edifact
    if pattern == "wcf":
        return _wcf
    if pattern in ("epoch_s", "epoch_ms"):
        return _epoch(1 if pattern == "epoch_s" else 1_000)
    if "%" not in pattern:
        raise MappingInvalidError(
            f"time format {pattern!r}: expected iso, epoch_s, epoch_ms, wcf, edifact or strptime directives"
        )
    directives = re.findall(r"%[A-Za-z%]", pattern)
    has_date = {"%Y", "%m", "%d"} <= set(directives)
    if has_date and _FIELDS.keys() >= set(directives) and len(set(directives)) == len(directives):
        return _numeric(pattern, directives)
    return _strptime(pattern)


def in_range(at: datetime) -> bool:
    """Tell whether the year and the offset can be real."""
    offset = at.utcoffset()
    return FIRST_YEAR <= at.year <= LAST_YEAR and (offset is None or abs(offset) <= _WIDEST_OFFSET)


@lru_cache(maxsize=200)
def fixed(offset: timedelta) -> timezone:
    """Return the shared zone of an offset."""
    return UTC if not offset else timezone(offset)


def _iso(text: str) -> Stamp | None:
    if _ISO.match(text) is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        squeezed = _BLANK_BEFORE_OFFSET.sub(r"\1\2", text)
        if squeezed == text:
            return None
        return _iso(squeezed)
    if len(text) == 10:  # noqa: PLR2004 - YYYY-MM-DD
        return Stamp(at, Precision.DAY)
    has_seconds = text[16:17] == ":" or (text[13:14] != ":" and text[15:17].isdigit())
    return Stamp(at, Precision.SECOND if has_seconds else Precision.MINUTE)


def _epoch(per_second: int) -> Read:
    def read(text: str) -> Stamp | None:
        try:
            return Stamp(datetime.fromtimestamp(int(text) / per_second, UTC), Precision.SECOND)
        except (ValueError, OverflowError, OSError):
            return None

    return read


def _wcf(text: str) -> Stamp | None:
    """Read milliseconds since 1970 in UTC; the offset behind them says only in which zone they were local."""
    found = _WCF.fullmatch(text)
    return None if found is None else _epoch(1_000)(found[1])


def _edifact(text: str) -> Stamp | None:
    value, _, form = text.rpartition(" ")
    found = period(value, form)
    if found is None:
        return None
    if not found.has_time:
        return Stamp(found.at, Precision.DAY)
    return Stamp(found.at, Precision.SECOND if found.has_seconds else Precision.MINUTE)


def _precision(pattern: str) -> Precision:
    if "%S" in pattern or "%T" in pattern:
        return Precision.SECOND
    return Precision.MINUTE if "%H" in pattern or "%I" in pattern else Precision.DAY


def _numeric(pattern: str, directives: list[str]) -> Read:
    expression = re.escape(pattern).replace(r"\%", "%").replace(r"\ ", r"\s+")
    for directive in directives:
        expression = expression.replace(directive, _FIELDS[directive])
    match = re.compile(expression, re.ASCII).fullmatch
    precision = _precision(pattern)
    # Where each of year, month, day, hour, minute, second stands among the groups; absent ones are zero.
    places = [directives.index(one) + 1 if one in directives else 0 for one in _FIELDS]
    year, month, day, hour, minute, second = places

    def read(text: str) -> Stamp | None:
        found = match(text)
        if found is None:
            return None
        try:
            at = datetime(  # noqa: DTZ001 - the zone is set by the caller
                int(found[year]),
                int(found[month]),
                int(found[day]),
                int(found[hour]) if hour else 0,
                int(found[minute]) if minute else 0,
                int(found[second]) if second else 0,
            )
        except ValueError:
            return None
        return Stamp(at, precision)

    return read


def _strptime(pattern: str) -> Read:
    precision = _precision(pattern)

    def read(text: str) -> Stamp | None:
        try:
            return Stamp(datetime.strptime(text, pattern), precision)  # noqa: DTZ007 - the zone is set by the caller
        except (ValueError, re.error, OverflowError):
            return None

    return read
