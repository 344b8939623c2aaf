"""What the hub's rules need from the outside, as protocols; ledger, mappings, connectors and gateway fill them.

Ledger ports are synchronous (callers in an event loop use threads); partner and Temporal ports are asynchronous.
"""

from datetime import datetime
from typing import Protocol

from domain.audit import LedgerCommit
from domain.commands import Command, CommandAnswer
from domain.messages import Delivery, IncomingMessage, Recorded, Registered, StoredMessage
from domain.normalised import Normalised
from domain.publication import Publication, PushResult
from domain.shipments import Leg, ShipmentPlan


class Normaliser(Protocol):
    """Reads a payload in one dialect. Pure: same bytes and same mapping give the same facts."""

    def normalise(
        self, dialect: str, body: bytes, *, received_at: datetime, message_id: str | None = None
    ) -> Normalised:
        """Return facts and rejections; raise `PayloadError` only when nothing in the bytes can be read."""
        ...


class Inbox(Protocol):
    """Raw messages and the facts read from them."""

    def keep(self, message: IncomingMessage) -> StoredMessage:
        """Store the bytes once per tenant and account; `is_new` False when they were kept before."""
        ...

    def record(self, message: StoredMessage, normalised: Normalised) -> Recorded:
        """Store facts (once per event id), rejections and unknown codes; route or park; mark the message read."""
        ...

    def unreadable(self, message: StoredMessage, *, code: str, detail: str) -> None:
        """Mark the message for a person, with the reason."""
        ...

    def unread(self, *, before: datetime, limit: int) -> list[StoredMessage]:
        """Return messages kept before that time and never read: work a crash left behind."""
        ...

    def undelivered(self, *, before: datetime, limit: int) -> list[Delivery]:
        """Return routed facts recorded before that time that no workflow has confirmed to have been given."""
        ...

    def delivered(self, delivery: Delivery) -> None:
        """Mark the facts as given to their workflow."""
        ...


class Registry(Protocol):
    """Registered shipments and the numbers that lead to them."""

    def register(self, plan: ShipmentPlan) -> Registered:
        """Store the plan once; raise `ConflictError` when the id or a number is taken by other content."""
        ...

    def plan(self, tenant: str, shipment_id: str) -> ShipmentPlan:
        """Return the plan; raise `NotFoundError`."""
        ...

    def add_leg(self, tenant: str, shipment_id: str, leg: Leg) -> Registered:
        """Route one more number to the shipment; parked facts of it come back as a delivery."""
        ...


class Journal(Protocol):
    """The audit chain and the read model. Workflows number their entries from 1, which is the registration."""

    def commit(self, commit: LedgerCommit) -> None:
        """Append entries and changes and replace the snapshot, atomically; repeating it changes nothing.

        Entries and changes that the ledger has are skipped one by one: after a crash a commit comes again with
        the same beginning and more behind it. A snapshot older than the stored one is ignored.
        """
        ...

    def acked(self, publication: Publication, result: PushResult) -> None:
        """Record in the convergence table what a connection has acknowledged or refused."""
        ...


class DeadLetters(Protocol):
    """Pushes that were given up, kept until a person replays them."""

    def bury(self, publication: Publication, reason: str) -> str:
        """Keep the publication and why it failed; return the letter's id, the same when it is buried again."""
        ...


class ConnectionSwitch(Protocol):
    """Turns order systems off."""

    def disable(self, tenant: str, connection: str, /, *, reason: str) -> None:
        """Stop a connection whose receiver wants no more (410); repeating it changes nothing."""
        ...


class LateFacts(Protocol):
    """Facts that came after their shipment had ended."""

    def late(self, delivery: Delivery) -> None:
        """Keep the facts as anomalies of the ended shipment; repeating it changes nothing."""
        ...

    def is_over(self, tenant: str, shipment_id: str) -> bool:
        """Tell whether the shipment has closed its chain, also when Temporal has forgotten its workflow."""
        ...


class Dispatcher(Protocol):
    """The way into shipment workflows."""

    async def start(self, plan: ShipmentPlan) -> None:
        """Start the shipment's workflow unless it runs or has ended."""
        ...

    async def deliver(self, delivery: Delivery) -> None:
        """Hand facts over durably, starting the workflow when needed."""
        ...


class ShipmentCommands(Protocol):
    """The way to ask a shipment's workflow for something and to hear its answer."""

    async def execute(self, tenant: str, shipment_id: str, command: Command) -> CommandAnswer:
        """Return what became of the command; repeating a command id repeats its answer.

        Raises `CommandRefusedError` when the state forbids it, `NotFoundError` when no workflow runs for the
        shipment, and `HubUnavailableError` when no answer came in time: repeat with the same command id.
        """
        ...


class StatusSink(Protocol):
    """An order system that takes status updates."""

    async def push(self, publication: Publication) -> PushResult:
        """Deliver the changes; raise `PartnerError` when it did not work."""
        ...


class StatusSinks(Protocol):
    """Finds the sink of a connection."""

    def sink(self, tenant: str, connection: str) -> StatusSink:
        """Return the sink; raise `NotFoundError` or, for a disabled connection, `EndpointGoneError`."""
        ...


class Clock(Protocol):
    """Time, handed in so that tests can set it."""

    def now(self) -> datetime:
        """Return the current instant, in UTC."""
        ...
