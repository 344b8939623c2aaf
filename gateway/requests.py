"""What callers send."""

from datetime import timedelta
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from domain.axes import Direction, Evidence, Side
from domain.commands import CommandKind
from domain.reasons import Reason
from domain.shipments import Leg, LegRole, ServiceLevels, ShipmentKind, ShipmentPlan
from gateway.fields import CommandId, Country, Instant, LongText, Name, Number, ShipmentId, Text

HANDOVER: Final = timedelta(days=2)
"""Goods that one carrier gave to another are taken within two days, or somebody has to ask."""

_STRICT = ConfigDict(extra="forbid")
_Wait = Annotated[timedelta, Field(ge=timedelta(minutes=1), le=timedelta(days=365))]


class LegIn(BaseModel):
    """One carrier's number for the shipment."""

    model_config = _STRICT

    carrier: Name = Field(description="The carrier's dialect or any stable name of it.", examples=["dhl_parcel_de"])
    tracking_number: Number = Field(examples=["00340434161094042557"])
    role: LegRole = LegRole.WHOLE
    parcel: Text | None = Field(default=None, description="Set where the number names a single piece.")

    def leg(self) -> Leg:
        """Return the leg as the hub's own type."""
        return Leg(**self.model_dump())


class LevelsIn(BaseModel):
    """How long the hub waits before it raises its voice; ISO 8601 durations between a minute and a year."""

    model_config = _STRICT

    silence: _Wait | None = None
    silence_linehaul: _Wait | None = None
    hold_sla: _Wait | None = None
    promise_margin: _Wait | None = None
    proof_grace: _Wait | None = None
    ending_grace: _Wait | None = None
    handover: _Wait | None = Field(default=None, description="Between two carriers; two days where none is given.")

    def levels(self) -> ServiceLevels:
        """Return the levels, with the hub's own where none is given."""
        return ServiceLevels(**{"handover": HANDOVER, **self.model_dump(exclude_none=True)})


class ShipmentIn(BaseModel):
    """A shipment to watch over. No names, no streets: the hub needs none of them here."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "shipment_id": "S-2026-0001",
                    "reference": "ORDER-10045",
                    "origin_country": "CN",
                    "destination_country": "DE",
                    "promised_at": "2026-03-20T18:00:00+01:00",
                    "legs": [
                        {"carrier": "cainiao", "tracking_number": "LP00123456789012", "role": "LINEHAUL"},
                        {"carrier": "dhl_parcel_de", "tracking_number": "00340434161094042557", "role": "LAST_MILE"},
                    ],
                    "connections": ["shop"],
                }
            ]
        },
    )

    shipment_id: ShipmentId = Field(description="Yours; registering the same content again changes nothing.")
    reference: Text | None = Field(default=None, description="The order's number in your system.")
    kind: ShipmentKind = ShipmentKind.PARCEL
    direction: Direction = Direction.FORWARD
    origin_country: Country | None = None
    destination_country: Country | None = None
    customs_border: bool | None = Field(default=None, description="Unset means: a border is crossed.")
    promised_at: Instant | None = None
    legs: list[LegIn] = Field(default=[], max_length=50)
    parcels: list[Text] = Field(default=[], max_length=200)
    connections: list[Name] = Field(default=[], max_length=10, description="Order systems that get the status.")
    levels: LevelsIn | None = None

    def plan(self, tenant: str) -> ShipmentPlan:
        """Return the plan for the caller's tenant."""
        return ShipmentPlan(
            tenant=tenant,
            shipment_id=self.shipment_id,
            reference=self.reference,
            kind=self.kind,
            direction=self.direction,
            origin_country=self.origin_country,
            destination_country=self.destination_country,
            customs_border=self.customs_border,
            promised_at=self.promised_at,
            legs=tuple(leg.leg() for leg in self.legs),
            parcels=tuple(self.parcels),
            connections=tuple(self.connections),
            levels=(self.levels or LevelsIn()).levels(),
        )


class CommandIn(BaseModel):
    """Something asked of a shipment. Who asks comes from the API key."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"command_id": "c-1", "kind": "release_hold", "reason": "CUSTOMS.DOCS_MISSING", "side": "IMPORT"},
                {"command_id": "c-2", "kind": "reroute", "pickup_point": "Locker 145", "confirmed": True},
                {
                    "command_id": "c-3",
                    "kind": "correct_address",
                    "country": "DE",
                    "details": {"street": "Example Street 1", "postcode": "10115", "city": "Berlin"},
                },
            ]
        },
    )

    command_id: CommandId | None = Field(
        default=None, description="Yours; a repeated id gets the first answer. Alternatively `Idempotency-Key`."
    )
    kind: CommandKind
    reason: Reason | None = None
    note: LongText | None = Field(default=None, description="For people. No personal data: it is kept for good.")
    confirmed: bool = Field(default=False, description="The carrier has agreed already (reroute, cancel).")
    hold_key: CommandId | None = Field(default=None, description="Which hold, where there are several.")
    side: Side | None = None
    pickup_point: Text | None = None
    country: Country | None = None
    leg: LegIn | None = Field(default=None, description="With `add_leg`.")
    evidence: list[Evidence] = Field(default=[], max_length=6, description="With `attach_proof`.")
    details: dict[Name, LongText] | None = Field(
        default=None,
        max_length=20,
        description="Personal data of the command, such as an address: kept apart, encrypted, erasable.",
    )
