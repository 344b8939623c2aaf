"""Whatever is sent: the sender is told, what was accepted is kept, nothing falls over, and the rest goes on."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import orjson
import pytest

from connectors import standard_webhooks
from tests.e2e.conftest import RunningHub, told
from tests.e2e.stories import WANTED, register, report, story
from worker.demo.carriers import TRACK17, Account
from worker.demo.dialects import WRITERS

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("e2e")]

BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + step, b"&%c;" % (97 + step) * 10) for step in range(8))
    + b"]><tracking>&i;</tracking>"
)
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><tracking>&a;</tracking>'


def _nonsense() -> Iterator[bytes]:
    yield os.urandom(2_000)
    yield b""
    yield b"\x00" * 500
    yield "{}".encode("utf-16")
    yield b"[" * 100_000
    yield b'{"a":' * 30_000 + b"1" + b"}" * 30_000
    yield b"<a>" * 50_000
    yield BOMB
    yield OUTSIDE
    yield b'{"data": 1e999999, "n": ' + b"9" * 5_000 + b"}"
    yield b'{"a": NaN, "a": "\\ud800"}'
    yield b'"just a string"'
    yield b"null"
    yield b"[]"
    yield orjson.dumps({"events": ["x" * 200] * 1_000})
    yield b"<html><body>Service unavailable</body></html>"


async def _post(http: httpx.AsyncClient, account: Account, body: bytes, **headers: str) -> int:
    sent = account.headers(body) | headers
    return (await http.post(f"/webhooks/carriers/{account.name}", content=body, headers=sent)).status_code


async def _all_read(hub: RunningHub) -> bool:
    now = datetime.now(UTC)
    return not await asyncio.to_thread(hub.ledger.inbox.unread, before=now, limit=10)


async def test_nonsense_is_kept_and_shown_and_the_rest_goes_on(hub: RunningHub):
    episode, foreign = story(), story()
    async with hub.seller() as seller, seller.order_system() as orders:
        await register(seller, episode)
        track = foreign.tracks[0]
        of_another = WRITERS[track.dialect][0](track.parcel, list(track.scans))
        for account in seller.carriers.accounts.values():
            bodies = [*_nonsense(), *([of_another] if account.dialect != track.dialect else [])]
            for body in bodies:
                status = await _post(seller.carriers.http, account, body)
                assert status == 202, (account.dialect, body[:60])
        dhl = seller.carriers.accounts["dhl_parcel_de"]
        assert await _post(seller.carriers.http, dhl, b"plain", **{"content-type": "image/png"}) == 202

        await report(seller, episode, range(1, 9))
        assert (await told(orders, episode.shipment_id, WANTED))["states"] == WANTED
        async with asyncio.timeout(20):
            while not await _all_read(hub):  # noqa: ASYNC110 - the hub is another process
                await asyncio.sleep(0.2)

    code, shown = await hub.milepost("unmapped", "--tenant", "e2e")
    names = {account.name for account in seller.carriers.accounts.values()}
    unreadable = [row for row in shown["unreadable"] if row["account"] in names]
    assert code == 1
    assert {row["account"] for row in unreadable} == names
    assert {row["problem"] for row in unreadable} == {
        "payload_unreadable",
        "payload_refused",
        "partner_contract",
    }
    why = {
        (row["dialect"], hub.ledger.reads.message("e2e", row["message_id"]).body): row["problem"] for row in unreadable
    }
    for dialect in ("canadapost", "dhl_parcel_de"):
        assert (why[dialect, BOMB], why[dialect, OUTSIDE]) == ("payload_refused", "payload_refused")
    assert (why["canadapost", of_another], why["fedex", b"null"]) == ("partner_contract", "partner_contract")
    assert "courier.read_failed" not in hub.said
    assert "http.request_failed" not in hub.said


async def _in_parts(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 10_000):
        yield b" " * 10_000


async def test_who_may_not_send_is_told(hub: RunningHub):
    async with hub.seller() as seller:
        http, accounts = seller.carriers.http, seller.carriers.accounts
        fedex, track17 = accounts["fedex"], accounts[TRACK17]
        body = b'{"output": {}}'
        way = f"/webhooks/carriers/{fedex.name}"
        old = datetime.now(UTC) - timedelta(minutes=10)
        replayed = standard_webhooks.sign(body, message_id="msg_1", at=old, keys=[fedex.secret])
        forged = fedex.headers(b'{"output": {"x": 1}}')

        refused = [
            await http.post(way, content=body),
            await http.post(way, content=body, headers=replayed),
            await http.post(way, content=body, headers=forged),
            await http.post(f"/webhooks/carriers/{track17.name}", content=body),
            await http.post(f"/webhooks/carriers/{track17.name}", content=body, headers={"sign": "0" * 64}),
        ]
        assert [answer.status_code for answer in refused] == [401] * 5
        assert {answer.json()["code"] for answer in refused} == {"signature_refused"}
        assert (await http.post("/webhooks/carriers/nobody", content=body)).status_code == 404
        assert (await http.post("/webhooks/carriers/..%2f..%2fetc", content=body)).status_code in {404, 422}
        assert (await http.post("/webhooks/carriers/" + "a" * 500, content=body)).status_code == 422

        huge = b" " * 300_000
        too_large = await http.post(way, content=huge, headers=fedex.headers(huge))
        unannounced = await http.post(way, content=_in_parts(300_000), headers=fedex.headers(huge))
        assert [too_large.status_code, unannounced.status_code] == [413, 413]
        stored = hub.ledger.reads.unreadable("e2e")
        assert fedex.name not in {row.account for row in stored}


async def test_a_thousand_duplicates_in_a_burst_count_once(hub: RunningHub):
    episode = story()
    track = episode.tracks[0]
    async with hub.seller() as seller, seller.order_system() as orders:
        await register(seller, episode)
        account = seller.carriers.accounts[track.dialect]
        body = WRITERS[track.dialect][0](track.parcel, list(track.scans))
        slots = asyncio.Semaphore(40)

        async def one() -> int:
            async with slots:
                return await _post(seller.carriers.http, account, body)

        statuses = await asyncio.gather(*(one() for _ in range(1_000)))
        order = await told(orders, episode.shipment_id, WANTED)
        counters = (await orders.get("/orders")).json()["counters"]

    assert set(statuses) == {202}
    assert [one["revision"] for one in order["received"]] == list(range(1, len(WANTED) + 1))
    assert (counters["duplicates"], counters["requests"]) == (0, 1)
    assert {row.times_seen for row in hub.ledger.reads.facts("e2e", episode.shipment_id)} == {1}


async def test_a_seller_sees_nothing_of_it(hub: RunningHub):
    async with hub.seller(tenant="other") as seller:
        assert (await seller.api.get("/v1/unmapped")).json()["items"] == []
