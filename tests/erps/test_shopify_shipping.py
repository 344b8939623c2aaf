"""Fulfilments and holds of a simulated Shopify store, as a shipment of the hub needs them."""

import pytest

from connectors.erps.shopify.failures import HeldElsewhereError
from domain.errors import RequestRejectedError
from domain.milestones import Milestone
from domain.states import State
from tests.erps.conftest import Registered
from tests.erps.shopify_hub import NUMBER, PICKED_UP, change, leg
from tests.erps.shopify_store import Store


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
