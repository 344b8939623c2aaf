"""Everything the hub can be asked about shipments. Every question names its tenant."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, func, select

from domain.audit import EntryKind
from domain.errors import NotFoundError
from domain.facts import Fact
from domain.messages import StoredMessage
from domain.publication import StatusChange
from domain.states import State
from ledger.convergence import convergence_row
from ledger.database import Database
from ledger.inbox import stored
from ledger.listing import list_shipments, shipment_row
from ledger.review import list_parked, list_rejected, list_unreadable
from ledger.rows import (
    DialectVolume,
    FactDelivery,
    FactRow,
    MessageRow,
    Page,
    ParkedNumber,
    RejectedRow,
    ShipmentRow,
    TimelineRow,
    UnknownCode,
)
from ledger.tables import audit_entries, changes, convergence, facts, journeys, messages, shipments
from ledger.unknown import list_unmapped
from ledger.volumes import volumes

MOST_ROWS: Final = 1_000
"""The longest page of anything."""

_LARGEST: Final = 2**31 - 1  # what is asked beyond it is nobody's, and the databases refuse the number


@dataclass(frozen=True, slots=True)
class LedgerReads:
    """The read side of the ledger."""

    database: Database

    def shipments(  # noqa: PLR0913 - a filter each, all by keyword
        self,
        tenant: str,
        *,
        state: str | None = None,
        stage: str | None = None,
        owner: str | None = None,
        reference: str | None = None,
        tracking_number: str | None = None,
        updated_after: datetime | None = None,
        has_anomalies: bool | None = None,
        is_ended: bool | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page:
        """Return shipments, latest registration first; pages neither skip nor repeat while others are registered.

        Raises:
            NotFoundError: the cursor is not one that a page gave out.
        """
        equal = {"state": state, "stage": stage, "owner": owner, "reference": reference, "is_ended": is_ended}
        conditions = [shipments.c[name] == value for name, value in equal.items() if value is not None]
        if updated_after is not None:
            conditions.append(shipments.c.updated_at > updated_after)
        if has_anomalies is not None:
            conditions.append(shipments.c.anomalies > 0 if has_anomalies else shipments.c.anomalies == 0)
        with self.database.read() as connection:
            return list_shipments(
                connection, tenant, conditions, number=tracking_number, cursor=cursor, limit=_bounded(limit)
            )

    def shipment(self, tenant: str, shipment_id: str) -> ShipmentRow:
        """Return one shipment with its plan, snapshot and convergence; raise `NotFoundError`."""
        query = select(shipments).where(shipments.c.tenant == tenant, shipments.c.shipment_id == shipment_id)
        told = (
            select(convergence)
            .where(convergence.c.tenant == tenant, convergence.c.shipment_id == shipment_id)
            .order_by(convergence.c.connection)
        )
        with self.database.read() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                raise NotFoundError(f"no shipment {shipment_id}", shipment_id=shipment_id)
            return shipment_row(row, tuple(convergence_row(one) for one in connection.execute(told)))

    def journey(self, tenant: str, shipment_id: str) -> dict[str, Any]:
        """Return the journey as last written, as JSON; empty before the first write; raise `NotFoundError`."""
        query = (
            select(journeys.c.body)
            .select_from(shipments.outerjoin(journeys))
            .where(shipments.c.tenant == tenant, shipments.c.shipment_id == shipment_id)
        )
        with self.database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFoundError(f"no shipment {shipment_id}", shipment_id=shipment_id)
        journey: dict[str, Any] = json.loads(row.body) if row.body else {}
        return journey

    def timeline(self, tenant: str, shipment_id: str, *, after_seq: int = 0, limit: int = 200) -> list[TimelineRow]:
        """Return audit entries after that one, in order, with the facts they record."""
        joined = audit_entries.outerjoin(
            facts, and_(facts.c.tenant == audit_entries.c.tenant, facts.c.event_id == audit_entries.c.event_id)
        )
        query = (
            select(audit_entries, facts.c.body.label("fact"), facts.c.message_id)
            .select_from(joined)
            .where(
                audit_entries.c.tenant == tenant,
                audit_entries.c.shipment_id == shipment_id,
                audit_entries.c.seq > min(after_seq, _LARGEST),
            )
            .order_by(audit_entries.c.seq)
            .limit(_bounded(limit))
        )
        with self.database.read() as connection:
            return [_timeline_row(row) for row in connection.execute(query)]

    def facts(self, tenant: str, shipment_id: str) -> list[FactRow]:
        """Return the shipment's stored facts in the order they were recorded."""
        query = (
            select(facts)
            .where(facts.c.tenant == tenant, facts.c.shipment_id == shipment_id)
            .order_by(facts.c.recorded_at, facts.c.message_id, facts.c.event_index, facts.c.event_id)
        )
        with self.database.read() as connection:
            return [_fact_row(row) for row in connection.execute(query)]

    def changes(
        self, tenant: str, *, after: int = 0, limit: int = 100
    ) -> list[tuple[int, str, str | None, StatusChange]]:
        """Return (cursor, shipment id, reference, change) after that cursor; cursors count 1, 2, 3 ... per tenant."""
        query = (
            select(changes.c.cursor, changes.c.shipment_id, shipments.c.reference, changes.c.body)
            .join(shipments)
            .where(changes.c.tenant == tenant, changes.c.cursor > min(after, _LARGEST))
            .order_by(changes.c.cursor)
            .limit(_bounded(limit))
        )
        with self.database.read() as connection:
            return [
                (cursor, shipment_id, reference, StatusChange.model_validate_json(body))
                for cursor, shipment_id, reference, body in connection.execute(query)
            ]

    def told(self, tenant: str, shipment_id: str, *, after: int, up_to: int) -> tuple[StatusChange, ...]:
        """Return one shipment's changes after that revision and up to the other, in order."""
        query = (
            select(changes.c.body)
            .where(
                changes.c.tenant == tenant,
                changes.c.shipment_id == shipment_id,
                changes.c.revision > after,
                changes.c.revision <= up_to,
            )
            .order_by(changes.c.revision)
        )
        with self.database.read() as connection:
            return tuple(StatusChange.model_validate_json(body) for body in connection.execute(query).scalars())

    def counts(self, tenant: str) -> dict[State, int]:
        """Return how many shipments are in each state; states without any are left out."""
        query = select(shipments.c.state, func.count()).where(shipments.c.tenant == tenant).group_by(shipments.c.state)
        with self.database.read() as connection:
            return {State(state): count for state, count in connection.execute(query)}

    def message(self, tenant: str, message_id: str) -> StoredMessage:
        """Return the kept bytes; raise `NotFoundError`."""
        query = (
            select(messages)
            .where(messages.c.tenant == tenant, messages.c.message_id == message_id)
            .order_by(messages.c.account)
            .limit(1)
        )
        with self.database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFoundError(f"no message {message_id}", message_id=message_id)
        return stored(row)

    def unmapped(self, tenant: str | None = None) -> list[UnknownCode]:
        """Return codes that no table knows, most seen first; of all tenants for the operator's eyes only."""
        with self.database.read() as connection:
            return list_unmapped(connection, tenant)

    def volumes(self, tenant: str | None = None, *, since: datetime | None = None) -> list[DialectVolume]:
        """Return how many events of each dialect came, and how many have a meaning."""
        return volumes(self.database, tenant, since=since)

    def parked(self, tenant: str | None = None) -> list[ParkedNumber]:
        """Return numbers with facts that wait for a registration, longest waiting first."""
        with self.database.read() as connection:
            return list_parked(connection, tenant)

    def rejected(self, tenant: str | None = None) -> list[RejectedRow]:
        """Return source events that did not become facts, latest first, at most `MOST_ROWS`."""
        with self.database.read() as connection:
            return list_rejected(connection, tenant, MOST_ROWS)

    def unreadable(self, tenant: str | None = None) -> list[MessageRow]:
        """Return messages that gave nothing: unreadable, or not in their partner's format; at most `MOST_ROWS`."""
        with self.database.read() as connection:
            return list_unreadable(connection, tenant, MOST_ROWS)


def _bounded(limit: int) -> int:
    return max(1, min(limit, MOST_ROWS))


def _fact_row(row: Any) -> FactRow:
    return FactRow(
        fact=Fact.model_validate_json(row.body),
        account=row.account,
        message_id=row.message_id,
        recorded_at=row.recorded_at,
        delivery=FactDelivery(row.delivery),
        shipment_id=row.shipment_id,
        times_seen=row.times_seen,
    )


def _timeline_row(row: Any) -> TimelineRow:
    fact = Fact.model_validate_json(row.fact) if row.fact is not None else None
    return TimelineRow(
        seq=row.seq,
        kind=EntryKind(row.kind),
        at=row.at,
        body=json.loads(row.body),
        previous_hash=row.previous_hash,
        hash=row.hash,
        fact=fact,
        raw_code=fact.source.raw_code if fact else None,
        raw_text=fact.source.raw_text if fact else None,
        message_id=row.message_id,
    )
