"""What the workflow of a read connection is given, carries over, and tells when asked; every field has a default."""

from datetime import timedelta
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel

from domain.facts import FROZEN


class ReadMode(StrEnum):
    """`READING` reads, or waits for the next reading or for a system that is away; `STOPPED` waits for a person."""

    READING = "READING"
    PAUSED = "PAUSED"
    STOPPED = "STOPPED"
    FAILED = "FAILED"


class Backfill(BaseModel):
    """The wish to read once more what was made since a time; `wish` tells it from others."""

    model_config = FROZEN

    wish: str
    since: AwareDatetime | None = None


class ConnectionCarried(BaseModel):
    """The state that continue-as-new takes along."""

    model_config = FROZEN

    is_paused: bool = False
    backfill: Backfill | None = None
    rounds: int = 0
    runs: int = 1
    trouble: str | None = None


class ConnectionStart(BaseModel):
    """The one argument of a connection's workflow. `events` is the length of history that ends a run.

    `look` is how often a stopped connection, or one whose reading failed, is tried again.
    """

    model_config = FROZEN

    tenant: str
    connection: str
    events: int = 1_900
    look: timedelta = timedelta(minutes=5)
    carried: ConnectionCarried = ConnectionCarried()


class ConnectionProgress(BaseModel):
    """The short answer about a connection. `rounds` are those that found something, since the workflow was started.

    `trouble` says why the connection is stopped, or what was wrong with the latest round.
    """

    model_config = FROZEN

    tenant: str
    connection: str
    mode: ReadMode
    rounds: int = 0
    runs: int = 1
    trouble: str | None = None
    backfill_from: AwareDatetime | None = None
