"""Offices of exchange of the posts: what their UPU code (IMPC, standard S34) says about where they are.

A code such as `USJFKA` is the country, three letters for the location and one for the office there. The country is
sure. The location is named only where the three letters are the usual code of that city or its airport; any other
location stays unnamed, and a local time of a country with several clocks then stays a day.
"""

import re
from functools import cache, lru_cache
from typing import Final, NamedTuple

from mappings.countries import codes

_IMPC: Final = re.compile(r"([A-Z]{2})([A-Z]{3})[A-Z0-9]")

_CITIES: Final = {
    # Countries with several clocks: `LOC=City/Region`; the region is there where zones are kept by region.
    "AU": "SYD=Sydney/NSW MEL=Melbourne/VIC PER=Perth/WA BNE=Brisbane/QLD ADL=Adelaide/SA",
    "BR": "SAO=São_Paulo GRU=São_Paulo RIO=Rio_de_Janeiro GIG=Rio_de_Janeiro CWB=Curitiba",
    "CA": "YYZ=Toronto/ON YTO=Toronto/ON YUL=Montréal/QC YMQ=Montréal/QC YVR=Vancouver/BC",
    "CL": "SCL=Santiago",
    "ES": "MAD=Madrid BCN=Barcelona",
    "ID": "JKT=Jakarta CGK=Jakarta DPS=Denpasar SUB=Surabaya",
    "MX": "MEX=Mexico_City",
    "NZ": "AKL=Auckland",
    "PT": "LIS=Lisbon",
    "RU": "MOW=Moscow LED=Saint_Petersburg VVO=Vladivostok SVX=Yekaterinburg OVB=Novosibirsk",
    "US": "JFK=New_York/NY NYC=New_York/NY EWR=Newark/NJ ORD=Chicago/IL CHI=Chicago/IL LAX=Los_Angeles/CA "
    "SFO=San_Francisco/CA MIA=Miami/FL HNL=Honolulu/HI",
    # Countries with one clock: the country gives the time, the city only the place.
    "AT": "VIE=Vienna",
    "BE": "BRU=Brussels LGG=Liège",
    "CH": "ZRH=Zürich GVA=Genève",
    "CN": "BJS=Beijing PEK=Beijing SHA=Shanghai PVG=Shanghai CAN=Guangzhou SZX=Shenzhen",
    "CZ": "PRG=Prague",
    "DE": "FRA=Frankfurt",
    "DK": "CPH=Copenhagen",
    "FI": "HEL=Helsinki",
    "FR": "CDG=Paris PAR=Paris",
    "GB": "LON=London LHR=London CVT=Coventry",
    "HK": "HKG=Hong_Kong",
    "IE": "DUB=Dublin",
    "IL": "TLV=Tel_Aviv",
    "IN": "BOM=Mumbai DEL=Delhi MAA=Chennai CCU=Kolkata",
    "IT": "MIL=Milano ROM=Roma FCO=Roma",
    "JP": "TYO=Tokyo NRT=Tokyo OSA=Osaka KWS=Kawasaki",
    "KR": "SEL=Seoul ICN=Incheon",
    "NL": "AMS=Amsterdam",
    "NO": "OSL=Oslo",
    "PL": "WAW=Warszawa",
    "SE": "STO=Stockholm MMA=Malmö",
    "SG": "SIN=Singapore",
    "TH": "BKK=Bangkok",
    "TR": "IST=Istanbul",
    "TW": "TPE=Taipei",
    "UA": "IEV=Kyiv",
    "ZA": "JNB=Johannesburg CPT=Cape_Town DUR=Durban",
}


class Office(NamedTuple):
    """Where an office of exchange is; city and region are None where the location code is not known."""

    country: str
    city: str | None = None
    region: str | None = None


@lru_cache(maxsize=5_000)
def office_of(code: str) -> Office | None:
    """Return the place of an IMPC code; None for anything that is not one."""
    match = _IMPC.fullmatch(code.strip().upper())
    if match is None or match[1] not in codes():
        return None
    return _offices().get((match[1], match[2]), Office(match[1]))


@cache
def _offices() -> dict[tuple[str, str], Office]:
    found: dict[tuple[str, str], Office] = {}
    for country, text in _CITIES.items():
        for entry in text.split():
            location, _, place = entry.partition("=")
            city, _, region = place.replace("_", " ").partition("/")
            found[country, location] = Office(country, city, region or None)
    return found
