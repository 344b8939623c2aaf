"""Where an event happened: a `Location`, the zones it may lie in, and the place as sent for the event's identity.

Scans repeat few places, so finished places are kept; a `Location` is frozen and may be shared by many facts.
"""

import re
from collections.abc import Callable
from datetime import tzinfo
from typing import Final, NamedTuple

from domain.axes import PlaceRole
from domain.facts import Location
from mappings.access import first
from mappings.countries import country_code
from mappings.offices import office_of
from mappings.schema import PlaceSpec
from mappings.walks import Scopes
from mappings.zones import clocks_of

_LOCODE: Final = re.compile(r"[A-Z]{2} ?[A-Z2-9]{3}")
_POSTCODE_CITY: Final = re.compile(r"(\d{4,6})\s+(\D+)")
MAX_NAME: Final = 120
"""Characters of a place name that are kept."""


class Place(NamedTuple):
    """A read place. `key` is the place as sent, without the country, which is translated in reworded polls."""

    location: Location | None
    zones: Callable[[], tuple[tzinfo, ...]]
    key: str


_NAMES: Final = (
    "city", "region", "country", "postcode", "facility", "locode", "latitude", "longitude", "text", "impc",
)  # fmt: skip

ReadPlace = Callable[[object, Scopes], Place]


_MAX_PLACES: Final = 10_000
"""Places that one dialect remembers."""


def compile_place(spec: PlaceSpec, spellings: dict[str, str]) -> ReadPlace:
    """Compile a `[place]` table; `spellings` are the carrier's own country names."""
    paths = {name: getattr(spec, name) for name in _NAMES} | {"role": spec.role.path if spec.role else None}
    getters = {name: get for name, path in paths.items() if (get := first(path)) is not None}
    reads = tuple(getters.values())
    roles = dict(spec.role.values) if spec.role else {}
    names = {name.casefold(): code for name, code in spellings.items()}
    known: dict[tuple[str | None, ...], Place] = {}

    def read(node: object, scopes: Scopes) -> Place:
        sent = tuple([get(node, scopes) for get in reads])
        place = known.get(sent)
        if place is None:
            place = _place(dict(zip(getters, sent, strict=True)), names, spec.default_country, roles)
            if len(known) < _MAX_PLACES:
                known[sent] = place
        return place

    return read


def _place(
    sent: dict[str, str | None], names: dict[str, str], default: str | None, roles: dict[str, PlaceRole]
) -> Place:
    said = {name: value[:MAX_NAME] if value is not None else None for name, value in sent.items()}
    city, region, country, postcode, facility, locode, latitude, longitude, line, impc = map(said.get, _NAMES)
    role = said.get("role")
    facility = facility or impc
    identity = (city, region, postcode, facility, locode, line)
    code = _country(country, names)
    if line is not None and city is None:
        city, code, facility = _line(line, code, facility, names)
    if city is not None and postcode is None:
        match = _POSTCODE_CITY.fullmatch(city)
        if match is not None:
            postcode, city = match[1], match[2].strip()
    office = office_of(impc) if impc is not None else None
    if office is not None:
        code = code or office.country
        if city is None and code == office.country:
            city, region = office.city, region or office.region
    code = code or default
    locode = locode.replace(" ", "") if locode and _LOCODE.fullmatch(locode) else None
    where = roles.get(role) if role is not None else None
    north, east = _degrees(latitude, 90), _degrees(longitude, 180)
    key = "|".join("" if part is None else " ".join(part.casefold().split()) for part in identity)
    key = key if any(identity) else ""
    if all(value is None for value in (code, city, region, postcode, facility, locode, north, east, where)):
        return Place(None, tuple, key)
    location = Location(
        country=code or (locode[:2] if locode else None), locode=locode, city=city, region=region, postcode=postcode,
        facility=facility, latitude=north, longitude=east, role=where,
    )  # fmt: skip
    return Place(location, lambda: clocks_of(location.country, region, city), key)


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
