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
from mappings.airports import Airport, confirmed, names_city
from mappings.countries import country_code
from mappings.han_names import country_of
from mappings.offices import office_of
from mappings.one_line import Line, read_any, read_bracketed, read_comma, read_dashed
from mappings.schema import PlaceSpec
from mappings.walks import Scopes
from mappings.zones import clocks_of, is_region

_READERS: Final = {"comma": read_comma, "dash": read_dashed, "brackets": read_bracketed, "any": read_any}
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
    paths = {name: getattr(spec, name) for name in (*_NAMES, "airport")}
    paths["role"] = spec.role.path if spec.role else None
    getters = {name: get for name, path in paths.items() if (get := first(path)) is not None}
    reads = tuple(getters.values())
    roles = dict(spec.role.values) if spec.role else {}
    names = {name.casefold(): code for name, code in spellings.items()}
    known: dict[tuple[str | None, ...], Place] = {}

    def read(node: object, scopes: Scopes) -> Place:
        sent = tuple([get(node, scopes) for get in reads])
        place = known.get(sent)
        if place is None:
            place = _place(dict(zip(getters, sent, strict=True)), names, spec, roles)
            if len(known) < _MAX_PLACES:
                known[sent] = place
        return place

    return read


def _place(sent: dict[str, str | None], names: dict[str, str], spec: PlaceSpec, roles: dict[str, PlaceRole]) -> Place:
    said = {name: value[:MAX_NAME] if value is not None else None for name, value in sent.items()}
    city, region, country, postcode, facility, locode, latitude, longitude, line, impc = map(said.get, _NAMES)
    role, station = said.get("role"), said.get("airport")
    facility = facility or impc
    # A station's code names the place whatever language its words are in.
    identity = (city, region, postcode, facility or station, locode, None if station else line)
    code = _country(country, names)
    if line is not None and city is None:
        city, region, code, facility = _line(line, Line(None, region, code, facility), spec, names)
        if spec.text_form != "comma" and station is None:
            identity = (city, region, postcode, facility, locode, None)
    if city is not None and postcode is None:
        match = _POSTCODE_CITY.fullmatch(city)
        if match is not None:
            postcode, city = match[1], match[2].strip()
    named = _named(Line(city, region, code, facility), impc, station, line or city)
    city, region, code, facility = named.line
    if country is None and code is None and spec.regions_of and region and is_region(spec.regions_of, region):
        code = spec.regions_of
    code = code or spec.default_country
    if code is None and country is None and city is not None:
        code = country_of(city)
    locode = locode.replace(" ", "") if locode and _LOCODE.fullmatch(locode) else None
    where = roles.get(role) if role is not None else None
    north, east = _degrees(latitude, 90), _degrees(longitude, 180)
    if north is None and named.airport is not None and names_city(named.airport, city):
        north, east = named.airport.latitude, named.airport.longitude
    key = "|".join("" if part is None else " ".join(part.casefold().split()) for part in identity)
    key = key if any(identity) else ""
    if all(value is None for value in (code, city, region, postcode, facility, locode, north, east, where)):
        return Place(None, tuple, key)
    location = Location(
        country=code or (locode[:2] if locode else None), locode=locode, city=city, region=region, postcode=postcode,
        facility=facility, latitude=north, longitude=east, role=where,
    )  # fmt: skip
    zone = named.airport.zone if named.airport is not None else None
    return Place(location, lambda: clocks_of(location.country, region, city, zone), key)


class _Named(NamedTuple):
    """A place completed by what its codes stand for."""

    line: Line
    airport: Airport | None


def _named(line: Line, impc: str | None, station: str | None, words: str | None) -> _Named:
    """Complete a place by its office of exchange and its airport, as far as the payload bears them out."""
    city, region, code, facility = line
    office = office_of(impc) if impc is not None else None
    if office is not None:
        code = code or office.country
        if city is None and code == office.country:
            city, region = office.city, region or office.region
    airport = confirmed(station, code, words) if station is not None else None
    if airport is not None:
        code, city = airport.country, city or airport.city
    return _Named(Line(city, region, code, facility or station), airport)


def _country(value: str | None, names: dict[str, str]) -> str | None:
    if value is None:
        return None
    return names.get(value.casefold()) or country_code(value)


def _line(line: str, given: Line, spec: PlaceSpec, names: dict[str, str]) -> Line:
    """Read a one-line place; what its own fields give wins."""
    found = _READERS[spec.text_form](line, lambda value: _country(value, names))
    facility = given.facility or found.facility
    return Line(found.city, given.region or found.region, given.country or found.country, facility)


def _degrees(value: str | None, limit: int) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if -limit <= number <= limit else None
