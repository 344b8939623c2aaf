"""Dates and times as the standards write them: EDIFACT element 2380 by its format 2379, X12 types DT and TM."""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final, NamedTuple

_ZONE: Final = r"([A-Z]{1,5}|[+-]\d{2}:?\d{2})?"

_FORMATS: Final = {
    # 2379 -> (value, how strptime reads its digits); a two-digit year is of this century below 69.
    "101": (r"(\d{6})", "%y%m%d"),
    "102": (r"(\d{8})", "%Y%m%d"),
    "201": (r"(\d{10})", "%y%m%d%H%M"),
    "202": (r"(\d{12})", "%y%m%d%H%M%S"),
    "203": (r"(\d{12})", "%Y%m%d%H%M"),
    "204": (r"(\d{14})", "%Y%m%d%H%M%S"),
    "205": (r"(\d{12})([+-]\d{4})", "%Y%m%d%H%M"),
    "301": (r"(\d{10})" + _ZONE, "%y%m%d%H%M"),
    "302": (r"(\d{12})" + _ZONE, "%y%m%d%H%M%S"),
    "303": (r"(\d{12})" + _ZONE, "%Y%m%d%H%M"),
    "304": (r"(\d{14})" + _ZONE, "%Y%m%d%H%M%S"),
}
_PATTERNS: Final = {code: (re.compile(pattern, re.ASCII), digits) for code, (pattern, digits) in _FORMATS.items()}
_WIDEST: Final = timedelta(hours=14)
_X12_DATES: Final = {6: "%y%m%d", 8: "%Y%m%d"}
_X12_TIME: Final = re.compile(r"([01]\d|2[0-3])[0-5]\d([0-5]\d\d{0,2})?", re.ASCII)


class Period(NamedTuple):
    """A point in time; aware only where the value carries an offset. `zone` is the name that it carries instead."""

    at: datetime
    zone: str | None
    has_time: bool
    has_seconds: bool


@lru_cache(maxsize=4_000)
def period(value: str, form: str) -> Period | None:
    """Read a value by its 2379 format; None for a format that is no point in time and for what cannot be real."""
    pattern, digits = _PATTERNS.get(form, (None, ""))
    found = pattern.fullmatch(value) if pattern is not None else None
    if found is None:
        return None
    try:
        at = datetime.strptime(found[1], digits)  # noqa: DTZ007 - aware only where the value says its offset
    except ValueError:
        return None
    zone = found[2] if found.re.groups > 1 else None
    if zone is not None and zone[0] in "+-":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
        if offset > _WIDEST:
            return None
        at, zone = at.replace(tzinfo=timezone(-offset if zone[0] == "-" else offset)), None
    elif zone in ("Z", "UTC", "GMT"):
        at, zone = at.replace(tzinfo=UTC), None
    return Period(at, zone, "%H" in digits, "%S" in digits)


@lru_cache(maxsize=4_000)
def is_x12_date(value: str) -> bool:
    """Tell whether a DT value is a day of the calendar."""
    pattern = _X12_DATES.get(len(value))
    if pattern is None or not value.isdigit():
        return False
    try:
        datetime.strptime(value, pattern)  # noqa: DTZ007 - only looked at
    except ValueError:
        return False
    return True


@lru_cache(maxsize=4_000)
def is_x12_time(value: str) -> bool:
    """Tell whether a TM value is a time of day: HHMM, HHMMSS or with decimals of a second."""
    return _X12_TIME.fullmatch(value) is not None
