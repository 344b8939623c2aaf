"""The queue of codes that no table knows: counted once per event, gone once a mapping knows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, delete, func, select, update

from domain.facts import Fact
from domain.milestones import Milestone
from ledger.columns import storable
from ledger.database import Database
from ledger.reading_tables import unknown_code_events
from ledger.recording import Origin, code_row
from ledger.rows import UnknownCode
from ledger.tables import facts, unknown_codes

_LONGEST_CODE: Final = 200  # characters
_IN_ONE: Final = 500  # ids in one statement


def code_of(fact: Fact) -> str:
    """Return the code as the queue names it; an event without code goes by its words."""
    return storable(fact.source.raw_code or f"text:{fact.source.raw_text or ''}", _LONGEST_CODE)


def count_unknown(database: Database, connection: Connection, origin: Origin, new: Iterable[Fact]) -> None:
    """Count facts that are recorded for the first time; those with a meaning are none of the queue's."""
    rows: dict[str, dict[str, Any]] = {}
    events: list[dict[str, Any]] = []
    for fact in new:
        if fact.milestone is not Milestone.UNMAPPED:
            continue
        code = code_of(fact)
        row = rows.setdefault(code, code_row(origin, fact, code))
        row["seen"] += 1
        events.append({name: row[name] for name in ("tenant", "dialect", "code")} | {"event_id": fact.event_id})
    if not rows:
        return
    insert = database.insert(unknown_codes)
    counted = insert.on_conflict_do_update(
        index_elements=["tenant", "dialect", "code"],
        set_={
            "seen": unknown_codes.c.seen + insert.excluded.seen,
            "last_seen_at": insert.excluded.last_seen_at,
            # A code that comes again after it was resolved waits for a person again.
            "resolved_at": None,
            "resolved_by": None,
        },
    )
    connection.execute(counted, [rows[code] for code in sorted(rows)])
    database.insert_new(connection, unknown_code_events, sorted(events, key=lambda one: (one["code"], one["event_id"])))


def forget_events(
    connection: Connection, tenant: str, dialect: str, event_ids: list[str], *, by: str, at: datetime
) -> None:
    """Take events out that a mapping has read again; a code of which none is left is resolved by that mapping."""
    of = unknown_code_events.c
    codes: set[str] = set()
    for start in range(0, len(event_ids), _IN_ONE):
        these = and_(of.tenant == tenant, of.event_id.in_(event_ids[start : start + _IN_ONE]))
        codes.update(connection.execute(select(of.code).where(these, of.dialect == dialect)).scalars())
        connection.execute(delete(unknown_code_events).where(these))
    if codes:
        left = select(of.code).where(of.tenant == tenant, of.dialect == dialect, of.code == unknown_codes.c.code)
        connection.execute(
            update(unknown_codes)
            .where(_named(tenant, dialect, sorted(codes)), ~left.exists())
            .values(resolved_at=at, resolved_by=by)
        )


@dataclass(frozen=True, slots=True)
class LedgerUnknown:
    """The queue as people and programs ask for it."""

    database: Database

    def codes(
        self, tenant: str | None = None, *, dialect: str | None = None, resolved: bool = False
    ) -> list[UnknownCode]:
        """Return unknown codes, most seen first; with `resolved` also those that a mapping knows by now.

        Without a tenant it returns those of all tenants, which is for the operator's eyes only.
        """
        with self.database.read() as connection:
            return list_unmapped(connection, tenant, dialect=dialect, resolved=resolved)

    def shipments(self, tenant: str, dialect: str, code: str, *, after: str = "", limit: int = 100) -> list[str]:
        """Return ids of shipments with events of that code, ascending, after the given one."""
        of = unknown_code_events.c
        query = (
            select(facts.c.shipment_id)
            .distinct()
            .join_from(unknown_code_events, facts, _its_fact())
            .where(of.tenant == tenant, of.dialect == dialect, of.code == storable(code, _LONGEST_CODE))
            .where(facts.c.shipment_id > after)
            .order_by(facts.c.shipment_id)
            .limit(limit)
        )
        with self.database.read() as connection:
            return [str(found) for found in connection.execute(query).scalars()]

    def learned(self, dialect: str, codes: Iterable[str], *, by: str) -> int:
        """Mark open codes as known to a mapping, for all tenants; return how many. Their old events still wait."""
        with self.database.write() as connection:
            done = connection.execute(
                update(unknown_codes)
                .where(unknown_codes.c.dialect == dialect, unknown_codes.c.code.in_(sorted(codes)))
                .where(unknown_codes.c.resolved_at.is_(None))
                .values(resolved_at=self.database.clock.now(), resolved_by=by)
            )
            return done.rowcount


def list_unmapped(
    connection: Connection, tenant: str | None, *, dialect: str | None = None, resolved: bool = False
) -> list[UnknownCode]:
    """Return unknown codes, most seen first."""
    conditions = [
        *([] if tenant is None else [unknown_codes.c.tenant == tenant]),
        *([] if dialect is None else [unknown_codes.c.dialect == dialect]),
        *([] if resolved else [unknown_codes.c.resolved_at.is_(None)]),
    ]
    return [UnknownCode(**row) for row in connection.execute(_listed(conditions)).mappings()]


def _listed(conditions: list[Any]) -> Select[Any]:
    of = unknown_code_events.c
    waiting = (
        select(
            of.tenant,
            of.dialect,
            of.code,
            func.count().label("waiting"),
            func.count(facts.c.shipment_id.distinct()).label("shipments"),
        )
        .join_from(unknown_code_events, facts, _its_fact())
        .group_by(of.tenant, of.dialect, of.code)
        .subquery()
    )
    same = and_(*(waiting.c[name] == unknown_codes.c[name] for name in ("tenant", "dialect", "code")))
    return (
        select(
            unknown_codes,
            func.coalesce(waiting.c.waiting, 0).label("waiting"),
            func.coalesce(waiting.c.shipments, 0).label("shipments"),
        )
        .select_from(unknown_codes.outerjoin(waiting, same))
        .where(*conditions)
        .order_by(unknown_codes.c.seen.desc(), unknown_codes.c.dialect, unknown_codes.c.code)
    )


def _its_fact() -> Any:
    of = unknown_code_events.c
    return and_(facts.c.tenant == of.tenant, facts.c.event_id == of.event_id)


def _named(tenant: str, dialect: str, codes: list[str]) -> Any:
    return and_(unknown_codes.c.tenant == tenant, unknown_codes.c.dialect == dialect, unknown_codes.c.code.in_(codes))
