"""Orders as the shop has them.

WooCommerce knows no deliveries: an order is what is sent, as a whole. An order in the bin still answers by its id; for
the hub it is gone, as it is for the shop's lists.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final

from connectors.erps.woocommerce.client import MissingError, WooClient
from domain.erp_records import DeliveryStatus, ErpDelivery
from domain.errors import PartnerContractError

PAGE: Final = 50
"""Orders per request: 100 are allowed, but a small host answers those too late."""

TOLD: Final = "milepost_status"
NUMBER: Final = "milepost_tracking_number"
CARRIER: Final = "milepost_carrier"
"""The hub's own fields of an order: the status it has set last, and the parcel's number with its carrier."""

FIELDS: Final = "id,number,status,date_created_gmt,date_modified_gmt,shipping,meta_data"

STATUSES: Final = {
    "processing": DeliveryStatus.OPEN,
    "completed": DeliveryStatus.DONE,
    "cancelled": DeliveryStatus.CANCELLED,
    "refunded": DeliveryStatus.CANCELLED,
}
"""Whatever else there is has to be paid first, or is a plugin's: nothing to send until a setting says so."""

_BIN: Final = "trash"
_ADDRESS: Final = {
    "company": "company",
    "address_1": "street",
    "address_2": "street2",
    "postcode": "postcode",
    "city": "city",
    "state": "region",
    "country": "country",
}


@dataclass(frozen=True, slots=True)
class WooOrder:
    """An order as it was read; times are in GMT and have no zone, as the shop writes them."""

    id: int
    number: str
    status: str
    created: str
    modified: str
    meta: Mapping[str, str]
    address: Mapping[str, str] = field(repr=False)

    @property
    def record(self) -> str:
        """The technical key."""
        return str(self.id)

    @property
    def version(self) -> str:
        """The second of the last change, and what the hub looks at: two changes can fall into one second."""
        looked_at = repr((self.number, self.status, sorted(self.address.items()))).encode()
        return f"{self.modified}/{blake2b(looked_at, digest_size=6).hexdigest()}"

    def delivery(self, sendable: frozenset[str] = frozenset()) -> ErpDelivery:
        """Return it in the hub's terms; `sendable` are statuses of plugins that mean that it is to be sent."""
        open_ = self.status in sendable
        return ErpDelivery(
            record=self.record,
            version=self.version,
            number=self.number,
            status=DeliveryStatus.OPEN if open_ else STATUSES.get(self.status, DeliveryStatus.DRAFT),
            order=self.number,
            country=self.address.get("country"),
            address=self.address,
        )


@dataclass(frozen=True, slots=True)
class Orders:
    """Looks orders up in one shop."""

    client: WooClient

    async def read(self, record: str) -> WooOrder | None:
        """Return an order by its id, None when it was deleted or lies in the bin."""
        try:
            order = order_of(await self.client.get(f"/orders/{int(record)}", _fields=FIELDS))
        except MissingError:
            return None
        return None if order.status == _BIN else order

    async def called(self, name: str) -> list[WooOrder]:
        """Return the orders with this number: mostly the id, unless a plugin numbers them."""
        wanted = name.strip().removeprefix("#")
        if wanted.isascii() and wanted.isdigit():
            found = await self.read(wanted)
            if found is not None and found.number == wanted:
                return [found]
        # A search is no filter: it also finds the text in names and addresses.
        return [one for one in await self.listed(search=wanted) if one.number == wanted]

    async def listed(self, **query: str) -> list[WooOrder]:
        """Return one page of orders, without those in the bin."""
        rows = await self.client.get("/orders", **{"per_page": str(PAGE), "_fields": FIELDS, **query})
        if not isinstance(rows, list):
            raise PartnerContractError("a list of orders that is none", partner=self.client.partner)
        return [order_of(row) for row in rows]


def order_of(row: Any) -> WooOrder:
    """Return what a document of `FIELDS` says; raise `PartnerContractError` for what is no order."""
    try:
        shipping = row["shipping"]
        name = " ".join(part for part in (shipping.get("first_name"), shipping.get("last_name")) if part)
        address = {ours: str(shipping[theirs]) for theirs, ours in _ADDRESS.items() if shipping.get(theirs)}
        return WooOrder(
            id=int(row["id"]),
            number=str(row["number"]),
            status=str(row["status"]),
            created=_stamp(row["date_created_gmt"] or row["date_modified_gmt"]),
            modified=_stamp(row["date_modified_gmt"]),
            meta={one["key"]: one["value"] for one in row["meta_data"] if isinstance(one["value"], str)},
            address={"name": name, **address} if name and address else address,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PartnerContractError("an order without its fields", failure=type(error).__name__) from error


def _stamp(text: str) -> str:
    """Return a time as it was written; raise `ValueError` for what is none."""
    datetime.fromisoformat(text)
    return text


def sendable_of(text: str) -> frozenset[str]:
    """Return the statuses in a setting: `packing; ready`."""
    return frozenset(part.strip().removeprefix("wc-") for part in text.split(";") if part.strip())
