"""Carrier accounts that call: from the ledger's rows and the carriers' tables to trackers."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from typing_extensions import override

from connectors.carriers.account import AccountDirectory, CallingAccount, missing
from connectors.carriers.trackers import AccountTrackers
from connectors.egress import EgressPolicy
from connectors.http import HttpLimits, PartnerHttp
from domain.carriers import CarrierTrackers
from ledger.rows import AccountStatus
from ledger.store import Ledger
from mappings.call_files import load_all
from mappings.calls import Calls
from mappings.trees import MAX_BYTES
from worker.settings import Settings
from worker.wiring import CLOCK


@dataclass(frozen=True, slots=True)
class LedgerCallers(AccountDirectory):
    """Carrier accounts of the ledger, in the words of the connectors."""

    ledger: Ledger

    @override
    def calling(self, account: str, /) -> CallingAccount:
        """Return the account as it is now; raise `NotFoundError`."""
        row = self.ledger.accounts.get(account)
        return CallingAccount(
            account_id=row.account_id,
            carrier=row.dialect,
            credentials=row.credentials,
            generation=row.generation,
            base_url=row.base_url,
            requests_per_second=row.requests_per_second,
            options=row.options,
            stopped=(row.reason or "without a reason") if row.status is AccountStatus.STOPPED else None,
        )


@dataclass(frozen=True, slots=True)
class TrialCallers(AccountDirectory):
    """Accounts for a trial by hand: one that is stopped may call, too."""

    callers: AccountDirectory

    @override
    def calling(self, account: str, /) -> CallingAccount:
        """Return the account as if it were active."""
        return replace(self.callers.calling(account), stopped=None)


def load_calls(settings: Settings) -> Mapping[str, Calls]:
    """Return how each carrier is called, checked; raise `MappingInvalidError` with file and key."""
    return load_all(settings.mappings_root)


def callable_accounts(ledger: Ledger, calls: Mapping[str, Calls]) -> dict[str, float]:
    """Return the accounts that can ask their carrier, stopped ones too, with their requests per second.

    Credentials were set, and nothing is missing: an account that only receives is none of them.
    """
    callers = LedgerCallers(ledger)
    return {
        row.account_id: row.requests_per_second or calls[row.dialect].rate.per_second
        for row in ledger.accounts.list()
        if row.generation and row.dialect in calls and not missing(calls[row.dialect], callers.calling(row.account_id))
    }


def open_http(settings: Settings) -> PartnerHttp:
    """Return the client of calls to carriers; use it as a context manager."""
    policy = EgressPolicy(allow_loopback=settings.egress.allow_loopback)
    return PartnerHttp(policy, limits=HttpLimits(max_answer=MAX_BYTES))


@asynccontextmanager
async def open_trackers(settings: Settings, ledger: Ledger, *, trial: bool = False) -> AsyncIterator[CarrierTrackers]:
    """Return the trackers of all accounts, sharing one HTTP client for the length of the block.

    Refused credentials stop an account; in a trial they do not, and stopped accounts may be tried.
    """
    callers = LedgerCallers(ledger)
    async with open_http(settings) as http:
        yield AccountTrackers(
            load_calls(settings),
            TrialCallers(callers) if trial else callers,
            http,
            CLOCK,
            switch=None if trial else ledger.accounts,
        )
