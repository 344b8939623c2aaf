"""Corrections from reading again: appended once, where their event is, and never over somebody else's."""

from datetime import timedelta

import pytest

from domain.facts import Fact
from domain.messages import StoredMessage
from domain.milestones import Milestone
from domain.rereading import Reread, reread
from ledger.amending import Amendment, Origin, WorldMovedError
from ledger.rereading import Scope, each_message, known_of
from ledger.rows import DialectVolume, FactDelivery
from ledger.store import Ledger
from tests.integration.ledger.conftest import SetClock
from tests.integration.ledger.made import NOON, at_once, fact, ids_of, incoming, plan, read, take_in


def amendments(ledger: Ledger, message: StoredMessage, *derived: Fact) -> list[Amendment]:
    """Return what the ledger has to append when the message gives these facts now."""
    with ledger.database.read() as connection:
        [recorded] = [
            one for one in each_message(connection, Scope("fedex")) if one.message.message_id == message.message_id
        ]
    origin = Origin(message.tenant, message.account, message.message_id, message.dialect, message.received_at)
    found = reread(recorded.facts, derived, elsewhere=(), version="2", at=NOON)
    return [_amendment(origin, one) for one in found]


def _amendment(origin: Origin, one: Reread) -> Amendment:
    return Amendment(one.kind, origin, one.readings, one.before, one.facts)


def better(event_id: str = "e_1", milestone: Milestone = Milestone.DELIVERED, **more: object) -> Fact:
    return fact(event_id, milestone=milestone, **more)  # type: ignore[arg-type]  # the test names its fields


def test_an_amendment_is_appended_and_delivered_once(ledger: Ledger, clock: SetClock) -> None:
    ledger.registry.register(plan("S1", "AB123"))
    message = take_in(ledger, fact("e_1"))
    found = amendments(ledger, message, better())
    clock.forward(timedelta(days=3))

    first = ledger.amendments.append(found, version="2")
    again = ledger.amendments.append(found, version="2")

    [new] = ids_of(first.deliveries)["S1"]
    assert (first.new_facts, again.new_facts, again.known_facts) == (1, 0, 1)
    rows = {row.fact.event_id: row for row in ledger.reads.facts("acme", "S1")}
    assert rows["e_1"].fact == fact("e_1", message=message)
    assert (rows[new].fact.milestone, rows[new].delivery) == (Milestone.DELIVERED, FactDelivery.ROUTED)
    assert (rows[new].recorded_at, rows[new].fact.recorded_at) == (clock.now(), clock.now())
    assert ids_of(ledger.inbox.undelivered(before=clock.now() + timedelta(days=1), limit=9))["S1"] == ["e_1", new]


def test_a_correction_of_a_parked_fact_is_parked_and_comes_with_the_registration(ledger: Ledger) -> None:
    message = take_in(ledger, fact("e_1"))

    done = ledger.amendments.append(amendments(ledger, message, better()), version="2")

    assert (done.parked, done.deliveries) == (1, [])
    registered = ledger.registry.register(plan("S1", "AB123"))
    assert len(ids_of(registered.deliveries)["S1"]) == 2


def test_a_correction_stays_with_the_shipment_of_its_event(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "AB123"))
    message = take_in(ledger, fact("e_1"))
    found = amendments(ledger, message, better())
    with ledger.database.write() as connection:
        # The carrier uses the number again for a later shipment.
        connection.exec_driver_sql("UPDATE numbers SET shipment_id = 'S2'")

    done = ledger.amendments.append(found, version="2")

    assert list(ids_of(done.deliveries)) == ["S1"]


def test_what_was_corrected_meanwhile_is_left_alone(ledger: Ledger) -> None:
    message = take_in(ledger, fact("e_1"))
    stale = amendments(ledger, message, better(milestone=Milestone.HELD))
    ledger.amendments.append(amendments(ledger, message, better()), version="2")
    third = amendments(ledger, message, better(milestone=Milestone.LOST))
    ledger.amendments.append(third, version="3")
    facts = ledger.reads.parked("acme")[0].facts

    with pytest.raises(WorldMovedError, match="corrected meanwhile"):
        ledger.amendments.append(
            [Amendment(one.kind, one.origin, one.readings, one.before, (better("e_9"),)) for one in stale], version="2"
        )

    assert ledger.reads.parked("acme")[0].facts == facts == 3


def test_two_who_approve_at_once_append_once(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "AB123"))
    message = take_in(ledger, *(fact(f"e_{number}") for number in range(20)))
    found = amendments(ledger, message, *(better(f"e_{number}") for number in range(20)))

    done = at_once(lambda _: ledger.amendments.append(found, version="2"), range(4))

    assert sum(one.new_facts for one in done) == 20
    assert len(ledger.reads.facts("acme", "S1")) == 40


