import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import OperationalError

from connectors import track17
from domain import ids
from domain.messages import IncomingMessage, MessageStatus

STEPS = ["PICKED_UP", "CUSTOMS_HELD", "DELIVERED"]


def event(number: str, step: str, minute: int) -> bytes:
    return json.dumps([[number, step, f"2026-03-01T09:{minute:02d}:00+00:00"]]).encode()


async def send(world: Any, body: bytes) -> None:
    headers = {"sign": track17.sign(body, "current-key")}
    answer = await world.http.post("/webhooks/carriers/17track-main", content=body, headers=headers)
    assert answer.status_code == 202


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the condition is in a database
            await asyncio.sleep(0.02)


def incoming(world: Any, body: bytes) -> IncomingMessage:
    return IncomingMessage("main", "17track-main", "17track", body, "application/json", world.clock.now())


async def test_a_shuffled_burst_becomes_one_batch_per_shipment(make_world: Any):
    # Wide windows: what counts here is the merging, not how quick this machine is just now.
    world = make_world(settle_quiet=timedelta(seconds=0.7), settle_most=timedelta(seconds=10))
    async with world.app.router.lifespan_context(world.app), world.http:
        await world.register("S1", "TN-1")
        await world.register("S2", "TN-2")
        for minute, step in [(2, "DELIVERED"), (0, "PICKED_UP"), (1, "CUSTOMS_HELD")]:
            await send(world, event("TN-1", step, minute))
            await send(world, event("TN-1", step, minute))
            await send(world, event("TN-2", step, minute))
        await until(lambda: len(world.dispatcher.delivered) == 2)

    by_shipment = {delivery.shipment_id: delivery for delivery in world.dispatcher.delivered}
    assert len(world.dispatcher.delivered) == 2
    assert sorted(fact.milestone for fact in by_shipment["S1"].facts) == sorted(STEPS)
    assert sorted(fact.milestone for fact in by_shipment["S2"].facts) == sorted(STEPS)


async def test_steady_traffic_does_not_postpone_delivery_for_ever(world: Any):
    await world.register("S1", "TN-1")
    loop = asyncio.get_running_loop()
    begun = loop.time()

    minute = 0
    while not world.dispatcher.delivered and loop.time() - begun < 3:
        await send(world, event("TN-1", "PICKED_UP", minute % 60))
        minute += 1
        await asyncio.sleep(0.03)

    assert len(world.dispatcher.delivered) == 1
    assert loop.time() - begun < 1.5


async def test_facts_before_the_registration_attach_themselves(world: Any):
    await send(world, event("TN-1", "PICKED_UP", 0))
    await until(lambda: len(world.ledger.reads.parked("main")) == 1)

    answer = await world.register("S1", "TN-1")
    await until(lambda: len(world.dispatcher.delivered) == 1)

    assert answer.json() == {"shipment_id": "S1", "is_new": True, "is_started": True, "parked_facts": 1}
    assert world.dispatcher.milestones == [["PICKED_UP"]]
    assert world.dispatcher.started == []


async def test_facts_wait_in_the_ledger_while_temporal_is_down(world: Any):
    await world.register("S1", "TN-1")
    world.dispatcher.failure = ConnectionError("no Temporal")

    await send(world, event("TN-1", "PICKED_UP", 0))
    await until(lambda: world.dispatcher.attempts >= 2)
    await send(world, event("TN-1", "DELIVERED", 1))
    assert "milepost_courier_outage 1.0" in (await world.http.get("/metrics")).text

    world.dispatcher.failure = None
    world.clock.pass_(timedelta(seconds=2))
    await until(lambda: len(world.dispatcher.delivered) == 1)
    await asyncio.sleep(0.4)

    assert world.dispatcher.milestones == [["PICKED_UP", "DELIVERED"]]
    metrics = (await world.http.get("/metrics")).text
    assert "milepost_courier_outage 0.0" in metrics
    assert "milepost_ledger_undelivered_facts 0.0" in metrics


async def test_one_shipment_in_trouble_holds_up_no_other(world: Any):
    await world.register("S1", "TN-1")
    await world.register("S2", "TN-2")
    world.dispatcher.troubled = {"S1"}

    await send(world, event("TN-1", "PICKED_UP", 0))
    await until(lambda: world.dispatcher.attempts >= 3)
    world.clock.pass_(timedelta(seconds=2))
    await asyncio.sleep(0.5)
    await send(world, event("TN-2", "PICKED_UP", 0))
    await until(lambda: len(world.dispatcher.delivered) == 1, seconds=1.0)
    assert "milepost_courier_outage 0.0" in (await world.http.get("/metrics")).text

    world.dispatcher.troubled = set()
    await until(lambda: len(world.dispatcher.delivered) == 2)
    assert [delivery.shipment_id for delivery in world.dispatcher.delivered] == ["S2", "S1"]


