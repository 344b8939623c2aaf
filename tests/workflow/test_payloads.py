"""What Temporal stores: small, sealed when keys are configured, and readable after a key rotation."""

import asyncio
import os
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.worker import Replayer

from domain.commands import CommandKind
from domain.facts import Fact, FactBatch
from domain.milestones import Milestone
from domain.states import State
from gateway.codec import ENCODING, EncryptingCodec, PayloadKeyError
from gateway.dispatch import signals
from gateway.temporal import connect, data_converter, register_search_attributes
from tests.workflow.conftest import SHORT, Hub, eventually
from tests.workflow.parcels import CONNECTION, Parcel, plan
from tests.workflow.test_commands import command
from worker.workers import SANDBOX, WORKFLOWS, build_workers
from workflows.attributes import ATTENTION, TENANT
from workflows.shipment import ShipmentWorkflow

OLD, NEW = ("2026-01", os.urandom(32)), ("2026-02", os.urandom(32))

PAYLOAD = Payload(metadata={"encoding": b"json/plain"}, data=b'{"a":1}')


async def test_a_sealed_payload_opens_with_its_key_and_hides_its_content():
    (sealed,) = await EncryptingCodec([NEW]).encode([PAYLOAD])

    assert sealed.metadata["encoding"] == ENCODING
    assert sealed.metadata["key-id"] == b"2026-02"
    assert b'"a"' not in sealed.data
    assert await EncryptingCodec([NEW]).decode([sealed]) == [PAYLOAD]


async def test_the_first_key_seals_and_every_key_opens():
    (before,) = await EncryptingCodec([OLD]).encode([PAYLOAD])
    rotated = EncryptingCodec([NEW, OLD])

    (after,) = await rotated.encode([PAYLOAD])

    assert await rotated.decode([before, after, PAYLOAD]) == [PAYLOAD, PAYLOAD, PAYLOAD]
    assert after.metadata["key-id"] == b"2026-02"


async def test_a_missing_key_is_named_and_a_changed_payload_is_refused():
    (sealed,) = await EncryptingCodec([OLD]).encode([PAYLOAD])

    with pytest.raises(PayloadKeyError, match="2026-01"):
        await EncryptingCodec([NEW]).decode([sealed])
    sealed.data = sealed.data[:-1] + bytes([sealed.data[-1] ^ 1])
    with pytest.raises(PayloadKeyError, match="does not open"):
        await EncryptingCodec([OLD]).decode([sealed])


@pytest.mark.parametrize("ring", [[], [OLD, OLD], [("short", b"123")]])
def test_a_ring_must_be_usable(ring: list[tuple[str, bytes]]):
    with pytest.raises(ValueError, match=r".+"):
        EncryptingCodec(ring)


async def test_facts_travel_without_what_nobody_set():
    fact = Parcel(plan()).fact(Milestone.PICKED_UP)

    (payload,) = await data_converter().encode([FactBatch(facts=(fact,))])

    assert b"null" not in payload.data
    assert len(payload.data) < 500
    (back,) = await data_converter().decode([payload], [FactBatch])
    assert back == FactBatch(facts=(fact,))


def test_signals_stay_below_their_limit_and_keep_the_order():
    parcel = Parcel(plan())
    facts = tuple(parcel.fact(Milestone.HUB_ARRIVED) for _ in range(20))
    weight = len(facts[0].model_dump_json(exclude_unset=True))

    cut = list(signals(facts, limit=weight * 6 + 10))

    assert [len(batch) for batch in cut] == [6, 6, 6, 2]
    assert [fact for batch in cut for fact in batch] == list(facts)
    assert list(signals(facts[:2], limit=1)) == [facts[:1], facts[1:2]]


async def _hub_with(client: Client, keys: list[tuple[str, bytes]]) -> Hub:
    address = client.service_client.config.target_host
    return Hub(await connect(address, client.namespace, keys=keys))


@pytest.mark.temporal
@pytest.mark.xdist_group("temporal")
async def test_a_sealed_journey_shows_nothing_and_replays(client: Client):
    hub = await _hub_with(client, [NEW])
    of = plan()
    async with AsyncExitStack() as stack:
        for worker in build_workers(
            hub.client,
            journal=hub.ledger,
            sinks=hub.sinks,
            dead_letters=hub.ledger,
            switch=hub.ledger,
            schedule=SHORT,
        ):
            await stack.enter_async_context(worker)
        await hub.register(of)
        await hub.deliver(of, *Parcel(of).eight())
        await eventually(lambda: State.DELIVERED in hub.sinks.sink(of.tenant, CONNECTION).told(of))
        with pytest.raises(WorkflowUpdateFailedError) as caught:
            await hub.handle(of).execute_update(ShipmentWorkflow.command, command(CommandKind.RELEASE_HOLD))

    assert isinstance(caught.value.cause, ApplicationError)
    assert caught.value.cause.type == "command_refused"
    # The history as the server has it, read without keys.
    stored = (await client.get_workflow_handle(hub.workflow_id(of)).fetch_history()).to_json()
    assert of.legs[0].tracking_number not in stored
    assert "OUT_FOR_DELIVERY" not in stored
    replayer = Replayer(workflows=list(WORKFLOWS), workflow_runner=SANDBOX, data_converter=data_converter([NEW]))
    await replayer.replay_workflow(await hub.handle(of).fetch_history())


@pytest.mark.temporal
@pytest.mark.xdist_group("temporal")
async def test_search_attributes_are_registered_once_and_found(client: Client, hub: Hub):
    of = plan(tenant=f"t{os.urandom(4).hex()}")
    await hub.register(of)

    async def found() -> bool:
        query = f"{TENANT.name} = '{of.tenant}' AND {ATTENTION.name} = 'NONE'"
        return [run.id async for run in client.list_workflows(query)] == [hub.workflow_id(of)]

    await eventually(found)
    assert await register_search_attributes(client) == []


@pytest.mark.temporal
@pytest.mark.xdist_group("temporal")
async def test_attention_changes_with_a_hold_and_costs_nothing_without(client: Client, hub: Hub):
    of = plan(tenant=f"t{os.urandom(4).hex()}")
    await hub.register(of)
    facts: list[Fact] = Parcel(of).held_and_rerouted()
    await hub.deliver(of, *facts[:4])

    async def is_held() -> bool:
        query = f"{TENANT.name} = '{of.tenant}' AND {ATTENTION.name} = 'HELD'"
        return [run.id async for run in client.list_workflows(query)] == [hub.workflow_id(of)]

    await eventually(is_held)
    await hub.deliver(of, *facts[4:])
    await eventually(lambda: State.DELIVERED in hub.sinks.sink(of.tenant, CONNECTION).told(of))
    await asyncio.sleep(timedelta(milliseconds=100).total_seconds())
    events = [event.event_type for event in (await hub.handle(of).fetch_history()).events]
    upsert = 40  # EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES
    assert events.count(upsert) == 2  # type: ignore[arg-type] # an enum of protobuf
