"""The sink and the reference receiver, over a real HTTP server on loopback."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors.cloud_events import WebhookSink, WebhookTarget, encode
from connectors.egress import EgressPolicy
from connectors.http import HttpLimits, PartnerHttp
from connectors.standard_webhooks import new_key, sign
from domain.errors import CredentialsRejectedError, EndpointGoneError, PartnerUnavailableError, RateLimitedError
from domain.publication import ChangeKind, Publication, StatusChange
from domain.states import State
from gateway.demo_orders import create_demo_orders
from ledger.database import SystemClock

OLD, NEW = new_key(), new_key()
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Shop:
    """The demo's order system and the hub's way to it."""

    http: httpx.AsyncClient
    sink: WebhookSink
    partner: PartnerHttp
    url: str

    def sink_with(self, *keys: str) -> WebhookSink:
        return WebhookSink(WebhookTarget("shop", self.url, keys), self.partner, SystemClock())

    async def mode(self, mode: str, seconds: float = 1.0) -> None:
        assert (await self.http.post("/_mode", json={"mode": mode, "seconds": seconds})).status_code == 200

    async def orders(self) -> Any:
        return (await self.http.get("/orders")).json()


@pytest.fixture
async def shop(serving: Any) -> AsyncIterator[Shop]:
    limits = HttpLimits(connect=2.0, read=0.5, total=1.0)
    async with (
        serving(create_demo_orders([NEW, OLD])) as base,
        httpx.AsyncClient(base_url=base, trust_env=False) as http,
        PartnerHttp(EgressPolicy(allow_loopback=True), limits=limits) as partner,
    ):
        url = f"{base}/webhooks/milepost"
        sink = WebhookSink(WebhookTarget("shop", url, (NEW,)), partner, SystemClock())
        yield Shop(http, sink, partner, url)


def change(revision: int, state: State, *, kind: ChangeKind = ChangeKind.STATUS, **more: Any) -> StatusChange:
    return StatusChange(revision=revision, kind=kind, state=state, recorded_at=AT + timedelta(minutes=revision), **more)


def publication(*changes: StatusChange) -> Publication:
    return Publication(
        tenant="main",
        shipment_id="S-1",
        connection="shop",
        reference="ORDER-1",
        tracking_numbers=("TN1",),
        changes=changes,
    )


HELD, RESOLVED, REROUTED, DELIVERED = (
    change(place, state)
    for place, state in enumerate([State.CUSTOMS_HOLD, State.RESOLVED, State.REROUTED, State.DELIVERED], start=1)
)


async def test_changes_arrive_in_order_each_once(shop: Shop):
    for pushed in [(HELD,), (RESOLVED, REROUTED), (HELD, RESOLVED, REROUTED), (REROUTED, DELIVERED), (HELD,)]:
        await shop.sink.push(publication(*pushed))

    order = (await shop.http.get("/orders/ORDER-1")).json()
    counters = (await shop.orders())["counters"]

    assert order["states"] == ["CUSTOMS_HOLD", "RESOLVED", "REROUTED", "DELIVERED"]
    assert [known["revision"] for known in order["received"]] == [1, 2, 3, 4]
    assert (order["state"], order["revision"], order["missing"]) == ("DELIVERED", 4, [])
    assert counters == {
        "requests": 5,
        "accepted": 5,
        "duplicates": 5,
        "conflicts": 0,
        "bad_signatures": 0,
        "turned_away": 0,
    }


async def test_a_correction_takes_back_what_it_supersedes(shop: Shop):
    corrected = change(3, State.LINEHAUL, kind=ChangeKind.CORRECTION, supersedes=(2,))
    await shop.sink.push(publication(change(1, State.LINEHAUL), change(2, State.DELIVERED)))

    await shop.sink.push(publication(corrected, change(4, State.OUT_FOR_DELIVERY)))

    order = (await shop.http.get("/orders/S-1")).json()
    assert order["states"] == ["LINEHAUL", "OUT_FOR_DELIVERY"]
    assert [known["kind"] for known in order["received"]] == ["STATUS", "STATUS", "CORRECTION", "STATUS"]


async def test_a_lost_revision_is_seen(shop: Shop):
    await shop.sink.push(publication(HELD))
    await shop.sink.push(publication(REROUTED))

    assert (await shop.http.get("/orders/ORDER-1")).json()["missing"] == [2]


@pytest.mark.parametrize("keys", [(NEW,), (OLD,), (new_key(), OLD)])
async def test_any_live_key_is_accepted(shop: Shop, keys: tuple[str, ...]):
    assert (await shop.sink_with(*keys).push(publication(HELD))).acked is True


async def test_a_foreign_key_is_refused_and_counted(shop: Shop):
    with pytest.raises(CredentialsRejectedError):
        await shop.sink_with(new_key()).push(publication(HELD))

    state = await shop.orders()
    assert (state["orders"], state["counters"]["bad_signatures"]) == ([], 1)


async def test_tampered_bytes_are_refused(shop: Shop):
    body = encode(publication(HELD))
    headers = sign(body, message_id="m", at=datetime.now(UTC), keys=[NEW])

    answer = await shop.http.post("/webhooks/milepost", content=body.replace(b"ORDER-1", b"ORDER-2"), headers=headers)

    assert (answer.status_code, answer.json()) == (401, {"error": "no_match"})


async def test_an_event_of_another_type_is_taken_and_ignored(shop: Shop):
    body = json.dumps({"type": "io.milepost.shipment.status.v2", "data": {}}).encode()
    headers = sign(body, message_id="m", at=datetime.now(UTC), keys=[NEW])

    answer = await shop.http.post("/webhooks/milepost", content=body, headers=headers)

    assert (answer.status_code, (await shop.orders())["orders"]) == (204, [])


@pytest.mark.parametrize(
    ("mode", "error", "pause"),
    [
        ("down", PartnerUnavailableError, None),
        ("slow", PartnerUnavailableError, None),
        ("rate_limited", RateLimitedError, timedelta(seconds=7)),
        ("gone", EndpointGoneError, None),
    ],
)
async def test_a_failing_shop_gets_everything_once_it_is_back(shop: Shop, mode: str, error: Any, pause: Any):
    await shop.mode(mode, seconds=7)
    with pytest.raises(error) as caught:
        await shop.sink.push(publication(HELD))
    assert caught.value.retry_after == pause

    await shop.mode("ok")
    await shop.sink.push(publication(HELD, RESOLVED))

    assert (await shop.http.get("/orders/ORDER-1")).json()["states"] == ["CUSTOMS_HOLD", "RESOLVED"]


async def test_an_unknown_order_is_not_found(shop: Shop):
    assert (await shop.http.get("/orders/ORDER-9")).status_code == 404


async def test_the_gateway_cuts_an_endless_body_on_a_real_connection(make_world: Any, serving: Any):
    world = make_world()
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 200_000_000:
            sent += 65_536
            yield b"x" * 65_536

    async with serving(world.app) as base, httpx.AsyncClient(base_url=base, trust_env=False, timeout=10) as http:
        with contextlib.suppress(httpx.TransportError):  # the server may hang up before the client has sent enough
            answer = await http.post("/webhooks/carriers/17track-main", content=endless())
            assert answer.status_code == 413
        alive = await http.get("/healthz")

    assert alive.status_code == 200
    assert sent < 50_000_000


async def test_a_body_announced_too_large_is_refused_before_it_is_sent(make_world: Any, serving: Any):
    world = make_world()
    async with serving(world.app) as base:
        host, port = base.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            b"POST /webhooks/carriers/17track-main HTTP/1.1\r\nhost: gateway\r\ncontent-length: 999999999\r\n\r\n"
        )
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 3)
        rest = await asyncio.wait_for(reader.read(), 3)
        writer.close()

    assert head.startswith(b"HTTP/1.1 413 ")
    assert json.loads(rest)["code"] == "too_large"
