import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import Connection
from typing_extensions import override

from domain.errors import ConflictError, NotFoundError
from domain.facts import Fact
from domain.messages import StoredMessage
from domain.shipments import Leg, LegRole
from ledger.inbox import LedgerInbox
from ledger.rows import FactDelivery
from ledger.store import Ledger
from tests.integration.ledger.made import (
    NOON,
    at_once,
    commit,
    entry,
    fact,
    ids_of,
    incoming,
    plan,
    read,
    snapshot,
    take_in,
)


class SlowInbox(LedgerInbox):
    """Takes its time between looking a number up and storing the fact."""

    looked_up = threading.Event()

    @override
    def _insert_facts(
        self, connection: Connection, message: StoredMessage, found: list[Fact], routes: dict[str, str | None]
    ) -> set[str]:
        self.looked_up.set()
        time.sleep(0.3)
        return super()._insert_facts(connection, message, found, routes)


def test_a_plan_is_registered_once(ledger: Ledger) -> None:
    wanted = plan("S1", "AB123", reference="10045")

    first = ledger.registry.register(wanted)
    again = ledger.registry.register(wanted.model_copy(update={"registered_at": None}))

    assert (first.is_new, again.is_new) == (True, False)
    assert ledger.registry.plan("acme", "S1") == wanted


def test_the_same_id_with_other_content_is_a_conflict(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "AB123"))

    with pytest.raises(ConflictError, match="S1"):
        ledger.registry.register(plan("S1", "AB124"))

    assert ledger.registry.plan("acme", "S1") == plan("S1", "AB123")


def test_an_unknown_shipment_is_not_found(ledger: Ledger) -> None:
    with pytest.raises(NotFoundError):
        ledger.registry.plan("acme", "S1")
    with pytest.raises(NotFoundError):
        ledger.registry.add_leg("acme", "S1", Leg(carrier="fedex", tracking_number="1"))


def test_parked_facts_attach_on_registration(ledger: Ledger) -> None:
    take_in(ledger, fact("e_1", number="ab 123"), fact("e_2", number="AB123"), fact("e_3", number="AB124"))

    registered = ledger.registry.register(plan("S1", "Ab1 23"))

    assert ids_of(registered.deliveries) == {"S1": ["e_1", "e_2"]}
    assert [row.delivery for row in ledger.reads.facts("acme", "S1")] == [FactDelivery.ROUTED] * 2
    assert [row.tracking_number for row in ledger.reads.parked("acme")] == ["AB124"]


def test_a_crash_after_registration_gives_the_parked_facts_again(ledger: Ledger) -> None:
    take_in(ledger, fact("e_1"))
    first = ledger.registry.register(plan("S1", "AB123"))

    again = ledger.registry.register(plan("S1", "AB123"))
    ledger.inbox.delivered(again.deliveries[0])
    after = ledger.registry.register(plan("S1", "AB123"))

    assert again.deliveries == first.deliveries
    assert after.deliveries == []


def test_parked_facts_attach_on_a_new_leg(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "AB123"))
    take_in(ledger, fact("e_1", number="LM 1"))
    leg = Leg(carrier="dhl", tracking_number="LM1", role=LegRole.LAST_MILE)

    added = ledger.registry.add_leg("acme", "S1", leg)
    again = ledger.registry.add_leg("acme", "S1", leg)

    assert (added.is_new, again.is_new) == (True, False)
    assert ids_of(added.deliveries) == ids_of(again.deliveries) == {"S1": ["e_1"]}
    assert ledger.registry.plan("acme", "S1").legs[1:] == (leg,)
    # The registration as it was told stays what a repetition is compared with.
    assert ledger.registry.register(plan("S1", "AB123")).is_new is False


def test_the_same_number_in_another_role_is_a_conflict(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "AB123"))

    with pytest.raises(ConflictError, match="AB123"):
        ledger.registry.add_leg("acme", "S1", Leg(carrier="fedex", tracking_number="AB123", role=LegRole.LAST_MILE))


