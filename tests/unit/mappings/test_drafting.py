"""A draft says what the samples leave no choice about, lists what they do, and never says what a code means."""

import tomllib
from pathlib import Path
from typing import Any

import orjson
import pytest

from domain.milestones import MILESTONES
from mappings.drafting.evidence import UsageError
from mappings.drafting.proposals import Draft, open_keys, propose
from mappings.drafting.writing import is_untouched_draft, written
from mappings.engine import Mappings
from mappings.expectations import RECEIVED_AT
from mappings.trees import read_json, read_xml


def event(code: str, words: str, stamp: str, **more: Any) -> dict[str, Any]:
    return {"type": code, "words": words, "stamp": stamp, "town": "Oslo", "land": "NO"} | more


def parcel(*events: dict[str, Any], number: str = "NB0000000017") -> dict[str, Any]:
    return {"consignments": [{"number": number, "history": list(events)}]}


P = event("P", "Collected from sender", "31.01.2026 09:00")
A = event("A", "Arrived", "02.02.2026 05:12")
D = event("D", "Delivered to recipient", "03.02.2026 14:10", why="1")


def said(draft: Draft) -> dict[str, tuple[str, ...]]:
    return {key: one.paths for key, one in draft.proposals.items() if one.paths}


def test_what_leaves_no_choice_is_proposed() -> None:
    draft = propose([parcel(P, A), parcel(A, D, number="NB0000000024")], "json")

    assert (draft.shipments, draft.inner) == ("$.consignments[]", "history[]")
    assert said(draft) == {
        "number": ("number",), "code": ("type",), "text": ("words",), "reason_code": ("why",), "time": ("stamp",),
        "city": ("town",), "country": ("land",),
    }  # fmt: skip
    assert draft.proposals["time"].formats == ("%d.%m.%Y %H:%M",)


def test_a_proposal_says_what_bears_it() -> None:
    draft = propose([parcel(P, A), parcel(A, D)], "json")

    assert draft.events.why.startswith("4 items in 2 samples")
    assert draft.proposals["reason_code"].why.startswith("in 1 of 4 events, 1 of 2 samples")
    assert draft.proposals["code"].why.endswith("the name says type; each value has its own wording")


def test_codes_are_counted_with_their_words() -> None:
    draft = propose([parcel(P, A), parcel(A, D)], "json")

    assert [tuple(one) for one in draft.codes] == [
        ("P", 1, 1, ("Collected from sender",)), ("A", 2, 2, ("Arrived",)), ("D", 1, 1, ("Delivered to recipient",)),
    ]  # fmt: skip


def test_every_code_waits_for_a_person() -> None:
    table = tomllib.loads(written(propose([parcel(P, A, D)], "json"), "nordbahn", "Nordbahn"))

    assert table["codes"] == {"P": "TODO", "A": "TODO", "D": "TODO"}


def test_words_give_hints_only_in_comments() -> None:
    lines = written(propose([parcel(P, A, D)], "json"), "nordbahn", "Nordbahn").splitlines()

    [line] = [one for one in lines if one.startswith("D = ")]
    assert line == "D = \"TODO\" # 1 times in 1 samples: 'Delivered to recipient'; like DELIVERED"
    assert not any(name in one.partition("#")[0] for one in lines for name in MILESTONES)


def test_two_fields_alike_are_listed_and_none_is_taken() -> None:
    draft = propose([parcel({**P, "status": "10"}, {**A, "status": "20"})], "json")

    code = draft.proposals["code"]
    assert code.paths == ()
    assert {one.path for one in code.others} == {"type", "status"}
    assert draft.codes == ()
    assert tomllib.loads(written(draft, "n", "N"))["event"]["code"] == {"parts": ["TODO"]}


def test_a_person_decides_what_is_open_also_for_two_parts() -> None:
    draft = propose([parcel({**P, "status": "10"}, A)], "json", {"code": "type,status"})

    assert draft.proposals["code"].paths == ("type", "status")
    assert [one.code for one in draft.codes] == ["P/10", "A"]


def test_a_choice_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match="no event has kind"):
        propose([parcel(P)], "json", {"code": "kind"})
    with pytest.raises(UsageError, match="no such place"):
        propose([parcel(P)], "json", {"events": "$.nowhere[]"})
    with pytest.raises(UsageError, match="colour: no such key"):
        propose([parcel(P)], "json", {"colour": "type"})


def test_day_and_month_that_cannot_be_told_apart_stay_open() -> None:
    open_ = propose([parcel(event("P", "Collected from sender", "02/03/2026 09:00"))], "json")
    settled = propose([parcel({**P, "stamp": "02/03/2026 09:00"}, {**A, "stamp": "02/23/2026 09:00"})], "json")

    assert open_.proposals["time"].paths == ()
    assert "day or month" in open_.proposals["time"].why
    assert settled.proposals["time"].formats == ("%m/%d/%Y %H:%M",)


