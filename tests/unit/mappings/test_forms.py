"""One partner, several forms of answer: JSON beside XML, events under several paths, events that are lines of text."""

from pathlib import Path
from typing import Any

import pytest

from domain.errors import MappingInvalidError, PayloadUnreadableError
from domain.milestones import Milestone
from mappings.dialect import Dialect
from mappings.expectations import RECEIVED_AT
from mappings.lines import MAX_LINE, splitter
from mappings.loading import load
from mappings.trees import format_of

M = Milestone
TOML = """
carrier = "two_tongues"
name = "Two Tongues"
format = "json"
lines = ['(?P<what>.+?), (?P<day>\\d{4}-\\d{2}-\\d{2})(?:, (?P<town>[^,]+), (?P<land>[A-Z]{2}))?']

[[shapes]]
shipments = "$.parcels[]"
events = "scans[]"

[[shapes]]
format = "xml"
shipments = "$.Answer.Parcel[]"
events = ["Last", "Before[]"]

[shipment]
tracking_number = ["no", "@No"]

[event]
code = { parts = [["code", "Code", "what"]], clean = ["upper"] }
text = ["text", "line"]

[[time]]
fields = [["at", "At", "day"]]
formats = ["iso"]

[place]
city = "town"
country = "land"

[codes]
A = "~HUB_ARRIVED"
D = "DELIVERED"
"OUT, WITH A COURIER" = "OUT_FOR_DELIVERY"
"""
XML = (
    b"<Answer><Parcel No='T1'><Last><Code>D</Code><At>2026-05-02</At></Last>"
    b"<Before>Out, with a  courier, 2026-05-01, Bonn, DE</Before>"
    b"<Before><Code>A</Code><At>2026-04-30</At></Before><Before>Nobody knows</Before></Parcel></Answer>"
)


def dialect(tmp_path: Path, text: str = TOML) -> Dialect:
    folder = tmp_path / "two_tongues"
    folder.mkdir(exist_ok=True)
    (folder / "mapping.toml").write_text(text)
    return Dialect(*load(folder))


def facts(tmp_path: Path, body: bytes) -> list[tuple[Any, ...]]:
    found = dialect(tmp_path).normalise(body, received_at=RECEIVED_AT)
    assert found.rejected == []
    return [(fact.tracking_number, fact.source.index, fact.source.raw_code, fact.milestone) for fact in found.facts]


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"\n  "])
def test_json_is_read_by_its_shape(tmp_path: Path, start: bytes) -> None:
    body = start + b'{"parcels": [{"no": "T1", "scans": [{"code": "a", "at": "2026-05-01"}]}]}'

    assert facts(tmp_path, body) == [("T1", 0, "a", M.HUB_ARRIVED)]


def test_xml_is_read_by_its_shape_with_the_events_of_every_path_in_order(tmp_path: Path) -> None:
    assert facts(tmp_path, XML) == [
        ("T1", 0, "D", M.DELIVERED),
        ("T1", 1, "Out, with a courier", M.OUT_FOR_DELIVERY),
        ("T1", 2, "A", M.HUB_ARRIVED),
        ("T1", 3, None, M.UNMAPPED),
    ]


def test_a_line_gives_its_fields_and_keeps_itself_as_words(tmp_path: Path) -> None:
    fact = dialect(tmp_path).normalise(XML, received_at=RECEIVED_AT).facts[1]

    assert fact.source.raw_text == "Out, with a courier, 2026-05-01, Bonn, DE"
    assert fact.source.raw_time == "2026-05-01"
    assert fact.location is not None
    assert (fact.location.city, fact.location.country) == ("Bonn", "DE")


def test_lines_that_say_different_things_are_different_events(tmp_path: Path) -> None:
    body = b"<Answer><Parcel No='T1'><Before>Nobody knows</Before><Before>Nobody cares</Before></Parcel></Answer>"

    assert len(facts(tmp_path, body)) == len({"knows", "cares"})


def test_explain_walks_the_same_form(tmp_path: Path) -> None:
    explained = dialect(tmp_path).explain(XML)

    assert [one.key if one is not None else "no event" for one in explained] == ["D", "OUT, WITH A COURIER", "A", None]


def test_a_shape_of_the_other_format_is_never_tried(tmp_path: Path) -> None:
    body = b"<parcels><no>T1</no></parcels>"

    [problem] = dialect(tmp_path).normalise(body, received_at=RECEIVED_AT).problems

    assert problem.code == "partner_contract"


@pytest.mark.parametrize("body", [b"<Answer>", b"{", b"no answer at all"])
def test_what_neither_format_reads_is_refused_by_name(tmp_path: Path, body: bytes) -> None:
    with pytest.raises(PayloadUnreadableError):
        dialect(tmp_path).normalise(body, received_at=RECEIVED_AT)


@pytest.mark.parametrize(
    ("body", "form"),
    [(b"<a/>", "xml"), (b"\xef\xbb\xbf <a/>", "xml"), (b"[]", "json"), (b"", "json"), (b"x<a/>", "json")],
)
def test_the_format_is_told_by_the_first_sign(body: bytes, form: str) -> None:
    assert format_of(body) == form


@pytest.mark.parametrize(
    ("expression", "said"), [("(?P<a>", "not a regular expression"), ("Delivered, .*", "names no group")]
)
def test_an_expression_that_gives_nothing_is_refused_at_load(tmp_path: Path, expression: str, said: str) -> None:
    text = "\n".join(f"lines = ['{expression}']" if line.startswith("lines") else line for line in TOML.splitlines())

    with pytest.raises(MappingInvalidError, match=said):
        dialect(tmp_path, text)


def test_a_line_longer_than_any_event_is_not_matched() -> None:
    split = splitter(["(?P<all>.*)"])

    assert split("x" * MAX_LINE)["all"] == "x" * MAX_LINE
    assert set(split("x" * (MAX_LINE + 1))) == {"line"}


def test_what_is_no_text_passes_through_the_splitter() -> None:
    split = splitter(["(?P<all>.*)"])

    assert [split(node) for node in ({"a": 1}, None, 7)] == [{"a": 1}, None, 7]


def test_a_body_of_no_declared_format_is_read_as_the_first_and_refused() -> None:
    assert [format_of(body) for body in (b"ISA*00*", b"UNA:+.? '", b"UNB+UNOC:3")] == ["x12", "edifact", "edifact"]
