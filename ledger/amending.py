"""Writes what reading again found: facts are appended, never changed; one transaction per shipment or number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, select, update

from domain.axes import CorrectionKind
from domain.facts import Fact
from domain.messages import Delivery, MessageStatus, Recorded, StoredMessage
from domain.milestones import Milestone
from domain.normalised import Normalised
from domain.rereading import RereadKind
from ledger.database import Database
from ledger.inbox import LedgerInbox
from ledger.recording import fact_row
from ledger.routing import lock_numbers, number_key
from ledger.rows import FactDelivery
from ledger.tables import facts, messages, rejected_events
from ledger.unknown import count_unknown, forget_events

_IN_ONE: Final = 500  # ids in one statement


class WorldMovedError(Exception):
    """What was to be corrected has been corrected otherwise meanwhile: nothing was written."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The message that facts were read from, without its bytes."""

    tenant: str
    account: str
    message_id: str
    dialect: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Amendment:
    """One event read again: its readings so far, the one that held, and the facts to append."""

    kind: RereadKind
    origin: Origin
    readings: tuple[str, ...]
    before: Fact | None
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class LedgerAmendments:
    """Appends corrections. Every method may be repeated."""

    database: Database
    inbox: LedgerInbox

    def append(self, amendments: Sequence[Amendment], *, version: str) -> Recorded:
        """Append the facts of one shipment's or one number's events in one transaction.

        Corrections are recorded now; what was no fact before keeps the time at which its message came.

        Raises:
            WorldMovedError: A fact to be corrected is gone or was corrected by somebody else.
        """
        if not amendments:
            return Recorded()
        now = self.database.clock.now()
        tenant = amendments[0].origin.tenant
        new = {fact.event_id: (one, _stamped(fact, now)) for one in amendments for fact in one.facts}
        with self.database.write() as connection:
            keys = [number_key(fact.tracking_number) for _, fact in new.values()]
            routes = lock_numbers(self.database, connection, tenant, keys, shared=True)
            homes = self._check(connection, tenant, amendments)
            fresh = {event_id: pair for event_id, pair in new.items() if event_id not in homes}
            rows = [_row(one, fact, routes, homes) for one, fact in fresh.values()]
            self.database.insert_new(connection, facts, sorted(rows, key=lambda row: str(row["event_id"])))
            for one, fact in fresh.values():
                if fact.corrects is None or fact.corrects.kind is CorrectionKind.AMEND:
                    count_unknown(self.database, connection, one.origin, [fact])
            self._settle_queues(connection, amendments, by=version, at=now)
        return _recorded(tenant, rows, [fact for _, fact in fresh.values()], known=len(new) - len(fresh))

    def read(self, message: StoredMessage, normalised: Normalised) -> Recorded:
        """Record a message that could not be read before."""
        this = and_(
            messages.c.tenant == message.tenant,
            messages.c.account == message.account,
            messages.c.message_id == message.message_id,
            messages.c.status == MessageStatus.UNREADABLE,
        )
        with self.database.write() as connection:
            connection.execute(
                update(messages).where(this).values(status=MessageStatus.KEPT, problem=None, detail=None)
            )
        return self.inbox.record(message, normalised)

    def _check(self, connection: Connection, tenant: str, amendments: Sequence[Amendment]) -> dict[str, str | None]:
        """Hold every event's readings; return the shipment of each of them and of new facts that are there already.

        Raises:
            WorldMovedError: An event has other readings by now.
        """
        new = {fact.event_id for one in amendments for fact in one.facts}
        readings = {event_id for one in amendments for event_id in one.readings}
        homes: dict[str, str | None] = {}
        # Readings first: who waits here for another's commit must look for its new facts in a statement of its own.
        for some in (*_cut(sorted(readings)), *_cut(sorted(new - readings))):
            these = and_(facts.c.tenant == tenant, facts.c.event_id.in_(some))
            query = select(facts.c.event_id, facts.c.shipment_id).where(these).order_by(facts.c.event_id)
            homes |= {row.event_id: row.shipment_id for row in connection.execute(query.with_for_update())}
        for some in _cut(sorted(readings)):
            these = and_(facts.c.tenant == tenant, facts.c.corrects.in_(some))
            others = set(connection.execute(select(facts.c.event_id).where(these)).scalars()) - readings - new
            if others:
                raise WorldMovedError(f"corrected meanwhile by {min(others)}")
        if gone := readings - homes.keys():
            raise WorldMovedError(f"no longer recorded: {min(gone)}")
        return homes

    def _settle_queues(self, connection: Connection, amendments: Iterable[Amendment], *, by: str, at: datetime) -> None:
        understood: dict[tuple[str, str], list[str]] = {}
        for one in amendments:
            if one.before is not None and one.before.milestone is Milestone.UNMAPPED:
                understood.setdefault((one.origin.tenant, one.origin.dialect), []).append(one.before.event_id)
            if one.kind is RereadKind.NEW:
                _no_longer_rejected(connection, one, by=by, at=at)
        for (tenant, dialect), event_ids in sorted(understood.items()):
            forget_events(connection, tenant, dialect, event_ids, by=by, at=at)


def _row(one: Amendment, fact: Fact, routes: dict[str, str | None], homes: dict[str, str | None]) -> dict[str, Any]:
    """Return the row of a fact. A correction goes where its event is: a number may lead elsewhere by now."""
    row = fact_row(one.origin, fact, routes) | {"recorded_at": fact.recorded_at}
    if one.readings:
        home = homes[one.readings[0]]
        row |= {"shipment_id": home, "delivery": FactDelivery.PARKED if home is None else FactDelivery.ROUTED}
    return row


def _recorded(tenant: str, rows: list[dict[str, Any]], fresh: list[Fact], *, known: int) -> Recorded:
    by_shipment: dict[str, list[Fact]] = {}
    for row, fact in zip(rows, fresh, strict=True):
        if row["shipment_id"] is not None:
            by_shipment.setdefault(row["shipment_id"], []).append(fact)
    found = [Delivery(tenant, shipment_id, tuple(some)) for shipment_id, some in by_shipment.items()]
    parked = len(fresh) - sum(len(one.facts) for one in found)
    return Recorded(new_facts=len(fresh), known_facts=known, parked=parked, deliveries=found)


def _no_longer_rejected(connection: Connection, one: Amendment, *, by: str, at: datetime) -> None:
    of, origin = rejected_events.c, one.origin
    index = one.facts[0].source.index
    connection.execute(
        update(rejected_events)
        .where(of.tenant == origin.tenant, of.account == origin.account, of.message_id == origin.message_id)
        .where(of.event_index == index, of.resolved_at.is_(None))
        .values(resolved_at=at, resolved_by=by)
    )


def _stamped(fact: Fact, now: datetime) -> Fact:
    return fact if fact.corrects is None else fact.model_copy(update={"recorded_at": now})


def _cut(ids: list[str]) -> Iterable[list[str]]:
    return (ids[start : start + _IN_ONE] for start in range(0, len(ids), _IN_ONE))
