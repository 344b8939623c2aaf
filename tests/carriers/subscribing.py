"""Every provider that is asked for webhooks, with the answer that it gives when all is well."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

from connectors.carriers.subscriber import AccountSubscriber, Receivers
from connectors.egress import EgressPolicy
from connectors.http import PartnerHttp
from tests.carriers.calling import LIMITS, MemoryDirectory, SetClock, account_of
from tests.carriers.cases import CALLS, Case
from tests.carriers.hostile import HostileCarrier

URL: Final = "https://hub.example.com/webhooks/carriers/door"
SECRET: Final = "hush-webhook-secret"

_GOOD: Final = {
    "17track": ('{"code":0,"data":{"accepted":[{"number":"RR1000000001"}],"rejected":[]}}', "RR1000000001"),
    "aftership": ('{"meta":{"code":201},"data":{"id":"t1","tracking_number":"1000000001"}}', "1000000001"),
    "easypost": ('{"id":"trk_1","object":"Tracker","tracking_code":"1000000001"}', "1000000001"),
    "ups": ('{"validTrackingNumbers":["1Z0000000000000001"]}', "1Z0000000000000001"),
}

PROVIDERS: Final = {
    carrier: Case(carrier, CALLS[carrier].subscribing(), body.encode(), (number,), tells_events=False)
    for carrier, (body, number) in _GOOD.items()
}


@asynccontextmanager
async def subscribing(
    carrier: str, provider: HostileCarrier
) -> AsyncIterator[tuple[AccountSubscriber, MemoryDirectory]]:
    """Return a subscriber that calls the provider on loopback."""
    case = PROVIDERS[carrier]
    account = replace(account_of(case, provider), requests_per_second=1_000.0, options={})
    directory = MemoryDirectory(replace(account, credentials=_own(case)))
    receivers = Receivers(directory, URL, SECRET)
    async with PartnerHttp(EgressPolicy(allow_loopback=True), limits=LIMITS) as http:
        yield (
            AccountSubscriber(
                account.account_id,
                CALLS[carrier],
                directory=receivers,
                http=http,
                clock=SetClock(),
                switch=directory,
            ),
            directory,
        )


def _own(case: Case) -> dict[str, str]:
    return {name: secret for name, secret in case.secrets.items() if name != "webhook_secret"}
