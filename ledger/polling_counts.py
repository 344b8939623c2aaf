"""Counting planned numbers: how many are due, late, failing, and given up."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, and_, case, func, or_, select

from domain.polling import PollCounts
from ledger.polling_tables import account_tenants, polled_numbers
from ledger.tables import accounts

_OF: Final = polled_numbers.c


def counted(now: datetime) -> tuple[Any, ...]:
    """Return the columns that `counts_of` reads."""
    is_due = _OF.due_at <= now
    given_up = and_(_OF.due_at.is_(None), _OF.failure.is_not(None))
    return (
        func.count(_OF.due_at).label("planned"),
        _count(is_due).label("due"),
        _count(and_(is_due, _OF.deadline_at < now)).label("late"),
        _count(given_up).label("given_up"),
        _count(and_(_OF.due_at.is_not(None), _OF.failure.is_not(None))).label("failing"),
        func.min(_OF.due_at).label("next_due_at"),
    )


def counts_of(row: Row[Any]) -> PollCounts:
    """Return a row of the columns of `counted` as counts."""
    oldest = row.next_due_at if row.due else None
    return PollCounts(row.planned - row.due, row.due, row.late, row.given_up, row.failing, oldest, row.next_due_at)


def is_somebodys() -> Any:
    """Return the condition that some account has to ask about the number.

    Numbers of carriers whose accounts only receive are nobody's to ask about.
    """
    shared = account_tenants.c.tenant == _OF.tenant
    asks = accounts.outerjoin(account_tenants, and_(account_tenants.c.account_id == accounts.c.account_id, shared))
    tenants = or_(accounts.c.tenant == _OF.tenant, shared)
    query = select(accounts.c.account_id).select_from(asks)
    return (
        query.where(accounts.c.dialect == _OF.carrier, accounts.c.generation > 0, tenants)
        .correlate(polled_numbers)
        .exists()
    )


def _count(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
