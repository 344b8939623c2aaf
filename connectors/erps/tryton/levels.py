"""Fields and buttons that say how a shipment stands now: set to what holds, whatever was told before.

Nothing here depends on the change that caused a push, so a lost, repeated or late push ends in the same fields.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.erps.tryton.client import TrytonClient
from connectors.erps.tryton.shipments import SHIPMENT, TrytonShipment
from domain.erp_numbers import shown
from domain.erp_records import ShipmentView
from domain.erp_status import StatusMap
from domain.states import State

_BEFORE_HANDOVER: Final = frozenset({State.CREATED, State.CANCELLED})


def numbers(view: ShipmentView, shipment: TrytonShipment) -> dict[str, Any]:
    """Return the fields of the shipment that differ from what the hub knows.

    A date is only given once the carrier has the goods: before that it is the warehouse's plan, and moving it would
    move the picking. No number of the hub is no reason to remove one that is there.
    """
    values: dict[str, Any] = {}
    number = shown(view.plan.legs, None)
    if number is not None and number != shipment.shipping_reference:
        values["shipping_reference"] = number
    if view.expected_at is not None and view.stage not in _BEFORE_HANDOVER and not view.is_ended:
        day = view.expected_at.date()
        if day != shipment.planned_date:
            values["planned_date"] = day
    return values


def parcel_numbers(view: ShipmentView, shipment: TrytonShipment) -> dict[int, str]:
    """Return the packages whose number differs, with what it should be; a parcel is named by its package's number.

    The only package of a shipment needs no name.
    """
    wanted = {one: shown(view.plan.legs, one.number) for one in shipment.packages}
    if len(shipment.packages) == 1:
        (only,) = shipment.packages
        wanted[only] = wanted[only] or shown(view.plan.legs, None)
    return {one.id: number for one, number in wanted.items() if number and number != one.shipping_reference}


def button(view: ShipmentView, shipment: TrytonShipment, words: StatusMap) -> str | None:
    """Return the button that brings Tryton's state to the hub's, None when there is none to press."""
    return words.button(view.standing, shipment.state)


@dataclass(frozen=True, slots=True)
class Levels:
    """Brings one shipment to what holds."""

    client: TrytonClient

    async def write(self, shipment: TrytonShipment, values: Mapping[str, Any], packages: Mapping[int, str]) -> None:
        """Write fields, the shipment's guarded by its stamp; raise `RecordChangedError` when somebody was faster."""
        for package, number in packages.items():
            await self.client.call("model.stock.package.write", [package], {"shipping_reference": number})
        if values:
            guard = {"_timestamp": {shipment.record: shipment.stamp}}
            await self.client.call(f"model.{SHIPMENT}.write", [shipment.id], dict(values), context=guard)

    async def press(self, shipment: TrytonShipment, name: str) -> None:
        """Press a button."""
        await self.client.call(f"model.{SHIPMENT}.{name}", [shipment.id])
