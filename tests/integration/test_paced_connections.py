"""The pace of a connection, seen from the order system: a real server that writes down when it was asked."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import monotonic

import pytest
from fastapi import FastAPI, Request, Response

from connectors.connections import ConnectionSinks
from connectors.egress import EgressPolicy
from connectors.http import PartnerHttp
from connectors.standard_webhooks import new_key
from domain.errors import PartnerUnavailableError, PostponedError, RateLimitedError
from domain.pacing import BUDGET, STRIKES
from ledger import migrate
from ledger.store import Ledger
from tests.integration.paced_pusher import publication
from worker.serving import http_server, listen
from worker.wiring import CLOCK, LedgerDirectory

RATE = 10


@dataclass
class Receiver:
    """An order system that answers as it is told and remembers when it was asked, in seconds."""

    answer: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[float] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/hook")
        async def take(request: Request) -> Response:
            self.asked.append(monotonic())
            self.ids.append(request.headers["webhook-id"])
            return Response(status_code=self.answer, headers=self.headers)

        return app

    def most_within(self, seconds: float) -> int:
        """Return the largest number of requests in any window of that length."""
        return max(sum(start <= at < start + seconds for at in self.asked) for start in self.asked)


@asynccontextmanager
async def serving(receiver: Receiver, ledger: Ledger, *, rate: float | None) -> AsyncIterator[ConnectionSinks]:
    with listen("127.0.0.1", 0) as bound:
        async with (
            http_server(receiver.app(), bound, grace=timedelta(seconds=1)) as url,
            PartnerHttp(EgressPolicy(allow_loopback=True)) as http,
        ):
            ledger.connections.add("acme", "shop", "webhook", f"{url}/hook", secrets=[new_key()])
            ledger.connections.configure("acme", "shop", settings={}, requests_per_second=rate)
            yield ConnectionSinks(LedgerDirectory(ledger), http, CLOCK, paces=ledger.paces)


@pytest.fixture
def url(tmp_path: Path) -> str:
    at = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate.upgrade(at)
    return at


@pytest.fixture
def ledger(url: str) -> Ledger:
    return Ledger.open(url)


async def test_processes_together_stay_within_the_rate_of_a_connection(url: str, ledger: Ledger):
    receiver = Receiver()
    async with serving(receiver, ledger, rate=RATE):
        command = [sys.executable, "-m", "tests.integration.paced_pusher", url]
        pushers = [
            await asyncio.create_subprocess_exec(*command, name, "18", stderr=asyncio.subprocess.PIPE) for name in "ab"
        ]
        said = [await pusher.communicate() for pusher in pushers]

    assert [pusher.returncode for pusher in pushers] == [0, 0], said
    assert len(receiver.ids) == len(set(receiver.ids)) == 36
    assert receiver.most_within(1.0) <= RATE


async def test_a_pause_asked_for_once_is_kept_by_everybody(ledger: Ledger):
    receiver = Receiver(answer=429, headers={"retry-after": "600"})
    async with serving(receiver, ledger, rate=None) as sinks:
        await _fails(sinks, "S-1")
        waits = [await _postponed(sinks, f"S-{index}") for index in range(2, 5)]

    assert len(receiver.asked) == 1
    assert timedelta(seconds=590) < waits[0] < waits[1] < waits[2]


async def test_a_system_that_is_away_is_not_asked_by_each_shipment(ledger: Ledger):
    receiver = Receiver(answer=502)
    async with serving(receiver, ledger, rate=None) as sinks:
        for index in range(20):
            await _fails(sinks, f"S-{index}")

    assert len(receiver.asked) == STRIKES
    assert [report.is_away for report in ledger.paces.reports()] == [True]


async def test_a_quick_push_is_put_off_rather_than_made_to_wait(ledger: Ledger):
    receiver = Receiver()
    async with serving(receiver, ledger, rate=0.5) as sinks:
        await sinks.sink("acme", "shop").push(publication("S-1"))
        outside = BUDGET.set(1.0)
        first, second = await _postponed(sinks, "S-2"), await _postponed(sinks, "S-3")
        BUDGET.reset(outside)

    assert len(receiver.asked) == 1
    assert second - first >= timedelta(seconds=1.5)


async def _fails(sinks: ConnectionSinks, shipment_id: str) -> None:
    with pytest.raises((PartnerUnavailableError, RateLimitedError)):
        await sinks.sink("acme", "shop").push(publication(shipment_id))


async def _postponed(sinks: ConnectionSinks, shipment_id: str) -> timedelta:
    with pytest.raises(PostponedError) as caught:
        await sinks.sink("acme", "shop").push(publication(shipment_id))
    assert caught.value.retry_after is not None
    return caught.value.retry_after
