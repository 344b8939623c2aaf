from domain.erp_rounds import ReadingState
from domain.publication import PushResult
from ledger.store import Ledger
from tests.integration.ledger.conftest import START
from tests.integration.ledger.made import change, commit, entry, plan, publication


def test_a_state_is_kept_per_connection(ledger: Ledger) -> None:
    state = ReadingState(
        cursor={"log": 7, "read": [1, 2]},
        again=("d,1",),
        failed={"d,1": "unusable"},
        read_at=START,
        away_since=START,
        registered=2,
    )
    assert ledger.reading_states.state("main", "shop") == ReadingState()

    ledger.reading_states.keep("main", "shop", ReadingState())
    ledger.reading_states.keep("main", "shop", state)

    assert ledger.reading_states.state("main", "shop") == state
    assert ledger.reading_states.state("main", "other") == ReadingState()


def _behind(ledger: Ledger, *names: str) -> None:
    for name in names:
        ledger.registry.register(plan(name, connections=("shop", "books")))
        ledger.journal.commit(commit(name, entry(1), changes=[change(1)]))


def test_shipments_that_are_behind_come_page_by_page(ledger: Ledger) -> None:
    _behind(ledger, "S3", "S1", "S2", "S4")
    ledger.journal.acked(publication("S2", 1), PushResult(acked=True, revision=1, outcome="200"))

    first = ledger.backlog.behind("acme", "shop", after=None, limit=2)
    second = ledger.backlog.behind("acme", "shop", after=first[-1], limit=2)

    assert (first, second) == (["S1", "S3"], ["S4"])
    assert ledger.backlog.behind("acme", "books", after="S1", limit=9) == ["S2", "S3", "S4"]
    assert ledger.backlog.behind("other", "shop", after=None, limit=9) == []


def test_what_was_refused_for_good_waits_for_a_person_or_a_newer_change(ledger: Ledger) -> None:
    _behind(ledger, "S1", "S2", "S3", "S4")
    ledger.convergence.bury(publication("S1", 1), "request_rejected: no such field")
    ledger.convergence.bury(publication("S2", 1), "partner_unavailable: no answer")
    ledger.convergence.bury(publication("S3", 1), "request_rejected")
    ledger.convergence.bury(publication("S4", 1, connection="books"), "request_rejected")

    assert ledger.backlog.behind("acme", "shop", after=None, limit=9) == ["S2", "S4"]

    ledger.journal.commit(commit("S1", entry(2), changes=[change(2)]))
    assert ledger.backlog.behind("acme", "shop", after=None, limit=9) == ["S1", "S2", "S4"]
