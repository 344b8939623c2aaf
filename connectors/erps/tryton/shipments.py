"""Customer shipments as Tryton has them: looked up by what people call them, read with their packages and address."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from connectors.erps.tryton.client import TrytonClient
from domain.erp_records import DeliveryStatus, ErpDelivery, ErpParcel
from domain.errors import PartnerContractError

SHIPMENT: Final = "stock.shipment.out"
SALE: Final = "sale.sale"

STATUSES: Final = {
    "draft": DeliveryStatus.DRAFT,
    "waiting": DeliveryStatus.OPEN,
    "assigned": DeliveryStatus.OPEN,
    "picked": DeliveryStatus.OPEN,
    "packed": DeliveryStatus.OPEN,
    "shipped": DeliveryStatus.SENT,
    "done": DeliveryStatus.DONE,
    "cancelled": DeliveryStatus.CANCELLED,
}
"""Tryton's states of a customer shipment; a state that a module adds counts as open."""

ADDRESS_PARTS: Final = (
    "party_name",
    "party.name",
    "street",
    "postal_code",
    "city",
    "subdivision.name",
    "country.code",
)

_FIELDS: Final = (
    "_timestamp",
    "number",
    "state",
    "shipping_reference",
    "planned_date",
    "customer",
    "carrier.rec_name",
    *(f"delivery_address.{part}" for part in ADDRESS_PARTS),
    "packages.number",
    "packages.shipping_reference",
)
_LINES: Final = ("number", "reference", "shipments")


@dataclass(frozen=True, slots=True)
class Package:
    """A package of a shipment."""

    id: int
    number: str
    shipping_reference: str | None


@dataclass(frozen=True, slots=True)
class TrytonShipment:
    """A customer shipment as it was read; `stamp` guards a write, `sale` is the id of its order."""

    id: int
    stamp: str
    number: str
    state: str
    shipping_reference: str | None
    planned_date: date | None
    customer: int
    address_id: int
    carrier: str | None
    packages: tuple[Package, ...]
    sale: int | None
    order: str | None
    order_reference: str | None
    address: Mapping[str, str] = field(repr=False)

    @property
    def record(self) -> str:
        """The technical key, as references in Tryton are written."""
        return f"{SHIPMENT},{self.id}"

    @property
    def status(self) -> DeliveryStatus:
        """How far it is, in the hub's terms."""
        return STATUSES.get(self.state, DeliveryStatus.OPEN)

    def delivery(self) -> ErpDelivery:
        """Return it in the hub's terms."""
        return ErpDelivery(
            record=self.record,
            version=self.stamp,
            number=self.number,
            status=self.status,
            order=self.order,
            order_reference=self.order_reference,
            carrier=self.carrier,
            tracking_number=self.shipping_reference,
            parcels=tuple(ErpParcel(one.number, one.shipping_reference) for one in self.packages),
            country=self.address.get("country"),
            address=self.address,
        )


@dataclass(frozen=True, slots=True)
class Shipments:
    """Looks customer shipments up in one database."""

    client: TrytonClient

    async def read(self, ids: Sequence[int], *, with_orders: bool = True) -> list[TrytonShipment]:
        """Return those that are there; deleted ones are left out, and those without a number, which are drafts.

        Their orders cost a request more.
        """
        if not ids:
            return []
        # A search and not a read: reading a deleted record is refused for all of them.
        rows = await self.client.call(
            f"model.{SHIPMENT}.search_read", [["id", "in", list(ids)]], 0, None, [["id", "ASC"]], list(_FIELDS)
        )
        sales = await self._sales([row["id"] for row in rows]) if with_orders else {}
        try:
            return [_shipment(row, sales.get(row["id"], {})) for row in rows if row["number"]]
        except (KeyError, TypeError) as error:
            raise PartnerContractError("a shipment without its parts", failure=type(error).__name__) from error

    async def there(self, ids: Iterable[int]) -> set[int]:
        """Return which of the ids have not been deleted."""
        found = await self.client.call(f"model.{SHIPMENT}.search", [["id", "in", sorted(ids)]], 0, None, None)
        return set(found)

    async def called(self, name: str) -> list[TrytonShipment]:
        """Return the shipments that this number names: their own, their order's, or the customer's for the order."""
        found = set(await self.client.call(f"model.{SHIPMENT}.search", [["number", "=", name]], 0, 10, None))
        named = ["OR", [["number", "=", name]], [["reference", "=", name]]]
        for sale in await self.client.call(f"model.{SALE}.search_read", named, 0, 10, None, ["shipments"]):
            found.update(sale["shipments"])
        return await self.read(sorted(found))

    async def sale(self, number: str) -> int | None:
        """Return the id of the order with this number."""
        found = await self.client.call(f"model.{SALE}.search", [["number", "=", number]], 0, 1, None)
        return found[0] if found else None

    async def _sales(self, ids: list[int]) -> dict[int, dict[str, Any]]:
        if not ids:
            return {}
        sales = await self.client.call(
            f"model.{SALE}.search_read", [["shipments", "in", ids]], 0, None, [["id", "ASC"]], list(_LINES)
        )
        return {shipment: sale for sale in sales for shipment in sale["shipments"]}


def id_of(record: str) -> int:
    """Return the number in a reference such as `stock.shipment.out,5`."""
    return int(record.partition(",")[2])


def _shipment(row: Mapping[str, Any], sale: Mapping[str, Any]) -> TrytonShipment:
    address = row["delivery_address."]
    carrier = row["carrier."]
    return TrytonShipment(
        id=row["id"],
        stamp=row["_timestamp"],
        number=row["number"],
        state=row["state"],
        shipping_reference=row["shipping_reference"] or None,
        planned_date=row["planned_date"],
        customer=row["customer"],
        address_id=address["id"],
        carrier=carrier["rec_name"] if carrier else None,
        packages=tuple(
            Package(one["id"], one["number"], one["shipping_reference"] or None) for one in row["packages."]
        ),
        sale=sale.get("id"),
        order=sale.get("number"),
        order_reference=sale.get("reference"),
        address=address_of(address),
    )


def address_of(row: Mapping[str, Any]) -> dict[str, str]:
    """Return the parts that an address has, in the hub's words."""
    region, country = row["subdivision."], row["country."]
    parts = {
        "name": row["party_name"] or row["party."]["name"],
        "street": row["street"],
        "postcode": row["postal_code"],
        "city": row["city"],
        "region": region["name"] if region else None,
        "country": country["code"] if country else None,
    }
    return {name: str(part) for name, part in parts.items() if part}
