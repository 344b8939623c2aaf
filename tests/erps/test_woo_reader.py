"""What a reading of a WooCommerce shop brings, and what of it is news."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.erps.woocommerce.client import WooClient
from connectors.erps.woocommerce.orders import PAGE
from connectors.erps.woocommerce.reader import WooReader
from domain.erp_reading import ErpPull, News, news_of
from domain.erp_records import DeliveryStatus, ErpDelivery, ErpRecord
from tests.erps.woo_shop import BIN, Order, WooShop
from tests.erps.woo_told import client_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class Hands:
    """A clock that a test moves."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def pass_(self, **units: float) -> None:
        self.at += timedelta(**units)


@dataclass
class Hub:
    """What the hub knows of the shop: it settles whatever it reads."""

    client: WooClient
    sendable: frozenset[str] = frozenset()
    cursor: Mapping[str, Any] = field(default_factory=dict)
    mirrors: dict[str, ErpRecord] = field(default_factory=dict)
    pulls: list[ErpPull] = field(default_factory=list)

    async def read(self, *again: str) -> list[tuple[str, News]]:
        """Read until nothing is left, and return what was news by the order's number."""
        news = []
        is_behind = True
        while is_behind:
            reader = WooReader(self.client, self.sendable)
            pull = await reader.pull({**self.cursor, "again": again}, list(self.mirrors.values()))
            self.cursor, is_behind = pull.cursor, pull.is_behind
            self.pulls.append(pull)
            for delivery in pull.deliveries:
                mirror = self.mirrors.get(delivery.record)
                news += [(delivery.number, one) for one in news_of(mirror, delivery, _reference(delivery))]
                if mirror is not None or news[-1:] == [(delivery.number, News.APPEARED)]:
                    self.mirrors[delivery.record] = _mirror(delivery)
            for record in pull.gone:
                self.mirrors.pop(record)
        return news

    @property
    def gone(self) -> Sequence[str]:
        return self.pulls[-1].gone


def _reference(delivery: ErpDelivery) -> str:
    return repr(sorted(delivery.address.items()))


def _mirror(delivery: ErpDelivery) -> ErpRecord:
    return ErpRecord(
        tenant="main",
        connection="woo",
        record=delivery.record,
        shipment_id=f"woo-{delivery.number}",
        number=delivery.number,
        version=delivery.version,
        status=delivery.status,
        address_ref=_reference(delivery),
    )


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def shop(clock: Hands) -> WooShop:
    return WooShop(now=clock.now)


@pytest.fixture
async def hub(shop: WooShop, clock: Hands) -> AsyncIterator[Hub]:
    async with client_of(shop) as client:
        yield Hub(replace(client, clock=clock))


async def test_the_first_reading_takes_what_is_to_be_sent(hub: Hub, shop: WooShop) -> None:
    for number, status in enumerate(("pending", "processing", "on-hold", "completed", "cancelled", "processing")):
        shop.order(f"{number}", status)

    assert await hub.read() == [("1", News.APPEARED), ("5", News.APPEARED)]


async def test_an_order_is_a_delivery_with_its_address(hub: Hub, shop: WooShop) -> None:
    order = shop.order("1001")
    await hub.read()

    (delivery,) = hub.pulls[0].deliveries
    assert (delivery.record, delivery.number, delivery.order) == (str(order.id), "1001", "1001")
    assert (delivery.status, delivery.country, delivery.carrier) == (DeliveryStatus.OPEN, "FR", None)
    assert delivery.address == {
        "name": "A. Example",
        "street": "1 Example Street",
        "postcode": "69001",
        "city": "Lyon",
        "country": "FR",
    }


async def test_an_order_appears_once_it_is_paid(hub: Hub, shop: WooShop, clock: Hands) -> None:
    order = shop.order("1001", "pending")
    before = await hub.read()
    clock.pass_(hours=1)
    shop.clerk_sets(order, "processing")

    assert (before, await hub.read(), await hub.read()) == ([], [("1001", News.APPEARED)], [])


async def test_a_cancellation_and_a_new_address_are_news_once(hub: Hub, shop: WooShop) -> None:
    cancelled, moved = shop.order("1001"), shop.order("1002")
    await hub.read()
    shop.clerk_sets(cancelled, "cancelled")
    shop.clerk_moves(moved, address_1="2 Example Street")

    assert sorted(await hub.read()) == [("1001", News.CANCELLED), ("1002", News.MOVED)]
    assert await hub.read() == []
    assert hub.pulls[-1].deliveries == ()


async def test_a_second_change_in_the_same_second_is_seen(hub: Hub, shop: WooShop) -> None:
    order = shop.order("1001")
    await hub.read()
    shop.clerk_moves(order, city="Paris")
    stamp = order.modified
    first = await hub.read()
    shop.clerk_moves(order, city="Nice")
    order.modified = stamp

    assert (first, await hub.read()) == ([("1001", News.MOVED)], [("1001", News.MOVED)])


async def test_a_refund_is_a_cancellation(hub: Hub, shop: WooShop) -> None:
    order = shop.order("1001")
    await hub.read()
    shop.clerk_sets(order, "refunded")

    assert await hub.read() == [("1001", News.CANCELLED)]


@pytest.mark.parametrize(("sendable", "news"), [(frozenset[str](), []), ({"packing"}, [("1001", News.APPEARED)])])
async def test_a_status_of_a_plugin_is_sent_when_a_setting_says_so(
    hub: Hub, shop: WooShop, sendable: frozenset[str], news: list[tuple[str, News]]
) -> None:
    shop.statuses.add("packing")
    shop.order("1001", "packing")
    hub.sendable = frozenset(sendable)

    assert await hub.read() == news


