"""Carriers on loopback that a running hub asks through accounts of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_hex
from typing import Any

from tests.carriers.cases import CASES, Case
from tests.carriers.faults import is_token
from tests.carriers.hostile import HostileCarrier, Seen
from tests.e2e.conftest import RunningHub


@dataclass(frozen=True)
class Asked:
    """An account, the carrier behind it, and the tenant whose numbers it asks about."""

    hub: RunningHub
    account: str
    tenant: str
    case: Case
    carrier: HostileCarrier = field(repr=False)

    @property
    def requests(self) -> list[Seen]:
        """What the carrier was asked about numbers, without tokens."""
        return [seen for seen in self.carrier.seen if not is_token(self.case, seen)]

    async def milepost(self, *arguments: str) -> Any:
        """Run `milepost accounts ...` and return what it printed."""
        code, said = await self.hub.milepost("accounts", *arguments, tenant=self.tenant)
        assert code == 0, said
        return said

    async def standing(self) -> dict[str, Any]:
        """Return the account's row of `accounts status`."""
        (row,) = await self.milepost("status", "--tenant", self.tenant)
        assert row["account"] == self.account
        found: dict[str, Any] = row
        return found


@asynccontextmanager
async def asked(hub: RunningHub, dialect: str, *, keys: list[str] | None = None) -> AsyncIterator[Asked]:
    """Return an account of a tenant of its own that asks a carrier on loopback, and stop it in the end."""
    name, case = f"{dialect}-{token_hex(4)}", CASES[dialect]
    tenant = f"t-{name}"
    async with HostileCarrier() as carrier:
        hub.ledger.accounts.add(name, tenant, dialect, signing_keys=keys or ())
        hub.ledger.accounts.configure(name, base_url=carrier.url, requests_per_second=100.0, options={})
        hub.ledger.accounts.set_credentials(name, case.secrets)
        try:
            yield Asked(hub, name, tenant, case, carrier)
        finally:
            hub.ledger.accounts.stop(name, reason="the test is over")


async def until(holds: Callable[[], object], *, within: float = 30) -> None:
    """Wait until it holds; fail when it does not in time."""
    async with asyncio.timeout(within):
        while not await asyncio.to_thread(holds):  # noqa: ASYNC110 - another process sets no event here
            await asyncio.sleep(0.05)


def milestones(timeline: dict[str, Any]) -> list[str]:
    """Return what a shipment's timeline says happened, by the time it happened."""
    facts = [entry["fact"] for entry in timeline["items"] if entry["kind"] == "FACT"]
    return [fact["milestone"] for fact in sorted(facts, key=lambda fact: datetime.fromisoformat(fact["occurred_at"]))]
