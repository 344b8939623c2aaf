"""Days of one shipment that pass in moments, by the server's own time skipping."""

from datetime import datetime, timedelta

from temporalio.client import Client
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from domain.audit import EntryKind
from domain.facts import Fact
from domain.milestones import Milestone
from domain.queues import SHIPMENTS
from domain.reasons import Reason
from domain.shipments import ShipmentPlan
from tests.workflow.conftest import Hub, eventually
from tests.workflow.parcels import Parcel
from workflows.model import Limits, Progress, ShipmentStart
from workflows.shipment import ShipmentWorkflow


class Calendar:
    """Moves one shipment's clock and makes facts at its time."""

    def __init__(self, hub: Hub, client: Client, of: ShipmentPlan) -> None:
        self.hub = hub
        self.of = of
        self.skipper = TimeSkipper(client, config=TimeSkippingConfig(enabled=False))
        self.parcel = Parcel(of)

    async def now(self) -> datetime:
        return await self.skipper.get_current_time(self.hub.handle(self.of))

    async def pass_by(self, duration: timedelta) -> None:
        assert await self.skipper.fast_forward(self.hub.handle(self.of), duration), "the shipment ended"

    async def pass_by_until_the_end(self, duration: timedelta) -> None:
        assert not await self.skipper.fast_forward(self.hub.handle(self.of), duration), "the shipment goes on"

    async def deliver(self, milestone: Milestone, *reasons: Reason, **more: object) -> Fact:
        self.parcel.now = await self.now()
        fact = self.parcel.fact(milestone, *reasons, after=timedelta(), recorded_at=self.parcel.now, **more)
        await self.hub.deliver(self.of, fact)
        await eventually(lambda: fact.event_id in self.recorded())
        return fact

    def recorded(self) -> list[str]:
        return [str(body["event_id"]) for body in self.hub.ledger.bodies(self.of, EntryKind.FACT)]

    def milestones(self) -> list[object]:
        return [body["milestone"] for body in self.hub.ledger.bodies(self.of, EntryKind.FACT)]

    async def progress(self) -> Progress:
        return await self.hub.handle(self.of).query(ShipmentWorkflow.progress)


async def calendar(hub: Hub, client: Client, of: ShipmentPlan, *, limits: Limits | None = None) -> Calendar:
    """Start the shipment without the dispatcher, with limits when given, and return its calendar."""
    hub.ledger.register(of)
    await client.start_workflow(
        ShipmentWorkflow.run,
        ShipmentStart(plan=of) if limits is None else ShipmentStart(plan=of, limits=limits),
        id=hub.workflow_id(of),
        task_queue=SHIPMENTS,
    )
    await hub.handle(of).query(ShipmentWorkflow.progress)
    return Calendar(hub, client, of)
