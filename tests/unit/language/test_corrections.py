"""Corrections and duplicates."""

from datetime import timedelta
from typing import Any

from domain.axes import CorrectionKind, Evidence, Trust
from domain.facts import Delivery, Fact, Location
from domain.milestones import Milestone
from domain.states import State
from tests.unit.language.building import (
    START,
    M,
    at_place,
    correction,
    fact,
    flags,
    journey,
    line,
    source,
    states,
    void,
)

WAY = line(M.PICKED_UP, M.DEPARTED_ORIGIN, M.ARRIVED_DESTINATION)
DELIVERED = fact(M.DELIVERED, 9, event_id="delivered")


def amend(target: str, milestone: Milestone, hour: float, **changes: Any) -> Fact:
    return correction(CorrectionKind.AMEND, target, hour, milestone=milestone, **changes)


def test_void_takes_a_fact_away() -> None:
    folded = journey([*WAY, DELIVERED, void("delivered")])

    assert (folded.state, folded.voided) == (State.IMPORT_CUSTOMS, ("delivered",))
    assert folded.steps == journey(WAY).steps


def test_a_correction_may_come_before_its_target() -> None:
    assert journey([void("delivered"), DELIVERED, *WAY]) == journey([*WAY, DELIVERED, void("delivered")])


def test_amend_puts_another_fact_in_its_place() -> None:
    folded = journey([*WAY, DELIVERED, amend("delivered", M.AVAILABLE_FOR_PICKUP, 9, event_id="better")])

    assert (folded.state, folded.voided) == (State.AVAILABLE_FOR_PICKUP, ("delivered",))
    assert folded.steps[-1].event_id == "better"


def test_amend_without_a_time_takes_away_and_is_kept_aside() -> None:
    folded = journey([*WAY, DELIVERED, amend("delivered", M.DELIVERED, 9, event_id="timeless", occurred_at=None)])

    assert (folded.state, folded.undated) == (State.IMPORT_CUSTOMS, ("timeless",))


def test_voiding_a_void_brings_the_fact_back() -> None:
    folded = journey([*WAY, DELIVERED, void("delivered", event_id="v1"), void("v1", event_id="v2")])

    assert (folded.state, folded.voided) == (State.DELIVERED, ("v1",))


def test_voiding_an_amendment_brings_the_original_back() -> None:
    better = amend("delivered", M.AVAILABLE_FOR_PICKUP, 9, event_id="better")

    assert journey([*WAY, DELIVERED, better, void("better")]).state is State.DELIVERED


def test_an_amended_amendment_still_replaces_the_original() -> None:
    chain = [
        amend("delivered", M.AVAILABLE_FOR_PICKUP, 9, event_id="second"),
        amend("second", M.DELIVERY_ATTEMPTED, 9, event_id="third"),
    ]

    folded = journey([*WAY, DELIVERED, *chain])

    assert (folded.state, folded.voided) == (State.DELIVERY_ATTEMPTED, ("delivered", "second"))


def test_of_two_amendments_the_last_recorded_stands() -> None:
    first = amend("delivered", M.DELIVERY_ATTEMPTED, 9, event_id="z", recorded_at=START + timedelta(days=1))
    last = amend("delivered", M.AVAILABLE_FOR_PICKUP, 9, event_id="a", recorded_at=START + timedelta(days=2))

    folded = journey([*WAY, DELIVERED, last, first])

    assert (folded.state, folded.voided) == (State.AVAILABLE_FOR_PICKUP, ("delivered", "z"))


def test_correcting_an_unknown_fact_is_noted_and_harmless() -> None:
    folded = journey([*WAY, void("never-seen", event_id="v")])

    assert flags(folded) == ["CORRECTS_UNKNOWN"]
    assert (folded.state, folded.anomalies[0].event_id, folded.anomalies[0].state) == (
        State.IMPORT_CUSTOMS,
        "v",
        State.IMPORT_CUSTOMS,
    )


def test_an_amendment_of_an_unknown_fact_still_counts_itself() -> None:
    folded = journey([*WAY, amend("never-seen", M.DELIVERED, 9)])

    assert (folded.state, flags(folded)) == (State.DELIVERED, ["CORRECTS_UNKNOWN"])


def test_corrections_in_a_circle_have_no_effect() -> None:
    circle = [
        amend("b", M.DELIVERED, 9, event_id="a"),
        amend("a", M.DELIVERED, 9.1, event_id="b"),
        void("self", event_id="self"),
    ]

    folded = journey([*WAY, *circle])

    assert flags(folded) == ["CORRECTION_CIRCLE"] * 3
    assert [step.event_id for step in folded.steps[3:]] == ["a", "b"]


def test_the_same_event_id_counts_once_and_from_its_first_report() -> None:
    again = DELIVERED.model_copy(update={"recorded_at": START + timedelta(days=3)})

    folded = journey([*WAY, again, DELIVERED])

    assert len(folded.steps) == 4
    assert folded.heard_at == DELIVERED.recorded_at


def test_a_newer_mapping_reads_the_same_event_better() -> None:
    old = fact(M.UNMAPPED, 9, event_id="x", source=source(mapping_version="2026.9"))
    new = fact(M.DELIVERED, 9, event_id="x", source=source(mapping_version="2026.10"))

    assert journey([*WAY, new, old]).state is State.DELIVERED
    assert journey([*WAY, old]).unmapped == ("x",)


def test_a_mapped_reading_beats_an_unmapped_one_of_the_same_version() -> None:
    assert journey([fact(M.UNMAPPED, 9, event_id="x"), fact(M.PICKED_UP, 9, event_id="x")]).unmapped == ()


