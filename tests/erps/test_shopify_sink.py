"""A shipment of the hub as a simulated Shopify store gets to know it."""

import asyncio
from datetime import timedelta

import pytest
from fastapi.responses import JSONResponse

from domain.erp_records import DeliveryStatus
from domain.errors import NotKnownYetError, PartnerUnavailableError, RequestRejectedError
from domain.milestones import Milestone
from domain.publication import ChangeKind
from domain.states import State
from ledger.store import Ledger
from tests.erps.conftest import Registered
from tests.erps.shopify_admin import Faults
from tests.erps.shopify_hub import (
    CONNECTION,
    DELIVERED,
    HELD,
    NOON,
    NUMBER,
    PICKED_UP,
    REROUTED,
    RESOLVED,
    SHIPMENT,
    TENANT,
    change,
    told,
)
from tests.erps.shopify_store import Store


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
