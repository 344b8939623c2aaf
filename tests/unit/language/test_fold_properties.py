"""What holds for every set of facts."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import dropwhile

import pytest
from hypothesis import HealthCheck, assume, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from domain.axes import Classifier, CorrectionKind, Trust
from domain.facts import Correction, Fact
from domain.fold import fold
from domain.fold.folding import Order
from domain.fold.groups import ENDINGS, HARD
from domain.fold.order import ordered
from domain.journeys import Effect, Journey
from domain.milestones import MILESTONES, Kind, Milestone
from domain.shipments import ShipmentPlan
from domain.states import State
from tests.unit.language.arbitrary import fact_sets, facts, plans
from tests.unit.language.building import START, M, fact, parcel

SEARCH = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
HUNT = settings(max_examples=1_000, deadline=None, database=None)


@SEARCH
@given(fact_sets, plans, st.data())
def test_order_and_repetition_of_facts_do_not_matter(
    given_facts: list[Fact], shipment: ShipmentPlan, data: st.DataObject
) -> None:
    repeated = given_facts + data.draw(st.lists(st.sampled_from(given_facts))) if given_facts else []
    shuffled = data.draw(st.permutations(repeated))

    assert fold(shuffled, shipment) == fold(given_facts, shipment)


def by_time_alone(given_facts: Iterable[Fact]) -> list[Fact]:
    """The broken order: two facts of one moment stay as they arrived."""
    return sorted(given_facts, key=lambda fact: fact.occurred_at or START)


def by_time_and_rank(given_facts: Iterable[Fact]) -> list[Fact]:
    """Broken more gently: only two facts of one moment and one rank stay as they arrived."""
    return sorted(given_facts, key=lambda fact: (fact.occurred_at or START, MILESTONES[fact.milestone].rank))


collisions = st.lists(
    st.builds(
        lambda number, milestone: fact(milestone, event_id=f"e{number}"),
        st.integers(0, 4),
        st.sampled_from([M.PICKED_UP, M.HUB_ARRIVED, M.CUSTOMS_HELD, M.DELIVERED]),
    ),
    max_size=5,
    unique_by=lambda fact: fact.event_id,
)


def depends_on_arrival(given_facts: list[Fact], order: Order) -> bool:
    return fold(given_facts, parcel(), order=order) != fold(given_facts[::-1], parcel(), order=order)


@pytest.mark.parametrize("broken", [by_time_alone, by_time_and_rank])
def test_a_broken_tie_break_is_found(broken: Order) -> None:
    counterexample = find(collisions, lambda given_facts: depends_on_arrival(given_facts, broken), settings=HUNT)

    assert len(counterexample) == 2
    assert not depends_on_arrival(counterexample, ordered)


def test_the_real_order_has_no_such_counterexample() -> None:
    with pytest.raises(NoSuchExample):
        find(collisions, lambda given_facts: depends_on_arrival(given_facts, ordered), settings=HUNT)


@SEARCH
@given(fact_sets, plans, facts, st.data())
def test_a_voided_fact_leaves_no_trace(
    given_facts: list[Fact], shipment: ShipmentPlan, other: Fact, data: st.DataObject
) -> None:
    assume(given_facts)
    target = data.draw(st.sampled_from(given_facts)).event_id
    assume(all(fact.corrects is None or fact.corrects.event_id != target for fact in given_facts))
    others = [fact for fact in given_facts if fact.event_id != target]
    void = other.model_copy(
        update={"event_id": "void", "corrects": Correction(event_id=target, kind=CorrectionKind.VOID)}
    )

    with_void = fold([*given_facts, void], shipment)

    without = fold(others, shipment)
    assert target in with_void.voided
    assert with_void.model_copy(update={"voided": ()}) == without.model_copy(update={"voided": ()})


@SEARCH
@given(fact_sets, plans)
def test_nothing_moves_after_a_hard_ending(given_facts: list[Fact], shipment: ShipmentPlan) -> None:
    assume(not shipment.parcels)
    steps = fold([fact.model_copy(update={"parcel": None}) for fact in given_facts], shipment).steps

    after = list(dropwhile(lambda step: step.state not in HARD, steps))
    assert len({step.state for step in after}) <= 1
    assert all(step.effect is not Effect.MOVED for step in after[1:])


@SEARCH
@given(fact_sets, plans)
def test_every_anomaly_is_kept(given_facts: list[Fact], shipment: ShipmentPlan) -> None:
    journey = fold(given_facts, shipment)

    flagged = [(step.event_id, flag) for step in journey.steps for flag in step.flags]
    assert [(anomaly.event_id, anomaly.flag) for anomaly in journey.anomalies][: len(flagged)] == flagged
    assert all(step.flags for step in journey.steps if step.effect is Effect.ILLEGAL)
    assert all(step.state is step.state_before for step in journey.steps if step.effect is not Effect.MOVED)


def accounted_for(journey: Journey) -> list[str]:
    return sorted(
        [
            *(step.event_id for step in journey.steps),
            *(corroboration.event_id for corroboration in journey.corroborations),
            *journey.undated,
            *journey.unmapped,
            *(anomaly.event_id for anomaly in journey.anomalies if anomaly.flag == "SUMMARY_DISAGREES"),
        ]
    )


@SEARCH
@given(fact_sets, plans)
def test_every_fact_is_accounted_for(given_facts: list[Fact], shipment: ShipmentPlan) -> None:
    plain = [
        fact.model_copy(
            update={"corrects": None, "source": fact.source.model_copy(update={"raw_code": None, "raw_text": None})}
        )
        for fact in given_facts
    ]

    assert accounted_for(fold(plain, shipment)) == sorted({fact.event_id for fact in plain})


@SEARCH
@given(fact_sets, plans)
def test_customs_hold_means_that_an_authority_holds_the_goods(given_facts: list[Fact], shipment: ShipmentPlan) -> None:
    assume(not shipment.parcels)
    journey = fold([fact.model_copy(update={"parcel": None}) for fact in given_facts], shipment)

    assume(not journey.parcels)
    assert (journey.state is State.CUSTOMS_HOLD) == any(hold.customs for hold in journey.holds)
    assert (journey.state in {State.CUSTOMS_HOLD, State.ON_HOLD}) == bool(journey.holds)


@SEARCH
@given(fact_sets, plans)
def test_the_steps_are_one_chain_of_states(given_facts: list[Fact], shipment: ShipmentPlan) -> None:
    journey = fold(given_facts, shipment)

    before = [State.CREATED, *(step.state for step in journey.steps)]
    assert [step.state_before for step in journey.steps] == before[:-1]
    assert before[-1] is journey.state
    assert (journey.ended_at is not None) == (journey.state in ENDINGS)


@SEARCH
@given(fact_sets, plans)
def test_estimates_and_observations_never_move_a_state(given_facts: list[Fact], shipment: ShipmentPlan) -> None:
    passive = [
        fact
        for fact in given_facts
        if fact.classifier is not Classifier.ACT or MILESTONES[fact.milestone].kind is not Kind.MILESTONE
    ]

    assert {step.state for step in fold(passive, shipment).steps} <= {State.CREATED}


@SEARCH
@given(fact_sets, plans)
def test_a_journey_survives_the_wire(given_facts: list[Fact], shipment: ShipmentPlan) -> None:
    wired = [Fact.model_validate_json(fact.model_dump_json()) for fact in given_facts]
    journey = fold(given_facts, shipment)

    assert fold(wired, shipment) == journey
    assert Journey.model_validate_json(journey.model_dump_json()) == journey


@SEARCH
@given(fact_sets)
def test_events_long_after_an_ending_are_set_aside(given_facts: list[Fact]) -> None:
    start = [fact(Milestone.PICKED_UP, -2), fact(Milestone.DELIVERED, -1)]
    late = [
        item.model_copy(
            update={
                "occurred_at": START + timedelta(days=60),
                "parcel": None,
                "corrects": None,
                "source": item.source.model_copy(
                    update={"trust": Trust.CARRIER, "system": "carrier", "party": "carrier"}
                ),
            }
        )
        for item in given_facts
        if item.classifier is Classifier.ACT
    ]

    journey = fold([*start, *late], parcel())

    assert journey.state is State.DELIVERED
    assert all(step.flags == (f"REUSE_SUSPECTED:{step.milestone}",) for step in journey.steps[2:])
