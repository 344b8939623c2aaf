from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import StatementError

from domain.errors import NotFoundError
from domain.states import State
from ledger.store import Ledger
from tests.integration.ledger.made import NOON, at_once, change, commit, entry, fact, plan, snapshot, take_in


def ids(ledger: Ledger, **filters: object) -> list[str]:
    return [row.shipment_id for row in ledger.reads.shipments("acme", **filters).items]  # type: ignore[arg-type] # by test


@pytest.fixture
def three(ledger: Ledger) -> Ledger:
    ledger.registry.register(plan("S1", "A1", reference="10045"))
    ledger.registry.register(plan("S2", "A2", "A2B"))
    ledger.registry.register(plan("S3", "A3"))
    held = snapshot(State.CUSTOMS_HOLD, minute=10, anomalies=1, stage="IMPORT_CUSTOMS", owner="CUSTOMS")
    ledger.journal.commit(commit("S2", entry(1), shown=held))
    ledger.journal.commit(commit("S3", entry(1), shown=snapshot(State.DELIVERED, minute=20, is_ended=True)))
    return ledger


def test_the_latest_registration_comes_first(three: Ledger) -> None:
    assert ids(three) == ["S3", "S2", "S1"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"state": State.CUSTOMS_HOLD}, ["S2"]),
        ({"stage": "IMPORT_CUSTOMS"}, ["S2"]),
        ({"owner": "SHIPPER"}, ["S1"]),
        ({"reference": "10045"}, ["S1"]),
        ({"reference": "1004"}, []),
        ({"tracking_number": "a2 b"}, ["S2"]),
        ({"tracking_number": "A9"}, []),
        ({"updated_after": snapshot(minute=10).updated_at}, ["S3"]),
        ({"updated_after": snapshot(minute=9).updated_at}, ["S3", "S2"]),
        ({"has_anomalies": True}, ["S2"]),
        ({"has_anomalies": False}, ["S3", "S1"]),
        ({"is_ended": True}, ["S3"]),
        ({"is_ended": False, "has_anomalies": False}, ["S1"]),
    ],
)
def test_filters_narrow_the_list(three: Ledger, filters: dict[str, object], expected: list[str]) -> None:
    assert ids(three, **filters) == expected


def test_counts_are_per_state(three: Ledger) -> None:
    assert three.reads.counts("acme") == {State.CREATED: 1, State.CUSTOMS_HOLD: 1, State.DELIVERED: 1}


def test_one_shipment_comes_with_its_convergence(three: Ledger) -> None:
    row = three.reads.shipment("acme", "S1")

    assert (row.reference, [leg.tracking_number for leg in row.legs], row.registered_at) == ("10045", ["A1"], NOON)
    assert [(one.connection, one.wanted, one.acked) for one in row.convergence] == [("shop", 0, 0)]


def test_what_is_not_there_is_not_found(three: Ledger) -> None:
    with pytest.raises(NotFoundError):
        three.reads.shipment("acme", "S9")
    with pytest.raises(NotFoundError):
        three.reads.journey("acme", "S9")
    with pytest.raises(NotFoundError):
        three.reads.message("acme", "m_9")
    assert three.reads.timeline("acme", "S9") == []
    assert three.reads.facts("acme", "S9") == []


def test_pages_neither_skip_nor_repeat_while_others_register(ledger: Ledger) -> None:
    for place in range(10):
        ledger.registry.register(plan(f"old{place}"))
    first = ledger.reads.shipments("acme", limit=4)
    at_once(lambda place: ledger.registry.register(plan(f"new{place}")), range(6))
    second = ledger.reads.shipments("acme", limit=4, cursor=first.next_cursor)
    ledger.registry.register(plan("newest"))
    third = ledger.reads.shipments("acme", limit=4, cursor=second.next_cursor)

    seen = [row.shipment_id for page in (first, second, third) for row in page.items]
    assert seen == [f"old{place}" for place in reversed(range(10))]
    assert third.next_cursor is None
    assert len(ids(ledger)) == 17


