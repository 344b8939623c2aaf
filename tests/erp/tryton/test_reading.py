"""A clerk works in a real Tryton, and the hub follows: real server, real ledger, real workflows."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from connectors.erps.tryton.client import TrytonClient
from connectors.erps.tryton.shipments import TrytonShipment
from domain import ids
from domain.audit import EntryKind
from domain.erp_records import ErpRecord
from domain.erp_rounds import ReadingState
from domain.messages import Delivery
from domain.milestones import Milestone
from domain.shipments import Leg
from gateway.dispatch import TemporalDispatcher
from gateway.temporal import data_converter, register_search_attributes
from ledger import migrate
from ledger.store import Ledger
from tests.erp.tryton.clerk import SHIPMENT, Clerk
from tests.erp.tryton.people import HUB
from tests.erp.tryton.server import TrytonServer
from tests.workflow.conftest import eventually
from tests.workflow.parcels import Parcel, plan
from worker.late import LedgerLateFacts
from worker.processes import open_workers
from worker.serving import running
from worker.settings import EgressSettings, ErpSettings, ServiceSettings, Settings
from worker.workers import Role
from workflows.erp_connection import ErpConnectionWorkflow

CONNECTION = "tryton"
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
    """The hub, the order system, and who works there."""

    ledger: Ledger
    temporal: Client
    clerk: Clerk

    async def mirror(self, shipment: TrytonShipment) -> ErpRecord:
        """Return what the hub knows of a shipment, once it knows it."""
        await eventually(lambda: self._mirror(shipment) is not None, within=PATIENCE)
        found = self._mirror(shipment)
        assert found is not None
        return found

    def _mirror(self, shipment: TrytonShipment) -> ErpRecord | None:
        return self.ledger.erp_records.get(TENANT, CONNECTION, shipment.record)

    async def stands(self, shipment_id: str, state: str) -> None:
        """Wait until the hub's shipment is in a state."""
        views = self.ledger.shipment_views
        await eventually(lambda: views.view(TENANT, shipment_id).state.value == state, within=PATIENCE)

    async def reported(self, shipment_id: str, *milestones: Milestone) -> None:
        """Let the carrier report."""
        dispatcher = TemporalDispatcher(
            self.temporal, self.ledger.registry, LedgerLateFacts(self.ledger), self.ledger.journal
        )
        leg = Leg(carrier="testpost", tracking_number=f"TP{uuid4().hex[:9]}")
        parcel = Parcel(plan(tenant=TENANT, shipment_id=shipment_id, legs=(leg,)))
        facts = tuple(parcel.fact(milestone) for milestone in milestones)
        await dispatcher.deliver(Delivery(TENANT, shipment_id, facts))

    @property
    def workflow(self) -> WorkflowHandle[ErpConnectionWorkflow, None]:
        """The connection's workflow."""
        workflow_id = ids.connection_workflow(TENANT, CONNECTION)
        return self.temporal.get_workflow_handle_for(ErpConnectionWorkflow.run, workflow_id)

    @property
    def state(self) -> ReadingState:
        """How far Tryton was read."""
        return self.ledger.reading_states.state(TENANT, CONNECTION)

    async def notes(self, shipment: TrytonShipment) -> list[str]:
        """Return the notes beside a shipment, in order and without their tags."""
        domain = [["resource", "=", shipment.record]]
        rows = await self.clerk.client.call("model.ir.note.search_read", domain, 0, None, [["id", "ASC"]], ["message"])
        return [row["message"].partition("] ")[2] for row in rows]

    def facts(self, shipment_id: str) -> list[dict[str, object]]:
        """Return the bodies of the shipment's facts, in order."""
        rows = self.ledger.reads.timeline(TENANT, shipment_id, after_seq=0, limit=100)
        return [row.body for row in rows if row.kind == EntryKind.FACT]


