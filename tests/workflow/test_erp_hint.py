"""A hint from outside ends the pause between two readings."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from tests.workflow.conftest import eventually
from tests.workflow.desks import TENANT
from tests.workflow.order_systems import ErpHub, open_hub
from worker.erp_connections import hint

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("temporal")]


@pytest.fixture
async def hub(client: Client, tmp_path: Path) -> AsyncIterator[ErpHub]:
    hub = open_hub(client, f"hint-{uuid4().hex[:8]}", tmp_path)
    hub.idle = timedelta(hours=1)
    yield hub
    hub.ledger.close()


async def test_a_connection_is_read_at_once_when_it_is_hinted_at(client: Client, hub: ErpHub) -> None:
    async with hub.served():
        await eventually(lambda: hub.erp.readings == 1)
        hub.erp.put("d,1", "OUT/1")

        await hint(client, TENANT, hub.connection)

        await eventually(lambda: hub.ledger.erp_records.get(TENANT, hub.connection, "d,1") is not None)


async def test_a_hint_starts_nothing_that_is_not_being_read(client: Client, hub: ErpHub) -> None:
    with pytest.raises(RPCError) as refused:
        await hint(client, TENANT, hub.connection)

    assert refused.value.status is RPCStatusCode.NOT_FOUND
