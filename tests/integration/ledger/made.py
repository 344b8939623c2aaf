"""What the ledger's tests put in: small, whole and recognisable."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlalchemy import text

from domain.audit import AuditEntry, EntryKind, LedgerCommit, ShipmentSnapshot
from domain.facts import Fact, Source
from domain.messages import Delivery, IncomingMessage, StoredMessage
from domain.milestones import Milestone
from domain.normalised import Normalised
from domain.publication import ChangeKind, Publication, StatusChange
from domain.shipments import Leg, ShipmentPlan
from domain.states import State
from ledger.store import Ledger

T = TypeVar("T")
R = TypeVar("R")

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NUMBER = "AB 123"


def incoming(
    body: bytes = b"{}", *, tenant: str = "acme", account: str = "fedex-main", at: datetime = NOON
) -> IncomingMessage:
    return IncomingMessage(tenant, account, "fedex", body, "application/json", at)


def fact(  # noqa: PLR0913 - one name per field that tests vary
    event_id: str,
    *,
    number: str = NUMBER,
    milestone: Milestone = Milestone.PICKED_UP,
    code: str | None = "PU",
    text: str | None = "Picked up",
    message: StoredMessage | None = None,
    index: int = 0,
) -> Fact:
    source = Source(
        party="fedex",
        system="fedex",
        raw_code=code,
        raw_text=text,
        mapping_version="1",
        message_id=message.message_id if message else None,
        index=index,
    )
    return Fact(
        event_id=event_id,
        tracking_number=number,
        milestone=milestone,
        source=source,
        recorded_at=NOON,
        occurred_at=NOON - timedelta(hours=1),
    )


def read(*facts: Fact, **more: object) -> Normalised:
    return Normalised("fedex", "1", list(facts), **more)  # type: ignore[arg-type] # the test names its fields


def plan(
    shipment_id: str = "S1",
    *numbers: str,
    tenant: str = "acme",
    reference: str | None = None,
    connections: tuple[str, ...] = ("shop",),
) -> ShipmentPlan:
    legs = tuple(Leg(carrier="fedex", tracking_number=number) for number in numbers)
    return ShipmentPlan(
        tenant=tenant,
        shipment_id=shipment_id,
        reference=reference,
        legs=legs,
        connections=connections,
        registered_at=NOON,
    )


def take_in(ledger: Ledger, *facts: Fact, body: bytes = b"{}", tenant: str = "acme") -> StoredMessage:
    """Keep a message and record these facts as what was read from it."""
    message = ledger.inbox.keep(incoming(body, tenant=tenant))
    ledger.inbox.record(message, read(*(one.model_copy(update={"source": _from(one, message)}) for one in facts)))
    return message


def _from(one: Fact, message: StoredMessage) -> Source:
    return one.source.model_copy(update={"message_id": message.message_id})


def change(revision: int, state: State = State.FIRST_MILE) -> StatusChange:
    return StatusChange(revision=revision, kind=ChangeKind.STATUS, state=state, recorded_at=NOON)


def snapshot(
    state: State = State.FIRST_MILE, *, minute: int = 0, revision: int = 0, **more: object
) -> ShipmentSnapshot:
    # A day after the registration of the tests' clock.
    at = NOON + timedelta(days=1, minutes=minute)
    fields = {"state": state, "stage": state, "owner": "CARRIER", "revision": revision, "updated_at": at}
    return ShipmentSnapshot.model_validate(fields | more)


def entry(seq: int, kind: EntryKind = EntryKind.COMMAND, **body: object) -> AuditEntry:
    return AuditEntry(seq=seq, kind=kind, at=NOON + timedelta(days=1, seconds=seq), body=body)


def commit(
    shipment_id: str,
    *entries: AuditEntry,
    tenant: str = "acme",
    changes: Iterable[StatusChange] = (),
    shown: ShipmentSnapshot | None = None,
) -> LedgerCommit:
    shown = shown or snapshot()
    return LedgerCommit(
        tenant=tenant,
        shipment_id=shipment_id,
        entries=entries,
        changes=tuple(changes),
        snapshot=shown,
        journey={"state": shown.state.value},
    )


def publication(
    shipment_id: str = "S1", *revisions: int, tenant: str = "acme", connection: str = "shop"
) -> Publication:
    return Publication(
        tenant=tenant,
        shipment_id=shipment_id,
        connection=connection,
        changes=tuple(change(revision) for revision in revisions or (1,)),
    )


def ids_of(deliveries: Iterable[Delivery]) -> dict[str, list[str]]:
    """Return the event ids of each shipment's deliveries."""
    found: dict[str, list[str]] = {}
    for delivery in deliveries:
        found.setdefault(delivery.shipment_id, []).extend(one.event_id for one in delivery.facts)
    return found


def at_once(work: Callable[[T], R], inputs: Iterable[T]) -> list[R]:
    """Run the work for each input in a thread of its own, all starting together; raise what any of them raised."""
    items = list(inputs)
    line = threading.Barrier(len(items))

    def run(item: T) -> R:
        line.wait(timeout=30)
        return work(item)

    with ThreadPoolExecutor(len(items)) as pool:
        return list(pool.map(run, items))


def tamper(ledger: Ledger, statement: str, **values: object) -> None:
    """Change the database behind the ledger's back; foreign keys off, as somebody with a shell would."""
    with ledger.database.engine.connect() as connection:
        raw = connection.connection.driver_connection
        if not ledger.database.is_postgres:
            raw.execute("PRAGMA foreign_keys=OFF")
        else:
            connection.execute(text("SET session_replication_role = replica"))
        changed = connection.execute(text(statement), values)
        assert changed.rowcount > 0
        connection.commit()
        connection.invalidate()
