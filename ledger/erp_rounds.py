"""How far order systems were read, and which shipments they do not know everything of."""

from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy import and_, exists, or_, select, update
from typing_extensions import override

from domain.erp_rounds import Backlog, ReadingState, ReadingStates
from domain.errors import PartnerUnavailableError, RateLimitedError, RecordChangedError
from ledger.database import Database
from ledger.erp_tables import erp_cursors
from ledger.tables import convergence, dead_letters

_STATE: Final = TypeAdapter(ReadingState)

_PASSING: Final = (PartnerUnavailableError.code, RateLimitedError.code, RecordChangedError.code, "timed_out")
"""Reasons for which a push was given up, and which another attempt may not meet again."""


@dataclass(frozen=True, slots=True)
class LedgerReadingStates(ReadingStates):
    """The states of reading, one row per connection."""

    database: Database

    @override
    def state(self, tenant: str, connection: str, /) -> ReadingState:
        """Return the state; an empty one before the first reading."""
        query = select(erp_cursors.c.body).where(erp_cursors.c.tenant == tenant, erp_cursors.c.connection == connection)
        with self.database.read() as open_:
            body = open_.execute(query).scalar()
        return ReadingState() if body is None else _STATE.validate_json(body)

    @override
    def keep(self, tenant: str, connection: str, state: ReadingState, /) -> None:
        """Store the state in place of the one before."""
        values = {"body": _STATE.dump_json(state).decode(), "updated_at": self.database.clock.now()}
        with self.database.write() as open_:
            self.database.insert_new(open_, erp_cursors, [{"tenant": tenant, "connection": connection, **values}])
            of_this = and_(erp_cursors.c.tenant == tenant, erp_cursors.c.connection == connection)
            open_.execute(update(erp_cursors).where(of_this).values(values))


@dataclass(frozen=True, slots=True)
class LedgerBacklog(Backlog):
    """What connections have not acknowledged."""

    database: Database

    @override
    def behind(self, tenant: str, connection: str, /, *, after: str | None, limit: int) -> list[str]:
        """Return shipments that are behind, by id; without those whose latest push was refused for good."""
        # Code, or code and words.
        passing = [dead_letters.c.reason.startswith(code, autoescape=True) for code in _PASSING]
        refused = exists().where(
            dead_letters.c.tenant == convergence.c.tenant,
            dead_letters.c.shipment_id == convergence.c.shipment_id,
            dead_letters.c.connection == convergence.c.connection,
            dead_letters.c.revision >= convergence.c.wanted,
            dead_letters.c.resolved_at.is_(None),
            ~or_(*passing),
        )
        query = (
            select(convergence.c.shipment_id)
            .where(
                convergence.c.tenant == tenant,
                convergence.c.connection == connection,
                convergence.c.acked < convergence.c.wanted,
                ~refused,
            )
            .order_by(convergence.c.shipment_id)
            .limit(limit)
        )
        if after is not None:
            query = query.where(convergence.c.shipment_id > after)
        with self.database.read() as open_:
            return list(open_.execute(query).scalars())
