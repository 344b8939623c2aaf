"""Places written in one line, in the three forms that carriers use.

`comma`: `Germany`, `Hamburg, Germany`, `Hamburg, DE`; anything else names a facility. `dash`: `LEIPZIG - GERMANY`,
`SYDNEY-AU`, `AKRON,OH-USA`, `CINCINNATI HUB - Ohio - USA`, `LEIPZIG - GERMANY - DE`; anything else names a town, and a
comma means nothing (`Los Angeles, CA` is not in Canada). `brackets`: `Puurs (BE)`, `Aschaffenburg (Germany)`; anything
else names a town (`Frankfurt (Main)`). `any`, of a partner that passes on the forms of several: a country behind a dash
or a comma (`LEIPZIG - GERMANY`, `Henderson, NV, US`), anything else names a town.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from mappings.zones import is_region

CountryOf = Callable[[str], str | None]
"""Reads a country's code or name; None for anything else."""

_DASH: Final = re.compile(r"\s*-\s*")
_LONGEST_COUNTRY_CODE: Final = 3
_STATES: Final = ("US", "CA", "AU")
"""Countries whose places are often written with the letters of a state alone (`Los Angeles, CA`)."""


class Line(NamedTuple):
    """What one line says."""

    city: str | None = None
    region: str | None = None
    country: str | None = None
    facility: str | None = None


def read_comma(line: str, country_of: CountryOf) -> Line:
    """Read a line whose last part behind a comma may be a country."""
    whole = country_of(line)
    if whole is not None:
        return Line(country=whole)
    head, comma, tail = line.rpartition(",")
    end = country_of(tail.strip()) if comma else None
    city = head.strip()
    if end is not None and city:
        # `NL, Netherlands` says the country twice; `Luxembourg, Luxembourg` names a city.
        is_code = len(city) <= _LONGEST_COUNTRY_CODE and city.isupper()
        return Line(city=None if is_code and country_of(city) == end else city, country=end)
    return Line(facility=line)


def read_bracketed(line: str, country_of: CountryOf) -> Line:
    """Read a line whose last brackets may hold a country."""
    head, bracket, tail = line.strip().rpartition("(")
    country = country_of(tail[:-1].strip()) if bracket and tail.endswith(")") else None
    if country is not None:
        return Line(city=head.strip() or None, country=country)
    whole = country_of(line)
    return Line(country=whole) if whole is not None else Line(city=line)


def read_dashed(line: str, country_of: CountryOf) -> Line:
    """Read a line whose last parts behind dashes may be a country and its region."""
    head, country = _cut(line, country_of)
    if country is None:
        whole = country_of(line)
        return Line(country=whole) if whole is not None else Line(city=line)
    # `LEIPZIG - GERMANY - DE` says it twice.
    again, same = _cut(head, country_of)
    if same == country:
        head = again
    for parts in (_DASH.split(head), head.split(",")):
        if len(parts) > 1 and is_region(country, parts[-1]):
            region = parts[-1].strip()
            return Line(head[: head.rindex(parts[-1])].rstrip(" -,") or None, region, country)
    return Line(head, None, country)


def read_any(line: str, country_of: CountryOf) -> Line:
    """Read a line of a partner that copies dashed and comma forms; letters that are a state too are no country."""
    dashed = read_dashed(line, country_of)
    if dashed.country is not None:
        return dashed
    head, comma, tail = (part.strip() for part in line.rpartition(","))
    country = country_of(tail) if comma and head and not any(is_region(one, tail) for one in _STATES) else None
    if country is None:
        return Line(city=line)
    town, comma, region = (part.strip() for part in head.rpartition(","))
    return Line(town, region, country) if comma and town and is_region(country, region) else Line(head, None, country)


def _cut(line: str, country_of: CountryOf) -> tuple[str, str | None]:
    """Cut off the shortest ending behind a dash that is a country (`BISSAU - GUINEA-BISSAU`)."""
    for dash in reversed(list(_DASH.finditer(line))):
        head, country = line[: dash.start()].strip(), country_of(line[dash.end() :].strip())
        if country is not None and head:
            return head, country
    return line, None
