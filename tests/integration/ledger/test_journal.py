from datetime import timedelta, timezone

import pytest

from domain.audit import GENESIS, AuditEntry, EntryKind, ShipmentSnapshot, entry_hash
from domain.errors import HubBugError, NotFoundError
from domain.states import State
from ledger.store import Ledger
from ledger.tables import shipments
from tests.integration.ledger.made import NOON, at_once, change, commit, entry, fact, plan, snapshot, take_in


@pytest.fixture(autouse=True)
def registered(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "AB123", reference="10045"))


def test_entries_are_chained_from_the_genesis(ledger: Ledger) -> None:
    ledger.journal.commit(commit("S1", entry(1, note="a"), entry(2, note="ä")))
    ledger.journal.commit(commit("S1", entry(3)))

    rows = ledger.reads.timeline("acme", "S1")

    assert [row.seq for row in rows] == [1, 2, 3]
    assert [row.previous_hash for row in rows] == [GENESIS, rows[0].hash, rows[1].hash]
    assert rows[1].hash == entry_hash(rows[0].hash, tenant="acme", shipment_id="S1", entry=entry(2, note="ä"))
    assert ledger.reads.shipment("acme", "S1").entries == 3


def test_a_time_with_offset_is_hashed_as_the_database_gives_it_back(ledger: Ledger) -> None:
    local = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    ledger.journal.commit(commit("S1", AuditEntry(seq=1, kind=EntryKind.COMMAND, at=local, body={})))

    assert ledger.reads.timeline("acme", "S1")[0].at == NOON
    assert ledger.verify().is_intact


def test_every_field_of_the_snapshot_is_a_column(ledger: Ledger) -> None:
    full = snapshot(
        State.CUSTOMS_HOLD,
        revision=7,
        last_milestone="CUSTOMS_HELD",
        last_at=NOON,
        state_since=NOON,
        expected_at=NOON,
        promised_at=NOON,
        open_holds=1,
        anomalies=2,
        facts=3,
        attempts=4,
        is_stale=True,
        is_damaged=True,
        is_ended=True,
    )
    ledger.journal.commit(commit("S1", entry(1), shown=full))

    assert ledger.reads.shipment("acme", "S1").snapshot == full
    assert set(ShipmentSnapshot.model_fields) - set(shipments.c.keys()) == set()
    assert ledger.reads.journey("acme", "S1") == {"state": "CUSTOMS_HOLD"}


def test_a_registered_shipment_starts_as_created(ledger: Ledger) -> None:
    row = ledger.reads.shipment("acme", "S1")

    assert (row.snapshot.state, row.snapshot.owner, row.entries) == (State.CREATED, "SHIPPER", 0)
    assert ledger.reads.journey("acme", "S1") == {}


def test_a_repeated_commit_changes_nothing(ledger: Ledger) -> None:
    first = commit("S1", entry(1), entry(2), changes=[change(1)], shown=snapshot(minute=1))
    later = commit("S1", entry(3), changes=[change(2)], shown=snapshot(State.EXPORT, minute=2))
    ledger.journal.commit(first)
    ledger.journal.commit(later)
    before = (ledger.reads.shipment("acme", "S1"), ledger.reads.timeline("acme", "S1"), ledger.reads.changes("acme"))

    ledger.journal.commit(first)
    ledger.journal.commit(later)

    after = (ledger.reads.shipment("acme", "S1"), ledger.reads.timeline("acme", "S1"), ledger.reads.changes("acme"))
    assert after == before
    assert after[0].snapshot.state is State.EXPORT


