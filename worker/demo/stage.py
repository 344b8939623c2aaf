"""The stage of the demonstration: an embedded hub, an order system on a port of its own, accounts and keys."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx

from connectors.standard_webhooks import new_key
from domain.erps import WEBHOOK
from gateway.demo_orders import create_demo_orders
from ledger.rows import Scope
from worker.demo.carriers import Account, Carriers
from worker.demo.dialects import WRITERS
from worker.serving import http_server, listen
from worker.settings import EgressSettings, GatewaySettings, Settings, TemporalSettings
from worker.up import Hub, embedded_hub

CONNECTION: Final = "shop"
_TENANT: Final = "demo"
_GRACE: Final = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything a demonstration plays on. `api` carries a key of the demo's tenant; `shop` asks the order system."""

    hub: Hub
    tenant: str
    api: httpx.AsyncClient
    shop: httpx.AsyncClient
    carriers: Carriers

    async def orders(self) -> dict[str, Any]:
        """Return what the order system knows."""
        answer = await self.shop.get("/orders")
        answer.raise_for_status()
        document: dict[str, Any] = answer.json()
        return document


def demo_settings(settings: Settings, state_dir: Path) -> Settings:
    """Return settings for a demonstration: loopback, free ports, everything in one directory."""
    return settings.model_copy(
        update={
            "state_dir": state_dir,
            "tenant": _TENANT,
            "ledger": type(settings.ledger)(),
            "master_key": None,
            "temporal": TemporalSettings(stop_grace=timedelta(seconds=5)),
            "gateway": GatewaySettings(port=0),
            "egress": EgressSettings(allow_loopback=True),
        }
    )


@asynccontextmanager
async def set_up(settings: Settings, stop: asyncio.Event, say: Callable[[str], None]) -> AsyncIterator[Stage]:
    """Start everything for the length of the block."""
    secret = new_key()
    bound = listen("127.0.0.1", 0)
    async with (
        http_server(create_demo_orders([secret]), bound, grace=_GRACE) as shop_url,
        embedded_hub(settings, stop=stop, say=say) as hub,
        httpx.AsyncClient(base_url=shop_url, timeout=10) as shop,
        httpx.AsyncClient(base_url=hub.url, timeout=10) as doors,
    ):
        accounts = {dialect: Account.new(dialect) for dialect in WRITERS}
        token = await asyncio.to_thread(_furnish, hub, accounts, f"{shop_url}/webhooks/milepost", secret)
        headers = {"authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=hub.url, headers=headers, timeout=15) as api:
            yield Stage(hub, _TENANT, api, shop, Carriers(doors, accounts))


def _furnish(hub: Hub, accounts: dict[str, Account], url: str, secret: str) -> str:
    for account in accounts.values():
        hub.ledger.accounts.add(account.name, _TENANT, account.dialect, signing_keys=[account.secret])
    hub.ledger.connections.add(_TENANT, CONNECTION, WEBHOOK, url, secrets=[secret])
    scopes = (Scope.SHIPMENTS_READ, Scope.SHIPMENTS_WRITE, Scope.COMMANDS_WRITE)
    _, token = hub.ledger.access.create(_TENANT, scopes, "demo")
    return token
