"""Where an event happened: a `Location`, the zones it may lie in, and the place as sent for the event's identity.

Scans repeat few places, so finished places are kept; a `Location` is frozen and may be shared by many facts.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

from domain.axes import PlaceRole
from domain.facts import Location
from mappings.access import Get, Scopes, first
from mappings.countries import country_code
from mappings.schema import PlaceSpec
from mappings.zones import Zones, zones_of

_LOCODE: Final = re.compile(r"[A-Z]{2} ?[A-Z2-9]{3}")
_POSTCODE_CITY: Final = re.compile(r"(\d{4,6})\s+(\D+)")
MAX_NAME: Final = 120
"""Characters of a place name that are kept."""


class Place(NamedTuple):
    """A read place. `key` is the place as sent, without the country, which is translated in reworded polls."""

    location: Location | None
    zones: Callable[[], Zones]
    key: str


ReadPlace = Callable[[object, Scopes], Place]

_NOWHERE: Final = Place(None, tuple, "")


def compile_place(spec: PlaceSpec, spellings: dict[str, str]) -> ReadPlace:
    """Compile a `[place]` table; `spellings` are the carrier's own country names."""
    getters: tuple[Get | None, ...] = tuple(
        first(paths)
        for paths in (
            spec.city, spec.region, spec.country, spec.postcode, spec.facility, spec.locode,
            spec.latitude, spec.longitude, spec.text, spec.role.path if spec.role else None,
        )
    )  # fmt: skip
    roles = dict(spec.role.values) if spec.role else {}
    names = {name.casefold(): code for name, code in spellings.items()}
    default = spec.default_country

    @lru_cache(maxsize=10_000)
    def place(*values: str | None) -> Place:
        return _place(values, names, default, roles)

    def read(node: object, scopes: Scopes) -> Place:
        return place(*[None if get is None else get(node, scopes) for get in getters])

    return read


def _place(
    values: tuple[str | None, ...], names: dict[str, str], default: str | None, roles: dict[str, PlaceRole]
) -> Place:
    city, region, country, postcode, facility, locode, latitude, longitude, line, role = (
        value[:MAX_NAME] if value is not None else None for value in values
    )
    sent = (city, region, postcode, facility, locode, line)
    code = _country(country, names)
    if line is not None and city is None:
        city, code, facility = _line(line, code, facility, names)
    if city is not None and postcode is None:
        match = _POSTCODE_CITY.fullmatch(city)
        if match is not None:
            postcode, city = match[1], match[2].strip()
    code = code or default
    locode = locode.replace(" ", "") if locode and _LOCODE.fullmatch(locode) else None
    where = roles.get(role) if role is not None else None
    if not any((code, city, region, postcode, facility, locode, latitude, longitude, where)):
        return _NOWHERE
    location = Location(
        country=code or (locode[:2] if locode else None), locode=locode, city=city, region=region, postcode=postcode,
        facility=facility, latitude=_degrees(latitude, 90), longitude=_degrees(longitude, 180), role=where,
    )  # fmt: skip
    key = "|".join("" if part is None else " ".join(part.casefold().split()) for part in sent) if any(sent) else ""
    return Place(location, lambda: zones_of(location.country, region, city), key)


def _country(value: str | None, names: dict[str, str]) -> str | None:
    if value is None:
        return None
    return names.get(value.casefold()) or country_code(value)


def _line(
    line: str, country: str | None, facility: str | None, names: dict[str, str]
) -> tuple[str | None, str | None, str | None]:
    """Read one line: `Germany`, `Hamburg, Germany`, `Hamburg, DE`; anything else names a facility."""
    whole = _country(line, names)
    if whole is not None:
        return None, country or whole, facility
    head, comma, tail = line.rpartition(",")
    end = _country(tail.strip(), names) if comma else None
    if end is not None and head.strip():
        return head.strip(), country or end, facility
    return None, country, facility or line


def _degrees(value: str | None, limit: int) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if -limit <= number <= limit else None