async def test_a_shipment_registered_during_an_outage_is_started_later(world: Any):
    world.dispatcher.failure = ConnectionError("no Temporal")

    answer = await world.register("S1", "TN-1")
    assert (answer.status_code, answer.json()["is_started"]) == (201, False)

    world.dispatcher.failure = None
    world.clock.pass_(timedelta(seconds=3))
    await until(lambda: len(world.dispatcher.started) == 1)

    assert [plan.shipment_id for plan in world.dispatcher.started] == ["S1"]


async def test_messages_of_an_earlier_process_are_read_at_start(make_world: Any):
    before = make_world()
    before.ledger.inbox.keep(incoming(before, event("TN-1", "PICKED_UP", 0)))
    before.clock.pass_(timedelta(seconds=2))

    after = make_world()
    async with after.app.router.lifespan_context(after.app), after.http:
        await after.register("S1", "TN-1")
        await until(lambda: len(after.dispatcher.delivered) == 1)

    # Registration and sweep may both hand it over, being at least once; never something else, never nothing.
    assert {fact.milestone.value for delivery in after.dispatcher.delivered for fact in delivery.facts} == {"PICKED_UP"}
    assert {fact.event_id for delivery in after.dispatcher.delivered for fact in delivery.facts} == {
        fact.fact.event_id for fact in after.ledger.reads.facts("main", "S1")
    }


async def test_a_stop_carries_what_is_at_hand(make_world: Any):
    world = make_world()
    async with world.app.router.lifespan_context(world.app), world.http:
        await world.register("S1", "TN-1")
        await send(world, event("TN-1", "PICKED_UP", 0))

    assert world.dispatcher.milestones == [["PICKED_UP"]]


async def test_one_message_that_breaks_the_engine_sinks_no_other(world: Any):
    await world.register("S1", "TN-1")
    world.dialect.breaks_on = b"POISON"
    poison = event("TN-1", "POISON", 0)

    await send(world, poison)
    await send(world, event("TN-1", "DELIVERED", 1))
    await until(lambda: len(world.dispatcher.delivered) == 1)
    assert world.dispatcher.milestones == [["DELIVERED"]]

    world.clock.pass_(timedelta(seconds=2))
    await until(lambda: len(world.ledger.reads.unreadable("main")) == 1)
    (row,) = world.ledger.reads.unreadable("main")
    assert (row.problem, row.detail) == ("hub_bug", "reading failed with RuntimeError")


class FlakyInbox:
    """An inbox whose database is locked for its first writes of facts."""

    def __init__(self, inbox: Any, failures: int) -> None:
        self._inbox = inbox
        self.failures = failures

    def record(self, message: Any, normalised: Any) -> Any:
        if self.failures:
            self.failures -= 1
            raise OperationalError("INSERT", {}, Exception("database is locked"))
        return self._inbox.record(message, normalised)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inbox, name)


async def test_trouble_of_the_database_is_never_held_against_a_message(make_world: Any, ledger: Any):
    flaky = FlakyInbox(ledger.inbox, failures=8)
    world = make_world(inbox=flaky)
    body = event("TN-1", "DELIVERED", 1)
    async with world.app.router.lifespan_context(world.app), world.http:
        await world.register("S1", "TN-1")
        await send(world, body)
        world.clock.pass_(timedelta(seconds=2))
        await until(lambda: len(world.dispatcher.delivered) == 1)

    assert flaky.failures == 0
    assert world.ledger.reads.message("main", ids.message_id(body)).status is MessageStatus.READ


async def test_more_than_memory_holds_is_left_to_the_sweep(make_world: Any):
    world = make_world(max_waiting=1)
    async with world.app.router.lifespan_context(world.app), world.http:
        await world.register("S1", "TN-1")
        for minute in range(5):
            await send(world, event("TN-1", "PICKED_UP", minute))
        world.clock.pass_(timedelta(seconds=2))
        await until(lambda: sum(len(delivery.facts) for delivery in world.dispatcher.delivered) == 5)
        metrics = (await world.http.get("/metrics")).text

    assert 'milepost_intake_read_total{outcome="left_to_sweep"}' in metrics
    assert len({fact.event_id for delivery in world.dispatcher.delivered for fact in delivery.facts}) == 5
