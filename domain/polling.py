"""What asking carriers by the clock needs to remember, and of whom it asks that, as protocols."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Claim:
    """Numbers that one account asks about until the lease ends; one tenant's only, written as they were registered.

    `token` tells this claim from a later one of the same numbers.
    """

    token: str
    account: str
    tenant: str
    carrier: str
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskedNumber:
    """What became of one number; `failure` is a `HubError.code`, None when the carrier answered."""

    number: str
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class PollCounts:
    """Where an account stands with its numbers.

    `late` are those of the `due` ones that should have been asked about by now. `failing` are planned, waiting or due,
    though the latest ask failed; `given_up` are asked no more, because the carrier refused or did not know them for too
    long. `oldest_due_at` is the earliest time of a due number.
    """

    waiting: int = 0
    due: int = 0
    late: int = 0
    given_up: int = 0
    failing: int = 0
    oldest_due_at: datetime | None = None
    next_due_at: datetime | None = None


class PollLedger(Protocol):
    """Which numbers an account has to ask about, and when. Blocking; all methods may be repeated."""

    def catch_up(self, account: str, /) -> int:
        """Plan anew the numbers whose shipments have moved since they were planned; return how many.

        Raises:
            NotFoundError: no such account.
        """
        ...

    def claim(self, account: str, /, *, limit: int, lease: timedelta) -> Claim | None:
        """Take at most `limit` due numbers of one tenant, most urgent first; tenants take turns.

        Raises:
            NotFoundError: no such account.
        """
        ...

    def settle(self, claim: Claim, asked: Sequence[AskedNumber], /) -> None:
        """Plan the next ask of each number; numbers of the claim that are not named are free again, as due as before.

        Numbers that somebody else has claimed since are left alone.
        """
        ...

    def next_due(self, account: str, /) -> datetime | None:
        """Return when the account has something to ask next, in the past when it has now; None when never."""
        ...

    def hurry(self, account: str, /) -> int:
        """Make every number that waits due now; return how many. Numbers that were given up get another chance."""
        ...
