"""Proves that nothing in the ledger was changed, removed or slipped in after it was written."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, func, select

from domain import ids
from domain.audit import GENESIS, AuditEntry, EntryKind, entry_hash
from domain.messages import MessageStatus, StoredMessage
from ledger.database import Database
from ledger.findings import Fault, Finding, VerifyReport
from ledger.inbox import stored
from ledger.journal import FEED
from ledger.rederiving import Earlier, Rederivation, Rederive
from ledger.tables import audit_entries, changes, counters, facts, journeys, messages, shipments

_CHUNK: Final = 500  # rows held in memory at a time
_BODIES: Final = 20  # messages held in memory at a time; one may have a megabyte


def verify(
    database: Database,
    tenant: str | None = None,
    shipment_id: str | None = None,
    *,
    rederive: Rederive | None = None,
    earlier: Earlier | None = None,
) -> VerifyReport:
    """Recompute every chain, digest and fact in scope and return what does not fit; reads one consistent state.

    Args:
        database: Where the ledger is.
        tenant: Only this tenant's rows.
        shipment_id: Only this shipment and the messages its facts came from.
        rederive: The normaliser; with it each stored fact must come out of its raw bytes again.
        earlier: The normaliser of earlier mapping versions, for facts that one of them read.
    """
    audit = _Audit(tenant, shipment_id, rederive, earlier)
    with database.read() as connection:
        if database.is_postgres:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        audit.chains(connection)
        audit.messages(connection)
        if shipment_id is None:
            audit.feed(connection)
    return audit.report()


@dataclass(slots=True)
class _Audit:
    """One run of verification: its scope, what it counted and what it found."""

    tenant: str | None
    shipment_id: str | None
    rederive: Rederive | None
    earlier: Earlier | None
    faults: list[Fault] = field(default_factory=list)
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("shipments", "entries", "messages", "facts", "rederived"), 0)
    )

    def report(self) -> VerifyReport:
        """Return what the run came to."""
        return VerifyReport(**self.counts, faults=self.faults)

    def chains(self, connection: Connection) -> None:
        """Walk every chain in scope against its head, its facts and the read model."""
        query = (
            select(
                *(shipments.c[name] for name in ("tenant", "shipment_id", "last_seq", "last_hash", "state")),
                journeys.c.body.label("journey"),
                *(audit_entries.c[name] for name in ("seq", "kind", "at", "body", "previous_hash", "hash", "event_id")),
                facts.c.message_id,
            )
            .select_from(
                shipments.outerjoin(journeys)
                .outerjoin(audit_entries, _same(shipments, audit_entries, "shipment_id"))
                .outerjoin(facts, _same(audit_entries, facts, "event_id"))
            )
            .where(*self._scope(shipments, "shipment_id"))
            .order_by(shipments.c.tenant, shipments.c.shipment_id, audit_entries.c.seq)
        )
        for _, rows in groupby(_stream(connection, query), key=lambda row: (row.tenant, row.shipment_id)):
            self._chain(rows)
        self._headless(connection)

    def messages(self, connection: Connection) -> None:
        """Check every message's digest and every fact's message; derive facts again when a normaliser is given."""
        orphans = (
            select(facts.c.tenant, facts.c.shipment_id, facts.c.event_id, facts.c.message_id)
            .select_from(facts.outerjoin(messages))
            .where(*self._scope(facts, "shipment_id"), messages.c.message_id.is_(None))
        )
        for row in _stream(connection, orphans):
            where = {"shipment_id": row.shipment_id, "event_id": row.event_id, "message_id": row.message_id}
            self.faults.append(Fault(Finding.RAW_MISSING, row.tenant, "a fact's message is gone", **where))
        total = select(func.count()).select_from(facts).where(*self._scope(facts, "shipment_id"))
        self.counts["facts"] = connection.execute(total).scalar_one()
        query = select(messages).where(*self._scope(messages, None))
        if self.shipment_id is not None:
            its_facts = and_(_same(messages, facts, "message_id"), messages.c.account == facts.c.account)
            query = query.where(select(facts).where(its_facts, facts.c.shipment_id == self.shipment_id).exists())
        for row in _stream(connection, query, _BODIES):
            self._message(connection, stored(row))

    def feed(self, connection: Connection) -> None:
        """Check that each tenant's change feed counts 1, 2, 3 ... up to its counter."""
        query = (
            select(counters.c.tenant, counters.c.value, func.count(changes.c.cursor), func.max(changes.c.cursor))
            .select_from(counters.outerjoin(changes, changes.c.tenant == counters.c.tenant))
            .where(counters.c.name == FEED, *self._scope(counters, None))
            .group_by(counters.c.tenant, counters.c.value)
        )
        for tenant, value, count, last in connection.execute(query):
            if not value == count == last:
                self.faults.append(Fault(Finding.FEED_GAP, tenant, f"{count} changes up to {last}, counted {value}"))

    def _headless(self, connection: Connection) -> None:
        """Name chains whose shipment is gone."""
        of = audit_entries.c
        query = (
            select(of.tenant, of.shipment_id, func.max(of.seq))
            .select_from(audit_entries.outerjoin(shipments))
            .where(shipments.c.tenant.is_(None), *self._scope(audit_entries, "shipment_id"))
            .group_by(of.tenant, of.shipment_id)
        )
        for tenant, shipment_id, last in connection.execute(query):
            detail = "the shipment of this chain is gone"
            self.faults.append(Fault(Finding.HEAD_MISMATCH, tenant, detail, shipment_id=shipment_id, seq=last))

    def _chain(self, rows: Iterator[Row[Any]]) -> None:
        self.counts["shipments"] += 1
        seq, digest, told = 0, GENESIS, None
        head = None
        for row in rows:
            head = row
            if row.seq is None:
                break
            self.counts["entries"] += 1
            self._entry(row, seq, digest)
            seq, digest = row.seq, row.hash
            told = _state(row.body) or told if row.kind == EntryKind.STATE else told
        if head is None:
            return
        if (head.last_seq, head.last_hash) != (seq, digest):
            self._add(Finding.HEAD_MISMATCH, head, f"the chain ends at {seq}, its head says {head.last_seq}")
        for name, shown in (("snapshot", head.state), ("journey", _state(head.journey) or told)):
            if told is not None and shown != told:
                self._add(Finding.READ_MODEL_CHANGED, head, f"{name} says {shown}, the chain {told}")

    def _entry(self, row: Row[Any], seq: int, digest: str) -> None:
        if row.seq != seq + 1:
            self._add(Finding.SEQ_GAP, row, f"entry {row.seq} follows {seq}")
        elif row.previous_hash != digest:
            self._add(Finding.CHAIN_BROKEN, row, "does not continue the entry before")
        body = _body(row)
        if body is None or body.get("event_id") != row.event_id or _digest(row, body) != row.hash:
            self._add(Finding.CHAIN_BROKEN, row, "content does not match its hash")
        elif row.kind == EntryKind.FACT and body.get("message_id") is not None and row.message_id is None:
            self._add(Finding.FACT_MISSING, row, "the fact that it records is gone")

    def _message(self, connection: Connection, message: StoredMessage) -> None:
        self.counts["messages"] += 1
        if ids.message_id(message.body) != message.message_id:
            detail = "raw bytes do not match their digest"
            self.faults.append(Fault(Finding.RAW_CHANGED, message.tenant, detail, message_id=message.message_id))
        elif self.rederive is not None and message.status is MessageStatus.READ:
            self._facts_of(connection, message, self.rederive)

    def _facts_of(self, connection: Connection, message: StoredMessage, rederive: Rederive) -> None:
        query = select(facts.c.event_id, facts.c.shipment_id, facts.c.body).where(
            facts.c.tenant == message.tenant,
            facts.c.account == message.account,
            facts.c.message_id == message.message_id,
        )
        # All of them: what corrects what is known from the whole message, even when only one shipment is asked for.
        rows = {row.event_id: row for row in connection.execute(query)}
        bodies = {event_id: row.body for event_id, row in rows.items()}
        for event_id, finding in Rederivation(message, rederive, self.earlier).findings(bodies):
            shipment_id = rows[event_id].shipment_id
            if self.shipment_id not in {None, shipment_id}:
                continue
            if finding is None:
                self.counts["rederived"] += 1
                continue
            where = {"shipment_id": shipment_id, "event_id": event_id, "message_id": message.message_id}
            self.faults.append(Fault(finding, message.tenant, "the raw bytes say otherwise", **where))

    def _add(self, finding: Finding, row: Row[Any], detail: str) -> None:
        self.faults.append(
            Fault(finding, row.tenant, detail, shipment_id=row.shipment_id, seq=row.seq, event_id=row.event_id)
        )

    def _scope(self, table: Any, shipment_column: str | None) -> list[Any]:
        conditions = [] if self.tenant is None else [table.c.tenant == self.tenant]
        if shipment_column is not None and self.shipment_id is not None:
            conditions.append(table.c[shipment_column] == self.shipment_id)
        return conditions


def _same(left: Any, right: Any, name: str) -> Any:
    return and_(left.c.tenant == right.c.tenant, left.c[name] == right.c[name])


def _stream(connection: Connection, query: Any, rows: int = _CHUNK) -> Iterator[Row[Any]]:
    yield from connection.execute(query, execution_options={"yield_per": rows})


def _body(row: Row[Any]) -> dict[str, Any] | None:
    try:
        body = json.loads(row.body)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _digest(row: Row[Any], body: dict[str, Any]) -> str | None:
    try:
        entry = AuditEntry(seq=row.seq, kind=EntryKind(row.kind), at=row.at, body=body)
    except ValueError:
        return None
    return entry_hash(row.previous_hash, tenant=row.tenant, shipment_id=row.shipment_id, entry=entry)


def _state(text: str | None) -> str | None:
    document = json.loads(text) if text else {}
    state = document.get("state") if isinstance(document, dict) else None
    return state if isinstance(state, str) else None
