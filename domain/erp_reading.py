"""Reading order systems: what a reading brings, and what of it is news that the hub has to act on.

Who owns what: the order system owns the address, the calling off and the order's lines; the hub owns tracking numbers,
dates, customs and the status. So only the first kind can be news; the second is put right by the next push.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Any, Final, Protocol

from domain.erp_records import DeliveryStatus, ErpDelivery, ErpRecord
from domain.shipments import Leg, ShipmentPlan

_TO_BE_SENT: Final = frozenset({DeliveryStatus.OPEN, DeliveryStatus.SENT})
_NOT_IN_AN_ID: Final = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_ID: Final = 120


class News(StrEnum):
    """What a reading says that the hub does not know.

    `APPEARED`: a delivery to register. `CANCELLED`: a clerk has called it off. `REVIVED`: a clerk has taken that back.
    `MOVED`: a clerk has changed the address.
    """

    APPEARED = "APPEARED"
    CANCELLED = "CANCELLED"
    REVIVED = "REVIVED"
    MOVED = "MOVED"


@dataclass(frozen=True, slots=True)
class ErpPull:
    """What one reading brought: deliveries that may have changed, records that are no more, and how far it came.

    `is_behind` says that there is more to read at once.
    """

    deliveries: tuple[ErpDelivery, ...]
    gone: tuple[str, ...]
    cursor: Mapping[str, Any]
    is_behind: bool = False


class ErpReader(Protocol):
    """Reads one order system, and answers what its people asked for by their work."""

    async def pull(self, cursor: Mapping[str, Any], known: Sequence[ErpRecord], /) -> ErpPull:
        """Return what has changed since the cursor, each delivery as it is now.

        An empty cursor reads every delivery that is to be sent. Its other members are this reader's own, except
        `again`: records to read whether they have changed or not.

        Raises:
            PartnerError: it did not work; the same cursor may be used again.
        """
        ...

    async def answer(self, mirror: ErpRecord, tag: str, text: str, /) -> None:
        """Note what became of a clerk's wish, once, where the clerk will look; raise `PartnerError`."""
        ...


class ErpReaders(Protocol):
    """Finds the reader of a connection."""

    def reader(self, tenant: str, connection: str, /) -> ErpReader:
        """Return the reader; raise `NotFoundError` or, for a disabled connection, `EndpointGoneError`. Blocking."""
        ...


def news_of(mirror: ErpRecord | None, delivery: ErpDelivery, address_ref: str | None) -> tuple[News, ...]:
    """Return what is news, in the order in which to act on it.

    Args:
        mirror: What both sides knew before; None for a record that the hub does not know.
        delivery: As it is now.
        address_ref: The reference of its address; None when the shipment's personal data was erased.
    """
    if mirror is None:
        return (News.APPEARED,) if delivery.status in _TO_BE_SENT else ()
    if delivery.status is DeliveryStatus.CANCELLED:
        return () if mirror.status is DeliveryStatus.CANCELLED else (News.CANCELLED,)
    if mirror.status is DeliveryStatus.CANCELLED:
        return (News.REVIVED,) if delivery.status in _TO_BE_SENT else ()
    is_known = address_ref is None or address_ref in {mirror.address_ref, mirror.offered_ref}
    return () if is_known else (News.MOVED,)


def settled(mirror: ErpRecord, delivery: ErpDelivery, address_ref: str | None, *, asked: int = 0) -> ErpRecord:
    """Return the mirror once both sides agree on the delivery; `asked` more commands have come of it."""
    is_offer = address_ref is not None and address_ref == mirror.offered_ref
    return ErpRecord(
        tenant=mirror.tenant,
        connection=mirror.connection,
        record=delivery.record,
        shipment_id=mirror.shipment_id,
        number=delivery.number,
        order=delivery.order or mirror.order,
        version=delivery.version,
        status=delivery.status,
        address_ref=mirror.address_ref if address_ref is None else address_ref,
        offered_ref=None if is_offer else mirror.offered_ref,
        asked=mirror.asked + asked,
        writes=mirror.writes,
        gone_at=None,
    )


def shipment_id_of(connection: str, number: str, *, again: int = 0) -> str:
    """Return the id of a delivery's shipment: the connection's name and the delivery's number.

    The number is what people see; the technical key is not used because a deleted delivery comes back with another.
    A number that an id cannot hold keeps its own through a digest. `again` counts the lives of a revived delivery.
    """
    text = f"{connection}-{number}"
    name = _NOT_IN_AN_ID.sub("-", text)[:_LONGEST_ID].lstrip("._-")
    if name != text:
        name = f"{name[: _LONGEST_ID - 9]}-{blake2b(text.encode(), digest_size=4).hexdigest()}"
    return name if not again else f"{name}.{again}"


def plan_of(tenant: str, connection: str, delivery: ErpDelivery, *, shipment_id: str) -> ShipmentPlan:
    """Return what to register for a delivery."""
    return ShipmentPlan(
        tenant=tenant,
        shipment_id=shipment_id,
        reference=(delivery.order_reference or delivery.order or delivery.number)[:200],
        destination_country=delivery.country,
        legs=legs_of(delivery),
        connections=(connection,),
    )


def legs_of(delivery: ErpDelivery) -> tuple[Leg, ...]:
    """Return the carrier's numbers that the order system knows already; none while it does not know the carrier."""
    if delivery.carrier is None:
        return ()
    carrier = delivery.carrier
    parcels = [one for one in delivery.parcels if one.tracking_number]
    if len(parcels) > 1:
        return tuple(
            Leg(carrier=carrier, tracking_number=one.tracking_number or "", parcel=one.name) for one in parcels
        )
    number = delivery.tracking_number or (parcels[0].tracking_number if parcels else None)
    return () if not number else (Leg(carrier=carrier, tracking_number=number),)
