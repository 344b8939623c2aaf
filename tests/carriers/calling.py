"""Callers for tests: a tracker over a directory in memory, and the limits that keep a stalled test short."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from connectors.carriers.account import CallingAccount
from connectors.carriers.tracker import AccountTracker
from connectors.egress import EgressPolicy
from connectors.http import HttpLimits, PartnerHttp
from domain.carriers import AccountSwitch, CarrierTracker
from domain.errors import HubError
from mappings.trees import MAX_BYTES
from tests.carriers.cases import Case
from tests.carriers.faults import HUNG, Outcome
from tests.carriers.hostile import HostileCarrier

LIMITS = HttpLimits(connect=10.0, read=20.0, total=30.0, max_answer=MAX_BYTES)
SHORT = HttpLimits(connect=10.0, read=0.3, total=0.4, max_answer=MAX_BYTES)
"""For carriers that never end."""

PATIENCE = 40.0
"""Seconds after which a caller counts as hung; a good one ends by its own limits before."""


@dataclass
class SetClock:
    moment: datetime = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def forward(self, by: timedelta) -> None:
        self.moment += by


@dataclass
class MemoryDirectory(AccountSwitch):
    """One account, as a ledger would keep it."""

    account: CallingAccount
    stops: list[str] = field(default_factory=list)

    def calling(self, account: str, /) -> CallingAccount:
        assert account == self.account.account_id
        return self.account

    def stop(self, account: str, /, *, reason: str) -> None:
        assert account == self.account.account_id
        self.stops.append(reason)
        self.account = replace(self.account, stopped=reason)

    def renew(self, secrets: dict[str, str]) -> None:
        self.account = replace(self.account, credentials=secrets, generation=self.account.generation + 1, stopped=None)


def account_of(case: Case, carrier: HostileCarrier) -> CallingAccount:
    return CallingAccount(
        f"{case.carrier}-test",
        case.carrier,
        credentials=case.secrets,
        generation=1,
        base_url=carrier.url,
        options={name: "given" for name, option in case.calls.options.items() if option.default is None},
    )


@asynccontextmanager
async def opened(
    case: Case, carrier: HostileCarrier, *, clock: SetClock | None = None, limits: HttpLimits = LIMITS
) -> AsyncIterator[tuple[AccountTracker, MemoryDirectory]]:
    """Return a tracker that calls the carrier on loopback."""
    directory = MemoryDirectory(account_of(case, carrier))
    async with PartnerHttp(EgressPolicy(allow_loopback=True), limits=limits) as http:
        tracker = AccountTracker(
            directory.account,
            case.calls,
            directory=directory,
            http=http,
            clock=clock or SetClock(),
            switch=directory,
        )
        yield tracker, directory


async def outcome_of(tracker: CarrierTracker, numbers: Sequence[str], *, patience: float = PATIENCE) -> Outcome:
    """Return what fetching gave, what it raised, or that it hung."""
    try:
        async with asyncio.timeout(patience):
            return await tracker.fetch(numbers)
    except TimeoutError:
        return HUNG
    except HubError as error:
        return error
