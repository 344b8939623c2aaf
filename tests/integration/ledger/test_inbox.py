from datetime import timedelta

import pytest

from domain.errors import NotFoundError
from domain.messages import MessageStatus, Recorded, StoredMessage
from domain.milestones import Milestone
from domain.normalised import Problem, Rejected
from ledger.rows import FactDelivery
from ledger.store import Ledger
from tests.integration.ledger.made import NOON, at_once, fact, ids_of, incoming, plan, read, take_in


def test_a_message_is_kept_once_per_account_and_counted(ledger: Ledger) -> None:
    first = ledger.inbox.keep(incoming(b'{"a":1}'))
    again = ledger.inbox.keep(incoming(b'{"a":1}', at=NOON + timedelta(hours=1)))
    elsewhere = ledger.inbox.keep(incoming(b'{"a":1}', account="fedex-2"))

    assert (first.is_new, again.is_new, elsewhere.is_new) == (True, False, True)
    assert first.message_id == again.message_id == elsewhere.message_id
    assert again.received_at == NOON
    assert again.body == b'{"a":1}'
    assert ledger.reads.message("acme", first.message_id).status is MessageStatus.KEPT


def test_a_fact_of_a_registered_number_is_routed(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "ab123"))
    message = ledger.inbox.keep(incoming())

    recorded = ledger.inbox.record(message, read(fact("e_1"), fact("e_2", number="Other 9")))

    assert (recorded.new_facts, recorded.known_facts, recorded.parked) == (2, 0, 1)
    assert ids_of(recorded.deliveries) == {"S1": ["e_1"]}
    assert recorded.deliveries[0].facts[0] == fact("e_1")
    assert [row.tracking_number for row in ledger.reads.parked("acme")] == ["OTHER9"]


def test_recording_a_message_again_changes_nothing(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "AB123"))
    message = ledger.inbox.keep(incoming())
    content = read(fact("e_1", milestone=Milestone.UNMAPPED), rejected=[Rejected(1, "no_time", "empty")])
    ledger.inbox.record(message, content)

    again = ledger.inbox.record(message, content)

    assert again == Recorded(known_facts=1)
    assert [row.times_seen for row in ledger.reads.facts("acme", "S1")] == [1]
    assert [row.seen for row in ledger.reads.unmapped("acme")] == [1]
    assert len(ledger.reads.rejected("acme")) == 1


def test_an_event_known_from_another_message_is_counted_and_keeps_its_first_wording(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "AB123"))
    first = take_in(ledger, fact("e_1", text="Picked up"), body=b"1")
    second = ledger.inbox.keep(incoming(b"2"))

    recorded = ledger.inbox.record(second, read(fact("e_1", text="Collected"), fact("e_1"), fact("e_2")))

    assert (recorded.new_facts, recorded.known_facts) == (1, 2)
    assert ids_of(recorded.deliveries) == {"S1": ["e_2"]}
    rows = {row.fact.event_id: row for row in ledger.reads.facts("acme", "S1")}
    assert rows["e_1"].fact.source.raw_text == "Picked up"
    assert (rows["e_1"].times_seen, rows["e_1"].message_id) == (2, first.message_id)


def test_unknown_codes_are_counted_per_event_with_a_sample(ledger: Ledger) -> None:
    unknown = {"milestone": Milestone.UNMAPPED, "code": "XX"}
    message = take_in(ledger, fact("e_1", **unknown), fact("e_2", **unknown), body=b"1")
    take_in(ledger, fact("e_1", **unknown), fact("e_3", milestone=Milestone.UNMAPPED, code=None), body=b"2")

    rows = ledger.reads.unmapped("acme")

    assert [(row.dialect, row.code, row.sample_text, row.seen) for row in rows] == [
        ("fedex", "XX", "Picked up", 2),
        ("fedex", "text:Picked up", "Picked up", 1),
    ]
    assert rows[0].message_id == message.message_id


def test_rejections_and_problems_are_kept_by_name(ledger: Ledger) -> None:
    message = ledger.inbox.keep(incoming())
    rejected = [Rejected(0, "no_time", "date is empty", "AB123", "PU"), Rejected(2, "no_number", "none")]

    ledger.inbox.record(message, read(rejected=rejected, problems=[Problem("not_known_yet", "no data")]))

    rows = ledger.reads.rejected("acme")
    assert [(row.event_index, row.problem, row.detail, row.raw_code) for row in rows] == [
        (0, "no_time", "date is empty", "PU"),
        (2, "no_number", "none", None),
    ]
    assert ledger.reads.message("acme", message.message_id).status is MessageStatus.READ


