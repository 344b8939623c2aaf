"""IATA codes of airports and of cities with several airports -> country, city, zone, coordinates.

Carriers name their stations by such codes, or by codes that look like them: a carrier's own code may be some airport's
code on another continent. A code is therefore believed only where the payload says the same in words (`confirmed`), or
where it is one of the airports that the carriers' gateways and hubs are named after. Read on first use, cached.
"""

import unicodedata
from collections import defaultdict
from functools import cache
from typing import Final, NamedTuple

import airportsdata


class Airport(NamedTuple):
    """Where a code lies. A city with several airports has no coordinates, and no zone when they disagree."""

    country: str
    city: str
    zone: str | None
    latitude: float | None = None
    longitude: float | None = None


_GATEWAYS: Final = (
    "ADD AKL AMS ANC ARN ATH ATL AUH BAH BCN BKK BNE BOG BOM BOS BRU BSL BUD CAI CAN CDG CGK CGN CLT CMB CPH CPT CVG "
    "DEL DEN DFW DME DOH DTW DUB DXB EMA EWR EZE FCO FRA GIG GRU GVA HAM HAN HEL HKG HND IAD IAH ICN ILN IST JED JFK "
    "JNB KHI KIX KUL KWI LAX LCA LEJ LGG LGW LHR LIM LIS LOS LUX MAD MAN MCO MEL MEM MEX MIA MNL MUC MXP NBO NRT ORD "
    "ORY OSL OTP PEK PER PHL PHX PRG PTY PVG RUH SCL SDF SEA SFO SGN SHA SIN SOF STN SVO SYD SZX TLV TPE VIE VIT WAW "
    "YUL YVR YYZ ZAG ZRH"
)
"""Airports that need no word beside them: the carriers' gateways and hubs, and the busiest of the world."""

_WELL_KNOWN: Final = frozenset(_GATEWAYS.split())


@cache
def _airports() -> dict[str, Airport]:
    known = {
        code: Airport(one["country"], one["city"], one["tz"], one["lat"], one["lon"])
        for code, one in airportsdata.load("IATA").items()
    }
    zones: defaultdict[str, set[str]] = defaultdict(set)
    cities: dict[str, tuple[str, str]] = {}
    for code, city in airportsdata.load_iata_macs().items():
        if code not in known:
            cities[code] = (city["country"], city["name"])
            zones[code] |= {known[one].zone or "" for one in city["airports"] if one in known}
    for code, (country, name) in cities.items():
        found = zones[code] - {""}
        known[code] = Airport(country, name, found.pop() if len(found) == 1 else None)
    return known


def confirmed(code: str, country: str | None, words: str | None) -> Airport | None:
    """Return the airport that a station's code means; None where the payload does not bear it out.

    Args:
        code: the station's code as sent.
        country: the country that the payload gives for the station, in letters or words.
        words: the payload's name of the station; it confirms the code when it holds the airport's city.
    """
    found = _airports().get(code.upper())
    if found is None:
        return None
    if country is not None:
        return found if found.country == country else None
    if words is not None:
        return found if names_city(found, words) else None
    return found if code.upper() in _WELL_KNOWN else None


def names_city(airport: Airport, words: str | None) -> bool:
    """Tell whether words hold the name of the airport's city."""
    city = _plain(airport.city)
    return bool(city) and words is not None and f" {city} " in f" {_plain(words)} "


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold())
    return " ".join("".join(one if one.isalnum() else " " for one in letters if not unicodedata.combining(one)).split())
