"""Records histories of read connections for the replay tests: `python -m tests.replay.record_connections`."""

import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from domain.errors import CredentialsRejectedError, PartnerContractError, PartnerUnavailableError
from domain.queues import ERP_READING
from gateway.temporal import data_converter, register_search_attributes
from tests.replay.record import HISTORIES, scrubbed
from tests.workflow.conftest import TEMPORAL, eventually
from tests.workflow.desks import TENANT
from tests.workflow.order_systems import ErpHub, open_hub
from workflows.erp_connection import ErpConnectionWorkflow
from workflows.erp_model import ConnectionStart, ReadMode

Story = Callable[[ErpHub], Awaitable[None]]


async def _mode(hub: ErpHub, mode: ReadMode) -> None:
    async def holds() -> bool:
        return (await hub.status()).mode is mode

    await eventually(holds)


async def _read(hub: ErpHub) -> None:
    state = hub.ledger.reading_states
    await eventually(lambda: state.state(TENANT, hub.connection).cursor == {"log": len(hub.erp.log)})


async def read_paused_and_hinted(hub: ErpHub) -> None:
    """Deliveries that register themselves, a pause, a resumption, hints and a backfill, over several runs."""
    for number in range(1, 4):
        hub.erp.put(f"d,{number}", f"OUT/{number}")
        await hub.handle.signal(ErpConnectionWorkflow.hint)
        await _read(hub)
    await hub.handle.signal(ErpConnectionWorkflow.pause)
    await _mode(hub, ReadMode.PAUSED)
    await hub.handle.signal(ErpConnectionWorkflow.resume)
    await _mode(hub, ReadMode.READING)
    await hub.handle.signal(ErpConnectionWorkflow.backfill, datetime(2026, 3, 1, tzinfo=UTC))
    await eventually(lambda: len(hub.erp.sinces) == 1)
    hub.erp.put("d,4", "OUT/4")
    await hub.handle.signal(ErpConnectionWorkflow.hint)
    await _read(hub)


async def away_broken_and_refused(hub: ErpHub) -> None:
    """A system that is away, one that breaks its format, refused credentials, and new ones."""
    hub.erp.trouble = PartnerUnavailableError("no answer", retry_after=timedelta(minutes=10))
    await hub.handle.signal(ErpConnectionWorkflow.hint)
    await eventually(lambda: hub.ledger.reading_states.state(TENANT, hub.connection).away_since is not None)
    hub.erp.trouble = PartnerContractError("a shipment without its parts")
    await hub.handle.signal(ErpConnectionWorkflow.hint)
    await _mode(hub, ReadMode.FAILED)
    hub.erp.trouble = CredentialsRejectedError("refused")
    await hub.handle.signal(ErpConnectionWorkflow.hint)
    await _mode(hub, ReadMode.STOPPED)
    hub.erp.trouble = None
    hub.ledger.connections.enable(TENANT, hub.connection)
    await hub.handle.signal(ErpConnectionWorkflow.resume)
    await _mode(hub, ReadMode.READING)


CONNECTION_STORIES: Final[tuple[Story, ...]] = (read_paused_and_hinted, away_broken_and_refused)


async def record() -> None:
    """Run every story and write the histories of all its runs."""
    environment = await WorkflowEnvironment.start_local(
        identity="recorder", dev_server_existing_path=TEMPORAL, data_converter=data_converter()
    )
    async with environment:
        await register_search_attributes(environment.client)
        for story in CONNECTION_STORIES:
            # Histories of earlier releases have another name and stay.
            for old in HISTORIES.glob(f"connection__{story.__name__}__run_*.json"):
                old.unlink()
            with tempfile.TemporaryDirectory() as directory:
                await _record(environment.client, story, Path(directory))


async def _record(client: Client, story: Story, directory: Path) -> None:
    hub = open_hub(client, story.__name__, directory)
    await client.start_workflow(
        ErpConnectionWorkflow.run,
        ConnectionStart(tenant=TENANT, connection=hub.connection, events=40),
        id=hub.handle.id,
        task_queue=ERP_READING,
    )
    async with hub.served():
        await story(hub)
        await _export(hub)
    hub.ledger.close()


async def _export(hub: ErpHub) -> None:
    description = await hub.handle.describe()
    run_id = description.raw_description.workflow_execution_info.first_run_id
    number = 0
    while run_id:
        number += 1
        history = await hub.client.get_workflow_handle(hub.handle.id, run_id=run_id).fetch_history()
        path = HISTORIES / f"connection__{hub.connection}__run_{number}.json"
        path.write_text(json.dumps(scrubbed(json.loads(history.to_json())), indent=1) + "\n")
        last = history.events[-1]
        run_id = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id


if __name__ == "__main__":
    asyncio.run(record())
