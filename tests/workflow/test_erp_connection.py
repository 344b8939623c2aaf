"""A read connection's workflow: rounds, what cuts their waits short, outages, and a history that does not grow."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.client import Client

from domain.errors import CredentialsRejectedError, PartnerContractError, PartnerUnavailableError
from domain.messages import Delivery
from domain.milestones import Milestone
from domain.queues import ERP_READING
from domain.shipments import ShipmentPlan
from ledger.rows import ConnectionStatus
from tests.workflow.conftest import eventually
from tests.workflow.desks import TENANT
from tests.workflow.order_systems import ErpHub, open_hub
from tests.workflow.parcels import Parcel, plan
from worker.erp_connections import start_connection
from workflows.erp_connection import ErpConnectionWorkflow
from workflows.erp_model import ConnectionStart, ReadMode

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("temporal")]

LONG = timedelta(hours=1)


@pytest.fixture
async def hub(client: Client, tmp_path: Path) -> AsyncIterator[ErpHub]:
    made = open_hub(client, f"shop-{uuid4().hex[:8]}", tmp_path)
    yield made
    made.ledger.close()


def _knows(hub: ErpHub, record: str) -> bool:
    return hub.ledger.erp_records.get(TENANT, hub.connection, record) is not None


async def _until(hub: ErpHub, mode: ReadMode) -> None:
    async def holds() -> bool:
        return (await hub.status()).mode is mode

    await eventually(holds)


async def _events(hub: ErpHub) -> list[str]:
    history = await hub.handle.fetch_history()
    return [event.WhichOneof("attributes") or "" for event in history.events]


async def test_an_idle_connection_is_read_on_and_on_without_an_event(hub: ErpHub) -> None:
    async with hub.served():
        await eventually(lambda: hub.erp.readings >= 2)
        during = await _events(hub)
        await eventually(lambda: hub.erp.readings >= 4)
        later = await _events(hub)

    assert later == during


async def test_a_hint_reads_at_once(hub: ErpHub) -> None:
    hub.idle = LONG
    async with hub.served():
        await eventually(lambda: hub.erp.readings == 1)
        hub.erp.put("d,1", "OUT/1")
        await hub.handle.signal(ErpConnectionWorkflow.hint)
        await eventually(lambda: _knows(hub, "d,1"))


async def test_a_paused_connection_is_not_read_until_it_is_resumed(hub: ErpHub) -> None:
    await start_connection(hub.client, TENANT, hub.connection, signal="pause")
    async with hub.served():
        await _until(hub, ReadMode.PAUSED)
        await hub.handle.signal(ErpConnectionWorkflow.hint)
        await _until(hub, ReadMode.PAUSED)
        readings = hub.erp.readings
        await hub.handle.signal(ErpConnectionWorkflow.resume)
        await eventually(lambda: hub.erp.readings > 0)

    assert readings == 0


async def test_refused_credentials_switch_the_connection_off_until_a_person_enables_it(hub: ErpHub) -> None:
    hub.erp.trouble = CredentialsRejectedError("tryton answered 401")
    async with hub.served():
        await _until(hub, ReadMode.STOPPED)
        stopped = await hub.status()
        off = hub.ledger.connections.get(TENANT, hub.connection)
        readings = hub.erp.readings
        await hub.handle.signal(ErpConnectionWorkflow.hint)
        await _until(hub, ReadMode.STOPPED)
        hub.erp.trouble = None
        hub.erp.put("d,1", "OUT/1")
        hub.ledger.connections.enable(TENANT, hub.connection)
        await hub.handle.signal(ErpConnectionWorkflow.resume)
        await eventually(lambda: _knows(hub, "d,1"))

    assert (off.status, off.reason) == (ConnectionStatus.DISABLED, "credentials_rejected: tryton answered 401")
    assert stopped.trouble == "credentials_rejected: tryton answered 401"
    assert readings == 1


async def test_a_system_that_breaks_its_own_format_is_tried_again_later_and_says_why(hub: ErpHub) -> None:
    hub.erp.trouble = PartnerContractError("a shipment without its parts")
    async with hub.served():
        await _until(hub, ReadMode.FAILED)
        status = await hub.status()
        hub.erp.trouble = None
        hub.erp.put("d,1", "OUT/1")
        await hub.handle.signal(ErpConnectionWorkflow.hint)
        await eventually(lambda: _knows(hub, "d,1"))
        await _until(hub, ReadMode.READING)

    assert status.trouble == "partner_contract: a shipment without its parts"


async def test_a_backfill_reads_once_more_what_was_made_since_then(hub: ErpHub) -> None:
    since = datetime(2026, 3, 1, tzinfo=UTC)
    hub.idle = LONG
    async with hub.served():
        await eventually(lambda: hub.erp.readings == 1)
        await hub.handle.signal(ErpConnectionWorkflow.backfill, since)
        await eventually(lambda: hub.erp.readings >= 2)
        await hub.handle.signal(ErpConnectionWorkflow.hint)
        await eventually(lambda: hub.erp.readings >= 3)

    assert hub.erp.sinces == ["2026-03-01T00:00:00+00:00"]


async def test_a_history_ends_before_its_bound_and_the_next_run_goes_on(hub: ErpHub) -> None:
    await hub.client.start_workflow(
        ErpConnectionWorkflow.run,
        ConnectionStart(tenant=TENANT, connection=hub.connection, events=40),
        id=hub.handle.id,
        task_queue=ERP_READING,
    )
    hub.idle = LONG
    async with hub.served():
        for count in range(1, 13):
            await eventually(lambda count=count: hub.erp.readings >= count)  # type: ignore[misc] # a default binds it
            await hub.handle.signal(ErpConnectionWorkflow.hint)
        await eventually(lambda: hub.erp.readings >= 13)
        status = await hub.status()
        events = await _events(hub)

    assert status.runs > 1
    assert len(events) < 60


async def test_a_reading_under_way_is_not_starved_by_hints(hub: ErpHub) -> None:
    for number in range(20):
        hub.erp.put(f"d,{number}", f"OUT/{number}")
    async with hub.served():
        for _ in range(20):
            await hub.handle.signal(ErpConnectionWorkflow.hint)
        await eventually(lambda: all(_knows(hub, f"d,{number}") for number in range(20)))


async def test_shipments_that_fell_behind_are_told_when_the_system_is_back(hub: ErpHub) -> None:
    system = hub.sinks.sink(TENANT, hub.connection)
    plans = [plan(connections=(hub.connection,)) for _ in range(25)]
    down = PartnerUnavailableError("no answer", retry_after=LONG)
    system.down = hub.erp.trouble = down
    async with hub.served():
        for of in plans:
            await _register(hub, of)
        await eventually(lambda: system.attempts >= len(plans))
        await eventually(lambda: hub.ledger.reading_states.state(TENANT, hub.connection).away_since is not None)
        system.down = hub.erp.trouble = None
        await hub.handle.signal(ErpConnectionWorkflow.hint)
        await eventually(lambda: len(system.effects) == len(plans))
        await eventually(lambda: hub.ledger.reading_states.state(TENANT, hub.connection).away_since is None)

    assert hub.ledger.convergence.status(TENANT).divergent == []


async def _register(hub: ErpHub, of: ShipmentPlan) -> None:
    hub.ledger.registry.register(of)
    await hub.dispatcher.start(of)
    await hub.dispatcher.deliver(Delivery(TENANT, of.shipment_id, (Parcel(of).fact(Milestone.PICKED_UP),)))
