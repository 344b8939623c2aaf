"""Raw messages and the facts read from them. Every method may be repeated."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, select, update
from typing_extensions import override

from domain import ids
from domain.errors import NotFoundError
from domain.facts import Fact
from domain.messages import Delivery, IncomingMessage, MessageStatus, Recorded, StoredMessage
from domain.normalised import Normalised
from domain.ports import Inbox
from ledger.database import Database
from ledger.links import keep_links
from ledger.recording import fact_row, recorded, rejection_row
from ledger.routing import deliveries, lock_numbers, number_key
from ledger.rows import FactDelivery
from ledger.tables import facts, messages, rejected_events
from ledger.unknown import count_unknown


@dataclass(frozen=True, slots=True)
class LedgerInbox(Inbox):
    """The inbox kept in the ledger's database."""

    database: Database

    @override
    def keep(self, message: IncomingMessage) -> StoredMessage:
        """Store the bytes once per tenant and account; count the message when it was kept before."""
        insert = self.database.insert(messages).values(
            tenant=message.tenant,
            account=message.account,
            message_id=ids.message_id(message.body),
            dialect=message.dialect,
            content_type=message.content_type,
            body=message.body,
            received_at=message.received_at,
            status=MessageStatus.KEPT,
            last_seen_at=message.received_at,
        )
        kept = insert.on_conflict_do_update(
            index_elements=["tenant", "account", "message_id"],
            set_={"times_seen": messages.c.times_seen + 1, "last_seen_at": insert.excluded.last_seen_at},
        )
        with self.database.write() as connection:
            row = connection.execute(kept.returning(*messages.c)).one()
        return stored(row)

    @override
    def record(self, message: StoredMessage, normalised: Normalised) -> Recorded:
        """Store facts, rejections and unknown codes in one transaction; route or park; mark the message read.

        Raises:
            NotFoundError: the message was never kept.
        """
        unique = {fact.event_id: fact for fact in normalised.facts}
        with self.database.write() as connection:
            if self._status(connection, message) is MessageStatus.READ:
                return Recorded(known_facts=len(normalised.facts))
            routes = lock_numbers(
                self.database,
                connection,
                message.tenant,
                (number_key(fact.tracking_number) for fact in unique.values()),
                shared=True,
            )
            new = self._insert_facts(connection, message, list(unique.values()), routes)
            count_unknown(self.database, connection, message, [unique[event_id] for event_id in new])
            rejections = [rejection_row(message, rejected) for rejected in normalised.rejected]
            self.database.insert_new(connection, rejected_events, rejections)
            links = keep_links(self.database, connection, message, normalised.hints)
            self._mark_read(connection, message, normalised)
        fresh = [fact for event_id, fact in unique.items() if event_id in new]
        return recorded(message.tenant, fresh, routes, known=len(normalised.facts) - len(fresh), links=links)

    @override
    def unreadable(self, message: StoredMessage, *, code: str, detail: str) -> None:
        """Mark the message for a person, with the reason."""
        with self.database.write() as connection:
            connection.execute(
                update(messages)
                .where(_is(message), messages.c.status == MessageStatus.KEPT)
                .values(status=MessageStatus.UNREADABLE, problem=code, detail=detail, read_at=self.database.clock.now())
            )

    @override
    def unread(self, *, before: datetime, limit: int) -> list[StoredMessage]:
        """Return messages kept before that time and never read, oldest first."""
        query = (
            select(messages)
            .where(messages.c.status == MessageStatus.KEPT, messages.c.received_at < before)
            .order_by(messages.c.received_at, messages.c.message_id)
            .limit(limit)
        )
        with self.database.read() as connection:
            return [stored(row) for row in connection.execute(query)]

    @override
    def undelivered(self, *, before: datetime, limit: int) -> list[Delivery]:
        """Return at most `limit` routed facts recorded before that time and not yet delivered, by shipment."""
        query = (
            select(facts.c.tenant, facts.c.shipment_id, facts.c.body)
            .where(facts.c.delivery == FactDelivery.ROUTED, facts.c.recorded_at < before)
            .order_by(facts.c.recorded_at, facts.c.message_id, facts.c.event_index, facts.c.event_id)
            .limit(limit)
        )
        with self.database.read() as connection:
            return deliveries(connection.execute(query))

    @override
    def delivered(self, delivery: Delivery) -> None:
        """Mark the facts as given to their workflow."""
        these = and_(
            facts.c.tenant == delivery.tenant,
            facts.c.shipment_id == delivery.shipment_id,
            facts.c.event_id.in_(sorted(fact.event_id for fact in delivery.facts)),
        )
        with self.database.write() as connection:
            # An UPDATE alone would lock in any order and could deadlock with a message that repeats the facts.
            connection.execute(select(facts.c.event_id).where(these).order_by(facts.c.event_id).with_for_update())
            connection.execute(update(facts).where(these).values(delivery=FactDelivery.DELIVERED))

    def _status(self, connection: Connection, message: StoredMessage) -> MessageStatus:
        status = connection.execute(select(messages.c.status).where(_is(message)).with_for_update()).scalar()
        if status is None:
            raise NotFoundError("the message was never kept", message_id=message.message_id)
        return MessageStatus(status)

    def _insert_facts(
        self, connection: Connection, message: StoredMessage, found: list[Fact], routes: dict[str, str | None]
    ) -> set[str]:
        """Insert facts, count those known before, and return the ids of the new ones."""
        if not found:
            return set()
        insert = self.database.insert(facts)
        counted = insert.on_conflict_do_update(
            index_elements=["tenant", "event_id"], set_={"times_seen": facts.c.times_seen + 1}
        )
        rows = sorted((fact_row(message, fact, routes) for fact in found), key=lambda row: str(row["event_id"]))
        result = connection.execute(counted.returning(facts.c.event_id, facts.c.times_seen), rows)
        return {row.event_id for row in result if row.times_seen == 1}

    def _mark_read(self, connection: Connection, message: StoredMessage, normalised: Normalised) -> None:
        first = normalised.problems[0] if normalised.problems else None
        connection.execute(
            update(messages)
            .where(_is(message))
            .values(
                status=MessageStatus.READ,
                read_at=self.database.clock.now(),
                mapping_version=normalised.mapping_version,
                problem=first.code if first else None,
                detail=first.detail if first else None,
                problems=json.dumps([asdict(one) for one in normalised.problems]) if first else None,
            )
        )


def stored(row: Row[Any]) -> StoredMessage:
    """Return a row of `messages` as the message it keeps."""
    return StoredMessage(
        message_id=row.message_id,
        tenant=row.tenant,
        account=row.account,
        dialect=row.dialect,
        body=bytes(row.body),
        content_type=row.content_type,
        received_at=row.received_at,
        status=MessageStatus(row.status),
        is_new=row.times_seen == 1,
    )


def _is(message: StoredMessage) -> Any:
    return and_(
        messages.c.tenant == message.tenant,
        messages.c.account == message.account,
        messages.c.message_id == message.message_id,
    )
