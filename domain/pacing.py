"""How fast, and whether at all, an order system is asked: one pace per connection, kept for all processes together."""

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

BUDGET: Final[ContextVar[float | None]] = ContextVar("BUDGET", default=None)
"""Seconds that the push under way has; None where nobody waits for it."""

STRIKES: Final = 3
"""Failures in a row after which a connection counts as away."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Leave for one request: not before `at`. `failures` are those in a row before it.

    `place` and `lease` are to be given back after the answer; no place means that all are taken: ask again at `at`.
    """

    at: datetime
    failures: int = 0
    place: int | None = None
    lease: float = 0.0


@dataclass(frozen=True, slots=True)
class PaceReport:
    """How a connection stands; `postponed` counts pushes that waited for it, since the connection was made."""

    tenant: str
    connection: str
    failures: int
    away_since: datetime | None
    quiet_until: datetime | None
    postponed: int

    @property
    def is_away(self) -> bool:
        """Whether only probes go out."""
        return self.away_since is not None


class Paces(Protocol):
    """The paces of all connections. Blocking; threads and processes share it."""

    def take(self, tenant: str, connection: str, /, *, rate: float | None, patience: timedelta) -> Slot:
        """Return the next free moment for one request; `rate` is in requests per second, None for any number.

        Raises:
            PostponedError: the next free moment is further away than `patience`, or the system asked for a pause.
            PartnerUnavailableError: the system is away, and it is not time for a probe.
        """
        ...

    def answered(self, tenant: str, connection: str, slot: Slot, /, *, rate: float) -> None:
        """Give a slot back once its request was answered or given up."""
        ...

    def queue(self, tenant: str, connection: str, /, *, cost: timedelta) -> timedelta:
        """Count a push as postponed and return how long it should wait for its turn, which lasts for `cost`."""
        ...

    def worked(self, tenant: str, connection: str, /) -> None:
        """Note that the system answered after failures."""
        ...

    def failed(self, tenant: str, connection: str, /) -> None:
        """Note that the system did not answer, or that it could not."""
        ...

    def quiet(self, tenant: str, connection: str, pause: timedelta, /) -> None:
        """Let nobody ask for as long as the system said; a shorter pause takes nothing back."""
        ...