def test_a_commit_that_grew_after_a_crash_adds_only_what_is_new(ledger: Ledger) -> None:
    ledger.journal.commit(commit("S1", entry(1), changes=[change(1)], shown=snapshot(minute=1)))
    rerun = AuditEntry(seq=1, kind=EntryKind.COMMAND, at=NOON + timedelta(days=2), body={})

    ledger.journal.commit(
        commit("S1", rerun, entry(2), changes=[change(1), change(2, State.EXPORT)], shown=snapshot(minute=2))
    )

    rows = ledger.reads.timeline("acme", "S1")
    assert [row.seq for row in rows] == [1, 2]
    assert rows[0].at == entry(1).at
    assert [(cursor, told.revision) for cursor, _, _, told in ledger.reads.changes("acme")] == [(1, 1), (2, 2)]
    assert ledger.verify().is_intact


def test_another_body_under_a_known_seq_is_a_bug(ledger: Ledger) -> None:
    ledger.journal.commit(commit("S1", entry(1, note="a")))

    with pytest.raises(HubBugError, match="entry 1 is there with other content"):
        ledger.journal.commit(commit("S1", entry(1, note="b"), entry(2), shown=snapshot(State.EXPORT, minute=9)))

    assert [row.body for row in ledger.reads.timeline("acme", "S1")] == [{"note": "a"}]
    assert ledger.reads.shipment("acme", "S1").snapshot.state is State.FIRST_MILE


def test_a_gap_is_a_bug_and_writes_nothing(ledger: Ledger) -> None:
    ledger.journal.commit(commit("S1", entry(1)))

    with pytest.raises(HubBugError, match="entry 3 after 1"):
        ledger.journal.commit(commit("S1", entry(3), changes=[change(1)]))

    assert ledger.reads.shipment("acme", "S1").entries == 1
    assert ledger.reads.changes("acme") == []


def test_an_unregistered_shipment_is_not_found(ledger: Ledger) -> None:
    with pytest.raises(NotFoundError):
        ledger.journal.commit(commit("S2", entry(1)))


def test_an_older_snapshot_does_not_replace_a_newer_one(ledger: Ledger) -> None:
    ledger.journal.commit(commit("S1", entry(1), entry(2), shown=snapshot(State.EXPORT, minute=5)))
    # The place in the chain decides, not the time: a stalled worker's commit can carry the same or a later one.
    ledger.journal.commit(commit("S1", entry(1), shown=snapshot(State.FIRST_MILE, minute=6)))
    assert ledger.reads.shipment("acme", "S1").snapshot.state is State.EXPORT

    ledger.journal.commit(commit("S1", entry(3), shown=snapshot(State.LINEHAUL, minute=5)))
    assert ledger.reads.shipment("acme", "S1").snapshot.state is State.LINEHAUL


def test_the_timeline_joins_facts_with_the_carriers_own_words(ledger: Ledger) -> None:
    message = take_in(ledger, fact("e_1", code="PU", text="Picked up"))
    ledger.journal.commit(
        commit(
            "S1",
            entry(1, EntryKind.REGISTERED),
            entry(2, EntryKind.FACT, event_id="e_1", message_id=message.message_id),
            entry(3, EntryKind.STATE, state="FIRST_MILE"),
        )
    )

    registered, reported, moved = ledger.reads.timeline("acme", "S1")
    assert (reported.raw_code, reported.raw_text, reported.message_id) == ("PU", "Picked up", message.message_id)
    assert reported.fact is not None
    assert reported.fact.event_id == "e_1"
    assert (registered.fact, moved.fact, moved.body) == (None, None, {"state": "FIRST_MILE"})
    assert ledger.reads.timeline("acme", "S1", after_seq=1, limit=1) == [reported]


def test_one_commit_repeated_by_many_at_once_counts_once(ledger: Ledger) -> None:
    same = commit("S1", entry(1), entry(2), changes=[change(1), change(2)])

    at_once(lambda _: ledger.journal.commit(same), range(8))

    assert [row.seq for row in ledger.reads.timeline("acme", "S1")] == [1, 2]
    assert [cursor for cursor, *_ in ledger.reads.changes("acme")] == [1, 2]
    assert ledger.verify().is_intact
