"""A real hub in a process of its own, and order systems on ports of their own."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.standard_webhooks import new_key
from domain.erps import WEBHOOK
from gateway.demo_orders import create_demo_orders
from ledger.rows import Scope
from ledger.store import Ledger
from tests.e2e.processes import MILEPOST, Child, milepost
from worker.demo.carriers import Account, Carriers
from worker.demo.dialects import WRITERS
from worker.devserver import free_port
from worker.serving import http_server, listen
from worker.settings import Settings
from worker.wiring import open_ledger

TENANT = "e2e"
LEVELS = {"silence": "P60D", "silence_linehaul": "P60D", "hold_sla": "P60D", "proof_grace": "P60D"}


def up_settings(state: Path) -> dict[str, str]:
    return {
        "MILEPOST_STATE_DIR": str(state),
        "MILEPOST_EGRESS__ALLOW_LOOPBACK": "true",
        "MILEPOST_ERP__RETRY_SCHEDULE": "[" + ", ".join(["1"] * 50) + "]",
        "MILEPOST_LOG__FORMAT": "json",
        "MILEPOST_SERVICE__ACCOUNTS_EVERY": "PT0.5S",
        "MILEPOST_GATEWAY__PUBLIC_URL": "https://hub.example.com",
    }


def start_up(state: Path, *, port: int = 0) -> Child:
    state.mkdir(exist_ok=True)
    command = [MILEPOST, "up", "--port", str(port), "--json"]
    child = Child("up", command, up_settings(state), state.parent / "up.log")
    child.start()
    return child


@dataclass(frozen=True)
class RunningHub:
    """A hub process and its ledger, opened beside it."""

    url: str
    ledger: Ledger
    state: Path

    @property
    def said(self) -> str:
        """What the hub has logged."""
        return (self.state.parent / "up.log").read_text()

    async def milepost(self, *arguments: str, tenant: str = TENANT) -> tuple[int, Any]:
        """Run a command as an operator would, beside the hub; return its exit code and the JSON it printed."""
        return await asyncio.to_thread(milepost, up_settings(self.state) | {"MILEPOST_TENANT": tenant}, *arguments)

    @asynccontextmanager
    async def seller(
        self, *, port: int = 0, tenant: str = TENANT, connection: str | None = None
    ) -> AsyncIterator["Seller"]:
        """Return a seller with a connection, a key and carrier accounts of their own."""
        own, secret = "s" + secrets.token_hex(4), new_key()
        name = connection or own
        port = port or free_port()
        accounts = {dialect: Account.new(dialect) for dialect in WRITERS}
        for account in accounts.values():
            account.name += own
            self.ledger.accounts.add(account.name, tenant, account.dialect, signing_keys=[account.secret])
        url = f"http://127.0.0.1:{port}/webhooks/milepost"
        self.ledger.connections.add(tenant, name, WEBHOOK, url, secrets=[secret])
        _, token = self.ledger.access.create(tenant, list(Scope), own)
        headers = {"authorization": f"Bearer {token}"}
        async with (
            httpx.AsyncClient(base_url=self.url, headers=headers, timeout=15) as api,
            httpx.AsyncClient(base_url=self.url, timeout=15) as doors,
        ):
            yield Seller(name, port, secret, api, Carriers(doors, accounts))


@dataclass(frozen=True)
class Seller:
    """One seller: API access, carriers that report, and an order system that can be switched on."""

    connection: str
    port: int
    secret: str
    api: httpx.AsyncClient
    carriers: Carriers

    @asynccontextmanager
    async def order_system(self) -> AsyncIterator[httpx.AsyncClient]:
        """Serve the order system for the length of the block."""
        app = create_demo_orders([self.secret])
        bound = listen("127.0.0.1", self.port)
        async with (
            http_server(app, bound, grace=timedelta(seconds=2)) as url,
            httpx.AsyncClient(base_url=url, timeout=10) as client,
        ):
            yield client

    async def register(self, shipment_id: str, leg: dict[str, str], *, way: tuple[str, str]) -> None:
        body = {
            "shipment_id": shipment_id,
            "reference": f"ORDER-{shipment_id}",
            "origin_country": way[0],
            "destination_country": way[1],
            "legs": [leg],
            "connections": [self.connection],
            "levels": LEVELS,
        }
        (await self.api.post("/v1/shipments", json=body)).raise_for_status()


async def told(orders: httpx.AsyncClient, shipment_id: str, states: list[str], *, within: float = 30) -> dict[str, Any]:
    """Return the order once it holds these states; the last look when it never does."""
    order: dict[str, Any] = {}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within):
            while order.get("states") != states:
                answer = await orders.get(f"/orders/{shipment_id}")
                order = answer.json() if answer.is_success else {}
                await asyncio.sleep(0.1)
    return order


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    state = tmp_path_factory.mktemp("hub") / "state"
    child = start_up(state)
    ledger = None
    try:
        url = child.announced()["gateway"]
        ledger = open_ledger(Settings().model_copy(update={"state_dir": state}))
        yield RunningHub(url, ledger, state)
    finally:
        if ledger is not None:
            ledger.close()
        child.terminate()
