"""What callers get."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, Field

from domain.audit import EntryKind
from domain.axes import Direction
from domain.facts import Fact
from domain.milestones import Milestone
from domain.publication import StatusChange
from domain.shipments import Leg, ShipmentKind
from domain.states import State
from ledger.rows import ConvergenceRow, ShipmentRow, TimelineRow, UnknownCode
from mappings.edi.acknowledging import Acknowledgement


class AcknowledgementOut(BaseModel):
    """The answer to an interchange, in its own standard. The same bytes are always answered equally."""

    kind: str = Field(description="`997` or `CONTRL`.", examples=["997"])
    verdict: str = Field(description="`ACCEPTED`, `WITH_ERRORS` or `REJECTED`.", examples=["ACCEPTED"])
    body: str = Field(description="The interchange that answers.", examples=["ISA*00*          *00*..."])

    @classmethod
    def of(cls, answer: Acknowledgement | None) -> Self | None:
        """Return what is shown of an answer; None of none."""
        if answer is None:
            return None
        return cls(kind=answer.kind, verdict=answer.verdict.name, body=answer.body.decode())


class Accepted(BaseModel):
    """A message is stored; its facts follow."""

    message_id: str = Field(description="The content address of the bytes.", examples=["m_9f86d081884c7d65"])
    is_new: bool = Field(description="False when the same bytes were stored before.")
    acknowledgement: AcknowledgementOut | None = Field(
        default=None, description="For interchanges (X12, EDIFACT): what to tell their sender. Absent otherwise."
    )


class RegisteredOut(BaseModel):
    """A shipment is registered. Facts that came before it are on their way to it."""

    shipment_id: str
    is_new: bool = Field(description="False when the same registration was made before.")
    is_started: bool = Field(description="False when its workflow starts a little later, by itself.")
    parked_facts: int = Field(description="Facts that had arrived before the registration.")


class ShipmentOut(BaseModel):
    """A shipment as it stands."""

    shipment_id: str
    reference: str | None
    kind: ShipmentKind
    direction: Direction
    origin_country: str | None
    destination_country: str | None
    legs: list[Leg]
    parcels: list[str]
    connections: list[str]
    registered_at: datetime
    state: State
    stage: State = Field(description="The last state that is not a hold: how far the goods are.")
    owner: str = Field(description="Who acts next.")
    revision: int = Field(description="The newest status change.")
    last_milestone: str | None
    last_at: datetime | None
    state_since: datetime | None
    expected_at: datetime | None
    promised_at: datetime | None
    open_holds: int
    anomalies: int
    facts: int
    attempts: int
    is_stale: bool
    is_damaged: bool
    is_ended: bool
    updated_at: datetime

    @classmethod
    def of(cls, row: ShipmentRow) -> Self:
        """Return the answer for a row of the read model."""
        return cls(**_shipment(row))


class ConnectionState(BaseModel):
    """What one order system knows: behind while `acked` is below `wanted`."""

    connection: str
    wanted: int
    sent: int
    acked: int
    outcome: str | None
    updated_at: datetime

    @classmethod
    def of(cls, row: ConvergenceRow) -> Self:
        """Return the answer for a row of the convergence table."""
        return cls.model_validate(row, from_attributes=True)


class ShipmentDetail(ShipmentOut):
    """A shipment with its folded journey and what each order system knows."""

    audit_entries: int
    convergence: list[ConnectionState]
    journey: dict[str, Any] = Field(description="The journey as the fold sees it; empty before the first fact.")

    @classmethod
    def detailed(cls, row: ShipmentRow, journey: dict[str, Any]) -> Self:
        """Return the answer for a row and its journey."""
        told = [ConnectionState.of(one) for one in row.convergence]
        return cls(**_shipment(row), audit_entries=row.entries, convergence=told, journey=journey)


class ShipmentPage(BaseModel):
    """Shipments, latest registration first."""

    items: list[ShipmentOut]
    next: str | None = Field(description="Give it as `cursor` for the page after; null on the last one.")


class TimelineEntry(BaseModel):
    """One audit entry. `hash` covers `previous_hash` and the entry, so that nothing can be changed unseen."""

    seq: int
    kind: EntryKind
    at: datetime
    body: dict[str, Any]
    previous_hash: str
    hash: str
    fact: Fact | None = None
    raw_code: str | None = None
    raw_text: str | None = None
    message_id: str | None = Field(default=None, description="The raw bytes that the fact was read from.")

    @classmethod
    def of(cls, row: TimelineRow) -> Self:
        """Return the answer for a row of the audit chain."""
        return cls.model_validate(row, from_attributes=True)


class TimelinePage(BaseModel):
    """Audit entries in order."""

    items: list[TimelineEntry]
    next: int | None = Field(description="Give it as `after` for the page after; null on the last one.")


class Change(BaseModel):
    """One status change of the feed."""

    cursor: int
    shipment_id: str
    reference: str | None
    change: StatusChange


class ChangePage(BaseModel):
    """Status changes of all shipments, in the order in which the hub made them."""

    items: list[Change]
    next: int = Field(description="Give it as `after` next time; keep it only once the items are applied.")


class Counts(BaseModel):
    """How many shipments are in each state."""

    states: dict[State, int]
    total: int


class UnmappedCode(BaseModel):
    """A code that no table knows; its facts are kept and leave their shipments alone."""

    dialect: str
    code: str
    sample_text: str | None
    seen: int
    first_seen_at: datetime
    last_seen_at: datetime
    waiting: int = Field(description="Events that still have no meaning.", examples=[3])
    shipments: int = Field(description="Shipments that these events belong to.", examples=[2])

    @classmethod
    def of(cls, row: UnknownCode) -> Self:
        """Return the answer for a row of unknown codes."""
        return cls.model_validate(row, from_attributes=True)


class UnmappedList(BaseModel):
    """Unknown codes, most seen first."""

    items: list[UnmappedCode]
    milestone: Milestone = Milestone.UNMAPPED


class Health(BaseModel):
    """Whether the process, or what it needs, is well. `failing` names each part that is not, and why."""

    status: str = Field(examples=["ok"])
    failing: dict[str, str] = {}


def _shipment(row: ShipmentRow) -> dict[str, Any]:
    plan = row.plan
    return {
        **row.snapshot.model_dump(),
        "shipment_id": plan.shipment_id,
        "reference": plan.reference,
        "kind": plan.kind,
        "direction": plan.direction,
        "origin_country": plan.origin_country,
        "destination_country": plan.destination_country,
        "legs": list(plan.legs),
        "parcels": list(plan.parcels),
        "connections": list(plan.connections),
        "registered_at": row.registered_at,
        "promised_at": row.snapshot.promised_at or plan.promised_at,
    }
