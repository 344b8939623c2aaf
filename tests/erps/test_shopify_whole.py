"""A merchant works in a simulated Shopify store, and the hub follows: real ledger, real workflows, both ways."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from domain import ids
from domain.audit import EntryKind
from domain.erp_records import ErpRecord
from domain.messages import Delivery
from domain.milestones import Milestone
from domain.reasons import Reason
from domain.shipments import Leg
from gateway.dispatch import TemporalDispatcher
from gateway.temporal import data_converter, register_search_attributes
from ledger import migrate
from ledger.store import Ledger
from tests.erps.serving import served
from tests.erps.shopify_admin import create_admin
from tests.erps.shopify_store import Order, Store
from tests.workflow.conftest import eventually
from tests.workflow.parcels import Parcel, plan
from worker.erp_connections import hint
from worker.late import LedgerLateFacts
from worker.processes import open_workers
from worker.serving import running
from worker.settings import EgressSettings, ErpSettings, ServiceSettings, Settings
from worker.workers import Role

CONNECTION = "shop"
TENANT = "main"
TEMPORAL = str(Path(sys.executable).parent / "temporal")
PATIENCE = timedelta(seconds=30)

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("temporal")]


@pytest_asyncio.fixture(scope="module")
async def temporal() -> AsyncIterator[Client]:
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=TEMPORAL, data_converter=data_converter()
    )
    async with environment:
        await register_search_attributes(environment.client)
        yield environment.client


@dataclass(frozen=True)
class Shop:
    """The hub and the store."""

    ledger: Ledger
    temporal: Client
    store: Store
    parcels: dict[str, Parcel] = field(default_factory=dict)

    async def mirror(self, order: Order) -> ErpRecord:
        """Return what the hub knows of an order, once it knows it."""
        await eventually(lambda: self._mirror(order) is not None, within=PATIENCE)
        found = self._mirror(order)
        assert found is not None
        return found

    def _mirror(self, order: Order) -> ErpRecord | None:
        return self.ledger.erp_records.get(TENANT, CONNECTION, order.id)

    async def stands(self, shipment_id: str, state: str) -> None:
        """Wait until the hub's shipment is in a state."""
        views = self.ledger.shipment_views
        await eventually(lambda: views.view(TENANT, shipment_id).state.value == state, within=PATIENCE)

    async def reported(self, shipment_id: str, milestone: Milestone, *reasons: Reason) -> None:
        """Let the carrier report."""
        dispatcher = TemporalDispatcher(
            self.temporal, self.ledger.registry, LedgerLateFacts(self.ledger), self.ledger.journal
        )
        if shipment_id not in self.parcels:
            leg = Leg(carrier="testpost", tracking_number=f"TP{uuid4().hex[:9]}")
            self.parcels[shipment_id] = Parcel(plan(tenant=TENANT, shipment_id=shipment_id, legs=(leg,)))
        fact = self.parcels[shipment_id].fact(milestone, *reasons)
        await dispatcher.deliver(Delivery(TENANT, shipment_id, (fact,)))

    async def told(self, order: Order, *statuses: str) -> None:
        """Wait until the order's only fulfilment has events of these statuses."""

        def are_told() -> bool:
            return [one.status for sent in order.sent for one in sent.event_log] == list(statuses)

        await eventually(are_told, within=PATIENCE)

    def facts(self, shipment_id: str) -> list[dict[str, object]]:
        """Return the bodies of the shipment's facts, in order."""
        rows = self.ledger.reads.timeline(TENANT, shipment_id, after_seq=0, limit=100)
        return [row.body for row in rows if row.kind == EntryKind.FACT]


Opening = Callable[..., AbstractAsyncContextManager[Shop]]


@pytest.fixture
def opening(temporal: Client, tmp_path: Path) -> Opening:
    """Return how a hub is opened that reads a new store at a pace."""

    @asynccontextmanager
    async def opened(*, read_every: timedelta = timedelta(seconds=1)) -> AsyncIterator[Shop]:
        url = f"sqlite:///{tmp_path}/ledger.db"
        migrate.upgrade(url)
        ledger, store = Ledger.open(url, master_key=b"k" * 32), Store()
        settings = Settings(
            state_dir=tmp_path,
            egress=EgressSettings(allow_loopback=True),
            erp=ErpSettings(read_every=read_every),
            service=ServiceSettings(accounts_every=timedelta(seconds=1)),
        )
        async with AsyncExitStack() as stack:
            stack.callback(ledger.close)
            web = await stack.enter_async_context(served(create_admin(store)))
            ledger.connections.add(TENANT, CONNECTION, "shopify", str(web.base_url))
            ledger.connections.set_credentials(TENANT, CONNECTION, {"token": store.token})
            roles = (Role.SHIPMENTS, Role.ERP)
            workers = await stack.enter_async_context(open_workers(settings, ledger, temporal, roles=roles))
            await stack.enter_async_context(running(workers, asyncio.Event()))
            yield Shop(ledger, temporal, store)
            await temporal.get_workflow_handle(ids.connection_workflow(TENANT, CONNECTION)).terminate()

    return opened


