"""Fields and status of an order that say how its shipment stands.

The status is the shop's: the hub completes an order that is to be sent, takes back only what it has done itself, and
says nothing twice. What it has said last is kept in a field of the order, because only the order survives everything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.erps.woocommerce.orders import CARRIER, NUMBER, TOLD, WooOrder
from domain.erp_numbers import shown_leg
from domain.erp_records import DeliveryStatus, ShipmentView

_COMPLETED: Final = "completed"


@dataclass(frozen=True, slots=True)
class Levels:
    """What an order should have: the number to show, and the map's word for the status, None for as it is."""

    fields: Mapping[str, str]
    word: str | None
    sendable: frozenset[str]

    @classmethod
    def of(cls, view: ShipmentView, word: str | None, sendable: frozenset[str]) -> "Levels":
        """Return what a shipment asks for. No number of the hub is no reason to remove one that is there."""
        leg = shown_leg(view.plan.legs, None)
        return cls({} if leg is None else {NUMBER: leg.tracking_number, CARRIER: leg.carrier}, word, sendable)

    def missing(self, order: WooOrder) -> dict[str, Any]:
        """Return what the order lacks, as the body of a request; empty when there is nothing to write."""
        body: dict[str, Any] = {}
        fields = dict(self.fields)
        if self.word is not None and self._may(order, self.word):
            body["status"] = self.word
            fields[TOLD] = self.word
        changed = [{"key": key, "value": value} for key, value in fields.items() if order.meta.get(key) != value]
        return body | ({"meta_data": changed} if changed else {})

    def _may(self, order: WooOrder, word: str) -> bool:
        """Tell whether the status is the hub's to set: what people there have decided stays."""
        told = order.meta.get(TOLD)
        if word in {order.status, told}:
            return False
        if word == _COMPLETED:
            return order.delivery(self.sendable).status is DeliveryStatus.OPEN
        return told == order.status == _COMPLETED