@pytest.fixture
async def shop(tryton: TrytonServer, clerk: TrytonClient, temporal: Client, tmp_path: Path) -> AsyncIterator[Shop]:
    url = f"sqlite:///{tmp_path}/ledger.db"
    migrate.upgrade(url)
    ledger = Ledger.open(url, master_key=b"k" * 32)
    login, password = HUB
    ledger.connections.add(TENANT, CONNECTION, "tryton", tryton.url)
    ledger.connections.configure(
        TENANT, CONNECTION, settings={"login": login, "carriers": "Example Parcels=testpost"}, requests_per_second=None
    )
    ledger.connections.set_credentials(TENANT, CONNECTION, {"password": password})
    settings = Settings(
        state_dir=tmp_path,
        egress=EgressSettings(allow_loopback=True),
        erp=ErpSettings(read_every=timedelta(seconds=1)),
        service=ServiceSettings(accounts_every=timedelta(seconds=1)),
    )
    async with AsyncExitStack() as stack:
        stack.callback(ledger.close)
        roles = (Role.SHIPMENTS, Role.ERP)
        workers = await stack.enter_async_context(open_workers(settings, ledger, temporal, roles=roles))
        await stack.enter_async_context(running(workers, asyncio.Event()))
        made = Shop(ledger, temporal, Clerk(clerk, tryton.installation.seeded))
        yield made
        await made.workflow.terminate()


async def test_a_confirmed_order_registers_its_shipment_and_hears_of_it(shop: Shop) -> None:
    shipment = await shop.clerk.order()
    mirror = await shop.mirror(shipment)
    await shop.reported(mirror.shipment_id, Milestone.PICKED_UP)
    await shop.stands(mirror.shipment_id, "FIRST_MILE")

    async def noted() -> bool:
        return [note.partition(" ")[0] for note in await shop.notes(shipment)] == ["FIRST_MILE"]

    await eventually(noted, within=PATIENCE)
    view = shop.ledger.shipment_views.view(TENANT, mirror.shipment_id)
    assert mirror.shipment_id == f"{CONNECTION}-{shipment.number}"
    assert view.plan.reference == shipment.order_reference
    assert view.plan.destination_country == "NL"


async def test_a_draft_registers_nothing(shop: Shop) -> None:
    await shop.clerk.draft()
    shipment = await shop.clerk.order()
    await shop.mirror(shipment)

    numbers = [mirror.number for mirror in shop.ledger.erp_records.open(TENANT, CONNECTION)]
    assert "" not in numbers


async def test_a_clerk_who_cancels_cancels_the_shipment(shop: Shop) -> None:
    shipment = await shop.clerk.order()
    mirror = await shop.mirror(shipment)
    await shop.clerk.cancel(shipment)
    await shop.stands(mirror.shipment_id, "CANCELLED")

    (fact,) = shop.facts(mirror.shipment_id)
    assert (fact["milestone"], fact["party"]) == ("CANCELLED", f"erp:{CONNECTION}")


async def test_a_cancellation_after_the_handover_is_answered_beside_the_shipment(shop: Shop) -> None:
    shipment = await shop.clerk.order()
    mirror = await shop.mirror(shipment)
    await shop.reported(mirror.shipment_id, Milestone.PICKED_UP)
    await shop.stands(mirror.shipment_id, "FIRST_MILE")
    await shop.clerk.cancel(shipment)

    async def answered() -> bool:
        return any(note.startswith("CANCELLATION CAME AFTER THE HANDOVER") for note in await shop.notes(shipment))

    await eventually(answered, within=PATIENCE)
    assert shop.facts(mirror.shipment_id)[-1]["milestone"] == "REROUTE_REQUESTED"


async def test_a_corrected_address_comes_to_the_shipment_and_back_to_nobody(shop: Shop) -> None:
    shipment = await shop.clerk.order()
    mirror = await shop.mirror(shipment)
    address = await shop.clerk.address(street_unstructured="3 Sample St", postal_code="1012", city="Amsterdam")
    await shop.clerk.move_to(shipment, address)
    await eventually(lambda: len(shop.facts(mirror.shipment_id)) == 1, within=PATIENCE)

    (fact,) = shop.facts(mirror.shipment_id)
    kept = shop.ledger.private.get(TENANT, mirror.shipment_id, str(fact["detail_ref"]))
    assert fact["reasons"] == ["ADDRESS.CORRECTED"]
    assert kept["street"] == "3 Sample St"
    assert await shop.notes(shipment) == []


