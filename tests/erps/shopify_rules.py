"""What each mutation of the simulated store does, and what it answers in `userErrors` instead."""

from typing import Any, Final

from tests.erps.shopify_store import (
    FULFILLABLE,
    MAX_HOLDS,
    Event,
    Fulfillment,
    FulfillmentOrder,
    Hold,
    Store,
    stamp,
    tracking_of,
)

Input = dict[str, Any]


def wrong(field: list[str], message: str, code: str | None = None) -> dict[str, Any]:
    """Return a payload that only says what is wrong."""
    return {"userErrors": [{"field": field, "message": message, "code": code}]}


def update_order(store: Store, given: Input) -> dict[str, Any]:
    """Replace an order's note: what was in it is lost unless it is in the new one."""
    order = next((one for one in store.orders if one.id == given["id"]), None)
    if order is None:
        return wrong(["id"], "Order does not exist.")
    order.note = given.get("note")
    store.touch(order)
    store.writes.append(f"orderUpdate {order.name}")
    return {"order": order, "userErrors": []}


def create_fulfillment(store: Store, given: Input) -> dict[str, Any]:
    """Ship fulfilment orders that are open; a second time the order is closed and the mutation refused."""
    place = ["fulfillment"]
    found = [store.find_part(line["fulfillmentOrderId"]) for line in given["lineItemsByFulfillmentOrder"]]
    known = [one for one in found if one is not None]
    if len(known) != len(found) or not known:
        return wrong(place, "Fulfillment order does not exist.")
    closed = [part for _, part in known if part.status not in FULFILLABLE]
    if closed:
        number = closed[0].id.rsplit("/", 1)[1]
        return wrong(place, f"Fulfillment order {number} has an unfulfillable status= {closed[0].status.lower()}.")
    if len({part.place for _, part in known}) > 1:
        return wrong(place, "All fulfillment orders must be assigned to a single location.")
    order = known[0][0]
    made = Fulfillment(store.gid("Fulfillment"), tracking=tracking_of(given.get("trackingInfo")))
    order.sent.append(made)
    for _, part in known:
        part.status, part.requestStatus = "CLOSED", "CLOSED"
        part.sent.append(made)
    store.touch(order)
    store.writes.append(f"fulfillmentCreate {order.name}")
    return {"fulfillment": made, "userErrors": []}


def update_tracking(store: Store, gid: str, given: Input) -> dict[str, Any]:
    """Replace the tracking entries; the order's modification time moves."""
    found = store.find_fulfillment(gid)
    if found is None:
        return wrong(["fulfillmentId"], "Fulfillment does not exist.")
    order, one = found
    one.tracking = tracking_of(given)
    store.touch(order)
    store.writes.append(f"fulfillmentTrackingInfoUpdate {order.name}")
    return {"fulfillment": one, "userErrors": []}


def create_event(store: Store, given: Input) -> dict[str, Any]:
    """Add an event. Two equal events are two events, and the order's modification time stays where it is."""
    found = store.find_fulfillment(given["fulfillmentId"])
    if found is None:
        return wrong(["fulfillmentEvent", "fulfillmentId"], "Fulfillment does not exist.")
    order, one = found
    if one.status == "CANCELLED":
        return wrong(["fulfillmentEvent", "fulfillmentId"], "Fulfillment is cancelled.")
    now = stamp(store.now())
    event = Event(
        store.gid("FulfillmentEvent"),
        given["status"],
        given.get("message"),
        given.get("happenedAt") or now,
        now,
        given.get("estimatedDeliveryAt"),
    )
    one.event_log.append(event)
    store.writes.append(f"fulfillmentEventCreate {order.name} {event.status}")
    return {"fulfillmentEvent": event, "userErrors": []}


def hold(store: Store, gid: str, given: Input) -> dict[str, Any]:
    """Hold a part; one handle per app and part."""
    found = store.find_part(gid)
    if found is None:
        return wrong(["id"], "Fulfillment order not found.", "FULFILLMENT_ORDER_NOT_FOUND")
    order, part = found
    if part.status in {"CLOSED", "CANCELLED"}:
        return wrong(["id"], "The fulfillment order is not in a state that can be held.")
    handle = given.get("handle")
    mine = [one for one in part.fulfillmentHolds if one.heldByRequestingApp]
    if handle is not None and any(one.handle == handle for one in mine):
        return wrong(
            ["fulfillmentHold", "handle"], "The handle is already in use.", "DUPLICATE_FULFILLMENT_HOLD_HANDLE"
        )
    if len(mine) >= MAX_HOLDS:
        message = "The app has reached the limit of holds."
        return wrong(["id"], message, "FULFILLMENT_ORDER_HOLD_LIMIT_REACHED")
    made = Hold(store.gid("FulfillmentHold"), "hub", given["reason"], given.get("reasonNotes"), handle)
    part.fulfillmentHolds.append(made)
    part.status = "ON_HOLD"
    store.touch(order)
    store.writes.append(f"fulfillmentOrderHold {order.name}")
    return {"fulfillmentHold": made, "userErrors": []}


def release(store: Store, gid: str, hold_ids: list[str] | None) -> dict[str, Any]:
    """Release the holds named; without names, everybody's."""
    found = store.find_part(gid)
    if found is None:
        return wrong(["id"], "Fulfillment order not found.", "FULFILLMENT_ORDER_NOT_FOUND")
    order, part = found
    if hold_ids is not None and not set(hold_ids) <= {one.id for one in part.fulfillmentHolds}:
        return wrong(["holdIds"], "A hold does not exist.")
    part.fulfillmentHolds = [one for one in part.fulfillmentHolds if hold_ids is not None and one.id not in hold_ids]
    if not part.fulfillmentHolds:
        part.status = "OPEN"
    store.touch(order)
    store.writes.append(f"fulfillmentOrderReleaseHold {order.name}")
    return {"fulfillmentOrder": part, "userErrors": []}


def accept_request(store: Store, gid: str) -> dict[str, Any]:
    """Accept a request to send; without a request there is nothing to accept."""
    found = store.find_part(gid)
    if found is None:
        return wrong(["id"], "Fulfillment order not found.")
    order, part = found
    if part.requestStatus != "SUBMITTED":
        return wrong(["id"], "The fulfillment order has no fulfillment request.")
    part.status, part.requestStatus = "IN_PROGRESS", "ACCEPTED"
    store.touch(order)
    store.writes.append(f"request accepted {order.name}")
    return {"fulfillmentOrder": part, "userErrors": []}


ANSWERS: Final = {True: "CANCELLATION_ACCEPTED", False: "CANCELLATION_REJECTED"}


def answer_cancellation(store: Store, gid: str, *, accept: bool) -> dict[str, Any]:
    """Answer a request to cancel; without a request there is nothing to answer."""
    found = store.find_part(gid)
    if found is None:
        return wrong(["id"], "Fulfillment order not found.")
    order, part = found
    if part.requestStatus != "CANCELLATION_REQUESTED":
        return wrong(["id"], "The fulfillment order has no cancellation request.")
    _answered(part, accept=accept)
    store.touch(order)
    store.writes.append(f"cancellation {'accepted' if accept else 'rejected'} {order.name}")
    return {"fulfillmentOrder": part, "userErrors": []}


def _answered(part: FulfillmentOrder, *, accept: bool) -> None:
    part.requestStatus = ANSWERS[accept]
    if accept:
        part.status = "CANCELLED"
