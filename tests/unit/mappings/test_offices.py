"""Offices of exchange: country from the code, city where the location is known, and the clocks that follow."""

from typing import Any

import pytest

from mappings.offices import Office, _offices, office_of
from mappings.places import Place, compile_place
from mappings.schema import PlaceSpec
from mappings.zones import clocks_of


def read(node: dict[str, Any]) -> Place:
    return compile_place(PlaceSpec.model_validate({"impc": "office", "city": "town", "country": "land"}), {})(node, ())


@pytest.mark.parametrize(
    ("code", "office"),
    [
        ("USJFKA", Office("US", "New York", "NY")),
        (" usjfkb ", Office("US", "New York", "NY")),
        ("DEFRAA", Office("DE", "Frankfurt")),
        ("USQQQA", Office("US")),
        ("LKCMBA", Office("LK")),
        ("XXJFKA", None),
        ("USJFK", None),
        ("USJFKAA", None),
        ("Frankfurt", None),
        ("", None),
    ],
)
def test_an_office_code_names_country_and_known_city(code: str, office: Office | None) -> None:
    assert office_of(code) == office


@pytest.mark.parametrize("office", _offices().values(), ids=str)
def test_every_city_of_the_table_has_one_clock(office: Office) -> None:
    assert len(clocks_of(office.country, office.region, office.city)) == 1


@pytest.mark.parametrize(
    ("node", "said", "clocks"),
    [
        ({"office": "CNCANA"}, ("CN", "Guangzhou", None, "CNCANA"), ["Asia/Shanghai"]),
        ({"office": "USLAXA"}, ("US", "Los Angeles", "CA", "USLAXA"), ["America/Los_Angeles"]),
        ({"office": "USLAXA", "town": "Ontario"}, ("US", "Ontario", None, "USLAXA"), None),
        ({"office": "USLAXA", "land": "FR"}, ("FR", None, None, "USLAXA"), ["Europe/Paris"]),
        ({"office": "GBQQQA"}, ("GB", None, None, "GBQQQA"), ["Europe/London"]),
        ({"office": "Hall 4"}, (None, None, None, "Hall 4"), []),
    ],
)
def test_the_place_of_an_office(node: dict[str, Any], said: tuple[str | None, ...], clocks: list[str] | None) -> None:
    place = read(node)

    assert place.location is not None
    at = place.location
    assert (at.country, at.city, at.region, at.facility) == said
    assert clocks is None or [str(clock) for clock in place.zones()] == clocks


def test_a_location_nobody_knows_in_a_country_of_many_clocks_keeps_all_of_them() -> None:
    assert len(read({"office": "USQQQA"}).zones()) > 1


def test_the_office_is_part_of_the_identity_as_sent() -> None:
    assert read({"office": "CNCANA"}).key != read({"office": "CNCANB"}).key
