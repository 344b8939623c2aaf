"""Versioned workers: a shipment started under one version goes on under the next."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import pytest
from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from domain.milestones import Milestone
from domain.states import State
from gateway.temporal import data_converter, register_search_attributes
from tests.workflow.conftest import SHORT, TEMPORAL, Hub, eventually
from tests.workflow.parcels import CONNECTION, Parcel, plan
from worker.workers import DEPLOYMENT, build_workers

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("temporal")]


@asynccontextmanager
async def _version(hub: Hub, version: str) -> AsyncIterator[None]:
    """Run workers of one version and make it the current one."""
    async with AsyncExitStack() as stack:
        for worker in build_workers(
            hub.client,
            journal=hub.ledger,
            sinks=hub.sinks,
            dead_letters=hub.ledger,
            switch=hub.ledger,
            schedule=SHORT,
            version=version,
        ):
            await stack.enter_async_context(worker)
        await eventually(lambda: _is_current(hub.client, version), within=timedelta(seconds=30))
        yield


async def _is_current(client: Client, version: str) -> bool:
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace, deployment_name=DEPLOYMENT, build_id=version, identity="test"
    )
    try:
        await client.workflow_service.set_worker_deployment_current_version(request)
    except RPCError:
        # The server learns of a version with its worker's first poll.
        return False
    return True


async def test_a_shipment_moves_to_the_current_version():
    # A server of its own: a current version would take over the queues of the other tests.
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=TEMPORAL, data_converter=data_converter()
    )
    async with environment:
        await register_search_attributes(environment.client)
        hub = Hub(environment.client)
        of = plan()
        parcel = Parcel(of)
        shop = hub.sinks.sink(of.tenant, CONNECTION)
        async with _version(hub, "1"):
            await hub.register(of)
            await hub.deliver(of, parcel.fact(Milestone.PICKED_UP))
            await eventually(lambda: shop.told(of) == [State.FIRST_MILE])

        async with _version(hub, "2"):
            await hub.deliver(of, parcel.fact(Milestone.DEPARTED_ORIGIN))
            await eventually(lambda: shop.told(of) == [State.FIRST_MILE, State.LINEHAUL], within=timedelta(seconds=40))

        description = await hub.handle(of).describe()
        versioning = description.raw_description.workflow_execution_info.versioning_info
        assert versioning.deployment_version.build_id == "2"
