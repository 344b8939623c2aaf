"""What the ledger gives back: frozen rows, detached from the database. Times are aware and in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.audit import EntryKind, ShipmentSnapshot
from domain.facts import Fact
from domain.legs import LinkStatus
from domain.messages import MessageStatus
from domain.publication import Publication
from domain.shipments import Leg, ShipmentPlan


class FactDelivery(StrEnum):
    """`PARKED` waits for a registration; `ROUTED` has a shipment; `DELIVERED` was given to its workflow."""

    PARKED = "PARKED"
    ROUTED = "ROUTED"
    DELIVERED = "DELIVERED"


class Scope(StrEnum):
    """What an API key may do."""

    SHIPMENTS_READ = "shipments:read"
    SHIPMENTS_WRITE = "shipments:write"
    COMMANDS_WRITE = "commands:write"
    CHANGES_READ = "changes:read"
    ADMIN = "admin"


class ConnectionStatus(StrEnum):
    """Whether pushes go out to a connection."""

    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"


class AccountStatus(StrEnum):
    """Whether the hub asks a carrier through an account; its webhooks come in either way."""

    ACTIVE = "ACTIVE"
    STOPPED = "STOPPED"


@dataclass(frozen=True, slots=True)
class ConvergenceRow:
    """What one order system knows of one shipment: revisions wanted there, sent there and acknowledged by it."""

    tenant: str
    shipment_id: str
    connection: str
    wanted: int
    sent: int
    acked: int
    outcome: str | None
    updated_at: datetime

    @property
    def is_divergent(self) -> bool:
        """Tell whether the order system misses a revision."""
        return self.acked < self.wanted


@dataclass(frozen=True, slots=True)
class ConvergenceReport:
    """`0 divergent of N`: `total` counts pairs of shipment and connection; `divergent` lists those behind."""

    total: int
    divergent: list[ConvergenceRow]


@dataclass(frozen=True, slots=True)
class ShipmentRow:
    """One shipment of the read model. `entries` is the length of its audit chain."""

    plan: ShipmentPlan
    snapshot: ShipmentSnapshot
    registered_at: datetime
    entries: int
    convergence: tuple[ConvergenceRow, ...] = ()

    @property
    def shipment_id(self) -> str:
        """The shipment's id."""
        return self.plan.shipment_id

    @property
    def reference(self) -> str | None:
        """The order's number in the seller's system."""
        return self.plan.reference

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The carriers' numbers, in the order they were told."""
        return self.plan.legs


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `next_cursor` is None on the last one."""

    items: list[ShipmentRow]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class FactRow:
    """A stored fact and where it came from. `account` and `message_id` lead to the raw bytes."""

    fact: Fact
    account: str
    message_id: str
    recorded_at: datetime
    delivery: FactDelivery
    shipment_id: str | None
    times_seen: int


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One audit entry with its hashes; `fact` is set on entries that record one from a stored message."""

    seq: int
    kind: EntryKind
    at: datetime
    body: dict[str, Any]
    previous_hash: str
    hash: str
    fact: Fact | None = None
    raw_code: str | None = None
    raw_text: str | None = None
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A kept message without its bytes, for lists of what a person has to look at."""

    tenant: str
    account: str
    message_id: str
    dialect: str
    received_at: datetime
    status: MessageStatus
    times_seen: int
    problem: str | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class UnknownCode:
    """A code that no table knows, counted once per event; `waiting` events of `shipments` still have no meaning."""

    tenant: str
    dialect: str
    code: str
    sample_text: str | None
    message_id: str
    seen: int
    first_seen_at: datetime
    last_seen_at: datetime
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    waiting: int = 0
    shipments: int = 0


@dataclass(frozen=True, slots=True)
class DialectVolume:
    """Source events of one dialect, and how many of them a table gave a meaning."""

    dialect: str
    events: int
    mapped: int


@dataclass(frozen=True, slots=True)
class ParkedNumber:
    """A tracking number with facts that nobody has registered."""

    tenant: str
    tracking_number: str
    facts: int
    first_recorded_at: datetime
    last_recorded_at: datetime


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A source event that did not become a fact; `event_index` is its position in the payload."""

    tenant: str
    account: str
    message_id: str
    event_index: int
    problem: str
    detail: str
    tracking_number: str | None
    raw_code: str | None
    recorded_at: datetime
    resolved_at: datetime | None = None
    resolved_by: str | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """Who an API token stands for. The token itself is kept nowhere."""

    key_id: str
    tenant: str
    scopes: frozenset[Scope]
    label: str
    created_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LinkRow:
    """Two numbers that a payload ties together, and what became of it."""

    own_carrier: str
    own_number: str
    partner_carrier: str
    partner_number: str
    status: LinkStatus
    detail: str | None
    told_at: datetime


@dataclass(frozen=True, slots=True)
class CarrierAccount:
    """A carrier account; `signing_keys` newest first, at most the current and the previous one.

    `credentials` are the named secrets of outgoing calls and `generation` counts their changes. `base_url` replaces the
    carrier's own address and `requests_per_second` its default rate. `options` are settings without secrets, such as a
    language. `reason` says why the account is stopped.
    """

    account_id: str
    tenant: str
    dialect: str
    created_at: datetime
    rotated_at: datetime | None = None
    signing_keys: tuple[str, ...] = field(default=(), repr=False)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    generation: int = 0
    base_url: str | None = None
    requests_per_second: float | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    status: AccountStatus = AccountStatus.ACTIVE
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """An ERP connection; `secrets` newest first, `credentials` by name."""

    tenant: str
    connection_id: str
    kind: str
    url: str
    status: ConnectionStatus
    created_at: datetime
    reason: str | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)
    settings: dict[str, str] = field(default_factory=dict)
    credentials: dict[str, str] = field(default_factory=dict, repr=False)
    requests_per_second: float | None = None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A push that was given up; resolved by any later ack that covers it."""

    letter_id: str
    publication: Publication
    message_id: str
    reason: str
    created_at: datetime
    replayed_at: datetime | None = None
    resolved_at: datetime | None = None

    @property
    def is_resolved(self) -> bool:
        """Tell whether the order system knows by now."""
        return self.resolved_at is not None


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """The answer given to a request before."""

    status: int
    body: bytes
