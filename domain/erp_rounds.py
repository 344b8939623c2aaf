"""How far an order system was read, and how that went: kept in the ledger between one reading and the next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class ReadingState:
    """The state of reading one connection.

    `cursor` is the reader's own. `again` are records to read whether they have changed or not, and `failed` what was
    wrong with those among them that could not be worked off. `read_at` is the latest reading that worked, `trouble`
    what was wrong with one that did not. `away_since` is set while the system does not answer, and until the shipments
    that fell behind meanwhile have been told to push: `told_up_to` is the last of those. `backfill` names the latest
    backfill that was begun. Counts are since the connection was made.
    """

    cursor: Mapping[str, Any] = field(default_factory=dict)
    again: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    read_at: datetime | None = None
    trouble: str | None = None
    away_since: datetime | None = None
    told_up_to: str | None = None
    backfill: str | None = None
    registered: int = 0
    asked: int = 0


class ReadingStates(Protocol):
    """Keeps how far order systems were read. Blocking."""

    def state(self, tenant: str, connection: str, /) -> ReadingState:
        """Return the state; an empty one before the first reading."""
        ...

    def keep(self, tenant: str, connection: str, state: ReadingState, /) -> None:
        """Store the state in place of the one before."""
        ...


class Backlog(Protocol):
    """Finds shipments of which an order system does not know everything. Blocking."""

    def behind(self, tenant: str, connection: str, /, *, after: str | None, limit: int) -> list[str]:
        """Return such shipments by id, those after `after`; without those that the system has refused for good."""
        ...


class Nudger(Protocol):
    """Makes running shipments push."""

    async def nudge(self, tenant: str, shipment_id: str, connection: str, /) -> bool:
        """Make the shipment push to the connection now; return False when it has ended."""
        ...
