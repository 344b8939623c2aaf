"""What a value looks like: a time and its pattern, a code, wording, a country, a parcel's number."""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Final

from mappings.countries import codes, country_code
from mappings.stamps import Read, in_range, reader

_DATES: Final = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d")
_CLOCKS: Final = ("%H:%M:%S", "%H:%M", "%H.%M", "%H%M", "%H%M%S", "%I:%M %p", "%I:%M:%S %p")
_TIGHT: Final = {"%H%M": 4, "%H%M%S": 6}
"""Digits of a time without signs between them; strptime would take fewer."""

_ONE_WORD: Final = ("%Y%m%d%H%M%S", "%Y%m%d%H%M", "%Y%m%d", "%Y%m%d:%H%M%S", "%Y%m%dT%H%M%S")
_WITH_NAMES: Final = ("%d %b %Y %H:%M", "%d %b %Y", "%b %d, %Y %H:%M", "%B %d, %Y, %I:%M %p", "%B %d, %Y")

PATTERNS: Final = (
    "iso",
    *(f"{date} {clock}" for date in _DATES for clock in _CLOCKS),
    *(f"{date}T{clock}" for date in ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y") for clock in ("%H:%M:%S", "%H:%M")),
    *_DATES,
    *_ONE_WORD,
    *_WITH_NAMES,
    "epoch_s",
    "epoch_ms",
    "wcf",
)  # fmt: skip
"""Time formats that are tried; a value of another form is listed as what it is."""

_SHARED: Final = re.compile(r"%[YmdHMS]")
_NUMBER: Final = re.compile(r"[A-Z0-9]{8,40}")
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./:#-]{0,59}")
_EPOCHS: Final = (946_684_800, 4_102_444_800)


@cache
def _reader(pattern: str) -> Read:
    return reader(pattern)


def time_patterns(values: Sequence[str]) -> list[list[str]]:
    """Return the sets of patterns that read all values, each set in the order to try; empty when none does.

    More than one set means that the values themselves do not decide, as 02/03/2026 does not.
    """
    found: dict[str, list[str]] = {}
    by_family = {family: [p for p in PATTERNS if _family(p) == family] for family in ("", "dm", "md")}
    for family in ("dm", "md", ""):
        patterns = [*by_family[family], *(by_family[""] if family else ())]
        used = _enough(patterns, values)
        if used and (family == "" or any(_family(one) == family for one in used)):
            found[family] = used
    return [found[""]] if "" in found else list(found.values())


def _enough(patterns: Sequence[str], values: Sequence[str]) -> list[str]:
    used: set[str] = set()
    for value in values:
        pattern = next((one for one in patterns if _reads(one, value)), None)
        if pattern is None:
            return []
        used.add(pattern)
    return [one for one in patterns if one in used]


def _reads(pattern: str, value: str) -> bool:
    if pattern.startswith("epoch"):
        number = int(value) if value.isascii() and value.isdigit() else 0
        scale = 1 if pattern == "epoch_s" else 1_000
        return _EPOCHS[0] * scale <= number < _EPOCHS[1] * scale
    if "%Y%m%d" in pattern and value[:2] not in ("19", "20"):
        return False
    stamp = _reader(pattern)(value)
    return stamp is not None and in_range(stamp.at)


def _family(pattern: str) -> str:
    """Return `dm` or `md` for patterns that differ only in what stands first, day or month."""
    return {"%d%m": "dm", "%m%d": "md"}.get("".join(_SHARED.findall(pattern)[:2]), "")


def clock_patterns(values: Sequence[str]) -> list[str]:
    """Return the patterns of times of day that read all values."""
    used: set[str] = set()
    for value in values:
        pattern = next((one for one in _CLOCKS if _is_clock(one, value)), None)
        if pattern is None:
            return []
        used.add(pattern)
    return [one for one in _CLOCKS if one in used]


def _is_clock(pattern: str, value: str) -> bool:
    if pattern in _TIGHT and len(value) != _TIGHT[pattern]:
        return False
    try:
        datetime.strptime(value, pattern)  # noqa: DTZ007 - a time of day alone; no instant is made of it
    except ValueError:
        return False
    return True


def are_countries(values: Sequence[str]) -> bool:
    """Tell whether all values are countries: ISO codes, or names that the hub knows."""
    return bool(values) and all(one in codes() or (len(one) > 3 and country_code(one) is not None) for one in values)  # noqa: PLR2004 - longer than any country code


def are_flags(values: Sequence[str]) -> bool:
    """Tell whether all values are truth values."""
    return {one.casefold() for one in values} <= {"true", "false"}


def is_code(value: str) -> bool:
    """Tell whether a value can be a code: ASCII, without blanks, short."""
    return _CODE.fullmatch(value) is not None


def is_number(value: str) -> bool:
    """Tell whether a value can be a parcel's number: eight characters or more, five digits among them."""
    bare = value.replace(" ", "").replace("-", "").upper()
    return _NUMBER.fullmatch(bare) is not None and sum(one.isdigit() for one in bare) >= 5  # noqa: PLR2004 - fewer digits are words


def is_wording(value: str) -> bool:
    """Tell whether a value is words rather than a code."""
    return " " in value.strip() or not value.isascii()
