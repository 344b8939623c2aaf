"""One real Temporal server per session, and a hub of fakes around it per test."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from domain import ids
from domain.facts import Fact
from domain.messages import Delivery
from domain.shipments import ShipmentPlan
from gateway.dispatch import TemporalDispatcher
from gateway.temporal import data_converter, register_search_attributes
from tests.workflow.fakes import FakeLedger, Sinks
from worker.workers import build_workers
from workflows.shipment import ShipmentWorkflow

SHORT = tuple(timedelta(seconds=0.2) for _ in range(9))
"""A retry schedule for tests."""

TEMPORAL = str(Path(sys.executable).parent / "temporal")


@pytest_asyncio.fixture(scope="session")
async def environment() -> AsyncIterator[WorkflowEnvironment]:
    """A dev server in memory, with time skipping available."""
    started = await WorkflowEnvironment.start_local(
        dev_server_existing_path=TEMPORAL,
        dev_server_extra_args=["--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"],
        data_converter=data_converter(),
    )
    async with started:
        await register_search_attributes(started.client)
        yield started


@pytest.fixture
def client(environment: WorkflowEnvironment) -> Client:
    return environment.client


@dataclass
class Hub:
    """Ledger and order systems of one test around the shared server."""

    client: Client
    ledger: FakeLedger = field(default_factory=FakeLedger)
    sinks: Sinks = field(default_factory=Sinks)

    @property
    def dispatcher(self) -> TemporalDispatcher:
        return TemporalDispatcher(self.client, self.ledger, self.ledger, self.ledger)

    async def register(self, plan: ShipmentPlan) -> None:
        self.ledger.register(plan)
        await self.dispatcher.start(plan)

    async def deliver(self, plan: ShipmentPlan, *facts: Fact) -> None:
        await self.dispatcher.deliver(Delivery(plan.tenant, plan.shipment_id, facts))

    def handle(self, plan: ShipmentPlan) -> WorkflowHandle[ShipmentWorkflow, None]:
        return self.dispatcher.handle(plan.tenant, plan.shipment_id)

    def workflow_id(self, plan: ShipmentPlan) -> str:
        return ids.shipment_workflow(plan.tenant, plan.shipment_id)


@pytest_asyncio.fixture
async def hub(client: Client) -> AsyncIterator[Hub]:
    """A hub whose workers run."""
    made = Hub(client)
    async with AsyncExitStack() as stack:
        for worker in build_workers(
            client,
            journal=made.ledger,
            sinks=made.sinks,
            dead_letters=made.ledger,
            switch=made.ledger,
            schedule=SHORT,
        ):
            await stack.enter_async_context(worker)
        yield made


async def eventually(claim: Callable[[], Awaitable[bool] | bool], *, within: timedelta = timedelta(seconds=15)) -> None:
    """Wait until the claim holds; fail when it does not in time."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within.total_seconds()
    while True:
        held = claim()
        if not isinstance(held, bool):
            held = await held
        if held:
            return
        assert loop.time() < deadline, "it did not come to hold in time"
        await asyncio.sleep(0.02)
