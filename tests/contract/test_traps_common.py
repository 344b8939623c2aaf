"""Traps that no carrier has to itself, one test each; docs/carrier-traps.md lists them all."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from domain.milestones import Milestone
from mappings.expectations import expectation_of, fixtures
from mappings.loading import ROOT
from tests.contract.reading import MAPPINGS, normalised, stamps, states


def easypost(*details: dict[str, Any], **tracker: Any) -> dict[str, Any]:
    return {"object": "Tracker", "tracking_code": "1", "tracking_details": details} | tracker


def detail(status: str, at: str, sub_status: str = "unknown") -> dict[str, Any]:
    return {"status": status, "status_detail": sub_status, "datetime": at}


DELIVERED = detail("delivered", "2026-03-04T10:00:00Z")


def test_a_later_scan_never_takes_a_delivery_back() -> None:
    late = detail("in_transit", "2026-03-05T10:00:00Z", "departed_facility")

    assert states("easypost", easypost(DELIVERED, late)) == {"1": "DELIVERED"}
    assert states("easypost", easypost(late, DELIVERED)) == {"1": "DELIVERED"}


def test_the_state_is_no_matter_of_the_first_or_last_entry_of_the_list() -> None:
    early = detail("in_transit", "2026-03-03T10:00:00Z", "arrived_at_facility")

    assert states("easypost", easypost(early, DELIVERED)) == states("easypost", easypost(DELIVERED, early))


def test_a_delivery_on_the_way_back_is_a_return_and_no_delivery() -> None:
    assert states("easypost", easypost(DELIVERED, is_return=True)) == {"1": "RETURNED"}


def test_an_event_without_any_time_is_kept_and_moves_nothing() -> None:
    undated = detail("delivered", "")
    found = normalised("easypost", easypost(undated, detail("in_transit", "2026-03-03T10:00:00Z", "departed_facility")))

    assert [fact.occurred_at is None for fact in found.facts] == [True, False]
    assert (
        "DELIVERED" not in states("easypost", easypost(undated, detail("in_transit", "2026-03-03T10:00:00Z"))).values()
    )


@pytest.mark.parametrize("stamp", ["8/18/2026 15:51:00 PM", "31/8/2026 3:51:00 PM", "8/18/2026"])
def test_a_stamp_that_cannot_be_real_rejects_its_event_by_name(stamp: str) -> None:
    step = (
        f"<status>Depot</status><statusHasBeenReached>1</statusHasBeenReached><date><content>{stamp}</content></date>"
    )
    answer = f"<asked number='1'><a><trackingresult><statusInfo>{step}</statusInfo></trackingresult></a></asked>"

    assert [one.problem for one in normalised("dpd", answer).rejected] == ["time_unreadable"]


def test_two_offsets_are_put_in_order_by_their_instants() -> None:
    first = {"eventType": "OC", "date": "2026-03-02T20:00:00+09:00"}
    second = {"eventType": "DL", "date": "2026-03-02T07:00:00-05:00"}
    track = {"trackingNumberInfo": {"trackingNumber": "9"}, "scanEvents": [second, first]}
    answer = {"output": {"completeTrackResults": [{"trackingNumber": "9", "trackResults": [track]}]}}

    assert stamps("fedex", answer)[1] == ("2026-03-02T20:00:00+09:00", "SECOND")
    assert states("fedex", answer) == {"9": "DELIVERED"}


def readable() -> Iterator[Any]:
    """Yield JSON fixtures that become facts without a rejection."""
    for carrier in MAPPINGS.carriers:
        for path in fixtures(ROOT / carrier):
            expected = orjson.loads(expectation_of(path).read_bytes())
            if path.suffix == ".json" and expected.get("facts") and not expected["rejected"]:
                yield pytest.param(carrier, path.read_bytes(), id=f"{carrier}/{path.name}")


SILENT = {
    "description", "eventDescription", "exceptionDescription", "derivedStatus", "statusByLocale", "message", "desc",
    "standerdDesc", "label", "eventName", "remark", "words", "simplifiedTextDescription", "name", "signedForByName",
}  # fmt: skip
"""Fields that only describe; partners send null in any of them."""


def without_words(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: None if key in SILENT and isinstance(value, str) else without_words(value)
            for key, value in node.items()
        }
    return [without_words(item) for item in node] if isinstance(node, list) else node


def lists(node: Any, *way: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every list of objects."""
    if isinstance(node, list) and any(isinstance(item, dict) for item in node):
        yield way
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, item in inner:
        yield from lists(item, *way, key)


@pytest.mark.parametrize(("carrier", "body"), list(readable()))
def test_words_in_the_place_of_a_list_are_never_silence(carrier: str, body: bytes) -> None:
    for *way, last in filter(None, lists(orjson.loads(body))):
        sent = node = orjson.loads(body)
        for key in way:
            node = node[key]
        node[last] = "none"

        found = normalised(carrier, sent)

        assert found.facts or found.rejected or found.problems, [*way, last]


@pytest.mark.parametrize(("carrier", "body"), list(readable()))
def test_null_in_the_place_of_words_rejects_nothing(carrier: str, body: bytes) -> None:
    found = normalised(carrier, without_words(orjson.loads(body)))

    assert found.rejected == []
    assert len(found.facts) == len(normalised(carrier, body).facts)


def test_an_unknown_code_is_never_progress() -> None:
    unknown = {"eventType": "@@", "date": "2026-03-02T20:00:00+09:00"}
    track = {"trackingNumberInfo": {"trackingNumber": "9"}, "scanEvents": [unknown]}
    [fact] = normalised("fedex", {"output": {"completeTrackResults": [{"trackResults": [track]}]}}).facts

    assert (fact.milestone, fact.source.raw_code) == (Milestone.UNMAPPED, "@@")


def test_three_polls_of_three_events_are_three_facts() -> None:
    events = [detail("in_transit", f"2026-03-0{day}T10:00:00Z", "departed_facility") for day in (1, 2, 3)]
    polls = [easypost(*events[:upto], status="x" * upto) for upto in (1, 2, 3)]

    assert len({fact.event_id for poll in polls for fact in normalised("easypost", poll).facts}) == 3
