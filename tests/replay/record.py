"""Records histories of real executions for the replay tests: `python -m tests.replay.record`.

Each story runs on a server of its own; what is exported is what the server has, without host names and stack traces.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from domain.axes import Side
from domain.commands import Command, CommandKind
from domain.errors import PartnerUnavailableError, RateLimitedError, RequestRejectedError
from domain.facts import Hold
from domain.milestones import Milestone
from domain.publication import ChangeKind
from domain.reasons import Reason
from domain.shipments import Leg, ShipmentPlan
from domain.states import State
from gateway.temporal import data_converter, register_search_attributes
from tests.workflow.conftest import SHORT, TEMPORAL, Hub, eventually
from tests.workflow.days import calendar
from tests.workflow.fakes import OrderSystem
from tests.workflow.parcels import CONNECTION, Parcel, plan
from worker.workers import build_workers
from workflows.model import Limits
from workflows.shipment import ShipmentWorkflow

HISTORIES: Final = Path(__file__).with_name("histories")

Story = Callable[[Hub], Awaitable[ShipmentPlan]]


def _plan(name: str) -> ShipmentPlan:
    leg = Leg(carrier="testpost", tracking_number=f"TP-{name}")
    return plan(shipment_id=name, legs=(leg,))


def _shop(hub: Hub, of: ShipmentPlan) -> OrderSystem:
    return hub.sinks.sink(of.tenant, CONNECTION)


async def _until_told(hub: Hub, of: ShipmentPlan, state: State) -> None:
    await eventually(lambda: state in _shop(hub, of).told(of))


async def delivered_in_batches(hub: Hub) -> ShipmentPlan:
    """Two batches of four, one order system, no trouble."""
    of = _plan("batches")
    await hub.register(of)
    facts = Parcel(of).eight()
    await hub.deliver(of, *facts[:4])
    await _until_told(hub, of, State.IMPORT_CUSTOMS)
    await hub.deliver(of, *facts[4:])
    await _until_told(hub, of, State.DELIVERED)
    return of


async def held_and_released_by_command(hub: Hub) -> ShipmentPlan:
    """A hold that a person releases, a refused command, a late fact that corrects, attention up and down."""
    of = _plan("commands")
    await hub.register(of)
    parcel = Parcel(of)
    picked_up = parcel.fact(Milestone.PICKED_UP)
    held = parcel.fact(Milestone.HELD, Reason.SHIPPER_DATA_MISSING, hold=Hold(key="h1"))
    await hub.deliver(of, held)
    await _until_told(hub, of, State.ON_HOLD)
    await hub.deliver(of, picked_up)
    await _until_told(hub, of, State.FIRST_MILE)
    for place in range(2):
        command = Command(
            command_id=f"release-{min(place, 1)}",
            kind=CommandKind.RELEASE_HOLD,
            actor="user:k_1",
            origin="user:k_1",
            at=datetime.now(UTC),
            hold_key="h1",
        )
        answer = await asyncio.gather(
            hub.handle(of).execute_update(ShipmentWorkflow.command, command), return_exceptions=True
        )
        assert isinstance(answer[0], BaseException) is (place == 1)
    await _until_told(hub, of, State.RESOLVED)
    await hub.deliver(of, parcel.delivered())
    await _until_told(hub, of, State.DELIVERED)
    return of


async def order_system_down_and_back(hub: Hub) -> ShipmentPlan:
    """Failed pushes, a pause, a retrying activity, then everything at once."""
    of = _plan("outage")
    shop = _shop(hub, of)
    shop.down = PartnerUnavailableError("no answer")
    await hub.register(of)
    parcel = Parcel(of)
    for fact in parcel.held_and_rerouted():
        await hub.deliver(of, fact)
    await eventually(lambda: shop.attempts == 3)
    shop.down = None
    await _until_told(hub, of, State.DELIVERED)
    return of


async def refused_then_nudged(hub: Hub) -> ShipmentPlan:
    """A push that is given up, replayed by a nudge; a long pause that a nudge cuts short."""
    of = _plan("nudged")
    shop = _shop(hub, of)
    shop.refusals = [RequestRejectedError("unknown order")]
    await hub.register(of)
    parcel = Parcel(of)
    await hub.deliver(of, parcel.fact(Milestone.PICKED_UP))
    await eventually(lambda: len(hub.ledger.buried) == 1)
    await hub.dispatcher.nudge(of.tenant, of.shipment_id, CONNECTION)
    await _until_told(hub, of, State.FIRST_MILE)
    shop.refusals = [RateLimitedError("later", retry_after=timedelta(hours=1))]
    await hub.deliver(of, parcel.fact(Milestone.DEPARTED_ORIGIN))
    await eventually(lambda: shop.attempts == 3)
    await hub.dispatcher.nudge(of.tenant, of.shipment_id, CONNECTION)
    await _until_told(hub, of, State.LINEHAUL)
    return of


async def silent_held_and_ended(hub: Hub) -> ShipmentPlan:
    """Silence, a hold beyond its agreement, a delivery without proof, the end; over several runs."""
    of = _plan("ended")
    days = await calendar(hub, hub.client, of, limits=Limits(messages=3))
    await days.deliver(Milestone.PICKED_UP)
    await days.pass_by(timedelta(days=5))
    await eventually(lambda: days.milestones() == ["PICKED_UP", "TRACKING_STALE"])
    await days.deliver(Milestone.ARRIVED_DESTINATION)
    await days.deliver(Milestone.CUSTOMS_HELD, Reason.CUSTOMS_DOCS_MISSING, hold=Hold(side=Side.IMPORT))
    await days.pass_by(timedelta(days=3, hours=12))
    shop = _shop(hub, of)
    await eventually(lambda: any(one.kind is ChangeKind.ALARM for push in shop.pushes for one in push.changes))
    await days.deliver(Milestone.HOLD_RESOLVED, hold=Hold(side=Side.IMPORT))
    await days.deliver(Milestone.DELIVERED)
    await days.pass_by_until_the_end(timedelta(days=15))
    return of


STORIES: Final[tuple[Story, ...]] = (
    delivered_in_batches,
    held_and_released_by_command,
    order_system_down_and_back,
    refused_then_nudged,
    silent_held_and_ended,
)


async def record() -> None:
    """Run every story and write the histories of all its runs."""
    for story in STORIES:
        # Histories of earlier releases have another name and stay.
        for old in HISTORIES.glob(f"shipment__{story.__name__}__run_*.json"):
            old.unlink()
    environment = await WorkflowEnvironment.start_local(
        identity="recorder",
        dev_server_existing_path=TEMPORAL,
        dev_server_extra_args=["--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"],
        data_converter=data_converter(),
    )
    async with environment:
        await register_search_attributes(environment.client)
        for story in STORIES:
            await _record(environment.client, story)


async def _record(client: Client, story: Story) -> None:
    hub = Hub(client)
    ports = {"journal": hub.ledger, "dead_letters": hub.ledger, "switch": hub.ledger}
    async with AsyncExitStack() as stack:
        for worker in build_workers(client, sinks=hub.sinks, schedule=SHORT, **ports):  # type: ignore[arg-type] # fakes
            await stack.enter_async_context(worker)
        of = await story(hub)
        # A query is answered once the last workflow task is complete.
        await hub.handle(of).query(ShipmentWorkflow.progress)
    description = await hub.handle(of).describe()
    run_id = description.raw_description.workflow_execution_info.first_run_id
    number = 0
    while run_id:
        number += 1
        history = await client.get_workflow_handle(hub.workflow_id(of), run_id=run_id).fetch_history()
        path = HISTORIES / f"shipment__{story.__name__}__run_{number}.json"
        path.write_text(json.dumps(scrubbed(json.loads(history.to_json())), indent=1) + "\n")
        last = history.events[-1]
        run_id = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id


def scrubbed(node: Any) -> Any:
    """Return the history without what names this machine; replay reads none of it."""
    if isinstance(node, dict):
        return {key: "" if key == "stackTrace" else scrubbed(value) for key, value in node.items()}
    return [scrubbed(item) for item in node] if isinstance(node, list) else node


if __name__ == "__main__":
    asyncio.run(record())
