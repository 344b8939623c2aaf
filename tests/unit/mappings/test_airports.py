"""Stations named by IATA codes: believed only where the payload says the same in words, or where nobody can err."""

from typing import Any

import pytest

from mappings.airports import confirmed
from mappings.countries import country_code
from mappings.one_line import Line, read_bracketed, read_comma, read_dashed
from mappings.places import Place, compile_place
from mappings.schema import PlaceSpec

SPEC = PlaceSpec.model_validate({"airport": "code", "text": "words", "text_form": "dash", "country": "land"})


def read(**node: Any) -> Place:
    return compile_place(SPEC, {})(node, ())


def said(place: Place) -> dict[str, Any]:
    return place.location.model_dump(mode="json", exclude_none=True) if place.location is not None else {}


def zones(place: Place) -> list[str]:
    return [str(zone) for zone in place.zones()]


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("LEIPZIG - GERMANY", Line("LEIPZIG", None, "DE")),
        ("Barcelona - Spain", Line("Barcelona", None, "ES")),
        ("SYDNEY-AU", Line("SYDNEY", None, "AU")),
        ("KINGSTON-JAM", Line("KINGSTON", None, "JM")),
        ("KUWAIT-KUWAIT", Line("KUWAIT", None, "KW")),
        ("LEIPZIG - GERMANY - DE", Line("LEIPZIG", None, "DE")),
        ("BISSAU - GUINEA-BISSAU", Line("BISSAU", None, "GW")),
        ("HONG KONG - HONG KONG SAR, CHINA", Line("HONG KONG", None, "HK")),
        ("SPRINGFIELD GARDENS,NY-USA", Line("SPRINGFIELD GARDENS", "NY", "US")),
        ("CINCINNATI HUB - Ohio - USA", Line("CINCINNATI HUB", "Ohio", "US")),
        ("CINCINNATI HUB - USA", Line("CINCINNATI HUB", None, "US")),
        ("LONDON-HEATHROW - UK", Line("LONDON-HEATHROW", None, "GB")),
        ("Germany", Line(None, None, "DE")),
        ("Los Angeles, CA", Line("Los Angeles, CA")),
        ("Frankfurt-Hahn", Line("Frankfurt-Hahn")),
        ("-DE", Line("-DE")),
        ("Alpha Beta Area", Line("Alpha Beta Area")),
    ],
)
def test_a_line_with_dashes(line: str, read: Line) -> None:
    assert read_dashed(line, country_code) == read


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("Hamburg, DE", Line("Hamburg", None, "DE")),
        ("Germany", Line(None, None, "DE")),
        ("LEIPZIG - GERMANY", Line(facility="LEIPZIG - GERMANY")),
        (", DE", Line(facility=", DE")),
    ],
)
def test_a_line_with_commas(line: str, read: Line) -> None:
    assert read_comma(line, country_code) == read


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("Puurs (BE)", Line("Puurs", None, "BE")),
        ("Aschaffenburg (Germany)", Line("Aschaffenburg", None, "DE")),
        ("Halle (Saale) (DE)", Line("Halle (Saale)", None, "DE")),
        ("Frankfurt (Main)", Line("Frankfurt (Main)")),
        ("(BE)", Line(None, None, "BE")),
        ("Germany", Line(None, None, "DE")),
        ("Puurs (BE", Line("Puurs (BE")),
        ("Puurs BE)", Line("Puurs BE)")),
    ],
)
def test_a_line_with_a_country_in_brackets(line: str, read: Line) -> None:
    assert read_bracketed(line, country_code) == read


@pytest.mark.parametrize(
    ("code", "country", "words", "found"),
    [
        ("LEJ", "DE", None, "Leipzig"),
        ("lej", "DE", None, "Leipzig"),
        ("LEJ", "FR", "Leipzig", None),  # the country contradicts it: a code of the carrier's own
        ("NUQ", "US", "FREMONT", "Mountain View"),
        ("MIA", None, "Miami", "Miami"),
        ("CAI", None, "Cairns depot", None),
        ("KIN", None, "Kingstown", None),  # part of a word is not the word
        ("SJO", None, "San José", "San Jose"),
        ("CVG", None, None, "Covington"),
        ("PMR", None, None, None),  # too small to be believed alone
        ("BSA", "SK", "BSA Area", None),
        ("", None, None, None),
    ],
)
def test_a_code_is_believed_where_the_payload_bears_it_out(
    code: str, country: str | None, words: str | None, found: str | None
) -> None:
    airport = confirmed(code, country, words)

    assert (airport.city if airport is not None else None) == found


@pytest.mark.parametrize(
    ("code", "zone"), [("NYC", "America/New_York"), ("MIL", "Europe/Rome"), ("LON", "Europe/London")]
)
def test_a_city_with_several_airports_has_their_common_zone_and_no_coordinates(code: str, zone: str) -> None:
    words = {"NYC": "New York", "MIL": "Milan", "LON": "London"}[code]

    airport = confirmed(code, None, words)

    assert airport is not None
    assert (airport.zone, airport.latitude) == (zone, None)


def test_the_airport_decides_the_zone_where_the_words_leave_it_open() -> None:
    assert zones(read(code="CVG", words="CINCINNATI HUB - USA")) == ["America/New_York"]
    assert zones(read(code="LAX", words="Los Angeles, CA")) == ["America/Los_Angeles"]
    assert zones(read(code="BNE", words="Brisbane-AU")) == ["Australia/Brisbane"]


def test_words_win_over_the_airport() -> None:
    """A station may serve a town across the border of a zone: the town's own zone counts."""
    assert zones(read(code="LGA", words="AKRON,OH-USA")) == ["America/New_York"]
    assert zones(read(code="LAX", words="PHOENIX,AZ-USA")) == ["America/Phoenix"]


def test_a_code_that_the_country_contradicts_gives_nothing_but_its_name() -> None:
    place = read(code="CAI", words="CAIRNS-AU")

    assert said(place) == {"country": "AU", "city": "CAIRNS", "facility": "CAI"}
    assert zones(place) == ["Australia/Brisbane"]


def test_an_unknown_code_without_country_has_no_zone() -> None:
    place = read(code="ABC", words="Alpha Beta Area")

    assert said(place) == {"city": "Alpha Beta Area", "facility": "ABC"}
    assert zones(place) == []


def test_coordinates_come_with_the_airport_of_the_named_city_only() -> None:
    assert said(read(code="LEJ", words="Leipzig - Germany"))["latitude"] == pytest.approx(51.42, abs=0.05)
    assert "latitude" not in said(read(code="NUQ", words="FREMONT,CA-USA"))


def test_a_well_known_code_needs_no_words() -> None:
    place = read(code="HKG")

    assert said(place) | {"latitude": 0.0, "longitude": 0.0} == {
        "country": "HK", "city": "Hong Kong", "facility": "HKG", "latitude": 0.0, "longitude": 0.0
    }  # fmt: skip
    assert zones(place) == ["Asia/Hong_Kong"]


def test_translated_words_are_the_same_place() -> None:
    assert read(code="LEJ", words="LEIPZIG - GERMANY").key == read(code="LEJ", words="Leipzig - Deutschland").key
    assert read(words="LEIPZIG - GERMANY").key == read(words="Leipzig - Deutschland").key
    assert read(words="Germany").key == read(words="Deutschland").key == ""
    assert read(words="LEIPZIG - GERMANY").key != read(words="KOELN - GERMANY").key
