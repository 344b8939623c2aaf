import threading

from ledger.store import Ledger
from tests.integration.ledger.made import at_once, change, commit, entry, plan

WRITERS = 8
WAKES = 12


def test_changes_carry_cursor_shipment_and_reference(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", reference="10045"))
    ledger.journal.commit(commit("S1", entry(1), changes=[change(1), change(2)]))

    assert ledger.reads.changes("acme", limit=1) == [(1, "S1", "10045", change(1))]
    assert ledger.reads.changes("acme", after=1) == [(2, "S1", "10045", change(2))]
    assert ledger.reads.changes("acme", after=2) == []


def test_each_tenant_counts_for_itself(ledger: Ledger) -> None:
    for tenant in ("acme", "brio"):
        ledger.registry.register(plan("S1", tenant=tenant))
        ledger.journal.commit(commit("S1", entry(1), tenant=tenant, changes=[change(1)]))

    assert [cursor for cursor, *_ in ledger.reads.changes("acme")] == [1]
    assert [cursor for cursor, *_ in ledger.reads.changes("brio")] == [1]


def test_a_reader_that_follows_the_cursor_misses_nothing_while_many_write(ledger: Ledger) -> None:
    for place in range(WRITERS):
        ledger.registry.register(plan(f"S{place}"))
    done = threading.Event()
    seen: list[tuple[int, str, int]] = []

    def follow() -> None:
        while True:
            was_done = done.is_set()
            found = ledger.reads.changes("acme", after=seen[-1][0] if seen else 0, limit=7)
            seen.extend((cursor, shipment_id, told.revision) for cursor, shipment_id, _, told in found)
            if was_done and not found:
                return

    def write(place: int) -> None:
        for wake in range(1, WAKES + 1):
            ledger.journal.commit(commit(f"S{place}", entry(wake), changes=[change(2 * wake - 1), change(2 * wake)]))

    reader = threading.Thread(target=follow)
    reader.start()
    at_once(write, range(WRITERS))
    done.set()
    reader.join(timeout=60)

    assert [cursor for cursor, _, _ in seen] == list(range(1, WRITERS * WAKES * 2 + 1))
    for place in range(WRITERS):
        revisions = [revision for _, shipment_id, revision in seen if shipment_id == f"S{place}"]
        assert revisions == list(range(1, WAKES * 2 + 1))
    assert ledger.verify().is_intact
