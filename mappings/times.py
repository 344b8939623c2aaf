"""When an event happened: an instant where the zone is known, the date where it is not, never a guess.

Zone, best first: offset in the value, the zone field, the carrier's documented zone, the place's zone. A day is written
as 00:00 UTC of the date the carrier gave: the date survives storage in UTC, and no hour is claimed.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from domain.axes import Precision
from mappings.access import Get, first
from mappings.schema import TimeSpec
from mappings.stamps import Read, fixed, in_range, reader
from mappings.walks import Scopes

SKIPPED: Final = "local time skipped by the clocks of its zone; day only"
TWICE: Final = "local time occurs twice in its zone; day only"
NO_ZONE: Final = "local time of an unknown place; day only"
ZONES_DIFFER: Final = "the zones of the place disagree on this local time; day only"

_OFFSET: Final = re.compile(r"(?:GMT|UTC)?\s*([+-])(\d{1,2})(?::?(\d{2}))?", re.ASCII | re.IGNORECASE)


class When(NamedTuple):
    """A read time. `raw` is the text as sent; `note` names what was lost."""

    at: datetime | None
    precision: Precision | None
    raw: str | None
    note: str | None = None


class TimeUnreadableError(ValueError):
    """A time is given that no declared format reads, or that cannot be real."""


UNDATED: Final = When(None, None, None)

PlaceZones = Callable[[], tuple[tzinfo, ...]]
ReadTime = Callable[[object, Scopes, PlaceZones], When]


@lru_cache(maxsize=500)
def zone(text: str) -> tzinfo | None:
    """Return the zone of `+02:00`, `GMT+2`, `UTC`, `Z` or an IANA name; None for anything else."""
    if text.upper() in ("UTC", "GMT", "Z"):
        return UTC
    match = _OFFSET.fullmatch(text)
    if match is not None:
        span = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        return fixed(-span if match[1] == "-" else span) if span <= timedelta(hours=14) else None
    return ZoneInfo(text) if "/" in text and text in available_timezones() else None


def localise(at: datetime, zones: tuple[tzinfo, ...]) -> tuple[datetime | None, str | None]:
    """Return the instant of a local time on which all zones agree, or None with the reason."""
    offsets = set()
    for candidate in zones:
        if candidate.__class__ is timezone:
            offsets.add(candidate.utcoffset(None))
            continue
        early = at.replace(tzinfo=candidate, fold=0).utcoffset()
        late = at.replace(tzinfo=candidate, fold=1).utcoffset()
        if early is None or late is None or early != late:
            return None, SKIPPED if early is not None and late is not None and early < late else TWICE
        offsets.add(early)
    if len(offsets) != 1:
        return None, ZONES_DIFFER if offsets else NO_ZONE
    return at.replace(tzinfo=fixed(offsets.pop())), None


def _day(at: datetime, raw: str, note: str | None = None) -> When:
    return When(datetime(at.year, at.month, at.day, tzinfo=UTC), Precision.DAY, raw, note)


class _TimeWay:
    """One `[[time]]` table, compiled."""

    def __init__(self, spec: TimeSpec, names: dict[str, str]) -> None:
        """Compile the getters and patterns; `names` is the carrier's [zones] table."""
        self._fields = tuple(getter for getter in (first(paths) for paths in spec.fields) if getter is not None)
        self._patterns: tuple[Read, ...] = tuple(reader(pattern) for pattern in spec.formats)
        self._zone_field: Get | None = first(spec.zone_field)
        self._zone = zone(spec.zone) if spec.zone else None
        self._counted_in = zone(spec.counted_in) if spec.counted_in else None
        self._names = {name.upper(): zone(text) for name, text in names.items()}
        self._midnight_is_date = spec.midnight_is_date
        self._distrust_offset = spec.distrust_offset

    def raw(self, node: object, scopes: Scopes) -> str | None:
        """Return the time as sent; None when this way has no value to read."""
        if len(self._fields) == 1:
            return self._fields[0](node, scopes)
        found = [field(node, scopes) for field in self._fields]
        return " ".join([value for value in found if value is not None]) if found[0] is not None else None

    def read(self, raw: str, node: object, scopes: Scopes, place_zones: PlaceZones) -> When:
        """Return the time; raise `TimeUnreadableError`."""
        for pattern in self._patterns:
            stamp = pattern(raw)
            if stamp is not None:
                break
        else:
            raise TimeUnreadableError(f"no declared format reads {raw[:40]!r}")
        at, precision = stamp
        if not in_range(at):
            raise TimeUnreadableError(f"{raw[:40]!r} cannot be real")
        if self._counted_in is not None:
            at = at.astimezone(self._counted_in).replace(tzinfo=None)
        elif self._distrust_offset:
            at = at.replace(tzinfo=None)
        if precision is Precision.DAY:
            return _day(at, raw)
        if at.tzinfo is not None:
            return When(at, precision, raw)
        if self._midnight_is_date and not (at.hour or at.minute or at.second):
            return _day(at, raw)
        local, note = localise(at, self._zones(node, scopes, place_zones))
        return When(local, precision, raw) if local is not None else _day(at, raw, note)

    def _zones(self, node: object, scopes: Scopes, place_zones: PlaceZones) -> tuple[tzinfo, ...]:
        if self._zone_field is not None:
            name = self._zone_field(node, scopes)
            if name is not None:
                named = self._names.get(name.upper()) or zone(name)
                if named is not None:
                    return (named,)
        if self._zone is not None:
            return (self._zone,)
        return place_zones()


def compile_times(specs: list[TimeSpec], names: dict[str, str]) -> ReadTime:
    """Compile the `[[time]]` tables: the first whose fields have a value is used."""
    ways = tuple(_TimeWay(spec, names) for spec in specs)

    def read(node: object, scopes: Scopes, place_zones: PlaceZones) -> When:
        for way in ways:
            raw = way.raw(node, scopes)
            if raw is not None:
                return way.read(raw, node, scopes, place_zones)
        return UNDATED

    return read
