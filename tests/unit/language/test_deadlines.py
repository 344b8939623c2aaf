"""Deadlines: the next moment to speak up, once per subject."""

from datetime import timedelta

from domain.axes import CustodySide, Evidence, Trust
from domain.deadlines import MAX_RAISED, Deadline, DeadlineKind, Raised, next_deadline
from domain.facts import Custody, Delivery, Fact, Hold
from domain.journeys import Journey
from domain.milestones import Milestone
from domain.parties import Owner
from domain.shipments import ServiceLevels, ShipmentPlan
from domain.states import State
from tests.unit.language.building import START, M, at_place, fact, journey, parcel, source

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
PLAN = parcel()
PICKED_UP = at_place(M.PICKED_UP)
DELIVERED = [PICKED_UP, at_place(M.DELIVERED, 24)]


def all_of(facts: list[Fact], plan: ShipmentPlan = PLAN) -> list[Deadline]:
    """Every deadline in the order in which they fire if nothing more happens."""
    raised, fired = Raised(), []
    while (deadline := next_deadline(journey(facts, plan), plan, raised)) is not None:
        fired.append(deadline)
        raised = Raised.model_validate_json(raised.including(deadline).model_dump_json())
    return fired


def kinds(deadlines: list[Deadline]) -> list[str]:
    return [deadline.kind.value for deadline in deadlines]


def test_silence_counts_from_the_newest_news() -> None:
    (silence,) = all_of([PICKED_UP])

    assert (silence.kind, silence.at) == (DeadlineKind.SILENCE, START + MINUTE + 4 * DAY)
    assert silence.event_ids == (PICKED_UP.event_id,)


def test_linehaul_may_be_silent_for_longer() -> None:
    (silence,) = all_of([PICKED_UP, at_place(M.DEPARTED_ORIGIN, 1)])

    assert silence.at == START + timedelta(hours=1) + MINUTE + 10 * DAY


def test_silence_speaks_again_only_after_news() -> None:
    stale = fact(M.TRACKING_STALE, 96.1, source=source("milepost", Trust.OPERATOR))
    first = next_deadline(journey([PICKED_UP], PLAN), PLAN, Raised())
    assert first is not None
    raised = Raised().including(first)

    assert next_deadline(journey([PICKED_UP, stale], PLAN), PLAN, raised) is None
    news = at_place(M.RECEIVED_AT_ORIGIN, 120)
    again = next_deadline(journey([PICKED_UP, stale, news], PLAN), PLAN, raised)
    assert again is not None
    assert again.at == START + 9 * DAY + MINUTE
    assert raised.including(first) is raised


def test_a_shipment_nobody_ever_mentions_is_silent_too() -> None:
    assert all_of([], PLAN) == []
    (silence,) = all_of([], parcel(registered_at=START))
    assert (silence.at, silence.event_ids) == (START + 4 * DAY, ())


def test_each_hold_has_its_own_limit() -> None:
    held = [at_place(M.CUSTOMS_HELD, hour, event_id=f"h{hour}", hold=Hold(key=f"k{hour}")) for hour in (2, 5)]

    fired = all_of([PICKED_UP, *held])

    assert [(item.kind, item.at, item.event_ids) for item in fired[:2]] == [
        (DeadlineKind.HOLD_SLA, START + timedelta(hours=2) + 3 * DAY, ("h2",)),
        (DeadlineKind.HOLD_SLA, START + timedelta(hours=5) + 3 * DAY, ("h5",)),
    ]
    assert kinds(fired) == ["HOLD_SLA", "HOLD_SLA", "SILENCE"]


def test_a_promise_is_at_risk_a_day_before_it_breaks() -> None:
    plan = parcel(promised_at=START + 3 * DAY)

    risk, silence = all_of([PICKED_UP], plan)

    assert (risk.kind, risk.at, silence.kind) == (DeadlineKind.PROMISE_AT_RISK, START + 2 * DAY, DeadlineKind.SILENCE)


def test_a_promise_is_at_risk_as_soon_as_an_estimate_is_later() -> None:
    plan = parcel(promised_at=START + 3 * DAY)
    late, early = (fact(M.ETA_UPDATED, 1, classifier="EST", expected_at=START + days * DAY) for days in (4, 2))

    assert all_of([PICKED_UP, late], plan)[0].at == START + timedelta(hours=1) + MINUTE
    assert all_of([PICKED_UP, early], plan)[0].at == START + 2 * DAY


def test_after_a_delivery_proof_is_due_and_then_the_end() -> None:
    learned = START + DAY + MINUTE

    assert [(item.kind, item.at) for item in all_of(DELIVERED)] == [
        (DeadlineKind.PROOF_GRACE, learned + 2 * DAY),
        (DeadlineKind.ENDING_GRACE, learned + 14 * DAY),
    ]


def test_proof_that_came_is_not_due() -> None:
    proof = fact(M.POD_RECEIVED, 25, delivery=Delivery(evidence=(Evidence.PHOTO,)))

    assert kinds(all_of([*DELIVERED, proof])) == ["ENDING_GRACE"]


def test_a_second_ending_has_its_own_grace() -> None:
    lost: Milestone = M.LOST
    facts = [PICKED_UP, fact(lost, 1)]

    (first,) = all_of(facts)
    (second,) = all_of([*facts, fact(M.DISPOSED, 2)])

    assert first.subject != second.subject
    assert second.at == START + timedelta(hours=2) + MINUTE + 14 * DAY


def test_an_ending_told_by_people_alone_still_ends() -> None:
    cancelled = fact(M.CANCELLED, 1, source=source("milepost", Trust.OPERATOR))

    (end,) = all_of([cancelled])

    assert (end.kind, end.at) == (DeadlineKind.ENDING_GRACE, START + timedelta(hours=1) + 14 * DAY)


def test_an_ending_without_any_time_waits_for_nothing() -> None:
    assert (
        next_deadline(Journey(state=State.DELIVERED, stage=State.LAST_MILE, owner=Owner.NONE), PLAN, Raised()) is None
    )


def test_the_memory_is_bounded() -> None:
    raised = Raised()
    for number in range(MAX_RAISED + 5):
        raised = raised.including(Deadline(kind=DeadlineKind.SILENCE, at=START, subject=f"s{number}"))

    assert (len(raised.subjects), raised.subjects[0], raised.subjects[-1]) == (MAX_RAISED, "s5", f"s{MAX_RAISED + 4}")


def given(hour: float, **custody: object) -> Fact:
    return fact(M.HANDED_OVER, hour, event_id="given", custody=Custody(from_party="one", to_party="two", **custody))


def test_goods_between_two_carriers_are_asked_for() -> None:
    watched = PLAN.model_copy(update={"levels": ServiceLevels(handover=2 * DAY)})

    fired = all_of([PICKED_UP, given(5, side=CustodySide.GIVEN)], watched)

    assert [(one.at, one.event_ids) for one in fired if one.kind is DeadlineKind.HANDOVER_OPEN] == [
        (START + timedelta(hours=5) + 2 * DAY, ("given",))
    ]


def test_a_handover_that_both_sides_told_is_closed() -> None:
    watched = PLAN.model_copy(update={"levels": ServiceLevels(handover=2 * DAY)})

    assert DeadlineKind.HANDOVER_OPEN not in {one.kind for one in all_of([given(5, side=CustodySide.BOTH)], watched)}


def test_a_plan_of_before_the_clock_watches_no_handover() -> None:
    assert DeadlineKind.HANDOVER_OPEN not in {one.kind for one in all_of([given(5, side=CustodySide.GIVEN)], PLAN)}
