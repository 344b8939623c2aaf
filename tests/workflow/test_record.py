"""What a shipment decides, without a server: the same whatever workflow tasks the messages fall into."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.audit import AuditEntry, EntryKind
from domain.facts import Fact, FactBatch
from domain.milestones import Milestone
from domain.publication import Publication, PushResult, StatusChange
from tests.workflow.parcels import Parcel, plan
from workflows.model import Carried, Limits, ShipmentStart
from workflows.record import BEYOND_LIMIT, ShipmentRecord

START = datetime(2026, 3, 1, tzinfo=UTC)
PLAN = plan(shipment_id="S-1", registered_at=START)


def _facts() -> list[Fact]:
    parcel = Parcel(PLAN, start=START)
    facts = parcel.held_and_rerouted()
    return [
        fact.model_copy(update={"recorded_at": START + timedelta(days=1, minutes=place)})
        for place, fact in enumerate(facts)
    ]


FACTS = _facts()
BATCHES = st.lists(
    st.lists(st.sampled_from(FACTS), min_size=1, max_size=4).map(lambda facts: FactBatch(facts=tuple(facts))),
    min_size=1,
    max_size=8,
)

Written = tuple[list[AuditEntry], list[StatusChange]]


def _live(batches: list[FactBatch], ends_of_tasks: set[int], *, start: ShipmentStart | None = None) -> Written:
    """Take the batches and commit wherever a workflow task ends; return all that was written."""
    record = ShipmentRecord(start or ShipmentStart(plan=PLAN))
    entries: list[AuditEntry] = []
    changes: list[StatusChange] = []
    for place, batch in enumerate(batches):
        record.take(batch)
        if place in ends_of_tasks or place == len(batches) - 1:
            commit = record.commit(born_before=place)
            if commit is not None:
                entries += commit.entries
                changes += commit.changes
    return entries, changes


@settings(max_examples=200, deadline=None)
@given(BATCHES, st.sets(st.integers(0, 7)), st.sets(st.integers(0, 7)))
def test_a_workflow_task_done_again_with_more_messages_writes_the_same_beginning(
    batches: list[FactBatch], first: set[int], second: set[int]
):
    assert _live(batches, first) == _live(batches, second)


@settings(max_examples=100, deadline=None)
@given(BATCHES, st.integers(1, 7))
def test_a_shorter_history_writes_a_beginning_of_a_longer_one(batches: list[FactBatch], length: int):
    entries, changes = _live(batches[:length], set())
    all_entries, all_changes = _live(batches, set())

    assert all_entries[: len(entries)] == entries
    assert all_changes[: len(changes)] == changes


@settings(max_examples=100, deadline=None)
@given(BATCHES, st.integers(0, 6))
def test_a_new_run_goes_on_where_the_old_one_stopped(batches: list[FactBatch], cut: int):
    record = ShipmentRecord(ShipmentStart(plan=PLAN))
    written: list[AuditEntry] = []
    for place, batch in enumerate(batches):
        record.take(batch)
        commit = record.commit(born_before=place)
        written += () if commit is None else commit.entries
        if place == cut:
            carried = Carried.model_validate_json(record.carried().model_dump_json(exclude_unset=True))
            record = ShipmentRecord(ShipmentStart(plan=PLAN, carried=carried))

    assert written == _live(batches, set())[0]


def test_an_outcome_is_written_one_workflow_task_later():
    record = ShipmentRecord(ShipmentStart(plan=PLAN))
    record.take(FactBatch(facts=(FACTS[0],)))
    commit = record.commit(born_before=4)
    assert commit is not None
    publication = Publication(tenant="acme", shipment_id="S-1", connection="shop", changes=commit.changes)
    record.note_push(publication, PushResult(acked=True, revision=1, outcome="accepted"), at=START, born=4)

    record.take(FactBatch(facts=(FACTS[1],)))
    same_task = record.commit(born_before=4)
    record.take(FactBatch(facts=(FACTS[2],)))
    next_task = record.commit(born_before=9)

    assert same_task is not None
    assert next_task is not None
    assert EntryKind.PUBLISHED not in [entry.kind for entry in same_task.entries]
    assert [entry.kind for entry in next_task.entries][:2] == [EntryKind.PUBLISHED, EntryKind.FACT]
    assert [entry.seq for entry in (*commit.entries, *same_task.entries, *next_task.entries)] == list(
        range(1, record.seq + 1)
    )


def test_facts_beyond_the_limit_are_noted_and_not_folded():
    limits = Limits(facts=3, overflow=2)
    record = ShipmentRecord(ShipmentStart(plan=PLAN, limits=limits))
    record.take(FactBatch(facts=tuple(FACTS)))
    record.take(FactBatch(facts=tuple(FACTS)))
    commit = record.commit(born_before=1)

    assert commit is not None
    assert record.facts == 3
    beyond = [entry.body["event_id"] for entry in commit.entries if entry.body.get("flag") == BEYOND_LIMIT]
    # Two are remembered; the others are noted again when they come again.
    assert beyond[:5] == [fact.event_id for fact in FACTS[3:]]
    assert commit.snapshot.facts == 3


def test_known_facts_change_nothing():
    record = ShipmentRecord(ShipmentStart(plan=PLAN))
    record.take(FactBatch(facts=tuple(FACTS)))
    record.commit(born_before=1)

    record.take(FactBatch(facts=tuple(reversed(FACTS))))

    assert record.commit(born_before=1) is None


def test_the_snapshot_time_never_goes_back():
    record = ShipmentRecord(ShipmentStart(plan=PLAN))
    older = FACTS[1].model_copy(update={"recorded_at": START + timedelta(hours=1)})
    record.take(FactBatch(facts=(FACTS[0],)))
    first = record.commit(born_before=1)
    record.take(FactBatch(facts=(older,)))
    second = record.commit(born_before=1)

    assert first is not None
    assert second is not None
    assert second.snapshot.updated_at >= first.snapshot.updated_at


def test_a_wide_shipment_fits_into_one_payload():
    limit = Limits().facts
    base = Parcel(PLAN, start=START).fact(Milestone.HUB_ARRIVED)
    facts = tuple(base.model_copy(update={"event_id": f"e_{number:030d}"}) for number in range(limit))
    record = ShipmentRecord(ShipmentStart(plan=PLAN))
    record.take(FactBatch(facts=facts))

    carried = record.carried().model_dump_json(exclude_unset=True)

    assert len(carried) < 512 * 1024
