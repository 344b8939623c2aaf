"""Subscribing an account's numbers at its provider, batch by batch, each recorded as soon as it is answered."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from connectors.carriers.subscriber import AccountSubscriber, Receivers
from connectors.egress import EgressPolicy
from connectors.http import HttpLimits, PartnerHttp
from domain.carriers import NumberFailure
from domain.subscriptions import Subscribed
from ledger.rows import CarrierAccount
from ledger.store import Ledger
from mappings.call_subscriptions import WEBHOOK_SECRET, Subscribe
from mappings.calls import Calls
from mappings.trees import MAX_BYTES
from worker.calling import LedgerCallers
from worker.settings import Settings
from worker.wiring import CLOCK


def due(ledger: Ledger, account: CarrierAccount, subscribe: Subscribe, carriers: Collection[str]) -> list[str]:
    """Return the numbers of open shipments that have to be asked for now; those first that wait longest.

    Where the provider is told our secret, a rotation makes every older subscription due.
    """
    is_told = subscribe.uses(f"secret.{WEBHOOK_SECRET}")
    return ledger.subscriptions.due(account, carriers=carriers, secret_since=account.rotated_at if is_told else None)


async def subscribe(
    settings: Settings, ledger: Ledger, account: CarrierAccount, calls: Calls, *, url: str, numbers: Sequence[str]
) -> Subscribed:
    """Ask the provider for webhooks at `url` about the numbers and record what it says.

    Raises:
        CredentialsRejectedError: the account is stopped, or is now.
        PartnerError: a batch could not be asked about at all; those before it are recorded.
    """
    taken: list[str] = []
    failures: list[NumberFailure] = []
    days = calls.subscribe.days if calls.subscribe is not None else None
    lifetime = None if days is None else timedelta(days=days)
    secret = account.signing_keys[0] if account.signing_keys else ""
    policy = EgressPolicy(allow_loopback=settings.egress.allow_loopback)
    async with PartnerHttp(policy, limits=HttpLimits(max_answer=MAX_BYTES)) as http:
        subscriber = AccountSubscriber(
            account.account_id,
            calls,
            directory=Receivers(LedgerCallers(ledger), url, secret),
            http=http,
            clock=CLOCK,
            switch=ledger.accounts,
        )
        async for told in subscriber.subscribe(numbers):
            ledger.subscriptions.record(account, told, lifetime=lifetime)
            taken += told.taken
            failures += told.failures
    return Subscribed(tuple(taken), tuple(failures))
