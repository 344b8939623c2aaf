"""How much of what carriers send has a meaning: events by dialect, for coverage by volume."""

from datetime import datetime

from sqlalchemy import and_, func, select

from ledger.database import Database
from ledger.reading_tables import unknown_code_events
from ledger.rows import DialectVolume
from ledger.tables import facts, messages


def volumes(database: Database, tenant: str | None = None, *, since: datetime | None = None) -> list[DialectVolume]:
    """Return source events by dialect, in order of its name; of all tenants for the operator's eyes only.

    An event counts once, where its first message was read. One whose code a mapping has learned since, by
    renormalisation, counts as mapped. `since` bounds when events were recorded, and with it what is read.
    """
    first = and_(*(messages.c[name] == facts.c[name] for name in ("tenant", "account", "message_id")))
    waits = unknown_code_events.c
    waiting = and_(waits.tenant == facts.c.tenant, waits.event_id == facts.c.event_id)
    query = (
        select(messages.c.dialect, func.count(), func.count(waits.event_id))
        .select_from(facts.join(messages, first).outerjoin(unknown_code_events, waiting))
        .where(facts.c.corrects.is_(None))
        .group_by(messages.c.dialect)
        .order_by(messages.c.dialect)
    )
    if tenant is not None:
        query = query.where(facts.c.tenant == tenant)
    if since is not None:
        query = query.where(facts.c.recorded_at >= since)
    with database.read() as connection:
        return [DialectVolume(name, events, events - unknown) for name, events, unknown in connection.execute(query)]