def test_source_code_time_and_place_told_twice_are_one_event() -> None:
    told = source(raw_code="OK")
    first = fact(M.HUB_ARRIVED, 5, event_id="a", source=told, location=Location(city="Ulm"))
    second = fact(M.HUB_ARRIVED, 5, event_id="b", source=told, location=Location(city="Ulm"))
    earlier = second.model_copy(update={"recorded_at": START})

    assert [step.event_id for step in journey([first, second]).steps] == ["a"]
    assert [step.event_id for step in journey([first, earlier]).steps] == ["b"]


def test_two_facts_of_one_source_event_are_two_facts() -> None:
    told = source(raw_code="ARRIVED_AWAITING_CLEARANCE")
    both = [
        at_place(M.ARRIVED_DESTINATION, 5, event_id="x:1", source=told),
        at_place(M.CUSTOMS_HELD, 5, event_id="x:2", source=told),
    ]

    assert states([at_place(M.PICKED_UP), *both]) == ["FIRST_MILE", "IMPORT_CUSTOMS", "CUSTOMS_HOLD"]


def test_two_orders_of_a_person_at_one_moment_are_two() -> None:
    told = source("milepost", Trust.OPERATOR, raw_code="attach_proof")
    both = [
        fact(M.POD_RECEIVED, 5, event_id=name, source=told, delivery=Delivery(evidence=(evidence,)))
        for name, evidence in (("a", Evidence.PHOTO), ("b", Evidence.SIGNATURE))
    ]

    assert len(journey(both).steps) == 2


def test_another_source_within_minutes_confirms() -> None:
    mine = at_place(M.HUB_ARRIVED, 5, event_id="mine", source=source("aggregator", Trust.AGGREGATOR))
    carrier = at_place(M.HUB_ARRIVED, 5.1, event_id="carrier")

    folded = journey([at_place(M.PICKED_UP), mine, carrier])

    assert [step.event_id for step in folded.steps[1:]] == ["carrier"]
    assert [(pair.event_id, pair.confirms) for pair in folded.corroborations] == [("mine", "carrier")]


def test_another_scan_an_hour_later_is_another_event() -> None:
    other = at_place(M.HUB_ARRIVED, 6, event_id="mine", source=source("aggregator", Trust.AGGREGATOR))

    assert journey([at_place(M.HUB_ARRIVED, 5), other]).corroborations == ()


def test_the_most_trusted_source_gives_the_time_of_what_happens_once() -> None:
    carrier = fact(M.DELIVERED, 30, event_id="carrier")
    market = fact(M.DELIVERED, 20, event_id="market", source=source("market", Trust.MARKETPLACE))

    folded = journey([*WAY, market, carrier])

    assert (folded.last_at, folded.steps[-1].event_id) == (carrier.occurred_at, "carrier")
    assert [(pair.event_id, pair.confirms) for pair in folded.corroborations] == [("market", "carrier")]


def test_a_country_in_conflict_is_no_confirmation() -> None:
    here = fact(M.PICKED_UP, 5, location=Location(country="CN"))
    there = fact(M.PICKED_UP, 5, event_id="x", source=source("other"), location=Location(country="DE"))

    assert journey([here, there]).corroborations == ()


def test_the_same_source_never_confirms_itself() -> None:
    facts = [
        at_place(M.HUB_ARRIVED, 5, event_id="a"),
        at_place(M.HUB_ARRIVED, 5.05, event_id="b"),
        at_place(M.HUB_DEPARTED, 5.1, source=source("other")),
    ]

    assert journey(facts).corroborations == ()


def test_a_scan_known_by_its_day_confirms_in_the_same_city_only() -> None:
    exact = fact(M.HUB_ARRIVED, 5, event_id="exact", location=Location(country="AE", city="Dubai"))
    told: dict[str, Any] = {
        "source": source("post", Trust.POSTAL_EXCHANGE),
        "precision": "DAY",
        "occurred_at": START.replace(hour=0),
    }
    same = fact(M.HUB_ARRIVED, event_id="same", location=Location(country="AE", city="DUBAI"), **told)
    elsewhere = fact(M.HUB_ARRIVED, event_id="elsewhere", location=Location(country="AE"), **told)

    folded = journey([exact, same, elsewhere])

    assert [pair.event_id for pair in folded.corroborations] == ["same"]
    assert len(folded.steps) == 2


def test_evidence_of_a_confirmation_is_proof() -> None:
    market = fact(
        M.DELIVERED,
        10,
        event_id="market",
        source=source("market", Trust.MARKETPLACE),
        delivery=Delivery(evidence=(Evidence.PHOTO,)),
    )

    assert not journey([*WAY, DELIVERED]).facets.pod
    assert journey([*WAY, DELIVERED, market]).facets.pod


def test_a_header_that_agrees_confirms_and_one_that_does_not_is_kept_as_a_conflict() -> None:
    agrees = fact(M.DELIVERED, 9.5, event_id="agrees", summary=True)
    differs = fact(M.EXCEPTION_RAISED, 9.6, event_id="differs", summary=True)
    alone = fact(M.DELIVERED, -5, event_id="before-anything", summary=True)

    folded = journey([*WAY, DELIVERED, agrees, differs, alone])

    assert folded.state is State.DELIVERED
    assert [(pair.event_id, pair.confirms) for pair in folded.corroborations] == [("agrees", "delivered")]
    assert [(anomaly.event_id, anomaly.flag) for anomaly in folded.anomalies] == [
        ("before-anything", "SUMMARY_DISAGREES"),
        ("differs", "SUMMARY_DISAGREES"),
    ]
