"""A WooCommerce shop and the hub, with real shipments between them: what people there do arrives, echoes do not."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from temporalio.client import Client

from activities.erp_desk import Taken, take
from activities.erp_sitting import Sitting
from connectors.erps.woocommerce.reader import WooReader
from connectors.erps.woocommerce.sink import WooSink
from domain.messages import Delivery
from domain.milestones import Milestone
from domain.publication import ChangeKind, Publication, StatusChange
from domain.shipments import Leg
from domain.states import State
from tests.erps.woo_shop import Order, WooShop
from tests.erps.woo_told import NOON, client_of
from tests.workflow.conftest import eventually
from tests.workflow.desks import TENANT
from tests.workflow.order_systems import ErpHub, open_hub
from tests.workflow.parcels import Parcel, plan

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("temporal")]


@dataclass
class Side:
    """The shop, and the hub that reads it."""

    hub: ErpHub
    shop: WooShop
    reader: WooReader

    async def read(self) -> Taken:
        """Read once more, as the activity does."""
        states, records = self.hub.ledger.reading_states, self.hub.ledger.erp_records
        state = states.state(TENANT, self.hub.connection)
        known = records.open(TENANT, self.hub.connection)
        pull = await self.reader.pull({**state.cursor, "again": list(state.again)}, known)
        taken = await take(Sitting(self.hub.desk, TENANT, self.hub.connection, self.reader), pull, known)
        states.keep(TENANT, self.hub.connection, replace(state, cursor=pull.cursor, again=taken.again))
        return taken

    async def picked_up(self, order: Order) -> None:
        """Let the carrier take the parcel."""
        shipment = self.hub.mirror(str(order.id)).shipment_id
        leg = Leg(carrier="testpost", tracking_number=f"TP{uuid4().hex[:9]}")
        fact = Parcel(plan(shipment_id=shipment, legs=(leg,))).fact(Milestone.PICKED_UP)
        await self.hub.dispatcher.deliver(Delivery(TENANT, shipment, (fact,)))
        await eventually(lambda: self.hub.state_of(str(order.id)) == "FIRST_MILE")

    async def told(self, order: Order, state: State, milestone: Milestone) -> None:
        """Push a change as the shipment does."""
        change = StatusChange(
            revision=90, kind=ChangeKind.STATUS, state=state, milestone=milestone, recorded_at=NOON, event_id="event90"
        )
        sink = WooSink(self.reader.client, self.hub.ledger.erp_records, self.hub.ledger.shipment_views)
        shipment = self.hub.mirror(str(order.id)).shipment_id
        await sink.push(
            Publication(tenant=TENANT, shipment_id=shipment, connection=self.hub.connection, changes=(change,))
        )


@pytest.fixture
async def side(client: Client, tmp_path: Path) -> AsyncIterator[Side]:
    hub = open_hub(client, f"woo-{uuid4().hex[:8]}", tmp_path)
    shop = WooShop()
    async with client_of(shop) as woo, hub.served(reads=False):
        reader = WooReader(woo)
        hub.erp = cast("Any", reader)
        yield Side(hub, shop, reader)
    hub.ledger.close()


def asked(order: Order) -> list[str]:
    """Return how the hub's answers to people begin."""
    return [note["note"].partition("] ")[2].partition(":")[0] for note in order.notes if "[hub:" in note["note"]]


async def test_what_people_do_in_the_shop_arrives(side: Side) -> None:
    early, late, moved = (side.shop.order(number) for number in ("1001", "1002", "1003"))
    first = await side.read()
    await side.picked_up(late)
    side.shop.clerk_sets(early, "cancelled")
    side.shop.clerk_sets(late, "refunded")
    side.shop.clerk_moves(moved, address_1="2 Example Street")
    second = await side.read()
    third = await side.read()

    assert (first.registered, second.asked, third.asked, third.failed) == (3, 3, 0, {})
    await eventually(lambda: side.hub.state_of(str(early.id)) == "CANCELLED")
    assert (asked(early), asked(moved)) == ([], [])
    assert asked(late) == ["CANCELLATION CAME AFTER THE HANDOVER"]
    assert (early.status, late.status) == ("cancelled", "refunded")


async def test_what_the_hub_writes_is_no_news(side: Side) -> None:
    order = side.shop.order("1001")
    await side.read()
    await side.picked_up(order)
    await side.told(order, State.DELIVERED, Milestone.DELIVERED)
    taken = [await side.read() for _ in range(3)]

    assert (order.status, side.shop.writes) == ("completed", ["NOTE 1001", "PUT 1001 completed"])
    assert [(one.registered, one.asked, one.again) for one in taken] == [(0, 0, ())] * 3


async def test_an_order_that_was_registered_before_is_taken_and_not_doubled(side: Side) -> None:
    side.hub.ledger.registry.register(
        plan(shipment_id="S-own", reference="1001").model_copy(update={"connections": (side.hub.connection,)})
    )
    order = side.shop.order("1001")
    taken = await side.read()

    assert side.hub.mirror(str(order.id)).shipment_id == "S-own"
    assert taken.failed == {}
