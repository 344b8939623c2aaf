"""A shipment of the hub as a simulated Shopify store gets to know it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fastapi.responses import JSONResponse

from connectors.egress import EgressPolicy
from connectors.erps.shopify.client import ShopifyClient, ShopifyTarget
from connectors.erps.shopify.failures import HeldElsewhereError
from connectors.erps.shopify.sink import ShopifySink
from connectors.http import PartnerHttp
from domain.erp_records import DeliveryStatus
from domain.errors import NotKnownYetError, PartnerUnavailableError, RequestRejectedError
from domain.milestones import Milestone
from domain.publication import ChangeKind
from domain.reasons import Reason
from domain.shipments import Leg
from domain.states import State
from ledger import migrate
from ledger.store import Ledger
from tests.erps.serving import served
from tests.erps.shopify_admin import Faults, create_admin
from tests.erps.shopify_hub import CONNECTION, NOON, NUMBER, SHIPMENT, TENANT, Hub, change, leg
from tests.erps.shopify_store import Order, Store

PICKED_UP = change(1, State.FIRST_MILE, Milestone.PICKED_UP)
HELD = change(2, State.CUSTOMS_HOLD, Milestone.CUSTOMS_HELD, Reason.CUSTOMS_DOCS_MISSING)
RESOLVED = change(3, State.RESOLVED, Milestone.HOLD_RESOLVED)
REROUTED = change(4, State.REROUTED, Milestone.REROUTED)
DELIVERED = change(5, State.DELIVERED, Milestone.DELIVERED)


class Clock:
    def now(self) -> datetime:
        return NOON


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
def store() -> Store:
    return Store(now=lambda: NOON)


@pytest.fixture
def faults() -> Faults:
    return Faults()


Registered = Callable[..., Hub]


@pytest.fixture
async def registered(store: Store, faults: Faults, ledger: Ledger) -> AsyncIterator[Registered]:
    async with served(create_admin(store, faults)) as web, PartnerHttp(EgressPolicy(allow_loopback=True)) as http:
        client = ShopifyClient(ShopifyTarget(CONNECTION, str(web.base_url), store.token), http, Clock())
        sink = ShopifySink(client, ledger.erp_records, ledger.shipment_views, {"dhl_express": "DHL Express"})

        def register(*legs: Leg, reference: str = "#1001") -> Hub:
            return Hub(ledger, sink, reference, legs or (leg(),)).register()

        yield register


def told(order: Order, at: int = 0) -> list[str]:
    return [f"{one.status} {one.message}" for one in order.sent[at].event_log]


async def test_the_whole_journey_is_told_in_order_and_each_event_once(store: Store, registered: Registered) -> None:
    order, hub = store.order("#1001"), registered()
    hub.stands(State.FIRST_MILE)
    await hub.push(PICKED_UP)
    hub.stands(State.CUSTOMS_HOLD, stage=State.IMPORT_CUSTOMS)
    await hub.push(PICKED_UP, HELD)
    hub.stands(State.DELIVERED)
    await hub.push(HELD, RESOLVED, REROUTED, DELIVERED)

    result = await hub.push(PICKED_UP, HELD, RESOLVED, REROUTED, DELIVERED)

    assert told(order) == [
        "CARRIER_PICKED_UP [hub:event1/1] FIRST_MILE at 2026-03-02 13:00 UTC: PICKED_UP.",
        "DELAYED [hub:event2/2] CUSTOMS_HOLD at 2026-03-02 14:00 UTC: CUSTOMS_HELD, CUSTOMS.DOCS_MISSING.",
        "IN_TRANSIT [hub:event3/3] RESOLVED at 2026-03-02 15:00 UTC: HOLD_RESOLVED.",
        "IN_TRANSIT [hub:event4/4] REROUTED at 2026-03-02 16:00 UTC: REROUTED.",
        "DELIVERED [hub:event5/5] DELIVERED at 2026-03-02 17:00 UTC: DELIVERED.",
    ]
    assert order.sent[0].tracking == [{"company": "DHL Express", "number": NUMBER, "url": None}]
    assert (result.acked, result.revision, result.outcome) == (True, 5, "events 0, fulfilments 1")
    assert (result.record, result.version) == (order.id, order.updatedAt)


async def test_before_the_handover_nothing_is_fulfilled(store: Store, registered: Registered) -> None:
    store.order("#1001")
    hub = registered()
    hub.stands(State.CREATED)

    result = await hub.push(change(1, State.CREATED, Milestone.LABEL_CREATED))

    assert (result.acked, result.outcome) == (True, "nothing was sent yet")
    assert store.writes == []


async def test_an_order_that_is_not_there_yet_is_waited_for(store: Store, registered: Registered) -> None:
    store.order("#10011")
    hub = registered()
    hub.stands(State.FIRST_MILE)

    with pytest.raises(NotKnownYetError, match="#1001"):
        await hub.push(PICKED_UP)


async def test_two_orders_of_one_name_are_not_guessed_between(store: Store, registered: Registered) -> None:
    order = store.order("#1001")
    store.order("#1001")
    hub = registered()
    hub.stands(State.FIRST_MILE)

    with pytest.raises(RequestRejectedError, match="2 orders are called #1001"):
        await hub.push(PICKED_UP)

    assert order.sent == []


async def test_a_reference_may_be_the_orders_id(store: Store, registered: Registered) -> None:
    order = store.order("#1001")
    hub = registered(reference=order.id)
    hub.stands(State.FIRST_MILE)

    await hub.push(PICKED_UP)

    assert len(told(order)) == 1


@pytest.mark.parametrize("lost", [2, 3, 5])
async def test_what_was_done_but_never_answered_is_found_by_the_next_attempt(
    store: Store, faults: Faults, registered: Registered, lost: int
) -> None:
    """A push is: look up, fulfil, read again, read events, add an event."""
    order, hub = store.order("#1001"), registered()
    hub.stands(State.FIRST_MILE)
    faults.lose(lost)
    with pytest.raises(PartnerUnavailableError):
        await hub.push(PICKED_UP)

    await hub.push(PICKED_UP)

    assert store.writes == ["fulfillmentCreate #1001", "fulfillmentEventCreate #1001 CARRIER_PICKED_UP"]
    assert len(order.sent) == 1


async def test_attempts_at_the_same_time_tell_each_event_once(store: Store, registered: Registered) -> None:
    order, hub = store.order("#1001"), registered()
    hub.stands(State.CUSTOMS_HOLD, stage=State.IMPORT_CUSTOMS)

    await asyncio.gather(*(hub.push(PICKED_UP, HELD) for _ in range(4)))

    assert len(order.sent) == 1
    assert [one.status for one in order.sent[0].event_log] == ["CARRIER_PICKED_UP", "DELAYED"]


async def test_what_a_clerk_fulfilled_by_hand_gets_the_hubs_number(store: Store, registered: Registered) -> None:
    order, hub = store.order("#1001"), registered()
    store.fulfil(order, number="WRONG")
    hub.stands(State.FIRST_MILE)

    await hub.push(PICKED_UP)

    assert store.writes == ["fulfillmentTrackingInfoUpdate #1001", "fulfillmentEventCreate #1001 CARRIER_PICKED_UP"]
    assert [one["number"] for one in order.sent[0].tracking] == [NUMBER]


async def test_what_is_left_after_a_clerks_first_parcel_is_the_shipments(store: Store, registered: Registered) -> None:
    order, hub = store.order("#1001"), registered()
    store.fulfil(order, number="FIRST", is_all=False)
    hub.stands(State.FIRST_MILE)

    await hub.push(PICKED_UP)
    await hub.push(PICKED_UP)

    assert [[one["number"] for one in sent.tracking] for sent in order.sent] == [["FIRST"], [NUMBER]]
    assert [len(sent.event_log) for sent in order.sent] == [0, 1]


async def test_a_clerks_parcel_with_the_shipments_number_leaves_the_rest_to_the_clerk(
    store: Store, registered: Registered
) -> None:
    order, hub = store.order("#1001"), registered()
    store.fulfil(order, number=NUMBER, is_all=False)
    hub.stands(State.FIRST_MILE)

    await hub.push(PICKED_UP)

    assert (order.parts[0].status, len(order.sent)) == ("IN_PROGRESS", 1)
    assert store.writes == ["fulfillmentEventCreate #1001 CARRIER_PICKED_UP"]


async def test_a_fulfilment_that_was_called_back_counts_for_nothing(store: Store, registered: Registered) -> None:
    order, hub = store.order("#1001"), registered()
    store.fulfil(order, number=NUMBER, is_all=False).status = "CANCELLED"
    hub.stands(State.FIRST_MILE)

    await hub.push(PICKED_UP)

    assert [len(sent.event_log) for sent in order.sent] == [0, 1]


async def test_several_fulfilments_without_the_number_are_not_guessed_between(
    store: Store, registered: Registered
) -> None:
    order, hub = store.order("#1001"), registered()
    store.fulfil(order, number="FIRST", is_all=False)
    store.fulfil(order, number="SECOND")
    hub.stands(State.FIRST_MILE)

    with pytest.raises(RequestRejectedError, match="none has the shipment's number"):
        await hub.push(PICKED_UP)

    assert store.writes == []


async def test_parcels_named_by_fulfilment_orders_get_a_fulfilment_each(store: Store, registered: Registered) -> None:
    order = store.order("#1001", parts=2)
    names = [part.id.rsplit("/", 1)[1] for part in order.parts]
    hub = registered(leg("RR000000005DE", parcel=names[0]), leg("RR000000014DE", parcel=names[1]))
    hub.stands(State.FIRST_MILE)

    await hub.push(PICKED_UP)

    assert [[part.sent[0].tracking[0]["number"]] for part in order.parts] == [["RR000000005DE"], ["RR000000014DE"]]
    assert [len(one.event_log) for one in order.sent] == [1, 1]


async def test_goods_at_two_places_are_fulfilled_place_by_place(store: Store, registered: Registered) -> None:
    order, hub = store.order("#1001", parts=3), registered()
    order.parts[2].place = "gid://shopify/Location/2"
    hub.stands(State.FIRST_MILE)

    await hub.push(PICKED_UP)
    await hub.push(PICKED_UP)

    assert [part.sent[0].id == order.sent[0].id for part in order.parts] == [True, True, False]
    assert [[one["number"] for one in sent.tracking] for sent in order.sent] == [[NUMBER], [NUMBER]]
    assert [len(sent.event_log) for sent in order.sent] == [1, 1]


async def test_a_parcel_that_is_not_the_shipments_is_left_alone(store: Store, registered: Registered) -> None:
    order = store.order("#1001", parts=2)
    hub = registered(leg(parcel=order.parts[0].id.rsplit("/", 1)[1]))
    hub.stands(State.FIRST_MILE)

    await hub.push(PICKED_UP)

    assert [part.status for part in order.parts] == ["CLOSED", "OPEN"]
    assert len(order.sent) == 1


async def test_parcels_of_other_names_share_one_fulfilment(store: Store, registered: Registered) -> None:
    order = store.order("#1001", parts=2)
    hub = registered(leg("RR000000005DE", parcel="P1"), leg("RR000000014DE", parcel="P2"))
    hub.stands(State.FIRST_MILE)

    await hub.push(PICKED_UP)

    assert [one["number"] for one in order.sent[0].tracking] == ["RR000000005DE", "RR000000014DE"]
    assert len(order.sent) == 1


async def test_a_hold_before_the_handover_holds_the_order_and_is_taken_back_alone(
    store: Store, registered: Registered
) -> None:
    order, hub = store.order("#1001"), registered()
    merchants = store.hold_by_merchant(order.parts[0])
    hub.stands(State.ON_HOLD, stage=State.CREATED)
    await hub.push(change(1, State.ON_HOLD, Milestone.HELD))
    await hub.push(change(1, State.ON_HOLD, Milestone.HELD))
    handles = [one.handle for one in order.parts[0].fulfillmentHolds]
    hub.stands(State.RESOLVED, stage=State.CREATED)

    await hub.push(change(2, State.RESOLVED, Milestone.HOLD_RESOLVED))

    assert handles == [None, "milepost"]
    assert order.parts[0].fulfillmentHolds == [merchants]
    assert store.writes == ["fulfillmentOrderHold #1001", "fulfillmentOrderReleaseHold #1001"]


async def test_the_hubs_own_hold_does_not_keep_what_the_carrier_has(store: Store, registered: Registered) -> None:
    order, hub = store.order("#1001"), registered()
    hub.stands(State.ON_HOLD, stage=State.CREATED)
    await hub.push(change(1, State.ON_HOLD, Milestone.HELD))
    hub.stands(State.FIRST_MILE)

    await hub.push(change(2, State.FIRST_MILE, Milestone.PICKED_UP))

    assert len(order.sent) == 1
    assert store.writes[1:3] == ["fulfillmentOrderReleaseHold #1001", "fulfillmentCreate #1001"]


async def test_somebody_elses_hold_is_waited_for_and_never_released(store: Store, registered: Registered) -> None:
    order, hub = store.order("#1001"), registered()
    hold = store.hold_by_merchant(order.parts[0])
    hub.stands(State.FIRST_MILE)

    with pytest.raises(HeldElsewhereError):
        await hub.push(PICKED_UP)

    assert order.parts[0].fulfillmentHolds == [hold]
    assert store.writes == []


async def test_the_newest_event_carries_the_estimate(store: Store, registered: Registered) -> None:
    order, hub = store.order("#1001"), registered()
    hub.stands(State.CUSTOMS_HOLD, stage=State.IMPORT_CUSTOMS, expected_at=NOON + timedelta(days=2))

    await hub.push(PICKED_UP, HELD)

    assert [one.estimatedDeliveryAt for one in order.sent[0].event_log] == [None, "2026-03-04T12:00:00Z"]


async def test_a_word_is_told_again_where_it_is_news_or_replaces_what_did_not_hold(
    store: Store, registered: Registered
) -> None:
    order, hub = store.order("#1001"), registered()
    hub.stands(State.LINEHAUL)
    correction = change(4, State.LINEHAUL, Milestone.HUB_DEPARTED, kind=ChangeKind.CORRECTION, supersedes=(3,))
    journey = (
        change(1, State.EXPORT, Milestone.EXPORT_CUSTOMS_SUBMITTED),
        change(2, State.LINEHAUL, Milestone.HUB_DEPARTED),
        change(3, State.RESOLVED, Milestone.HOLD_RESOLVED),
        correction,
        change(5, State.LINEHAUL, Milestone.HUB_ARRIVED),
        change(6, State.LINEHAUL, Milestone.TRACKING_STALE, kind=ChangeKind.ALARM),
    )

    await hub.push(*journey)

    assert [line.partition("]")[0] for line in told(order)] == [
        "IN_TRANSIT [hub:event1/1",
        "IN_TRANSIT [hub:event3/3",
        "IN_TRANSIT [hub:event5/5",
    ]


async def test_a_delivery_that_was_none_is_taken_back_though_nothing_replaces_it(
    store: Store, registered: Registered
) -> None:
    order, hub = store.order("#1001"), registered()
    hub.stands(State.LINEHAUL)
    journey = (
        change(1, State.LINEHAUL, Milestone.HUB_DEPARTED),
        change(2, State.DELIVERED, Milestone.DELIVERED),
        change(3, State.LINEHAUL, Milestone.HUB_DEPARTED, kind=ChangeKind.CORRECTION, supersedes=(2,)),
    )
    await hub.push(*journey[:2])

    await hub.push(*journey[2:])
    await hub.push(*journey[2:])

    assert [one.status for one in order.sent[0].event_log] == ["IN_TRANSIT", "DELIVERED", "IN_TRANSIT"]
    assert told(order)[-1].endswith("CORRECTION: what was noted under /2 does not hold. The state is LINEHAUL.")


async def test_a_change_that_was_left_out_is_not_told_later_out_of_order(store: Store, registered: Registered) -> None:
    order, hub = store.order("#1001"), registered()
    hub.stands(State.CUSTOMS_HOLD, stage=State.LINEHAUL)
    journey = (
        change(1, State.EXPORT, Milestone.EXPORT_CUSTOMS_SUBMITTED),
        change(2, State.LINEHAUL, Milestone.HUB_DEPARTED),
        change(3, State.CUSTOMS_HOLD, Milestone.CUSTOMS_HELD),
    )
    await hub.push(*journey)

    await hub.push(*journey[1:])

    assert [one.status for one in order.sent[0].event_log] == ["IN_TRANSIT", "DELAYED"]


async def test_an_event_of_somebody_else_is_no_event_of_the_hub(store: Store, registered: Registered) -> None:
    order, hub = store.order("#1001"), registered()
    store.fulfil(order, number=NUMBER)
    store.tell(order, "IN_TRANSIT", "[hub:no tag")
    store.tell(order, "IN_TRANSIT", None)
    hub.stands(State.FIRST_MILE)

    await hub.push(PICKED_UP)

    assert [one.status for one in order.sent[0].event_log] == ["IN_TRANSIT", "IN_TRANSIT", "CARRIER_PICKED_UP"]


async def test_a_long_timeline_is_read_to_its_end(store: Store, registered: Registered) -> None:
    order, hub = store.order("#1001"), registered()
    hub.stands(State.FIRST_MILE)
    store.fulfil(order, number=NUMBER)
    for _ in range(120):
        store.tell(order, "IN_TRANSIT", "by hand")
    await hub.push(PICKED_UP)

    await hub.push(PICKED_UP)

    assert len(order.sent[0].event_log) == 121


async def test_a_request_to_send_is_accepted_once_the_shipment_is_registered(
    store: Store, registered: Registered
) -> None:
    order, hub = store.order("#1001"), registered()
    store.ask_to_fulfil(order, order.parts[0])
    hub.stands(State.CREATED)

    await hub.push(change(1, State.CREATED, Milestone.LABEL_CREATED))

    assert order.parts[0].requestStatus == "ACCEPTED"
    assert store.writes == ["request accepted #1001"]


async def test_a_request_to_cancel_is_accepted_once_the_shipment_is_cancelled(
    store: Store, ledger: Ledger, registered: Registered
) -> None:
    order, hub = store.order("#1001"), registered()
    store.ask_to_cancel(order, order.parts[0])
    hub.stands(State.CANCELLED)

    await hub.push(change(1, State.CANCELLED, Milestone.CANCELLED))

    mirror = ledger.erp_records.of_shipment(TENANT, CONNECTION, SHIPMENT)
    assert order.parts[0].requestStatus == "CANCELLATION_ACCEPTED"
    assert mirror is not None
    assert (mirror.status, mirror.version) == (DeliveryStatus.CANCELLED, order.updatedAt)


async def test_the_hubs_own_writes_are_in_the_mirror(store: Store, ledger: Ledger, registered: Registered) -> None:
    order, hub = store.order("#1001"), registered()
    hub.stands(State.FIRST_MILE)

    await hub.push(PICKED_UP)

    mirror = ledger.erp_records.of_shipment(TENANT, CONNECTION, SHIPMENT)
    assert mirror is not None
    assert (mirror.record, mirror.version, mirror.status) == (order.id, order.updatedAt, DeliveryStatus.SENT)
    assert mirror.writes == 1


async def test_an_order_called_off_after_the_handover_still_hears_of_its_parcel(
    store: Store, registered: Registered
) -> None:
    order, hub = store.order("#1001"), registered()
    hub.stands(State.FIRST_MILE)
    await hub.push(PICKED_UP)
    store.cancel(order)
    hub.stands(State.DELIVERED)

    await hub.push(DELIVERED)

    assert [one.status for one in order.sent[0].event_log] == ["CARRIER_PICKED_UP", "DELIVERED"]


async def test_an_app_that_sees_no_fulfilment_orders_is_told_what_it_lacks(
    store: Store, registered: Registered
) -> None:
    store.order("#1001", parts=0)
    hub = registered()
    hub.stands(State.FIRST_MILE)

    with pytest.raises(RequestRejectedError, match="access scope"):
        await hub.push(PICKED_UP)


async def test_a_deleted_order_is_waited_for_until_its_shipment_has_ended(store: Store, registered: Registered) -> None:
    order, hub = store.order("#1001"), registered()
    hub.stands(State.FIRST_MILE)
    await hub.push(PICKED_UP)
    store.orders.remove(order)
    with pytest.raises(NotKnownYetError, match="deleted"):
        await hub.push(HELD)
    hub.stands(State.DELIVERED, is_ended=True)

    result = await hub.push(DELIVERED)

    assert (result.acked, result.outcome) == (True, "the order was deleted")


async def test_an_outage_in_the_middle_is_said_as_one(store: Store, faults: Faults, registered: Registered) -> None:
    store.order("#1001")
    hub = registered()
    hub.stands(State.FIRST_MILE)
    faults.ahead = [JSONResponse({}, 503)]

    with pytest.raises(PartnerUnavailableError):
        await hub.push(PICKED_UP)
