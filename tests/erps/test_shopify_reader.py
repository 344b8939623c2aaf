"""Reading a simulated Shopify store: what has changed, what is gone, and how its people are answered."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors.egress import EgressPolicy
from connectors.erps.shopify.client import ShopifyClient, ShopifyTarget
from connectors.erps.shopify.reader import ShopifyReader
from connectors.http import PartnerHttp
from domain.erp_reading import ErpPull
from domain.erp_records import DeliveryStatus, ErpParcel, ErpRecord
from tests.erps.serving import served
from tests.erps.shopify_admin import create_admin
from tests.erps.shopify_hub import CONNECTION, NOON, NUMBER, SHIPMENT, TENANT
from tests.erps.shopify_store import Order, Store


class Watch:
    """A clock that goes on by a minute whenever something happens in the store."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        self.at += timedelta(minutes=1)
        return self.at


@pytest.fixture
def store() -> Store:
    return Store(now=Watch().now)


@pytest.fixture
async def reader(store: Store) -> AsyncIterator[ShopifyReader]:
    async with served(create_admin(store)) as web, PartnerHttp(EgressPolicy(allow_loopback=True)) as http:
        client = ShopifyClient(ShopifyTarget(CONNECTION, str(web.base_url), store.token), http, Watch())
        yield ShopifyReader(client, {"DHL Express": "dhl_express"})


def mirror(order: Order, **changed: Any) -> ErpRecord:
    given = {
        "tenant": TENANT,
        "connection": CONNECTION,
        "record": order.id,
        "shipment_id": SHIPMENT,
        "number": order.name,
        "version": order.updatedAt,
    }
    return ErpRecord(**{**given, **changed})


async def through(reader: ShopifyReader, cursor: Any, *known: ErpRecord) -> ErpPull:
    """Read until nothing is left, and return everything as one reading."""
    deliveries, gone = [], []
    while True:
        pull = await reader.pull(cursor, known)
        deliveries += pull.deliveries
        gone += pull.gone
        cursor = pull.cursor
        if not pull.is_behind:
            return ErpPull(tuple(deliveries), tuple(gone), cursor)


def names(pull: ErpPull) -> list[str]:
    return sorted(one.number for one in pull.deliveries)


async def test_an_order_is_read_as_a_delivery(store: Store, reader: ShopifyReader) -> None:
    order = store.order("#1001", parts=2)

    (delivery,) = (await reader.pull({}, ())).deliveries

    assert (delivery.record, delivery.number, delivery.version) == (order.id, "#1001", order.updatedAt)
    assert delivery.status is DeliveryStatus.OPEN
    assert delivery.parcels == tuple(ErpParcel(part.id.rpartition("/")[2]) for part in order.parts)
    assert (delivery.carrier, delivery.tracking_number, delivery.country) == (None, None, "FR")
    assert delivery.address == {
        "name": "A. Example",
        "street": "1 Example Street",
        "city": "Lyon",
        "postcode": "69001",
        "country": "FR",
    }


async def test_what_was_sent_or_called_off_before_the_hub_came_is_none_of_its_business(
    store: Store, reader: ShopifyReader
) -> None:
    store.fulfil(store.order("#1001"), number=NUMBER)
    store.cancel(store.order("#1002"))
    store.order("#1003")

    assert names(await through(reader, {})) == ["#1003"]


async def test_what_is_sent_between_two_readings_is_read_with_its_number(store: Store, reader: ShopifyReader) -> None:
    store.order("#1001")
    cursor = (await through(reader, {})).cursor
    order = store.order("#1002")
    store.fulfil(order, number=NUMBER).tracking[0]["company"] = "DHL Express"

    pull = await through(reader, cursor)

    (delivery,) = pull.deliveries
    assert (delivery.number, delivery.status) == ("#1002", DeliveryStatus.SENT)
    assert (delivery.carrier, delivery.tracking_number) == ("dhl_express", NUMBER)


async def test_an_empty_store_is_read_from_its_first_order_on(store: Store, reader: ShopifyReader) -> None:
    cursor = (await through(reader, {})).cursor
    store.fulfil(store.order("#1001"), number=NUMBER)

    assert names(await through(reader, cursor)) == ["#1001"]


async def test_nothing_is_read_twice(store: Store, reader: ShopifyReader) -> None:
    order = store.order("#1001")
    first = await through(reader, {})

    second = await through(reader, first.cursor, mirror(order))
    third = await through(reader, second.cursor, mirror(order))

    assert names(first) == ["#1001"]
    assert (second.deliveries, second.gone) == ((), ())
    assert (third.deliveries, third.gone, third.cursor) == ((), (), second.cursor)


async def test_many_orders_are_read_page_by_page(store: Store, reader: ShopifyReader) -> None:
    for number in range(120):
        store.order(f"#{number:04}")

    first = await reader.pull({}, ())
    rest = await through(reader, first.cursor)

    assert (len(first.deliveries), first.is_behind) == (50, True)
    assert names(first) + names(rest) == [f"#{number:04}" for number in range(120)]


async def test_an_order_that_changes_while_pages_are_read_is_not_lost(store: Store, reader: ShopifyReader) -> None:
    orders = [store.order(f"#{number:04}") for number in range(60)]
    first = await reader.pull({}, ())
    orders[0].shippingAddress["city"] = "Paris"
    store.touch(orders[0])
    late = store.order("#0060")

    rest = await through(reader, first.cursor)
    again = await through(reader, rest.cursor)

    found = {one.number: one.address["city"] for pull in (first, rest, again) for one in pull.deliveries}
    assert found["#0000"] == "Paris"
    assert late.name in found
    assert len(found) == 61


