"""How far an order is, in the hub's terms."""

from collections.abc import Mapping
from typing import Final

from connectors.erps.shopify.records import ShopifyOrder
from domain.erp_records import DeliveryStatus, ErpDelivery, ErpParcel

_ENDED: Final = frozenset({"CLOSED", "INCOMPLETE"})
_OPEN: Final = frozenset({"OPEN", "IN_PROGRESS"})
_CALLED_OFF: Final = frozenset({"CANCELLATION_REQUESTED", "CANCELLATION_REJECTED", "CANCELLATION_ACCEPTED"})
"""Requests by which a merchant has said that nothing is to be sent: a refusal changes the answer, not the wish."""


def status_of(order: ShopifyOrder) -> DeliveryStatus:
    """Return how far the order is. One that is held by somebody else, or planned for later, is not decided yet."""
    left = [part for part in order.parts if part.status != "CANCELLED"]
    if order.is_cancelled or not left or all(part.request in _CALLED_OFF for part in left):
        return DeliveryStatus.CANCELLED
    if any(part.status in _OPEN or (part.own_holds and not part.is_held_by_others) for part in left):
        return DeliveryStatus.OPEN
    return DeliveryStatus.SENT if any(part.status in _ENDED for part in left) else DeliveryStatus.DRAFT


def delivery_of(order: ShopifyOrder, carriers: Mapping[str, str]) -> ErpDelivery:
    """Return an order as a delivery; its parcels are its fulfilment orders, named by the number in their id.

    Args:
        order: As it was read.
        carriers: The hub's carriers by Shopify's names for them.
    """
    sent = list(order.sent())
    numbers = [number for one in sent for number in one.numbers]
    company = next((one.company for one in sent if one.company), None)
    return ErpDelivery(
        record=order.id,
        version=order.updated_at,
        number=order.name,
        status=status_of(order),
        order=order.name,
        carrier=None if company is None else carriers.get(company),
        tracking_number=numbers[0] if numbers else None,
        parcels=tuple(
            ErpParcel(part.name, next((number for one in part.sent for number in one.numbers), None))
            for part in order.parts
            if part.status != "CANCELLED"
        ),
        country=order.address.get("country"),
        address=order.address,
    )