def test_a_full_last_page_has_no_next(three: Ledger) -> None:
    page = three.reads.shipments("acme", limit=3)

    assert (len(page.items), page.next_cursor) == (3, None)


@pytest.mark.parametrize("cursor", ["", "x", "äö", "cDE6eA", "cDI6MQ", "eA=="])
def test_a_cursor_that_no_page_gave_is_refused(three: Ledger, cursor: str) -> None:
    with pytest.raises(NotFoundError, match="cursor"):
        three.reads.shipments("acme", cursor=cursor)


def test_parked_numbers_show_how_long_they_wait(ledger: Ledger) -> None:
    take_in(ledger, fact("e_1", number="B1"), fact("e_2", number="b 1"), fact("e_3", number="C1"))

    assert [(row.tracking_number, row.facts, row.first_recorded_at) for row in ledger.reads.parked("acme")] == [
        ("B1", 2, NOON),
        ("C1", 1, NOON),
    ]


def test_times_come_back_in_utc_to_the_microsecond(ledger: Ledger) -> None:
    exact = NOON + timedelta(days=1, microseconds=123_456)
    ledger.registry.register(plan("S1"))
    ledger.journal.commit(commit("S1", entry(1), shown=snapshot(last_at=exact)))

    last_at = ledger.reads.shipment("acme", "S1").snapshot.last_at
    assert last_at == exact
    assert last_at is not None
    assert last_at.utcoffset() == timedelta(0)


def test_a_time_without_zone_is_refused(three: Ledger) -> None:
    with pytest.raises(StatementError, match="a time without zone is no time"):
        three.reads.shipments("acme", updated_after=datetime(2026, 3, 1))  # noqa: DTZ001 - the case at hand


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+00:00"),
        ("9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59.999999+00:00"),
    ],
)
def test_the_ends_of_the_calendar_are_kept(ledger: Ledger, sent: str, kept: str) -> None:
    ledger.registry.register(plan("S1"))
    ledger.journal.commit(commit("S1", entry(1), shown=snapshot(last_at=datetime.fromisoformat(sent))))

    last_at = ledger.reads.shipment("acme", "S1").snapshot.last_at
    assert last_at == datetime.fromisoformat(kept)


def test_hostile_questions_find_nothing(three: Ledger) -> None:
    for odd in ("\x00", "S1\x00", "\ud800", "x" * 10_000):
        assert ids(three, reference=odd) == []
        assert ids(three, state=odd) == []
        assert ids(three, tracking_number=odd) == []
        assert three.reads.timeline("acme", odd) == []
        assert three.reads.changes(odd) == []
        with pytest.raises(NotFoundError):
            three.reads.shipment("acme", odd)
        with pytest.raises(NotFoundError):
            three.reads.message(odd, odd)


def test_numbers_beyond_any_row_find_nothing(three: Ledger) -> None:
    assert three.reads.changes("acme", after=2**70) == []
    assert three.reads.timeline("acme", "S2", after_seq=2**70) == []
    assert len(three.reads.shipments("acme", cursor="cDE6MTE4MDU5MTYyMDcxNzQxMTMwMzQyNA").items) == 3


def test_what_one_shipment_was_told_comes_in_order_and_between_two_revisions(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1"))
    ledger.registry.register(plan("S2", "A2"))
    ledger.journal.commit(commit("S1", entry(1), changes=[change(1), change(2)]))
    ledger.journal.commit(commit("S2", entry(1), changes=[change(1)]))
    ledger.journal.commit(commit("S1", entry(2), changes=[change(3)]))

    assert [one.revision for one in ledger.reads.told("acme", "S1", after=1, up_to=3)] == [2, 3]
    assert [one.revision for one in ledger.reads.told("acme", "S1", after=0, up_to=2)] == [1, 2]
    assert ledger.reads.told("other", "S1", after=0, up_to=3) == ()