async def test_what_happens_while_the_first_reading_is_under_way_is_not_missed(
    hub: Hub, shop: WooShop, clock: Hands
) -> None:
    orders = []
    for number in range(PAGE + 10):
        orders.append(shop.order(f"{number}"))
        clock.pass_(minutes=1)
    first = await WooReader(hub.client).pull({}, [])
    # One that was read leaves the list, and everything behind it moves up.
    shop.clerk_sets(orders[0], "cancelled")
    rest = await WooReader(hub.client).pull(first.cursor, [])
    changes = await WooReader(hub.client).pull(rest.cursor, [_mirror(one) for one in first.deliveries])

    assert (first.is_behind, rest.is_behind) == (True, False)
    assert {one.number for one in (*first.deliveries, *rest.deliveries)} == {str(one) for one in range(PAGE + 10)}
    assert [(one.number, one.status) for one in changes.deliveries if one.number == "0"] == [("0", "CANCELLED")]


async def test_many_changes_in_one_second_are_all_read(hub: Hub, shop: WooShop, clock: Hands) -> None:
    await hub.read()
    clock.pass_(hours=1)
    for number in range(2 * PAGE + 3):
        shop.order(f"{number}")

    assert len(await hub.read()) == 2 * PAGE + 3
    assert await hub.read() == []


async def test_a_burst_is_looked_at_again_for_a_while_and_then_no_more(hub: Hub, shop: WooShop, clock: Hands) -> None:
    await hub.read()
    for number in range(PAGE + 3):
        shop.order(f"{number}")
    await hub.read()
    steps = []
    for _ in range(2):
        before = len(hub.pulls)
        await hub.read()
        steps.append(len(hub.pulls) - before)
        clock.pass_(minutes=1)

    assert steps == [3, 1]


async def test_a_page_of_changes_is_left_by_what_changes_again(hub: Hub, shop: WooShop, clock: Hands) -> None:
    orders: list[Order] = [shop.order("0")]
    await hub.read()
    for number in range(1, PAGE + 5):
        clock.pass_(seconds=1)
        orders.append(shop.order(f"{number}"))
    clock.pass_(minutes=10)
    first = await WooReader(hub.client).pull(hub.cursor, [])
    clock.pass_(seconds=1)
    shop.clerk_moves(orders[5], city="Paris")
    second = await WooReader(hub.client).pull(first.cursor, [])

    read = {one.number for one in (*first.deliveries, *second.deliveries)}
    assert read >= {str(number) for number in range(1, PAGE + 5)}


@pytest.mark.parametrize("how", ["binned", "deleted"])
async def test_a_deletion_is_noticed_by_the_next_check(hub: Hub, shop: WooShop, clock: Hands, how: str) -> None:
    order = shop.order("1001")
    shop.order("1002")
    await hub.read()
    if how == "binned":
        order.status = BIN
    else:
        del shop.orders[order.id]
    await hub.read()
    soon = hub.gone
    clock.pass_(minutes=6)
    await hub.read()

    assert (soon, hub.gone) == ((), (str(order.id),))


async def test_an_order_that_lists_hide_is_not_taken_for_deleted(hub: Hub, shop: WooShop, clock: Hands) -> None:
    order = shop.order("1001")
    await hub.read()
    shop.hidden.add("secret")
    shop.statuses.add("secret")
    shop.clerk_sets(order, "secret")
    clock.pass_(minutes=6)

    assert await hub.read() == []
    assert hub.gone == ()
    assert [one.number for one in hub.pulls[-1].deliveries] == ["1001"]


async def test_a_check_takes_a_page_per_reading_and_comes_round(hub: Hub, shop: WooShop, clock: Hands) -> None:
    orders = [shop.order(f"{number}") for number in range(2 * PAGE)]
    await hub.read()
    await hub.read()
    clock.pass_(minutes=6)
    del shop.orders[orders[0].id]
    del shop.orders[orders[-1].id]
    gone = []
    for _ in range(3):
        await hub.read()
        gone.append(hub.gone)

    assert gone == [(str(orders[0].id),), (str(orders[-1].id),), ()]


async def test_what_is_asked_for_again_is_read_although_it_has_not_changed(hub: Hub, shop: WooShop) -> None:
    order = shop.order("1001")
    await hub.read()
    await hub.read(str(order.id))

    assert [one.number for one in hub.pulls[-1].deliveries] == ["1001"]


async def test_a_backfill_begins_where_it_was_told_to(hub: Hub, shop: WooShop, clock: Hands) -> None:
    shop.order("1001")
    clock.pass_(hours=1)
    since = clock.at
    shop.order("1002")
    hub.cursor = {"since": since.isoformat()}

    assert await hub.read() == [("1002", News.APPEARED)]


async def test_an_answer_is_noted_once_and_lost_with_its_order(hub: Hub, shop: WooShop) -> None:
    order = shop.order("1001")
    await hub.read()
    mirror = hub.mirrors[str(order.id)]
    for _ in range(2):
        await WooReader(hub.client).answer(mirror, "[hub:asked/1]", "NOT CANCELLED: delivered.")
    noted = [note["note"] for note in order.notes]
    del shop.orders[order.id]
    await WooReader(hub.client).answer(mirror, "[hub:asked/2]", "NOT CANCELLED: delivered.")

    assert noted == ["[hub:asked/1] NOT CANCELLED: delivered."]
