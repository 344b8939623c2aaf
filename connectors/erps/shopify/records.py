"""Orders as the store has them: fulfilment orders are what is to be sent, fulfilments what was sent.

A fulfilment order is one place's share of an order; it closes when fulfilments have used it up. A cancelled fulfilment
counts for nothing: Shopify then offers its goods again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from domain.errors import PartnerContractError

HANDLE: Final = "milepost"
"""By which the hub's own holds are known among those of its app; one per fulfilment order."""

_ADDRESS: Final = {
    "name": "name",
    "address1": "street",
    "address2": "street2",
    "zip": "postcode",
    "city": "city",
    "provinceCode": "region",
    "countryCodeV2": "country",
}


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """Goods that were sent."""

    id: str
    is_live: bool
    numbers: tuple[str, ...]
    company: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A fulfilment order.

    `place` is where its goods are. `own_holds` are those that the hub has made, `is_held_by_others` says that there
    are more.
    """

    id: str
    status: str
    request: str
    place: str | None
    own_holds: tuple[str, ...]
    is_held_by_others: bool
    fulfilments: tuple[Fulfilment, ...]

    @property
    def name(self) -> str:
        """The number in its id, by which a leg of the hub can name it as its parcel."""
        return self.id.rpartition("/")[2]

    @property
    def sent(self) -> tuple[Fulfilment, ...]:
        """What was sent of it and not called back."""
        return tuple(one for one in self.fulfilments if one.is_live)


@dataclass(frozen=True, slots=True)
class ShopifyOrder:
    """An order as it was read."""

    id: str
    name: str
    created_at: str
    updated_at: str
    is_cancelled: bool
    parts: tuple[Part, ...]
    address: Mapping[str, str] = field(repr=False)
    note: str = field(default="", repr=False)

    def sent(self) -> Iterator[Fulfilment]:
        """Return its live fulfilments, each once, although one can be of several fulfilment orders."""
        yield from {one.id: one for part in self.parts for one in part.sent}.values()


@dataclass(frozen=True, slots=True)
class Stamp:
    """When an order was made and last modified, as Shopify writes it: UTC, to the second."""

    id: str
    created_at: str
    updated_at: str


def stamp_of(node: Mapping[str, Any]) -> Stamp:
    """Return what a node with an order's id and times says."""
    try:
        return Stamp(node["id"], node["createdAt"], node["updatedAt"])
    except (KeyError, TypeError) as error:
        raise PartnerContractError("an order without its times", failure=type(error).__name__) from error


def nodes_of(connection: Any) -> list[Any]:
    """Return the nodes of a page; raise `PartnerContractError` for what is none."""
    nodes = connection.get("nodes") if isinstance(connection, dict) else None
    if not isinstance(nodes, list):
        raise PartnerContractError("a list without its nodes")
    return nodes


def order_of(node: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]) -> ShopifyOrder:
    """Return what a node of `ORDER_FIELDS` says, with all its fulfilment orders."""
    try:
        address = node.get("shippingAddress") or {}
        return ShopifyOrder(
            id=node["id"],
            name=node["name"],
            created_at=node["createdAt"],
            updated_at=node["updatedAt"],
            is_cancelled=node["cancelledAt"] is not None,
            parts=tuple(_part(one) for one in parts),
            address={ours: str(address[theirs]) for theirs, ours in _ADDRESS.items() if address.get(theirs)},
            note=node["note"] or "",
        )
    except (KeyError, TypeError) as error:
        raise PartnerContractError("an order without its parts", failure=type(error).__name__) from error


def _part(node: Mapping[str, Any]) -> Part:
    holds = node["fulfillmentHolds"]
    own = tuple(one["id"] for one in holds if one["heldByRequestingApp"] and one["handle"] == HANDLE)
    return Part(
        id=node["id"],
        status=node["status"],
        request=node["requestStatus"],
        place=(node["assignedLocation"]["location"] or {}).get("id"),
        own_holds=own,
        is_held_by_others=len(holds) > len(own),
        fulfilments=tuple(_fulfilment(one) for one in nodes_of(node["fulfillments"])),
    )


def _fulfilment(node: Mapping[str, Any]) -> Fulfilment:
    tracking = node["trackingInfo"]
    return Fulfilment(
        id=node["id"],
        is_live=node["status"] == "SUCCESS",
        numbers=tuple(one["number"] for one in tracking if one["number"]),
        company=next((one["company"] for one in tracking if one["company"]), None),
    )
