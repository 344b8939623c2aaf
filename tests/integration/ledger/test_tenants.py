"""One tenant's rows must show through no read of another's."""

from datetime import timedelta

import pytest

from domain.errors import NotFoundError
from domain.milestones import Milestone
from domain.normalised import Rejected
from domain.shipments import Leg
from ledger.store import Ledger
from tests.integration.ledger.made import (
    NOON,
    change,
    commit,
    entry,
    fact,
    ids_of,
    incoming,
    plan,
    publication,
    read,
    take_in,
)


@pytest.fixture
def full(ledger: Ledger) -> Ledger:
    """Everything that one tenant can have, and nothing of the other's."""
    ledger.registry.register(plan("S1", "A1", reference="10045"))
    message = ledger.inbox.keep(incoming(b"{}"))
    unknown = fact("e_2", number="A1", milestone=Milestone.UNMAPPED)
    parked = fact("e_3", number="P1")
    ledger.inbox.record(message, read(fact("e_1", number="A1"), unknown, parked, rejected=[Rejected(3, "bad", "x")]))
    ledger.inbox.unreadable(ledger.inbox.keep(incoming(b"\xff")), code="payload_unreadable", detail="x")
    ledger.journal.commit(commit("S1", entry(1, event_id="e_1"), changes=[change(1)]))
    ledger.convergence.bury(publication("S1", 1), "gone")
    return ledger


def test_lists_of_another_tenant_are_empty(full: Ledger) -> None:
    reads = full.reads

    assert reads.shipments("brio").items == []
    assert reads.shipments("brio", tracking_number="A1").items == []
    assert reads.shipments("brio", reference="10045").items == []
    assert reads.timeline("brio", "S1") == []
    assert reads.facts("brio", "S1") == []
    assert reads.changes("brio") == []
    assert reads.counts("brio") == {}
    assert reads.unmapped("brio") == []
    assert reads.parked("brio") == []
    assert reads.rejected("brio") == []
    assert reads.unreadable("brio") == []
    assert full.convergence.status("brio").total == 0
    assert full.convergence.dead_letters("brio", open_only=False) == []
    assert full.verify("brio").shipments == 0


def test_the_operator_sees_all_tenants_where_none_is_named(full: Ledger) -> None:
    reads = full.reads

    assert [len(rows) for rows in (reads.unmapped(), reads.parked(), reads.rejected(), reads.unreadable())] == [1] * 4
    assert full.convergence.status().total == 1
    assert len(full.convergence.dead_letters()) == 1


def test_single_rows_of_another_tenant_are_not_found(full: Ledger) -> None:
    message_id = full.reads.facts("acme", "S1")[0].message_id
    letter_id = full.convergence.dead_letters("acme")[0].letter_id

    with pytest.raises(NotFoundError):
        full.reads.shipment("brio", "S1")
    with pytest.raises(NotFoundError):
        full.reads.journey("brio", "S1")
    with pytest.raises(NotFoundError):
        full.reads.message("brio", message_id)
    with pytest.raises(NotFoundError):
        full.registry.plan("brio", "S1")
    with pytest.raises(NotFoundError):
        full.registry.add_leg("brio", "S1", Leg(carrier="fedex", tracking_number="A9"))
    with pytest.raises(NotFoundError):
        full.journal.commit(commit("S1", entry(2), tenant="brio"))
    with pytest.raises(NotFoundError):
        full.convergence.dead_letter(letter_id, "brio")


def test_the_same_numbers_ids_and_events_live_side_by_side(full: Ledger) -> None:
    full.registry.register(plan("S1", "A1", "P1", tenant="brio"))
    take_in(full, fact("e_1", number="A1"), tenant="brio")
    full.journal.commit(commit("S1", entry(1, event_id="e_1"), tenant="brio", changes=[change(1)]))

    assert [row.fact.event_id for row in full.reads.facts("brio", "S1")] == ["e_1"]
    assert [row.tracking_number for row in full.reads.parked("acme")] == ["P1"]
    assert len(full.reads.timeline("brio", "S1")) == len(full.reads.timeline("acme", "S1")) == 1
    left = full.inbox.undelivered(before=NOON + timedelta(days=1), limit=10)
    assert {(one.tenant, tuple(ids_of([one])["S1"])) for one in left} == {
        ("acme", ("e_1", "e_2")),
        ("brio", ("e_1",)),
    }