def test_a_date_and_a_clock_in_two_fields_are_one_time() -> None:
    one = {"code": "P", "description": "Collected from sender", "date": "2026-01-31", "time": "09:00:30"}
    draft = propose([{"parcelNumber": "12345678", "events": [one]}], "json")

    assert draft.proposals["time"].paths == ("date", "time")
    assert draft.proposals["time"].formats == ("%Y-%m-%d %H:%M:%S",)
    assert (draft.shipments, draft.inner) == ("$", "events[]")


def test_a_clock_of_bare_digits_is_one_only_where_its_name_says_so() -> None:
    one = {"status": "1202", "description": "Collected from sender", "eventDate": "20260131", "eventTime": "1530"}
    draft = propose([{"parcelNumber": "12345678", "events": [one]}], "json")

    assert draft.proposals["time"].paths == ("eventDate", "eventTime")
    assert draft.proposals["time"].formats == ("%Y%m%d %H%M",)
    assert draft.proposals["code"].paths == ("status",)


def test_open_keys_come_with_the_first_field_to_choose() -> None:
    draft = propose([parcel(P | {"date": "2026-01-31"}, A | {"date": "2026-02-02"})], "json")

    assert open_keys(draft) == [("time", "stamp")]
    assert open_keys(propose([parcel(P, A)], "json", {"time": "stamp"})) == []


def test_a_flat_list_tells_parcels_apart_by_the_events_own_number() -> None:
    draft = propose([[{**P, "barcode": "NB0000000017"}, {**A, "barcode": "NB0000000024"}]], "json")

    assert (draft.shipments, draft.inner) == ("$[]", ".")
    assert draft.proposals["number"].paths == ("barcode",)


def test_xml_with_attributes_is_read_the_same_way() -> None:
    body = (
        b"<answer><parcel barcode='NB0000000017'>"
        b"<scan code='P' at='2026-01-31T09:00:00+01:00'><text>Collected from sender</text></scan>"
        b"<scan code='D' at='2026-02-03T14:10:00+01:00'><text>Handed over to A. Example</text></scan>"
        b"</parcel></answer>"
    )
    draft = propose([read_xml(body)], "xml", {"time": "@at"})

    assert (draft.shipments, draft.inner) == ("$.answer.parcel[]", "scan[]")
    assert said(draft) == {"number": ("@barcode",), "code": ("@code",), "text": ("text",), "time": ("@at",)}


def test_samples_without_events_say_so() -> None:
    draft = propose([{"fault": {"code": "404", "text": "No such consignment"}}], "json")

    assert draft.events.paths == ()
    assert 'events = "TODO" # no field looks like it' in written(draft, "n", "N")


def test_hostile_values_stay_in_their_comment_and_their_key() -> None:
    odd = event('P"]\n[codes', 'Collected\n[codes]\nD = "DELIVERED"', "31.01.2026 09:00")
    draft = propose([parcel(odd, A)], "json", {"code": "type", "text": "words"})

    table = tomllib.loads(written(draft, "n", 'N"\n'))

    assert set(table["codes"].values()) == {"TODO"}
    assert set(table["codes"]) == {'P"]\n[codes', "A"}


def test_a_draft_loads_once_the_codes_are_judged(tmp_path: Path) -> None:
    body = orjson.dumps(parcel(P, A, D))
    text = written(propose([read_json(body)], "json"), "nordbahn", "Nordbahn")
    for code, milestone in (("P", "PICKED_UP"), ("A", "~HUB_ARRIVED"), ("D", "DELIVERED")):
        text = text.replace(f'{code} = "TODO"', f'{code} = "{milestone}"')
    (tmp_path / "nordbahn").mkdir()
    (tmp_path / "nordbahn/mapping.toml").write_text(text)

    facts = Mappings.load(tmp_path).normalise("nordbahn", body, received_at=RECEIVED_AT).facts

    assert [(fact.milestone, fact.tracking_number) for fact in facts] == [
        ("PICKED_UP", "NB0000000017"), ("HUB_ARRIVED", "NB0000000017"), ("DELIVERED", "NB0000000017"),
    ]  # fmt: skip


def test_a_draft_knows_whether_somebody_worked_on_it() -> None:
    text = written(propose([parcel(P)], "json"), "nordbahn", "Nordbahn")

    assert is_untouched_draft(text)
    assert not is_untouched_draft(text.replace('P = "TODO"', 'P = "PICKED_UP"'))
    assert not is_untouched_draft('carrier = "nordbahn"\n')
