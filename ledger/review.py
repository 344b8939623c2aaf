"""What waits for a person: unregistered numbers, events and messages that could not be read."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, func, or_, select

from domain.errors import PartnerContractError
from domain.messages import MessageStatus
from ledger.rows import FactDelivery, MessageRow, ParkedNumber, RejectedRow
from ledger.tables import facts, messages, rejected_events


def list_parked(connection: Connection, tenant: str | None) -> list[ParkedNumber]:
    """Return numbers with parked facts, longest waiting first."""
    first = func.min(facts.c.recorded_at, type_=facts.c.recorded_at.type)
    last = func.max(facts.c.recorded_at, type_=facts.c.recorded_at.type)
    query = (
        select(facts.c.tenant, facts.c.number_key, func.count(), first, last)
        .where(facts.c.delivery == FactDelivery.PARKED)
        .group_by(facts.c.tenant, facts.c.number_key)
        .order_by(first, facts.c.number_key)
    )
    return [ParkedNumber(*row) for row in connection.execute(_of(query, facts, tenant))]


def list_rejected(connection: Connection, tenant: str | None, limit: int) -> list[RejectedRow]:
    """Return rejected events that no mapping has read since, latest first."""
    of = rejected_events.c
    query = (
        select(rejected_events)
        .where(of.resolved_at.is_(None))
        .order_by(of.recorded_at.desc(), of.message_id, of.event_index)
        .limit(limit)
    )
    return [RejectedRow(**row) for row in connection.execute(_of(query, rejected_events, tenant)).mappings()]


def list_unreadable(connection: Connection, tenant: str | None, limit: int) -> list[MessageRow]:
    """Return messages that gave nothing: unreadable ones, and those with nothing of their partner in them."""
    names = ("tenant", "account", "message_id", "dialect", "received_at", "status", "times_seen", "problem", "detail")
    query = (
        select(*(messages.c[name] for name in names))
        .where(gave_nothing())
        .order_by(messages.c.received_at.desc(), messages.c.message_id)
        .limit(limit)
    )
    rows = connection.execute(_of(query, messages, tenant)).mappings()
    return [MessageRow(**{**row, "status": MessageStatus(row["status"])}) for row in rows]


def gave_nothing() -> ColumnElement[bool]:
    """Return the condition for messages that a person has to look at."""
    return or_(messages.c.status == MessageStatus.UNREADABLE, messages.c.problem == PartnerContractError.code)


def _of(query: Select[Any], table: Table, tenant: str | None) -> Select[Any]:
    return query if tenant is None else query.where(table.c.tenant == tenant)
