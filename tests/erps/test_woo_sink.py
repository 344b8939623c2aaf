"""What a WooCommerce shop is told: each change once, a status only where the shop has not decided itself."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from fastapi.responses import JSONResponse, Response

from connectors.erps.woocommerce.client import WooClient
from domain.errors import (
    CredentialsRejectedError,
    NotKnownYetError,
    PartnerUnavailableError,
    RateLimitedError,
    RequestRejectedError,
)
from domain.milestones import Milestone
from domain.reasons import Reason
from domain.shipments import Leg
from domain.states import State
from ledger import migrate
from ledger.store import Ledger
from tests.erps.woo_shop import BIN, Order, WooShop
from tests.erps.woo_told import ToldOrder, client_of, correction, status

HELD = status(1, State.CUSTOMS_HOLD, Milestone.CUSTOMS_HELD, Reason.CUSTOMS_DOCS_MISSING)
RESOLVED = status(2, State.RESOLVED, Milestone.HOLD_RESOLVED)
DELIVERED = status(3, State.DELIVERED, Milestone.DELIVERED)
HELD_NOTE = "[hub:event1/1] CUSTOMS_HOLD at 2026-03-02 13:00 UTC: CUSTOMS_HELD, CUSTOMS.DOCS_MISSING."
RESOLVED_NOTE = "[hub:event2/2] RESOLVED at 2026-03-02 14:00 UTC: HOLD_RESOLVED."
DELIVERED_NOTE = "[hub:event3/3] DELIVERED at 2026-03-02 15:00 UTC: DELIVERED."
LEG = Leg(carrier="laposte", tracking_number="6A12345678901")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ledger") / "ledger.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def ledger(template: Path, tmp_path: Path) -> Iterator[Ledger]:
    shutil.copyfile(template, tmp_path / "ledger.db")
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", master_key=b"k" * 32)
    yield ledger
    ledger.close()


@pytest.fixture
def shop() -> WooShop:
    return WooShop()


@pytest.fixture
def order(shop: WooShop) -> Order:
    return shop.order("1001")


@pytest.fixture
async def client(shop: WooShop) -> AsyncIterator[WooClient]:
    async with client_of(shop) as client:
        yield client


@pytest.fixture
def told(ledger: Ledger, client: WooClient, order: Order) -> ToldOrder:
    told = ToldOrder(ledger, client, order.number)
    told.stands(State.LINEHAUL)
    return told


def notes(order: Order) -> list[str]:
    """Return the hub's notes in the order in which they were made."""
    return [note["note"] for note in order.notes if note["note"].startswith("[hub:")]


async def test_what_happened_is_noted_in_order_and_once(told: ToldOrder, order: Order) -> None:
    await told.sink.push(told.publication(HELD))
    await told.sink.push(told.publication(HELD, RESOLVED))
    result = await told.sink.push(told.publication(HELD, RESOLVED))

    assert notes(order) == [HELD_NOTE, RESOLVED_NOTE]
    assert not any(note["customer_note"] for note in order.notes)
    assert (result.acked, result.revision, result.outcome) == (True, 2, "notes 0, status processing")
    assert result.record == str(order.id)


async def test_a_delivery_completes_the_order_in_one_request_with_its_number(
    ledger: Ledger, client: WooClient, shop: WooShop, order: Order
) -> None:
    told = ToldOrder(ledger, client, order.number, legs=(LEG,))
    told.stands(State.DELIVERED)

    await told.sink.push(told.publication(DELIVERED))
    await told.sink.push(told.publication(DELIVERED))

    assert shop.writes == ["NOTE 1001", "NOTE 1001", "PUT 1001 completed"]
    assert notes(order) == ["[hub:number/6A12345678901] Tracking number 6A12345678901 (laposte).", DELIVERED_NOTE]
    assert order.status == "completed"
    assert order.meta == {
        "milepost_tracking_number": "6A12345678901",
        "milepost_carrier": "laposte",
        "milepost_status": "completed",
    }


async def test_the_mirror_has_what_the_hub_wrote(told: ToldOrder, order: Order) -> None:
    result = await told.sink.push(told.publication(DELIVERED))

    mirror = told.ledger.erp_records.of_shipment("main", "woo", told.shipment_id)
    assert mirror is not None
    assert (mirror.record, mirror.version, mirror.status, mirror.writes) == (str(order.id), result.version, "DONE", 1)


async def test_a_correction_takes_back_what_the_hub_has_completed(told: ToldOrder, order: Order) -> None:
    await told.sink.push(told.publication(DELIVERED))
    await told.sink.push(told.publication(correction(4, State.LINEHAUL, 3)))

    assert order.status == "processing"
    assert notes(order)[-1].endswith("CORRECTION: what was noted under /3 does not hold. The state is LINEHAUL.")


async def test_a_correction_leaves_what_the_shop_has_completed(told: ToldOrder, shop: WooShop, order: Order) -> None:
    shop.clerk_sets(order, "completed")

    await told.sink.push(told.publication(DELIVERED, correction(4, State.LINEHAUL, 3)))

    assert order.status == "completed"


@pytest.mark.parametrize("decided", ["cancelled", "refunded", "on-hold", "failed", "pending"])
async def test_what_the_shop_has_decided_stays(told: ToldOrder, shop: WooShop, order: Order, decided: str) -> None:
    shop.clerk_sets(order, decided)

    result = await told.sink.push(told.publication(DELIVERED))

    assert (order.status, result.outcome) == (decided, f"notes 1, status {decided}")
    assert notes(order) == [DELIVERED_NOTE]


async def test_a_clerk_who_cancels_between_the_hubs_requests_is_not_overwritten(
    told: ToldOrder, shop: WooShop, order: Order
) -> None:
    shop.noted_by = lambda: shop.clerk_sets(order, "cancelled")

    await told.sink.push(told.publication(DELIVERED))

    assert order.status == "cancelled"