def test_an_unreadable_message_waits_for_a_person_and_not_for_the_sweep(ledger: Ledger) -> None:
    message = ledger.inbox.keep(incoming(b"\xff"))

    ledger.inbox.unreadable(message, code="payload_unreadable", detail="not JSON")
    ledger.inbox.unreadable(message, code="other", detail="second")

    [row] = ledger.reads.unreadable("acme")
    assert (row.problem, row.detail, row.status) == ("payload_unreadable", "not JSON", MessageStatus.UNREADABLE)
    assert ledger.inbox.unread(before=NOON + timedelta(days=1), limit=10) == []


def test_recording_what_was_never_kept_is_refused(ledger: Ledger) -> None:
    kept = ledger.inbox.keep(incoming())
    ghost = StoredMessage("m_0", "acme", kept.account, "fedex", b"", "application/json", NOON, MessageStatus.KEPT)

    with pytest.raises(NotFoundError):
        ledger.inbox.record(ghost, read(fact("e_1")))

    assert ledger.reads.parked("acme") == []


def test_a_crash_before_reading_leaves_the_message_to_the_sweep(ledger: Ledger) -> None:
    late = ledger.inbox.keep(incoming(b"2", at=NOON + timedelta(minutes=5)))
    early = ledger.inbox.keep(incoming(b"1"))

    assert ledger.inbox.unread(before=NOON, limit=10) == []
    found = ledger.inbox.unread(before=NOON + timedelta(minutes=6), limit=10)
    assert [one.message_id for one in found] == [early.message_id, late.message_id]
    assert [one.message_id for one in ledger.inbox.unread(before=NOON + timedelta(minutes=6), limit=1)] == [
        early.message_id
    ]

    ledger.inbox.record(found[0], read(fact("e_1")))
    assert [one.message_id for one in ledger.inbox.unread(before=NOON + timedelta(minutes=6), limit=10)] == [
        late.message_id
    ]


def test_a_crash_before_delivery_leaves_the_facts_to_the_sweep(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "A1"))
    ledger.registry.register(plan("S2", "A2"))
    take_in(ledger, fact("e_1", number="A1"), fact("e_2", number="A2"), fact("e_3", number="A3"))

    left = ledger.inbox.undelivered(before=NOON + timedelta(seconds=1), limit=10)
    assert ids_of(left) == {"S1": ["e_1"], "S2": ["e_2"]}
    assert ledger.inbox.undelivered(before=NOON, limit=10) == []

    ledger.inbox.delivered(left[0])
    ledger.inbox.delivered(left[0])
    assert ids_of(ledger.inbox.undelivered(before=NOON + timedelta(seconds=1), limit=10)) == {"S2": ["e_2"]}
    assert [row.delivery for row in ledger.reads.facts("acme", "S1")] == [FactDelivery.DELIVERED]


def test_text_that_no_database_can_hold_is_kept_readable(ledger: Ledger) -> None:
    message = ledger.inbox.keep(incoming())
    hostile = "a\x00b\ud800" + "x" * 5_000
    odd = fact("e_1", number="n\x00" * 3_000, milestone=Milestone.UNMAPPED, code="c\x00" * 3_000, text="t\x00")

    ledger.inbox.record(message, read(odd, rejected=[Rejected(0, "odd", hostile, hostile, hostile)]))

    [row] = ledger.reads.rejected("acme")
    assert row.detail == "a\ufffdb?" + "x" * 1_996
    [code] = ledger.reads.unmapped("acme")
    assert (len(code.code), code.sample_text) == (200, "t\ufffd")
    assert [len(one.tracking_number) for one in ledger.reads.parked("acme")] == [49]


def test_the_same_message_from_many_senders_at_once_is_recorded_once(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "AB123"))

    def send(_: int) -> Recorded:
        message = ledger.inbox.keep(incoming(b"same"))
        return ledger.inbox.record(message, read(fact("e_1"), fact("e_2")))

    outcomes = at_once(send, range(8))

    assert sum(one.new_facts for one in outcomes) == 2
    assert sum(one.known_facts for one in outcomes) == 14
    assert [row.times_seen for row in ledger.reads.facts("acme", "S1")] == [1, 1]


def test_overlapping_messages_at_once_neither_fail_nor_double(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "A1", "A2"))
    events = [fact(f"e_{place}", number=f"A{place % 2 + 1}", milestone=Milestone.UNMAPPED) for place in range(20)]

    def poll(place: int) -> Recorded:
        message = ledger.inbox.keep(incoming(f"poll {place}".encode()))
        mine = events if place % 2 else list(reversed(events))
        recorded = ledger.inbox.record(message, read(*mine))
        for delivery in recorded.deliveries:
            ledger.inbox.delivered(delivery)
        return recorded

    outcomes = at_once(poll, range(8))

    assert sum(one.new_facts for one in outcomes) == 20
    assert [row.times_seen for row in ledger.reads.facts("acme", "S1")] == [8] * 20
    assert [row.seen for row in ledger.reads.unmapped("acme")] == [20]
    assert ledger.inbox.undelivered(before=NOON + timedelta(days=1), limit=100) == []
