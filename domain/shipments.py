"""What the hub was told about a shipment when it was registered."""

from datetime import timedelta
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, Field

from domain.axes import Direction
from domain.facts import FROZEN


class ShipmentKind(StrEnum):
    """`PARCEL` goes to a consumer; `INBOUND` goes to a warehouse and may end in stock."""

    PARCEL = "PARCEL"
    INBOUND = "INBOUND"


class LegRole(StrEnum):
    """Which part of the way a carrier covers."""

    WHOLE = "WHOLE"
    FIRST_MILE = "FIRST_MILE"
    LINEHAUL = "LINEHAUL"
    LAST_MILE = "LAST_MILE"
    RETURN = "RETURN"


class Leg(BaseModel):
    """One carrier's number for this shipment; `parcel` set where the number names a single piece."""

    model_config = FROZEN

    carrier: str
    tracking_number: str
    role: LegRole = LegRole.WHOLE
    parcel: str | None = None


class ServiceLevels(BaseModel):
    """How long the hub waits before it raises its voice. All are wall-clock durations.

    `handover` is how long goods may be between two carriers; None (plans of before it) watches no handover.
    """

    model_config = FROZEN

    silence: timedelta = timedelta(days=4)
    silence_linehaul: timedelta = timedelta(days=10)
    hold_sla: timedelta = timedelta(days=3)
    promise_margin: timedelta = timedelta(days=1)
    proof_grace: timedelta = timedelta(days=2)
    ending_grace: timedelta = timedelta(days=14)
    handover: timedelta | None = None


class ShipmentPlan(BaseModel):
    """A registered shipment: where from, where to, under which numbers, for which order.

    `customs_border` None means unknown, which the fold reads as: a border is crossed.
    `connections` names the ERP connections that get this shipment's status.
    """

    model_config = FROZEN

    tenant: str = Field(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9_-]*$")
    shipment_id: str = Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    reference: str | None = Field(default=None, max_length=200)
    kind: ShipmentKind = ShipmentKind.PARCEL
    direction: Direction = Direction.FORWARD
    origin_country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    destination_country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    customs_border: bool | None = None
    promised_at: AwareDatetime | None = None
    legs: tuple[Leg, ...] = Field(default=(), max_length=50)
    parcels: tuple[str, ...] = Field(default=(), max_length=200)
    connections: tuple[str, ...] = Field(default=(), max_length=10)
    levels: ServiceLevels = ServiceLevels()
    registered_at: AwareDatetime | None = None
