"""A better mapping reads stored events again: corrections in any number, never a rewritten fact."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.axes import CorrectionKind
from domain.consequences import consequence, told_of
from domain.facts import Fact, Source
from domain.fold import fold
from domain.fold.corrections import CORRECTION_CIRCLE, CORRECTS_UNKNOWN
from domain.milestones import Milestone
from domain.publication import ChangeKind
from domain.publishing import Told, publish
from domain.rereading import RereadKind, in_force, reread
from domain.shipments import Leg, ShipmentPlan

HEARD = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
PLAN = ShipmentPlan(tenant="main", shipment_id="S1", legs=(Leg(carrier="acme", tracking_number="N1"),))


def reading(milestone: Milestone = Milestone.HUB_ARRIVED, *, version: str = "v1", event_id: str = "e_1") -> Fact:
    source = Source(party="acme", system="acme", raw_code="QX", mapping_version=version, message_id="m_1", index=0)
    return Fact(
        event_id=event_id,
        tracking_number="N1",
        milestone=milestone,
        source=source,
        recorded_at=HEARD,
        occurred_at=HEARD - timedelta(hours=1),
    )


def again(stored: list[Fact], *derived: Fact, day: int = 1, version: str = "v2") -> list[Fact]:
    """Return the facts that reading the message again on a later day adds."""
    found = reread(stored, derived, elsewhere=(), version=version, at=HEARD + timedelta(days=day))
    return [fact for one in found for fact in one.facts]


def test_the_same_meaning_by_another_version_changes_nothing():
    assert again([reading()], reading(version="v2")) == []


def test_wording_and_place_in_the_message_are_no_meaning():
    source = {"raw_text": "Somewhere else", "raw_time": "10:00", "index": 4, "mapping_version": "v2"}
    derived = reading().model_copy(update={"source": reading().source.model_copy(update=source)})

    assert again([reading()], derived) == []


def test_another_meaning_amends_the_first_reading():
    [found] = reread(
        [reading()],
        [reading(Milestone.HELD, version="v2")],
        elsewhere=(),
        version="v2",
        at=HEARD + timedelta(days=90),
    )

    [fact] = found.facts
    assert (found.kind, found.before, found.after) == (RereadKind.AMENDED, reading(), fact)
    assert fact.event_id != "e_1"
    assert fact.corrects is not None
    assert (fact.corrects.event_id, fact.corrects.kind) == ("e_1", CorrectionKind.AMEND)
    assert (fact.corrects.heard_at, fact.recorded_at) == (HEARD, HEARD + timedelta(days=90))
    assert (fact.milestone, fact.source.mapping_version, fact.source.message_id) == (Milestone.HELD, "v2", "m_1")


def test_a_repetition_of_the_same_reading_adds_nothing():
    stored = [reading()]
    stored += again(stored, reading(Milestone.HELD))

    assert again(stored, reading(Milestone.HELD), day=2) == []


def test_a_mapping_that_goes_back_to_its_first_meaning_makes_a_new_fact():
    stored = [reading()]
    for day, milestone in enumerate((Milestone.HELD, Milestone.HUB_ARRIVED, Milestone.HELD), start=1):
        stored += again(stored, reading(milestone), day=day, version=f"v{day % 2}")

    assert len({fact.event_id for fact in stored}) == 4
    assert fold(stored, PLAN).steps[-1].milestone is Milestone.HELD
    assert len(fold(stored, PLAN).steps) == 1


def test_a_vanished_event_takes_every_reading_back():
    stored = [reading()]
    stored += again(stored, reading(Milestone.HELD))

    [found] = reread(stored, [], elsewhere=(), version="v3", at=HEARD + timedelta(days=2))

    assert found.kind is RereadKind.GONE
    assert {fact.corrects.kind for fact in found.facts if fact.corrects} == {CorrectionKind.VOID}
    assert {fact.source.mapping_version for fact in found.facts} == {"v3"}
    assert fold([*stored, *found.facts], PLAN).steps == ()
    assert again([*stored, *found.facts], day=3) == []


def test_an_event_recorded_from_another_message_is_judged_there():
    assert reread([], [reading()], elsewhere={"e_1"}, version="v2", at=HEARD) == []


def test_an_event_that_was_rejected_before_is_a_plain_fact():
    [found] = reread([], [reading(version="v2")], elsewhere=(), version="v2", at=HEARD + timedelta(days=9))

    assert (found.kind, found.facts) == (RereadKind.NEW, (reading(version="v2"),))


def test_reading_again_is_no_news_from_the_carrier():
    stored = [reading()]
    stored += again(stored, reading(Milestone.HELD), day=60)

    assert fold(stored, PLAN).heard_at == HEARD


MEANINGS = st.sampled_from([Milestone.HUB_ARRIVED, Milestone.HELD, Milestone.DELIVERED, Milestone.UNMAPPED, None])


@given(st.lists(MEANINGS, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_after_any_chain_of_fixes_exactly_the_last_reading_holds(meanings: list[Milestone | None], order: object):
    stored = [reading()]
    for day, milestone in enumerate(meanings, start=1):
        derived = [] if milestone is None else [reading(milestone, version=f"v{day % 3}")]
        stored += again(stored, *derived, day=day, version=f"v{day % 3}")
        holding = in_force(stored)
        assert (holding.milestone if holding else None) == milestone
        assert again(stored, *derived, day=day + 1, version=f"v{day % 3}") == []

    order.shuffle(stored)  # type: ignore[attr-defined]  # a random source
    journey = fold(stored, PLAN)
    last = meanings[-1]
    assert [step.milestone for step in journey.steps] == ([last] if last not in {None, Milestone.UNMAPPED} else [])
    assert len(journey.unmapped) == (last is Milestone.UNMAPPED)
    assert {note.flag for note in journey.anomalies}.isdisjoint({CORRECTS_UNKNOWN, CORRECTION_CIRCLE})
    assert len({fact.event_id for fact in stored}) == len(stored)


@pytest.mark.parametrize("later", [True, False])
def test_consequences_are_what_the_workflow_would_tell(later: bool):
    first = [reading(Milestone.PICKED_UP, event_id="e_0"), reading(Milestone.OUT_FOR_DELIVERY)]
    changes, told = publish(fold(first, PLAN), Told(), recorded_at=HEARD)
    added = again([first[1]], reading(Milestone.DELIVERED)) if later else []

    found = consequence(PLAN, first, added, told_of(changes), at=HEARD)

    assert found.changes == tuple(publish(fold([*first, *added], PLAN), told, recorded_at=HEARD)[0])
    assert found.corrections == (1 if later else 0)
    assert [change.kind for change in found.changes] == ([ChangeKind.CORRECTION, ChangeKind.STATUS] if later else [])
    assert found.supersedes == ((2,) if later else ())