async def test_a_shipment_that_is_cancelled_deleted_and_made_anew_is_a_new_shipment(shop: Shop) -> None:
    shipment = await shop.clerk.order()
    mirror = await shop.mirror(shipment)
    await shop.clerk.cancel(shipment)
    await shop.stands(mirror.shipment_id, "CANCELLED")
    await shop.clerk.delete(shipment)
    assert shipment.sale is not None
    anew = await shop.clerk.shipment_of(shipment.sale)
    second = await shop.mirror(anew)

    assert anew.number != shipment.number
    assert second.shipment_id != mirror.shipment_id
    await shop.stands(second.shipment_id, "CREATED")


async def test_what_replaced_a_shipment_while_nobody_read_stands_for_it_from_then_on(shop: Shop) -> None:
    shipment = await shop.clerk.order()
    mirror = await shop.mirror(shipment)
    await shop.workflow.signal(ErpConnectionWorkflow.pause)
    await shop.clerk.cancel(shipment)
    await shop.clerk.delete(shipment)
    assert shipment.sale is not None
    anew = await shop.clerk.shipment_of(shipment.sale)
    await shop.workflow.signal(ErpConnectionWorkflow.resume)
    second = await shop.mirror(anew)
    await shop.reported(mirror.shipment_id, Milestone.PICKED_UP)

    async def noted() -> bool:
        return [note.partition(" ")[0] for note in await shop.notes(anew)] == ["FIRST_MILE"]

    await eventually(noted, within=PATIENCE)
    assert second.shipment_id == mirror.shipment_id
    assert (await shop.mirror(shipment)).gone_at is not None


async def test_an_outage_ends_for_the_shipments_that_fell_behind(shop: Shop, tryton: TrytonServer) -> None:
    shipments = [await shop.clerk.order() for _ in range(3)]
    mirrors = [await shop.mirror(shipment) for shipment in shipments]
    tryton.stop()

    await eventually(lambda: shop.state.away_since is not None, within=PATIENCE)
    for mirror in mirrors:
        await shop.reported(mirror.shipment_id, Milestone.PICKED_UP, Milestone.OUT_FOR_DELIVERY)
        await shop.stands(mirror.shipment_id, "OUT_FOR_DELIVERY")
    tryton.start()
    await eventually(lambda: not shop.ledger.convergence.status(TENANT).divergent, within=PATIENCE)

    assert [[note.partition(" ")[0] for note in await shop.notes(shipment)] for shipment in shipments] == [
        ["FIRST_MILE", "OUT_FOR_DELIVERY"]
    ] * 3
    assert shop.state.away_since is None


async def test_the_number_on_a_label_that_was_printed_there_becomes_a_leg(shop: Shop) -> None:
    shipment = await shop.clerk.order()
    mirror = await shop.mirror(shipment)
    await shop.clerk.pack(shipment)
    number = f"TP{uuid4().hex[:9]}"
    await shop.clerk.client.call(f"{SHIPMENT}.write", [shipment.id], {"shipping_reference": number})

    def legs() -> list[tuple[str, str]]:
        plan = shop.ledger.registry.plan(TENANT, mirror.shipment_id)
        return [(leg.carrier, leg.tracking_number) for leg in plan.legs]

    await eventually(lambda: legs() == [("testpost", number)], within=PATIENCE)


async def test_a_backfill_registers_only_what_was_made_since_then(shop: Shop) -> None:
    shipment = await shop.clerk.order()
    await shop.mirror(shipment)
    before = shop.state.registered
    await shop.workflow.signal(ErpConnectionWorkflow.backfill, datetime.now(UTC) - timedelta(days=1))
    await eventually(lambda: shop.state.backfill is not None and "log" in shop.state.cursor, within=PATIENCE)

    assert shop.state.registered == before
    assert shop.ledger.erp_records.of_shipment(TENANT, CONNECTION, f"{CONNECTION}-{shipment.number}") is not None
