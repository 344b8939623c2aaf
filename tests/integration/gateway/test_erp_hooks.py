"""Order systems say that something has changed: who is believed, and how often their connection is read."""

import asyncio
import base64
import hmac
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from domain.errors import HubUnavailableError
from gateway.hints import Hints
from ledger.store import Ledger

SECRET = "a secret of the shop"
BODY = b'{"id": 101, "status": "processing", "note": "\xe2\x82\xac"}'


def signed(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, sha256).digest()).decode()


@dataclass
class Heard:
    """Who was told to read; telling lasts until the test lets it end."""

    told: list[tuple[str, str]] = field(default_factory=list)
    calls: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    failure: Exception | None = None

    async def hint(self, tenant: str, connection: str) -> None:
        self.told.append((tenant, connection))
        self.calls.put_nowait(connection)
        await self.may_end.wait()
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def world(ledger: Ledger, build: Callable[..., Any], heard: Heard) -> AsyncIterator[Any]:
    for name, kind in (("woo", "woocommerce"), ("store", "shopify"), ("shop", "webhook"), ("bare", "woocommerce")):
        ledger.connections.add("main", name, kind, "https://shop.example.com", secrets=["whsec_other"])
    for name in ("woo", "store"):
        ledger.connections.set_credentials("main", name, {"webhook_secret": SECRET})
    world = build()
    hints = Hints(heard.hint)
    world.app.state.gateway = replace(world.app.state.gateway, hints=hints)
    async with world.app.router.lifespan_context(world.app), world.http:
        yield world
    await hints.stop()


async def post(world: Any, name: str, body: bytes = BODY, **headers: str) -> tuple[int, Any]:
    given = {key.replace("_", "-"): value for key, value in headers.items()}
    answer = await world.http.post(f"/webhooks/erps/main/{name}", content=body, headers=given)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(("name", "header"), [("woo", "x_wc_webhook_signature"), ("store", "x_shopify_hmac_sha256")])
async def test_a_signed_hint_has_the_connection_read(world: Any, heard: Heard, name: str, header: str) -> None:
    heard.may_end.set()

    assert await post(world, name, **{header: signed(BODY)}) == (200, {"heard": True})
    assert await heard.calls.get() == name
    assert heard.told == [("main", name)]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x_wc_webhook_signature": signed(BODY, "another secret")},
        {"x_wc_webhook_signature": signed(BODY, "whsec_other")},
        {"x_wc_webhook_signature": signed(BODY, "")},
        {"x_wc_webhook_signature": signed(BODY + b" ")},
        {"x_wc_webhook_signature": signed(BODY).lower()},
        {"x_shopify_hmac_sha256": signed(BODY)},
    ],
)
async def test_an_unproven_hint_is_refused(world: Any, heard: Heard, headers: dict[str, str]) -> None:
    status, answer = await post(world, "woo", **headers)

    assert (status, answer["code"], heard.told) == (401, "signature_refused", [])


async def test_while_a_secret_is_changed_over_both_are_believed(ledger: Ledger, world: Any, heard: Heard) -> None:
    heard.may_end.set()
    credentials = {"webhook_secret": "a newer secret", "webhook_secret_before": SECRET}
    ledger.connections.set_credentials("main", "store", credentials)

    answers = [
        await post(world, "store", x_shopify_hmac_sha256=signed(BODY, secret))
        for secret in ("a newer secret", SECRET, "an older one")
    ]

    assert [status for status, _ in answers] == [200, 200, 401]


async def test_a_connection_without_a_secret_believes_nobody(world: Any) -> None:
    assert (await post(world, "bare", x_wc_webhook_signature=signed(BODY, "")))[0] == 401


@pytest.mark.parametrize("name", ["shop", "nowhere"])
async def test_a_kind_that_sends_no_webhooks_and_no_connection_look_the_same(world: Any, name: str) -> None:
    status, answer = await post(world, name, x_wc_webhook_signature=signed(BODY))

    assert (status, answer["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "status"), [(b"webhook_id=17", 200), (b"webhook_id=17&x=1", 401), (b"webhook_id=", 401)]
)
async def test_a_trial_of_the_address_is_answered_and_has_nothing_read(
    world: Any, heard: Heard, body: bytes, status: int
) -> None:
    assert ((await post(world, "woo", body))[0], heard.told) == (status, [])


async def test_no_other_system_may_try_without_a_signature(world: Any) -> None:
    assert (await post(world, "store", b"webhook_id=17"))[0] == 401


async def test_the_answer_does_not_wait_for_the_workflow_service(world: Any, heard: Heard) -> None:
    answers = [await post(world, "woo", x_wc_webhook_signature=signed(BODY)) for _ in range(5)]

    assert answers == [(200, {"heard": True})] * 5
    await heard.calls.get()
    assert heard.told == [("main", "woo")]


async def test_hints_that_come_meanwhile_are_one(heard: Heard) -> None:
    hints = Hints(heard.hint, pause=timedelta())
    hints.give("main", "woo")
    await heard.calls.get()
    for _ in range(100):
        hints.give("main", "woo")
    hints.give("main", "store")
    heard.may_end.set()
    assert sorted([await heard.calls.get(), await heard.calls.get()]) == ["store", "woo"]
    await hints.stop()

    assert sorted(heard.told) == [("main", "store"), ("main", "woo"), ("main", "woo")]


async def test_a_hint_that_cannot_be_passed_on_leaves_the_next_one_its_turn(heard: Heard) -> None:
    hints = Hints(heard.hint, pause=timedelta())
    heard.failure = HubUnavailableError("away")
    heard.may_end.set()
    for _ in range(2):
        hints.give("main", "woo")
        await heard.calls.get()
    await hints.stop()

    assert heard.told == [("main", "woo")] * 2
