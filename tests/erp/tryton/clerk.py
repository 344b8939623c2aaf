"""What the clerk does by hand: enters orders, packs, cancels, deletes, corrects addresses."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any

from connectors.erps.tryton.client import TrytonClient
from connectors.erps.tryton.shipments import Shipments, TrytonShipment

SHIPMENT = "model.stock.shipment.out"
SALE = "model.sale.sale"

_references = count(2_001)


@dataclass(frozen=True, slots=True)
class Clerk:
    """Works in the seeded shop."""

    client: TrytonClient
    seeded: dict[str, Any]

    async def order(self, *, lines: int = 1) -> TrytonShipment:
        """Enter and confirm an order; return the shipment that Tryton makes of it."""
        (sale,) = await self.client.call(f"{SALE}.create", [await self._entered(lines)])
        for button in ("quote", "confirm"):
            await self.client.call(f"{SALE}.{button}", [sale])
        return await self.shipment_of(sale)

    async def draft(self) -> int:
        """Enter an order without confirming it; return its id."""
        (sale,) = await self.client.call(f"{SALE}.create", [await self._entered(1)])
        return int(sale)

    async def shipment_of(self, sale: int) -> TrytonShipment:
        """Return the only shipment of an order."""
        (read,) = await self.client.call(f"{SALE}.read", [sale], ["shipments"])
        (shipment,) = await Shipments(self.client).read(read["shipments"])
        return shipment

    async def pack(self, shipment: TrytonShipment, *, packages: int = 0) -> None:
        """Bring a shipment to the door, in so many packages."""
        await self.client.call(f"{SHIPMENT}.write", [shipment.id], {"carrier": self.seeded["carrier"]})
        await self.client.call(f"{SHIPMENT}.assign_force", [shipment.id])
        await self.client.call(f"{SHIPMENT}.pick", [shipment.id])
        (read,) = await self.client.call(f"{SHIPMENT}.read", [shipment.id], ["outgoing_moves"])
        moves = read["outgoing_moves"]
        for at in range(packages):
            package = {
                "type": self.seeded["package_type"],
                "shipment": shipment.record,
                "moves": [("add", moves[at : at + 1] if at + 1 < packages else moves[at:])],
            }
            await self.client.call("model.stock.package.create", [package])
        await self.client.call(f"{SHIPMENT}.pack", [shipment.id])

    async def cancel(self, shipment: TrytonShipment) -> None:
        """Call a shipment off."""
        await self.client.call(f"{SHIPMENT}.cancel", [shipment.id])

    async def delete(self, shipment: TrytonShipment) -> None:
        """Delete a cancelled shipment, upon which Tryton makes a new one for the order."""
        await self.client.call(f"{SHIPMENT}.delete", [shipment.id])

    async def move_to(self, shipment: TrytonShipment, address: int) -> None:
        """Send a shipment to another address of the customer."""
        await self.client.call(f"{SHIPMENT}.write", [shipment.id], {"delivery_address": address})

    async def address(self, **parts: str) -> int:
        """Add an address to the customer."""
        (made,) = await self.client.call("model.party.address.create", [{"party": self.seeded["buyer"], **parts}])
        return int(made)

    async def _entered(self, lines: int) -> dict[str, Any]:
        home = self.seeded["addresses"][0]
        unit = (await self.client.call("model.product.product.read", [self.seeded["products"][0]], ["sale_uom"]))[0]
        return {
            "party": self.seeded["buyer"],
            "invoice_party": self.seeded["buyer"],
            "invoice_address": home,
            "shipment_party": self.seeded["buyer"],
            "shipment_address": home,
            "reference": f"WEB-{next(_references)}",
            "invoice_method": "manual",
            "shipment_method": "order",
            "lines": [
                (
                    "create",
                    [
                        {
                            "product": self.seeded["products"][at % 2],
                            "quantity": 1,
                            "unit": unit["sale_uom"],
                            "unit_price": Decimal("9.50"),
                        }
                        for at in range(lines)
                    ],
                )
            ],
        }
