"""The processes of a chaos run: Temporal server, worker and gateway apart, an order system that stays."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI

from bench.processes import MILEPOST, Child
from connectors.standard_webhooks import new_key
from gateway.demo_orders import OrderBook, create_demo_orders
from ledger import migrate
from ledger.rows import Scope
from ledger.store import Ledger
from worker.demo.carriers import Account
from worker.devserver import DevServer, DevServerError, DevServerPlan, free_port
from worker.serving import http_server, listen
from worker.settings import Settings
from worker.statedir import StateDir
from worker.wiring import WEBHOOK, open_ledger
from workflows.attributes import ATTRIBUTES

TENANT = "chaos"
CONNECTION = "shop"
DIALECTS = ("fedex", "17track")
GRACE = timedelta(seconds=2)


@dataclass
class Scene:
    """Everything that runs. `restarts` counts processes that ended by themselves and were started again."""

    plan: DevServerPlan
    ledger: Ledger
    settings: Settings
    url: str
    token: str
    accounts: dict[str, Account]
    app: FastAPI
    children: dict[str, Child]
    server: DevServer | None = None
    restarts: dict[str, int] = field(default_factory=dict)
    _down: set[str] = field(default_factory=set)

    @property
    def book(self) -> OrderBook:
        """What the order system remembers."""
        book: OrderBook = self.app.state.book
        return book

    def kill(self, name: str) -> None:
        """End one process without warning."""
        self._down.add(name)
        if name != "temporal":
            self.children[name].kill()
        elif self.server is not None:
            self.server.kill()

    async def start(self, name: str) -> None:
        """Start one process."""
        if name != "temporal":
            self.children[name].start()
        else:
            # A port that its last owner has just lost may be refused for a moment.
            for _ in range(5):
                with contextlib.suppress(DevServerError):
                    self.server = await DevServer.start(self.plan)
                    break
                await asyncio.sleep(0.5)
        self._down.discard(name)

    async def start_all(self) -> None:
        """Start every process that does not run."""
        if self.server is None or not self.server.is_running:
            await self.start("temporal")
        for name, child in self.children.items():
            if child.process is None or child.process.poll() is not None:
                await self.start(name)

    async def keep_up(self, stop: asyncio.Event) -> None:
        """Start processes again that ended by themselves, as a supervisor would."""
        while not stop.is_set():
            await asyncio.sleep(0.5)
            for name, child in self.children.items():
                if name not in self._down and child.process is not None and child.process.poll() is not None:
                    self.restarts[name] = self.restarts.get(name, 0) + 1
                    child.start()

    def end(self) -> None:
        """End every process."""
        for child in self.children.values():
            child.kill()
        if self.server is not None:
            self.server.stop(grace=GRACE)


@asynccontextmanager
async def set_up(state: Path) -> AsyncIterator[Scene]:
    """Start everything for the length of the block."""
    settings = Settings().model_copy(update={"state_dir": state, "tenant": TENANT})
    migrate.upgrade(settings.ledger_url)
    ledger = open_ledger(settings)
    directory = StateDir.create(state)
    plan = DevServerPlan(directory, port=free_port(), metrics_port=free_port(), attributes=ATTRIBUTES)
    gateway_port, shop_port = free_port(), free_port()
    secret = new_key()
    accounts = {dialect: Account.new(dialect) for dialect in DIALECTS}
    for account in accounts.values():
        ledger.accounts.add(account.name, TENANT, account.dialect, signing_keys=[account.secret])
    ledger.connections.add(
        TENANT, CONNECTION, WEBHOOK, f"http://127.0.0.1:{shop_port}/webhooks/milepost", secrets=[secret]
    )
    _, token = ledger.access.create(TENANT, [Scope.SHIPMENTS_READ, Scope.SHIPMENTS_WRITE], "chaos")
    app = create_demo_orders([secret])
    scene = Scene(
        plan=plan,
        ledger=ledger,
        settings=settings,
        url=f"http://127.0.0.1:{gateway_port}",
        token=token,
        accounts=accounts,
        app=app,
        children=_children(state, plan, gateway_port),
    )
    try:
        async with http_server(app, listen("127.0.0.1", shop_port), grace=GRACE):
            await scene.start_all()
            yield scene
    finally:
        scene.end()
        ledger.close()


def _children(state: Path, plan: DevServerPlan, gateway_port: int) -> dict[str, Child]:
    settings = {
        "MILEPOST_STATE_DIR": str(state),
        "MILEPOST_TEMPORAL__ADDRESS": f"127.0.0.1:{plan.port}",
        "MILEPOST_GATEWAY__PORT": str(gateway_port),
        "MILEPOST_EGRESS__ALLOW_LOOPBACK": "true",
        "MILEPOST_ERP__RETRY_SCHEDULE": "[" + ", ".join(["1"] * 50) + "]",
        "MILEPOST_LOG__LEVEL": "WARNING",
        "MILEPOST_LOG__FORMAT": "json",
    }
    return {
        "worker": Child("worker", [MILEPOST, "worker"], settings, state / "worker.log"),
        "gateway": Child("gateway", [MILEPOST, "gateway"], settings, state / "gateway.log"),
    }
