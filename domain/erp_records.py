"""What the hub knows of the records in order systems that stand for its shipments, as plain data and protocols.

A record is the hub's *mirror* of one delivery in one order system: what it looked like when the hub last agreed with
it. A change is whatever a fresh reading has that the mirror has not. What the hub wrote itself is in the mirror, so it
is no change: that is how echoes are told from the clerk's work, and not by whose name stands on the record.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.shipments import ShipmentPlan
from domain.states import STATES, State, StateClass


class DeliveryStatus(StrEnum):
    """How far the order system thinks a delivery is, in the terms that matter to the hub.

    `DRAFT` is not decided yet; `OPEN` is to be sent, `SENT` has left the warehouse, `DONE` is over, `CANCELLED` was
    called off.
    """

    DRAFT = "DRAFT"
    OPEN = "OPEN"
    SENT = "SENT"
    DONE = "DONE"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class ErpParcel:
    """A parcel of a delivery: its name in the order system, and the number the carrier gave it."""

    name: str
    tracking_number: str | None = None


@dataclass(frozen=True, slots=True)
class ErpDelivery:
    """A delivery as an order system has it now.

    `record` is its technical key, which can be given up and replaced; `number` is what people call it. `version` is
    whatever the system compares in an optimistic lock. `address` holds personal data and goes nowhere but into the
    ledger's encrypted part.
    """

    record: str
    version: str
    number: str
    status: DeliveryStatus
    order: str | None = None
    order_reference: str | None = None
    carrier: str | None = None
    tracking_number: str | None = None
    parcels: tuple[ErpParcel, ...] = ()
    planned_at: datetime | None = None
    country: str | None = None
    address: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class ErpRecord:
    """The mirror of one delivery.

    `address_ref` refers to the address that both sides have, `offered_ref` to one that the hub is about to write, which
    the order system may have or not; `asked` counts the commands the record has caused, which
    makes their ids; `writes` counts what the hub has written to it. `gone_at` is set once it was deleted there.
    """

    tenant: str
    connection: str
    record: str
    shipment_id: str
    number: str
    order: str | None = None
    version: str = ""
    status: DeliveryStatus = DeliveryStatus.OPEN
    address_ref: str | None = None
    offered_ref: str | None = None
    asked: int = 0
    writes: int = 0
    gone_at: datetime | None = None


class ErpRecords(Protocol):
    """The mirrors, kept in the ledger. Blocking; every method may be repeated."""

    def of_shipment(self, tenant: str, connection: str, shipment_id: str, /) -> ErpRecord | None:
        """Return the record that stands for the shipment now, None when there is none (any more)."""
        ...

    def get(self, tenant: str, connection: str, record: str, /) -> ErpRecord | None:
        """Return the mirror of a record, also of one that is gone."""
        ...

    def open(self, tenant: str, connection: str, /) -> list[ErpRecord]:
        """Return the mirrors of records that were there when last looked at and whose shipments have not ended."""
        ...

    def settle(self, before: ErpRecord | None, after: ErpRecord, /) -> bool:
        """Store what a reading has settled, unless the mirror is no longer what it was before; return whether stored.

        `writes` is left as it is.
        """
        ...

    def wrote(self, mirror: ErpRecord, /, *, version: str, status: DeliveryStatus, address_ref: str | None) -> None:
        """Record a write of the hub and how the record looked after it.

        The version becomes the mirror's only when nothing else in it is news; otherwise the next reading finds out.
        """
        ...

    def offer(self, mirror: ErpRecord, address_ref: str, /) -> None:
        """Note the address that the hub is about to write, before it does: a crash must not make it look like news."""
        ...


@dataclass(frozen=True, slots=True)
class ShipmentView:
    """A shipment as the hub has it now, for writers that set fields to what holds."""

    plan: ShipmentPlan
    state: State
    stage: State
    is_ended: bool
    expected_at: datetime | None = None

    @property
    def standing(self) -> State:
        """How far the shipment is: its state, or below a hold, its end or a reroute the stage that it reached."""
        return self.stage if STATES[self.state].kind is StateClass.OVERLAY else self.state


class ShipmentViews(Protocol):
    """Looks shipments up in the ledger. Blocking."""

    def view(self, tenant: str, shipment_id: str, /) -> ShipmentView:
        """Return the shipment; raise `NotFoundError`."""
        ...

    def named(self, tenant: str, connection: str, names: Collection[str], /) -> list[str]:
        """Return the shipments of the connection that were registered under one of these references, none bound yet."""
        ...

    def details(self, tenant: str, shipment_id: str, event_id: str, /) -> Mapping[str, str] | None:
        """Return the personal data that came with a fact, such as an address; None when there is none or no more."""
        ...

    def put_details(self, tenant: str, shipment_id: str, kind: str, details: Mapping[str, str], /) -> str | None:
        """Keep personal data and return its reference, the same for the same data; None once it was erased."""
        ...