async def test_an_order_registers_its_shipment_and_hears_of_its_whole_journey(opening: Opening) -> None:
    async with opening() as shop:
        order = shop.store.order("#1001")
        shipment_id = (await shop.mirror(order)).shipment_id
        await shop.reported(shipment_id, Milestone.PICKED_UP)
        await shop.told(order, "CARRIER_PICKED_UP")
        await shop.reported(shipment_id, Milestone.CUSTOMS_HELD, Reason.CUSTOMS_DOCS_MISSING)
        await shop.told(order, "CARRIER_PICKED_UP", "DELAYED")
        for milestone in (Milestone.HOLD_RESOLVED, Milestone.REROUTED, Milestone.DELIVERED):
            await shop.reported(shipment_id, milestone)
        await shop.told(order, "CARRIER_PICKED_UP", "DELAYED", "IN_TRANSIT", "IN_TRANSIT", "DELIVERED")
        await eventually(lambda: not shop.ledger.convergence.status(TENANT).divergent, within=PATIENCE)

    messages = [(one.message or "").partition("] ")[2] for one in order.sent[0].event_log]
    assert [text.partition(" ")[0] for text in messages] == [
        "FIRST_MILE",
        "CUSTOMS_HOLD",
        "RESOLVED",
        "REROUTED",
        "DELIVERED",
    ]
    assert "CUSTOMS.DOCS_MISSING" in messages[1]
    assert len(order.sent) == 1
    assert [line.partition(" ")[0] for line in shop.store.writes].count("fulfillmentCreate") == 1


async def test_a_request_to_cancel_before_the_handover_is_accepted(opening: Opening) -> None:
    async with opening() as shop:
        order = shop.store.order("#1002")
        shop.store.ask_to_fulfil(order, order.parts[0])
        shipment_id = (await shop.mirror(order)).shipment_id
        shop.store.ask_to_cancel(order, order.parts[0])
        await shop.stands(shipment_id, "CANCELLED")
        await eventually(lambda: order.parts[0].requestStatus == "CANCELLATION_ACCEPTED", within=PATIENCE)


async def test_an_order_cancelled_after_the_handover_is_answered_in_its_note(opening: Opening) -> None:
    async with opening() as shop:
        order = shop.store.order("#1003")
        shipment_id = (await shop.mirror(order)).shipment_id
        await shop.reported(shipment_id, Milestone.PICKED_UP)
        await shop.told(order, "CARRIER_PICKED_UP")
        shop.store.cancel(order)
        await eventually(lambda: "CANCELLATION CAME AFTER THE HANDOVER" in (order.note or ""), within=PATIENCE)

    assert shop.facts(shipment_id)[-1]["milestone"] == "REROUTE_REQUESTED"


async def test_a_corrected_address_comes_to_the_shipment(opening: Opening) -> None:
    async with opening() as shop:
        order = shop.store.order("#1004")
        shipment_id = (await shop.mirror(order)).shipment_id
        order.shippingAddress = {**order.shippingAddress, "address1": "3 Sample St"}
        shop.store.touch(order)
        await eventually(lambda: len(shop.facts(shipment_id)) == 1, within=PATIENCE)

        (fact,) = shop.facts(shipment_id)
        kept = shop.ledger.private.get(TENANT, shipment_id, str(fact["detail_ref"]))
    assert fact["reasons"] == ["ADDRESS.CORRECTED"]
    assert kept["street"] == "3 Sample St"


async def test_a_hint_is_read_at_once(opening: Opening) -> None:
    async with opening(read_every=timedelta(hours=1)) as shop:
        await eventually(lambda: shop.ledger.reading_states.state(TENANT, CONNECTION).read_at is not None)
        order = shop.store.order("#1005")

        await hint(shop.temporal, TENANT, CONNECTION)

        await shop.mirror(order)
