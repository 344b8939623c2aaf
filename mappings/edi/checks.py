"""What one segment tells without its message: dates and times that cannot be, zones and coordinates inside values."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from mappings.edi.findings import AT, TAG, Finding, Level
from mappings.edi.periods import is_x12_date, is_x12_time, period
from mappings.edi.segments import Node

ZONE: Final = "@zone"
"""Key of a DTM node: the zone's letters that its value carries (2379 formats 301 to 304)."""

LONGITUDE: Final = "@longitude"
LATITUDE: Final = "@latitude"
"""Keys of an MS1 node: its angles in degrees, north and east positive."""

Check = Callable[[Node], Iterable[Finding]]
Checks = Mapping[str, Check]
"""Segment -> what is checked and kept of it; the others have nothing of the kind."""

_NO_POINT: Final = frozenset({"602", "609", "610", "616", "718", "719", "804", "805", "806"})
"""2379 formats of weeks, months, years, durations and periods that are no point in time."""


_ANGLE: Final = re.compile(r"(\d{3})([0-5]\d)([0-5]\d)", re.ASCII)
_ANGLES: Final = ((LONGITUDE, "04", "06", "EW"), (LATITUDE, "05", "07", "NS"))
"""Key, MS1 element of the angle (DDDMMSS), element of its half, the positive and the negative half."""


def _stamps(date: str, time: str) -> Check:
    """Check two elements of type DT (code 8) and TM (code 9) for what cannot be."""

    def check(node: Node) -> Iterator[Finding]:
        value = _text(node, date)
        if value and not is_x12_date(value):
            yield _element(node, "8", int(date), f"{value[:20]!r} is no date")
        value = _text(node, time)
        if value and not is_x12_time(value):
            yield _element(node, "9", int(time), f"{value[:20]!r} is no time of day")

    return check


def _period(node: Node) -> Iterable[Finding]:
    """Name a value that its own format does not read (code 12); keep the zone's letters in the node."""
    value, form = _text(node, "01-2"), _text(node, "01-3")
    if not value or form in _NO_POINT:
        return ()
    read = period(value, form)
    if read is None:
        detail = f"{value[:40]!r} is nothing that format {form[:5] or '(none)'} writes"
        return (_element(node, "12", 1, detail, component=2),)
    if read.zone is not None:
        node[ZONE] = read.zone
    return ()


def _angles(node: Node) -> Iterable[Finding]:
    """Keep the coordinates in the node."""
    for key, angle, half, halves in _ANGLES:
        found, side = _ANGLE.fullmatch(_text(node, angle)), _text(node, half)
        if found is not None and side and side in halves:
            degrees = int(found[1]) + int(found[2]) / 60 + int(found[3]) / 3600
            node[key] = f"{-degrees if side == halves[1] else degrees:.5f}"
    return ()


def _text(node: Node, key: str) -> str:
    value = node.get(key)
    return value.strip() if value.__class__ is str else ""


def _element(node: Node, code: str, element: int, detail: str, *, component: int | None = None) -> Finding:
    value = _text(node, f"{element:02}" if component is None else f"{element:02}-{component}")
    return Finding(
        Level.ELEMENT, code, detail, node[TAG], node[AT], element=element, component=component, value=value[:99]
    )


X12_CHECKS: Final[Checks] = {"AT7": _stamps("05", "06"), "G62": _stamps("02", "04"), "MS1": _angles}
EDIFACT_CHECKS: Final[Checks] = {"DTM": _period}
