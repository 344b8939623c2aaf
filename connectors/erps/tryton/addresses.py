"""A new address on a shipment, after the hub has rerouted it.

The address belongs to Tryton. The hub writes one only when a reroute has been carried out that Tryton did not ask for
itself, and only while Tryton still has the address that both sides knew: a clerk who has changed it since knows better.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.erps.tryton.client import TrytonClient
from connectors.erps.tryton.shipments import ADDRESS_PARTS, TrytonShipment, address_of

ADDRESS: Final = "party.address"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Finds and adds addresses of customers."""

    client: TrytonClient

    async def of(self, shipment: TrytonShipment, parts: Mapping[str, str]) -> int:
        """Return the customer's address with these parts, adding it when there is none.

        Args:
            shipment: Whose customer it is.
            parts: `name`, `street`, `postcode`, `city` and `country`, each of which may be missing.
        """
        values: dict[str, Any] = {
            "party": shipment.customer,
            "party_name": parts.get("name"),
            "street_unstructured": parts.get("street"),
            "postal_code": parts.get("postcode"),
            "city": parts.get("city"),
            "country": await self._country(parts.get("country")),
        }
        known = [[name, "=", value] for name, value in values.items()]
        found = await self.client.call(f"model.{ADDRESS}.search", known, 0, 1, [["id", "ASC"]])
        if found:
            return int(found[0])
        (made,) = await self.client.call(f"model.{ADDRESS}.create", [values])
        return int(made)

    async def read(self, address: int) -> dict[str, str]:
        """Return an address in the parts in which a shipment's is read."""
        (row,) = await self.client.call(f"model.{ADDRESS}.read", [address], list(ADDRESS_PARTS))
        return address_of(row)

    async def _country(self, code: str | None) -> int | None:
        if code is None:
            return None
        found = await self.client.call("model.country.country.search", [["code", "=", code]], 0, 1, None)
        return int(found[0]) if found else None