async def test_a_change_that_got_an_older_time_is_found_in_the_overlap(store: Store, reader: ShopifyReader) -> None:
    store.order("#1001")
    cursor = (await through(reader, {})).cursor
    late = store.order("#1002")
    late.updated = late.created = store.orders[0].updated - timedelta(minutes=4)

    assert names(await through(reader, cursor)) == ["#1002"]


async def test_a_change_that_every_search_missed_is_found_among_the_known(store: Store, reader: ShopifyReader) -> None:
    order = store.order("#1001")
    store.order("#1002")
    cursor = (await through(reader, {})).cursor
    known = mirror(order)
    order.updated -= timedelta(hours=1)

    assert names(await through(reader, cursor, known)) == ["#1001"]


async def test_deleted_orders_are_found_in_turn(store: Store, reader: ShopifyReader) -> None:
    orders = [store.order(f"#{number:04}") for number in range(70)]
    known = [mirror(one) for one in orders]
    cursor = (await through(reader, {}, *known)).cursor
    store.orders.remove(orders[10])
    store.orders.remove(orders[60])

    first = await reader.pull(cursor, known)
    second = await reader.pull(first.cursor, known)

    assert sorted({*first.gone, *second.gone}) == sorted([orders[10].id, orders[60].id])


async def test_records_are_read_again_when_asked_for(store: Store, reader: ShopifyReader) -> None:
    order, deleted = store.order("#1001"), store.order("#1002")
    cursor = (await through(reader, {})).cursor
    store.orders.remove(deleted)

    pull = await reader.pull({**cursor, "again": [order.id, deleted.id]}, (mirror(order), mirror(deleted)))

    assert (names(pull), pull.gone) == (["#1001"], (deleted.id,))


async def test_a_backfill_reads_what_was_made_since(store: Store, reader: ShopifyReader) -> None:
    store.fulfil(store.order("#1001"), number=NUMBER)
    since = store.now()
    store.fulfil(store.order("#1002"), number=NUMBER)
    store.order("#1003")

    assert names(await through(reader, {"since": since.isoformat()})) == ["#1002", "#1003"]


@pytest.mark.parametrize(
    ("status", "request_", "expected"),
    [
        ("OPEN", "UNSUBMITTED", DeliveryStatus.OPEN),
        ("IN_PROGRESS", "ACCEPTED", DeliveryStatus.OPEN),
        ("OPEN", "SUBMITTED", DeliveryStatus.OPEN),
        ("SCHEDULED", "UNSUBMITTED", DeliveryStatus.DRAFT),
        ("ON_HOLD", "UNSUBMITTED", DeliveryStatus.DRAFT),
        ("IN_PROGRESS", "CANCELLATION_REQUESTED", DeliveryStatus.CANCELLED),
        ("IN_PROGRESS", "CANCELLATION_REJECTED", DeliveryStatus.CANCELLED),
        ("CANCELLED", "CANCELLATION_ACCEPTED", DeliveryStatus.CANCELLED),
        ("CLOSED", "CLOSED", DeliveryStatus.SENT),
        ("INCOMPLETE", "CLOSED", DeliveryStatus.SENT),
    ],
)
async def test_how_far_an_order_is_follows_its_fulfilment_orders(
    store: Store, reader: ShopifyReader, *, status: str, request_: str, expected: DeliveryStatus
) -> None:
    order = store.order("#1001")
    order.parts[0].status, order.parts[0].requestStatus = status, request_

    pull = await reader.pull({"again": [order.id]}, (mirror(order, version="before"),))

    assert [one.status for one in pull.deliveries] == [expected]


async def test_an_order_cancelled_in_one_part_goes_on(store: Store, reader: ShopifyReader) -> None:
    order = store.order("#1001", parts=2)
    store.ask_to_cancel(order, order.parts[0])

    (delivery,) = (await reader.pull({}, ())).deliveries

    assert delivery.status is DeliveryStatus.OPEN


async def test_an_order_of_many_places_is_read_whole(store: Store, reader: ShopifyReader) -> None:
    store.order("#1001", parts=45)

    (delivery,) = (await reader.pull({}, ())).deliveries

    assert len(delivery.parcels) == 45


async def test_an_order_with_nothing_to_send_is_no_delivery(store: Store, reader: ShopifyReader) -> None:
    store.order("#1001", parts=0)

    assert names(await through(reader, {})) == []


async def test_a_request_to_cancel_that_comes_too_late_is_rejected_once(store: Store, reader: ShopifyReader) -> None:
    order = store.order("#1001")
    store.ask_to_cancel(order, order.parts[0])
    for _ in range(2):
        await reader.answer(mirror(order), "[hub:shop:1:1:cancel]", "NOT CANCELLED: too late")

    assert store.writes == ["cancellation rejected #1001"]
    assert order.note is None


async def test_another_answer_is_added_to_the_orders_note_once(store: Store, reader: ShopifyReader) -> None:
    order = store.order("#1001")
    order.note = "Please ring twice"
    for _ in range(2):
        await reader.answer(mirror(order), "[hub:shop:1:1:cancel]", "CANCELLATION CAME AFTER THE HANDOVER")

    assert order.note == "Please ring twice\n[hub:shop:1:1:cancel] CANCELLATION CAME AFTER THE HANDOVER"
    assert store.writes == ["orderUpdate #1001"]


async def test_a_deleted_order_is_answered_nothing(store: Store, reader: ShopifyReader) -> None:
    order = store.order("#1001")
    store.orders.remove(order)

    await reader.answer(mirror(order), "[hub:shop:1:1:cancel]", "NOT CANCELLED")

    assert store.writes == []
