"""Desks at which accounts ask their providers for webhooks: each batch is recorded as soon as it is answered."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from typing_extensions import override

from connectors.carriers.subscriber import AccountSubscriber, Receivers
from connectors.carriers.tracker import stopped
from connectors.http import PartnerHttp
from domain.errors import RequestRejectedError
from domain.subscribing import SubscriptionDesk, SubscriptionDesks
from domain.subscriptions import Subscribed
from ledger.rows import CarrierAccount
from ledger.store import Ledger
from mappings.call_subscriptions import WEBHOOK_SECRET, WEBHOOK_URL, Subscribe
from mappings.calls import Calls
from worker.calling import LedgerCallers, load_calls, open_http
from worker.settings import Settings
from worker.wiring import CLOCK


@dataclass(frozen=True, slots=True)
class LedgerDesk(SubscriptionDesk):
    """One account's desk; `carriers` are those whose legs are asked for the first time, by dialect."""

    ledger: Ledger
    account: CarrierAccount
    told: Subscribe
    subscriber: AccountSubscriber
    carriers: Collection[str]

    @property
    @override
    def batch_size(self) -> int:
        return self.subscriber.batch_size

    @override
    def retire(self) -> None:
        self.ledger.subscriptions.retire(self.account.account_id)

    @override
    def due(self, limit: int) -> list[str]:
        """Return the numbers; where the provider is told our secret, a rotation makes every older one due."""
        is_told = self.told.uses(f"secret.{WEBHOOK_SECRET}")
        since = self.account.rotated_at if is_told else None
        return self.ledger.subscriptions.due(self.account, carriers=self.carriers, secret_since=since, limit=limit)

    @override
    def ask(self, numbers: Sequence[str]) -> AsyncIterator[Subscribed]:
        return self.subscriber.subscribe(numbers)

    @override
    def keep(self, told: Subscribed) -> None:
        lifetime = None if self.told.days is None else timedelta(days=self.told.days)
        self.ledger.subscriptions.record(self.account, told, lifetime=lifetime)

    @override
    def next_at(self) -> datetime | None:
        return self.ledger.subscriptions.next_at(self.account.account_id)


@dataclass(frozen=True, slots=True)
class LedgerDesks(SubscriptionDesks):
    """The desks of all accounts; `base` is the public address of the gateway, if there is one."""

    ledger: Ledger
    calls: Mapping[str, Calls]
    http: PartnerHttp
    base: str | None

    @override
    def desk(self, account: str, *, carriers: Collection[str] = ()) -> LedgerDesk | None:
        row = self.ledger.accounts.get(account)
        calls = self.calls.get(row.dialect)
        if calls is None or calls.subscribe is None:
            return None
        callers = LedgerCallers(self.ledger)
        found = callers.calling(account)
        if found.stopped is not None:
            raise stopped(found)
        url = webhook_address(self.base, row, calls.subscribe)
        secret = row.signing_keys[0] if row.signing_keys else ""
        subscriber = AccountSubscriber(
            account,
            calls,
            directory=Receivers(callers, url, secret),
            http=self.http,
            clock=CLOCK,
            switch=self.ledger.accounts,
        )
        return LedgerDesk(self.ledger, row, calls.subscribe, subscriber, carriers or [row.dialect])


@asynccontextmanager
async def open_desks(settings: Settings, ledger: Ledger, *, base: str | None = None) -> AsyncIterator[LedgerDesks]:
    """Return the desks of all accounts for the length of the block; `base` replaces the configured address."""
    async with open_http(settings) as http:
        yield LedgerDesks(ledger, load_calls(settings), http, base or settings.gateway.public_url)


def webhook_address(base: str | None, account: CarrierAccount, wanted: Subscribe) -> str:
    """Return where the account's webhooks come in; empty where that is not known and nobody has to be told.

    Raises:
        RequestRejectedError: the provider has to be told, and no public address is set, or one that is none.
    """
    if not base:
        if wanted.uses(f"option.{WEBHOOK_URL}"):
            raise RequestRejectedError(
                f"{account.dialect} has to be told where its webhooks go: set MILEPOST_GATEWAY__PUBLIC_URL",
                account=account.account_id,
            )
        return ""
    parts = urlsplit(base)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise RequestRejectedError("the public address is https://host, with a path at most")
    return f"{base.rstrip('/')}/webhooks/carriers/{account.account_id}"
