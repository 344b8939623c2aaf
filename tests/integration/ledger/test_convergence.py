import pytest

from domain.errors import NotFoundError
from domain.publication import PushResult
from ledger.store import Ledger
from tests.integration.ledger.made import at_once, change, commit, entry, plan, publication


@pytest.fixture(autouse=True)
def told(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", connections=("shop", "books")))
    ledger.registry.register(plan("S2", connections=("shop",)))
    ledger.journal.commit(commit("S1", entry(1), changes=[change(1), change(2)]))


def acked(revision: int) -> PushResult:
    return PushResult(acked=True, revision=revision, outcome="200")


def refused(revision: int) -> PushResult:
    return PushResult(acked=False, revision=revision, outcome="request_rejected")


def divergent(ledger: Ledger) -> list[tuple[str, str, int, int, int]]:
    rows = ledger.convergence.status("acme").divergent
    return sorted((row.shipment_id, row.connection, row.wanted, row.sent, row.acked) for row in rows)


def test_a_change_is_wanted_at_every_connection_until_acked(ledger: Ledger) -> None:
    assert ledger.convergence.status("acme").total == 3
    assert divergent(ledger) == [("S1", "books", 2, 0, 0), ("S1", "shop", 2, 0, 0)]

    ledger.journal.acked(publication("S1", 1), acked(1))
    assert divergent(ledger) == [("S1", "books", 2, 0, 0), ("S1", "shop", 2, 1, 1)]

    ledger.journal.acked(publication("S1", 2), acked(2))
    ledger.journal.acked(publication("S1", 1, 2, connection="books"), acked(2))
    assert divergent(ledger) == []


def test_a_late_or_repeated_ack_takes_nothing_back(ledger: Ledger) -> None:
    ledger.journal.acked(publication("S1", 1, 2), acked(2))
    ledger.journal.acked(publication("S1", 1), PushResult(acked=True, revision=1, outcome="late"))

    row = {one.connection: one for one in ledger.reads.shipment("acme", "S1").convergence}["shop"]
    assert (row.wanted, row.sent, row.acked, row.outcome) == (2, 2, 2, "200")


def test_a_refusal_is_visible_and_kept_as_a_dead_letter(ledger: Ledger) -> None:
    push = publication("S1", 1, 2)

    ledger.journal.acked(push, refused(2))
    ledger.journal.acked(push, refused(2))

    [letter] = ledger.convergence.dead_letters("acme")
    assert (letter.publication, letter.reason, letter.message_id) == (push, "request_rejected", "acme:S1:2")
    assert divergent(ledger) == [("S1", "books", 2, 0, 0), ("S1", "shop", 2, 2, 0)]


def test_burying_twice_is_burying_once(ledger: Ledger) -> None:
    first = ledger.convergence.bury(publication("S1", 1), "first reason")
    again = ledger.convergence.bury(publication("S1", 1), "second reason")
    other = ledger.convergence.bury(publication("S1", 1, connection="books"), "third reason")

    assert first == again != other
    assert ledger.convergence.dead_letter(first).reason == "first reason"
    assert len(ledger.convergence.dead_letters()) == 2


def test_only_a_covering_ack_resolves_a_letter(ledger: Ledger) -> None:
    letter_id = ledger.convergence.bury(publication("S1", 1, 2), "gone")

    ledger.convergence.replayed(letter_id)
    ledger.journal.acked(publication("S1", 1), acked(1))
    ledger.journal.acked(publication("S1", 2, connection="books"), acked(2))
    replayed = ledger.convergence.dead_letter(letter_id)
    assert (replayed.is_resolved, replayed.replayed_at) == (False, ledger.database.clock.now())

    ledger.journal.acked(publication("S1", 1, 2), acked(2))
    assert ledger.convergence.dead_letter(letter_id).is_resolved is True
    assert ledger.convergence.dead_letters("acme") == []
    assert [one.letter_id for one in ledger.convergence.dead_letters("acme", open_only=False)] == [letter_id]


def test_a_failure_after_the_ack_is_no_open_letter(ledger: Ledger) -> None:
    ledger.journal.acked(publication("S1", 1, 2), acked(2))

    ledger.journal.acked(publication("S1", 1), refused(1))

    assert ledger.convergence.dead_letters("acme") == []
    assert divergent(ledger) == [("S1", "books", 2, 0, 0)]


def test_an_unknown_letter_is_not_found(ledger: Ledger) -> None:
    with pytest.raises(NotFoundError):
        ledger.convergence.dead_letter("d_0")


def test_acks_of_many_at_once_end_at_the_highest(ledger: Ledger) -> None:
    at_once(lambda revision: ledger.journal.acked(publication("S1", revision), acked(revision)), range(1, 9))

    row = {one.connection: one for one in ledger.reads.shipment("acme", "S1").convergence}["shop"]
    assert (row.sent, row.acked) == (8, 8)
