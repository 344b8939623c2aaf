"""The gateway with nothing faked behind it but the dialect: Temporal, ledger, worker, order system."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from connectors import track17
from connectors.connections import ConnectionSinks
from connectors.egress import EgressPolicy
from connectors.http import PartnerHttp
from connectors.standard_webhooks import new_key
from domain.commands import Command, CommandKind
from domain.erps import WEBHOOK, ErpTarget
from domain.errors import HubUnavailableError, NotFoundError
from gateway.commands import TemporalCommands, TemporalProbe
from gateway.demo_orders import create_demo_orders
from gateway.dispatch import TemporalDispatcher
from gateway.temporal import connect, data_converter, register_search_attributes
from ledger.store import Ledger
from worker.late import LedgerLateFacts
from worker.workers import build_workers

pytestmark = pytest.mark.temporal

TEMPORAL = str(Path(sys.executable).parent / "temporal")


@pytest_asyncio.fixture(scope="module")
async def client() -> AsyncIterator[Client]:
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=TEMPORAL, data_converter=data_converter()
    )
    async with environment:
        await register_search_attributes(environment.client)
        yield environment.client


class Directory:
    """One connection, to the demo's order system."""

    def __init__(self, url: str, key: str) -> None:
        self._target = ErpTarget("main", "shop", WEBHOOK, url, keys=(key,))

    def target(self, tenant: str, connection: str) -> ErpTarget:
        assert (tenant, connection) == ("main", "shop")
        return self._target


@dataclass
class House:
    world: Any
    shop: httpx.AsyncClient
    client: Client

    async def order(self, shipment_id: str) -> Any:
        answer = await self.shop.get(f"/orders/{shipment_id}")
        return answer.json() if answer.status_code == 200 else {"states": []}


@pytest.fixture
async def house(client: Client, ledger: Ledger, clock: Any, *, build: Any, serving: Any) -> AsyncIterator[House]:
    key = new_key()
    clock.at = None  # real time: signatures and workflows live by it
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(serving(create_demo_orders([key])))
        http = await stack.enter_async_context(PartnerHttp(EgressPolicy(allow_loopback=True)))
        sinks = ConnectionSinks(Directory(f"{url}/webhooks/milepost", key), http, clock)
        for worker in build_workers(
            client, journal=ledger.journal, sinks=sinks, dead_letters=ledger.convergence, switch=ledger.connections
        ):
            await stack.enter_async_context(worker)
        world = build(
            dispatcher=TemporalDispatcher(client, ledger.registry, LedgerLateFacts(ledger), ledger.journal),
            commands=TemporalCommands(client),
        )
        await stack.enter_async_context(world.app.router.lifespan_context(world.app))
        await stack.enter_async_context(world.http)
        shop = await stack.enter_async_context(httpx.AsyncClient(base_url=url, trust_env=False))
        yield House(world, shop, client)


async def until(condition: Callable[[], Any], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - the condition is in another system
            await asyncio.sleep(0.05)


async def send(house: House, number: str, *steps: str) -> None:
    for place, step in enumerate(steps):
        body = json.dumps([[number, step, f"2026-03-01T{9 + place:02d}:00:00+00:00"]]).encode()
        headers = {"sign": track17.sign(body, "current-key")}
        answer = await house.world.http.post("/webhooks/carriers/17track-main", content=body, headers=headers)
        assert answer.status_code == 202


async def test_from_webhook_to_order_system(house: House):
    shipment = f"S-{uuid4().hex}"
    registered = await house.world.register(shipment, shipment[:20], connections=["shop"], destination_country="DE")
    assert registered.json()["is_started"] is True

    await send(house, shipment[:20], "PICKED_UP", "CUSTOMS_HELD")
    await until(lambda: arrived(house, shipment, "CUSTOMS_HOLD"))

    body = {"command_id": "c-1", "kind": "release_hold", "reason": "CUSTOMS.DOCS_MISSING"}
    path = f"/v1/shipments/{shipment}/commands"
    first = await house.world.http.post(path, json=body, headers=house.world.key("admin"))
    second = await house.world.http.post(path, json=body, headers=house.world.key("admin"))
    assert (first.status_code, first.json()["repeated"]) == (200, False), first.text
    assert second.status_code == 200
    assert second.json() | {"repeated": False} == first.json()
    await until(lambda: arrived(house, shipment, first.json()["state"]))

    order = await house.order(shipment)
    assert [change["revision"] for change in order["received"]] == list(range(1, order["revision"] + 1))
    feed = (await house.world.http.get("/v1/changes", headers=house.world.key("admin"))).json()["items"]
    assert [item["change"]["revision"] for item in feed] == [change["revision"] for change in order["received"]]


async def arrived(house: House, shipment: str, state: str) -> bool:
    return state in (await house.order(shipment))["states"]


async def test_a_refusal_names_its_reason_and_leaves_no_trace(house: House):
    shipment = f"S-{uuid4().hex}"
    await house.world.register(shipment)
    body = {"command_id": "c-1", "kind": "release_hold"}

    answer = await house.world.http.post(
        f"/v1/shipments/{shipment}/commands", json=body, headers=house.world.key("admin")
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "command_refused")
    history = await house.client.get_workflow_handle(f"shipment/main/{shipment}").fetch_history()
    assert not any(event.HasField("workflow_execution_update_accepted_event_attributes") for event in history.events)


def cancel(clock: Any) -> Command:
    return Command(command_id="c-1", kind=CommandKind.CANCEL, actor="k", origin="user:k", at=clock.now())


async def test_without_a_workflow_there_is_none_to_ask(client: Client, clock: Any):
    with pytest.raises(NotFoundError):
        await TemporalCommands(client).execute("main", uuid4().hex, cancel(clock))


async def test_without_temporal_the_hub_is_unavailable(clock: Any, unused_tcp_port: int):
    away = await connect(f"127.0.0.1:{unused_tcp_port}", "default", lazy=True)

    with pytest.raises(HubUnavailableError):
        await TemporalCommands(away).execute("main", "S-1", cancel(clock))
    with pytest.raises(HubUnavailableError):
        await TemporalProbe(away)()


async def test_the_probe_passes_while_temporal_answers(client: Client):
    await TemporalProbe(client)()