def test_a_number_of_another_open_shipment_is_refused_by_name(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "AB123"))

    with pytest.raises(ConflictError, match="ab 123 already leads to shipment S1"):
        ledger.registry.register(plan("S2", "ZZ9", "ab 123"))
    with pytest.raises(NotFoundError):
        ledger.registry.plan("acme", "S2")
    take_in(ledger, fact("e_1", number="ZZ9"))
    assert [row.tracking_number for row in ledger.reads.parked("acme")] == ["ZZ9"]

    ledger.registry.register(plan("S3"))
    with pytest.raises(ConflictError, match="S1"):
        ledger.registry.add_leg("acme", "S3", Leg(carrier="fedex", tracking_number="AB123"))
    assert ledger.registry.plan("acme", "S3").legs == ()


def test_a_number_of_an_ended_shipment_may_be_used_again(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "AB123"))
    take_in(ledger, fact("e_1"), body=b"1")
    ledger.journal.commit(commit("S1", entry(1), shown=snapshot(is_ended=True)))

    ledger.registry.register(plan("S2", "AB123"))
    take_in(ledger, fact("e_2"), body=b"2")

    assert [row.fact.event_id for row in ledger.reads.facts("acme", "S1")] == ["e_1"]
    assert [row.fact.event_id for row in ledger.reads.facts("acme", "S2")] == ["e_2"]
    found = ledger.reads.shipments("acme", tracking_number="AB123").items
    assert [row.shipment_id for row in found] == ["S2", "S1"]


def test_at_most_fifty_legs(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", *(f"N{place}" for place in range(50))))

    with pytest.raises(ConflictError, match="50 legs"):
        ledger.registry.add_leg("acme", "S1", Leg(carrier="fedex", tracking_number="N50"))


def test_registrations_without_a_workflow_are_found(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1"))
    ledger.registry.register(plan("S2"))
    ledger.journal.commit(commit("S2", entry(1)))

    assert ledger.registry.unstarted(before=NOON, limit=10) == []
    assert ledger.registry.unstarted(before=NOON + timedelta(seconds=1), limit=10) == [plan("S1")]


def test_one_id_registered_by_many_at_once_is_new_once(ledger: Ledger) -> None:
    outcomes = at_once(lambda _: ledger.registry.register(plan("S1", "AB123")).is_new, range(8))

    assert sorted(outcomes) == [False] * 7 + [True]


def test_one_number_claimed_by_many_at_once_goes_to_one(ledger: Ledger) -> None:
    def claim(place: int) -> str | None:
        try:
            ledger.registry.register(plan(f"S{place}", "AB123", f"N{place}"))
        except ConflictError:
            return None
        return f"S{place}"

    winners = [winner for winner in at_once(claim, range(8)) if winner]

    assert len(winners) == 1
    assert [row.shipment_id for row in ledger.reads.shipments("acme").items] == winners


def test_a_registration_waits_for_a_fact_that_is_about_to_be_parked(ledger: Ledger) -> None:
    take_in(ledger, fact("e_1"), body=b"1")
    message = ledger.inbox.keep(incoming(b"2"))
    inbox = SlowInbox(ledger.database)
    SlowInbox.looked_up.clear()
    reader = threading.Thread(target=lambda: inbox.record(message, read(fact("e_2"))))
    reader.start()
    assert SlowInbox.looked_up.wait(timeout=10)

    registered = ledger.registry.register(plan("S1", "AB123"))
    reader.join(timeout=10)

    assert ids_of(registered.deliveries) == {"S1": ["e_1", "e_2"]}
    assert ledger.reads.parked("acme") == []


def test_no_fact_stays_parked_when_it_races_with_the_registration(ledger: Ledger) -> None:
    messages = [ledger.inbox.keep(incoming(str(place).encode())) for place in range(10)]

    def race(place: int) -> list[str]:
        if place < 10:
            number = f"N{place}"
            recorded = ledger.inbox.record(messages[place], read(fact(f"e_{place}", number=number)))
            return ids_of(recorded.deliveries).get(f"S{place}", [])
        registered = ledger.registry.register(plan(f"S{place - 10}", f"N{place - 10}"))
        return ids_of(registered.deliveries).get(f"S{place - 10}", [])

    handed_over = at_once(race, [place for pair in zip(range(10), range(10, 20), strict=True) for place in pair])

    assert ledger.reads.parked("acme") == []
    assert sorted(event_id for some in handed_over for event_id in some) == sorted(f"e_{place}" for place in range(10))