async def test_an_order_that_the_shop_reopens_is_not_completed_again(
    told: ToldOrder, shop: WooShop, order: Order
) -> None:
    await told.sink.push(told.publication(DELIVERED))
    shop.clerk_sets(order, "processing")

    await told.sink.push(told.publication(DELIVERED))

    assert order.status == "processing"


async def test_a_status_of_a_plugin_is_completed_when_a_setting_says_that_it_is_sent(
    told: ToldOrder, shop: WooShop, order: Order
) -> None:
    shop.statuses.add("packing")
    shop.clerk_sets(order, "packing")
    await told.sink.push(told.publication(DELIVERED))
    before = order.status
    sink = type(told.sink)(told.client, told.ledger.erp_records, told.ledger.shipment_views, frozenset({"packing"}))

    await sink.push(told.publication(DELIVERED))

    assert (before, order.status) == ("packing", "completed")


async def test_success_whose_answer_got_lost_is_not_repeated(told: ToldOrder, shop: WooShop, order: Order) -> None:
    lost = JSONResponse({"code": "gateway"}, 504)
    # Order and notes are answered, the answer to the added note is lost.
    shop.after = [None, None, None, lost]

    with pytest.raises(PartnerUnavailableError):
        await told.sink.push(told.publication(DELIVERED))
    made = notes(order)
    shop.after = [None, None, None, None, lost]
    with pytest.raises(PartnerUnavailableError):
        await told.sink.push(told.publication(DELIVERED, correction(4, State.DELIVERED, 2)))
    await told.sink.push(told.publication(DELIVERED, correction(4, State.DELIVERED, 2)))

    assert made == [DELIVERED_NOTE]
    assert (len(notes(order)), len(set(notes(order)))) == (2, 2)
    assert shop.writes.count("PUT 1001 completed") == 1


async def test_two_pushes_at_the_same_time_leave_each_note_once(told: ToldOrder, shop: WooShop, order: Order) -> None:
    shop.meeting = asyncio.Barrier(2)
    pushes = [asyncio.create_task(told.sink.push(told.publication(HELD, RESOLVED))) for _ in range(2)]
    await asyncio.gather(*pushes)

    assert shop.writes.count("NOTE 1001") == 4
    assert notes(order) == [HELD_NOTE, RESOLVED_NOTE]


async def test_an_order_is_found_by_its_number_and_not_by_a_text_in_it(
    ledger: Ledger, client: WooClient, shop: WooShop, order: Order
) -> None:
    shop.order("91001")
    told = ToldOrder(ledger, client, "1001")

    result = await told.sink.push(told.publication(HELD))

    assert result.record == str(order.id)


async def test_what_plugins_keep_in_an_order_is_left_alone(told: ToldOrder, order: Order) -> None:
    order.meta |= {"_big": "x" * 100_000, "_list": [{"tracking_number": "1"}], "_none": None}

    await told.sink.push(told.publication(DELIVERED))

    assert (order.status, order.meta["_list"], len(order.meta["_big"])) == (
        "completed",
        [{"tracking_number": "1"}],
        100_000,
    )


async def test_an_order_that_the_shop_does_not_have_is_waited_for(ledger: Ledger, client: WooClient) -> None:
    told = ToldOrder(ledger, client, "2002")

    with pytest.raises(NotKnownYetError):
        await told.sink.push(told.publication(HELD))


@pytest.mark.parametrize("is_ended", [False, True])
async def test_a_deleted_order_is_waited_for_until_the_shipment_has_ended(
    told: ToldOrder, order: Order, *, is_ended: bool
) -> None:
    await told.sink.push(told.publication(HELD))
    order.status = BIN
    told.stands(State.DELIVERED, is_ended=is_ended)

    with pytest.raises(RequestRejectedError if is_ended else NotKnownYetError):
        await told.sink.push(told.publication(HELD, RESOLVED))


async def test_a_wrong_secret_is_told_apart(ledger: Ledger, shop: WooShop, order: Order) -> None:
    async with client_of(shop, secret="cs_other") as client:
        told = ToldOrder(ledger, client, order.number)

        with pytest.raises(CredentialsRejectedError, match="Consumer secret is invalid"):
            await told.sink.push(told.publication(HELD))


async def test_a_key_that_may_only_read_is_told_apart(told: ToldOrder, shop: WooShop) -> None:
    shop.may_write = False

    with pytest.raises(CredentialsRejectedError, match="write permissions"):
        await told.sink.push(told.publication(HELD))


@pytest.mark.parametrize(
    ("answer", "failure", "pause"),
    [
        (JSONResponse({}, 429, {"retry-after": "30"}), RateLimitedError, 30),
        (JSONResponse({}, 503, {"retry-after": "60"}), RateLimitedError, 60),
        (Response("<html>Maintenance</html>", 503), PartnerUnavailableError, None),
        (Response("<!DOCTYPE html><p>Critical error", 200), PartnerUnavailableError, None),
        (Response("<html>Just a moment", 403), PartnerUnavailableError, None),
        (JSONResponse({"code": "rest_no_route", "message": "No route"}, 404), RequestRejectedError, None),
    ],
)
async def test_an_answer_from_before_the_shop_is_told_apart(
    told: ToldOrder, shop: WooShop, *, answer: Response, failure: type[Exception], pause: int | None
) -> None:
    shop.ahead = [answer]

    with pytest.raises(failure) as raised:
        await told.sink.push(told.publication(HELD))

    asked = raised.value.retry_after  # type: ignore[attr-defined]  # every one is a HubError
    assert (asked.total_seconds() if asked else None) == pause