def test_a_code_leaves_the_queue_when_its_last_event_is_understood(ledger: Ledger, clock: SetClock) -> None:
    ledger.registry.register(plan("S1", "AB123"))
    unknown = {"milestone": Milestone.UNMAPPED, "code": "XX"}
    message = take_in(ledger, fact("e_1", **unknown), fact("e_2", **unknown))
    [code] = ledger.unknown.codes("acme")
    assert (code.seen, code.waiting, code.shipments) == (2, 2, 1)

    half = amendments(ledger, message, better("e_1", code="XX"), fact("e_2", message=message, **unknown))
    ledger.amendments.append(half, version="2")
    assert [(one.waiting, one.resolved_at) for one in ledger.unknown.codes("acme")] == [(1, None)]

    ledger.amendments.append(
        amendments(ledger, message, better("e_1", code="XX"), better("e_2", code="XX")), version="3"
    )
    assert ledger.unknown.codes("acme") == []
    [resolved] = ledger.unknown.codes("acme", resolved=True)
    assert (resolved.seen, resolved.waiting, resolved.resolved_by) == (2, 0, "3")
    assert resolved.resolved_at == clock.now()


def test_a_code_that_means_nothing_again_is_back_in_the_queue(ledger: Ledger) -> None:
    message = take_in(ledger, fact("e_1", milestone=Milestone.UNMAPPED, code="XX"))
    ledger.amendments.append(amendments(ledger, message, better(code="XX")), version="2")

    back = fact("e_1", milestone=Milestone.UNMAPPED, code="XX", message=message)
    ledger.amendments.append(amendments(ledger, message, back), version="3")

    [code] = ledger.unknown.codes("acme")
    assert (code.waiting, code.resolved_at, code.resolved_by) == (1, None, None)


def test_a_learned_code_leaves_the_queue_while_its_events_wait(ledger: Ledger) -> None:
    take_in(ledger, fact("e_1", milestone=Milestone.UNMAPPED, code="XX"))

    assert ledger.unknown.learned("fedex", ["XX"], by="2") == 1
    assert ledger.unknown.learned("fedex", ["XX"], by="2") == 0

    assert ledger.unknown.codes("acme") == []
    [code] = ledger.unknown.codes("acme", resolved=True)
    assert (code.resolved_by, code.waiting) == ("2", 1)
    take_in(ledger, fact("e_2", milestone=Milestone.UNMAPPED, code="XX"), body=b"2")
    assert [one.resolved_at for one in ledger.unknown.codes("acme")] == [None]


def test_shipments_with_an_unknown_code_come_in_pages(ledger: Ledger) -> None:
    for number in range(5):
        ledger.registry.register(plan(f"S{number}", f"N{number}"))
        unknown = fact(f"e_{number}", number=f"N{number}", milestone=Milestone.UNMAPPED, code="XX")
        take_in(ledger, unknown, body=b"%d" % number)
    take_in(ledger, fact("e_9", number="nobody", milestone=Milestone.UNMAPPED, code="XX"), body=b"9")

    first = ledger.unknown.shipments("acme", "fedex", "XX", limit=3)

    assert first == ["S0", "S1", "S2"]
    assert ledger.unknown.shipments("acme", "fedex", "XX", after=first[-1], limit=3) == ["S3", "S4"]
    assert ledger.unknown.shipments("brio", "fedex", "XX") == []


def test_volumes_count_each_event_once_and_learned_codes_as_mapped(ledger: Ledger, clock: SetClock) -> None:
    unknown = fact("e_1", milestone=Milestone.UNMAPPED, code="XX")
    message = take_in(ledger, unknown, fact("e_2"), fact("e_3"))
    take_in(ledger, unknown, fact("e_2"), body=b"again")

    assert ledger.reads.volumes("acme") == [DialectVolume("fedex", 3, 2)]
    assert ledger.reads.volumes("brio") == []
    assert ledger.reads.volumes("acme", since=clock.now() + timedelta(seconds=1)) == []

    learned = amendments(
        ledger, message, better("e_1", code="XX"), *(fact(one, message=message) for one in ("e_2", "e_3"))
    )
    ledger.amendments.append(learned, version="2")
    assert ledger.reads.volumes() == [DialectVolume("fedex", 3, 3)]


def test_an_event_polled_ten_times_counts_once(ledger: Ledger) -> None:
    for poll in range(10):
        take_in(ledger, fact("e_1", milestone=Milestone.UNMAPPED, code="XX", text=f"words {poll}"), body=b"%d" % poll)

    [code] = ledger.unknown.codes("acme")
    assert (code.seen, code.waiting, code.sample_text) == (1, 1, "words 0")


def test_a_message_that_became_readable_is_recorded_as_a_whole(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "AB123"))
    message = ledger.inbox.keep(incoming(b"late"))
    ledger.inbox.unreadable(message, code="payload_unreadable", detail="no dialect")

    first = ledger.amendments.read(message, read(fact("e_1", message=message)))
    again = ledger.amendments.read(message, read(fact("e_1", message=message)))

    assert (first.new_facts, again.new_facts) == (1, 0)
    assert ledger.reads.unreadable("acme") == []
    assert list(ids_of(first.deliveries)) == ["S1"]


def test_what_is_known_of_a_shipment_is_what_its_workflow_knows(ledger: Ledger) -> None:
    of = plan("S1", "AB123")
    ledger.registry.register(of)
    message = take_in(ledger, fact("e_1"))

    with ledger.database.read() as connection:
        known = known_of(connection, "acme", "S1")

    assert (known.plan, known.facts, known.changes, known.is_over) == (of, [fact("e_1", message=message)], [], False)
