"""Places: country by code or name, one-line texts, postcodes, roles, and what identifies a place."""

from typing import Any

import pytest

from mappings.countries import country_code
from mappings.places import Place, compile_place
from mappings.schema import PlaceSpec


def read(node: dict[str, Any], **keys: Any) -> Place:
    spec = {"city": "city", "country": "country", "region": "region", "text": "line", "facility": "depot"} | keys
    return compile_place(PlaceSpec.model_validate(spec), {"Inselreich": "GB"})(node, ())


def said(place: Place) -> dict[str, Any]:
    return place.location.model_dump(mode="json", exclude_none=True) if place.location is not None else {}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("DE", "DE"), ("de", "DE"), ("Germany", "DE"), ("Deutschland", "DE"), ("ALLEMAGNE", "DE"), ("DEU", "DE"),
        ("Mainland China", "CN"), ("中国大陆", "CN"), ("Hong Kong SAR", "HK"), ("USA", "US"), ("UK", "GB"),
        ("Korea, Republic of", "KR"), ("Türkei", "TR"), ("Czech Republic", "CZ"), ("Israel", "IL"),
        ("XX", None), ("Atlantis", None), ("", None),
    ],
)  # fmt: skip
def test_country_names(name: str, code: str | None) -> None:
    assert country_code(name) == code


@pytest.mark.parametrize(
    ("node", "location"),
    [
        ({}, {}),
        ({"country": "Atlantis"}, {}),
        ({"country": "Inselreich", "city": "London"}, {"country": "GB", "city": "London"}),
        ({"city": "53113 Bonn", "country": "DE"}, {"country": "DE", "city": "Bonn", "postcode": "53113"}),
        ({"line": "Germany"}, {"country": "DE"}),
        ({"line": "Hamburg, Germany"}, {"country": "DE", "city": "Hamburg"}),
        ({"line": "NL, Netherlands"}, {"country": "NL"}),
        ({"line": "NLD, Netherlands"}, {"country": "NL"}),
        ({"line": "NL, Germany"}, {"country": "DE", "city": "NL"}),
        ({"line": "Luxembourg, Luxembourg"}, {"country": "LU", "city": "Luxembourg"}),
        ({"line": "Anytown Depot 4"}, {"facility": "Anytown Depot 4"}),
        ({"line": "Depot 4", "depot": "D4"}, {"facility": "D4"}),
        ({"line": "Germany", "city": "Bonn"}, {"city": "Bonn"}),
    ],
)
def test_a_place_is_read(node: dict[str, Any], location: dict[str, Any]) -> None:
    assert said(read(node)) == location


def test_a_carrier_of_one_country() -> None:
    assert said(read({"city": "Laval"}, default_country="CA")) == {"country": "CA", "city": "Laval"}


def test_locode_role_and_coordinates() -> None:
    keys = {"locode": "loc", "latitude": "lat", "longitude": "lon", "role": {"path": "r", "values": {"O": "ORIGIN"}}}

    full = read({"loc": "DE FRA", "lat": "50.03", "lon": 8.57, "r": "O"}, **keys)
    odd = read({"loc": "Frankfurt", "lat": "500", "lon": "east", "r": "?"}, **keys)

    assert said(full) == {
        "country": "DE", "locode": "DEFRA", "latitude": 50.03, "longitude": 8.57, "role": "ORIGIN"
    }  # fmt: skip
    assert odd.location is None


def test_the_key_leaves_out_the_country_and_the_case() -> None:
    english = read({"city": "BREMEN", "country": "Germany"})
    german = read({"city": " Bremen ", "country": "Deutschland"})

    assert english.key == german.key
    assert english.key != read({"city": "Bremerhaven", "country": "DE"}).key
    assert read({"country": "DE"}).key == ""


def test_long_names_are_cut() -> None:
    place = read({"city": "x" * 5_000})

    assert place.location is not None
    assert place.location.city == "x" * 120


@pytest.mark.parametrize(
    ("node", "country"),
    [
        ({"region": "FL"}, "US"),
        ({"region": "Florida", "city": "Hernando"}, "US"),
        ({"region": "CA"}, "US"),
        ({"region": "CA", "country": "Canada"}, "CA"),
        ({"region": "CA", "country": "Atlantis"}, None),
        ({"region": "Ostprovinz", "city": "Hernando"}, None),
        ({"city": "Hernando"}, None),
    ],
)
def test_a_known_region_alone_lies_in_the_country_of_the_carrier(node: dict[str, Any], country: str | None) -> None:
    assert said(read(node, regions_of="US")).get("country") == country


def test_no_place_stays_no_place_for_a_carrier_that_writes_states() -> None:
    assert read({}, regions_of="US").location is None
