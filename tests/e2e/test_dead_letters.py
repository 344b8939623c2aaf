"""What an order system refused is kept, seen and sent again: in order, under its id, each once."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import RunningHub, Seller, told
from tests.e2e.stories import KNOWN, WANTED, register, register_brief, report, story
from worker.demo.story import Episode

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("e2e")]


async def _until(holds: Any, *, within: float = 20) -> None:
    async with asyncio.timeout(within):
        while not await holds():  # noqa: ASYNC110 - the condition is in another process
            await asyncio.sleep(0.1)


async def _behaves(orders: httpx.AsyncClient, mode: str, seconds: float = 1) -> None:
    (await orders.post("/_mode", json={"mode": mode, "seconds": seconds})).raise_for_status()


async def _counters(orders: httpx.AsyncClient) -> dict[str, int]:
    counters: dict[str, int] = (await orders.get("/orders")).json()["counters"]
    return counters


async def _letters(hub: RunningHub, seller: Seller) -> list[dict[str, Any]]:
    _, letters = await hub.milepost("erp", "dead-letters")
    return [letter for letter in letters if letter["connection"] == seller.connection]


def _newest_kept(hub: RunningHub, episode: Episode) -> int:
    """Return the newest revision of the shipment in a dead letter, 0 when there is none."""
    letters = [one.publication for one in hub.ledger.convergence.dead_letters("e2e")]
    kept = [one.changes[-1].revision for one in letters if one.shipment_id == episode.shipment_id]
    return max(kept, default=0)


async def _behind(hub: RunningHub, seller: Seller) -> dict[str, tuple[int, int]]:
    code, status = await hub.milepost("erp", "status")
    assert code == (1 if status["divergent"] else 0)
    return {
        row["shipment_id"]: (row["acked"], row["wanted"])
        for row in status["divergent"]
        if row["connection"] == seller.connection
    }


async def _has_ended(hub: RunningHub, episode: Episode) -> bool:
    rows = await asyncio.to_thread(hub.ledger.reads.timeline, "e2e", episode.shipment_id)
    return [row.kind for row in rows[-1:]] == ["ENDED"]


@pytest.mark.parametrize("ends", [False, True], ids=["running", "ended"])
async def test_a_refused_push_is_kept_and_sent_again_with_its_id(hub: RunningHub, ends: bool):
    episode = story(cuts={1: 12})
    async with hub.seller() as seller, seller.order_system() as orders:
        await _behaves(orders, "refusing")
        await (register_brief(hub, seller, episode) if ends else register(seller, episode))
        await report(seller, episode, [1])

        async def is_kept() -> bool:
            return _newest_kept(hub, episode) == len(WANTED) and (not ends or await _has_ended(hub, episode))

        await _until(is_kept)
        letter = (await _letters(hub, seller))[-1]
        newest = len(WANTED)
        assert letter["reason"].startswith("request_rejected")
        assert letter["message_id"] == f"e2e:{episode.shipment_id}:{newest}"
        assert [change["revision"] for change in letter["changes"]] == list(range(1, newest + 1))
        assert await _behind(hub, seller) == {episode.shipment_id: (0, newest)}

        code, [outcome] = await hub.milepost("erp", "replay", letter["letter"])
        if ends:
            # Nobody else sends it any more, so the answer is known at once.
            assert (code, outcome["ok"]) == (1, False)
            assert outcome["outcome"].startswith("request_rejected")
        assert _newest_kept(hub, episode) == newest

        await _behaves(orders, "ok")
        code, [outcome] = await hub.milepost("erp", "replay", letter["letter"])
        assert (code, outcome["ok"]) == (0, True)
        order = await told(orders, episode.shipment_id, WANTED)
        counters = await _counters(orders)

        assert order["states"] == WANTED
        assert order["missing"] == []
        assert (counters["duplicates"], counters["conflicts"], counters["bad_signatures"]) == (0, 0, 0)
        assert _newest_kept(hub, episode) == 0
        assert await _behind(hub, seller) == {}


async def test_gone_switches_off_and_enabling_sends_what_was_missed(hub: RunningHub):
    running, ended = story(), story()
    async with hub.seller() as seller, seller.order_system() as orders:
        await register(seller, running)
        await register_brief(hub, seller, ended)
        await report(seller, running, [1])
        await report(seller, ended, [1])
        await told(orders, running.shipment_id, WANTED[:1])
        await told(orders, ended.shipment_id, WANTED[:1])

        await _behaves(orders, "gone")
        for wave in range(2, 6):
            await report(seller, running, [wave])
            await report(seller, ended, [wave])
            await asyncio.sleep(0.3)
        await report(seller, ended, [6, 7, 8])
        await _until(lambda: _has_ended(hub, ended))

        _, connections = await hub.milepost("erp", "list")
        [connection] = [one for one in connections if one["connection"] == seller.connection]
        assert (connection["status"], connection["reason"]) == ("DISABLED", "endpoint_gone")
        _, status = await hub.milepost("erp", "status")
        assert seller.connection in status["disabled"]
        # Each shipment asked once; the connection was off before anybody asked again.
        asked = (await _counters(orders))["turned_away"]
        assert asked <= 2
        await _behaves(orders, "ok")
        letters = await _letters(hub, seller)
        code, outcomes = await hub.milepost("erp", "replay", *(letter["letter"] for letter in letters))
        assert code == 1
        assert {one["ok"] for one in outcomes} == {False}
        assert "erp enable" in outcomes[0]["outcome"]

        code, answer = await hub.milepost("erp", "enable", seller.connection)
        assert (code, {one["ok"] for one in answer["resent"]}) == (0, {True})
        first = await told(orders, running.shipment_id, WANTED[: KNOWN[5]])
        second = await told(orders, ended.shipment_id, WANTED)
        await report(seller, running, [6, 7, 8])
        third = await told(orders, running.shipment_id, WANTED)
        counters = await _counters(orders)

        assert first["states"] == WANTED[: KNOWN[5]]
        assert [one["revision"] for one in second["received"]] == list(range(1, len(WANTED) + 1))
        assert [one["revision"] for one in third["received"]] == list(range(1, len(WANTED) + 1))
        assert (counters["duplicates"], counters["conflicts"]) == (0, 0)
        assert await _behind(hub, seller) == {}
        assert _newest_kept(hub, running) == _newest_kept(hub, ended) == 0


async def test_a_pause_that_was_asked_for_is_kept(hub: RunningHub):
    episode = story()
    async with hub.seller() as seller, seller.order_system() as orders:
        await _behaves(orders, "rate_limited", seconds=5)
        await register(seller, episode)
        began = time.monotonic()
        await report(seller, episode, [1])

        async def asked() -> bool:
            return (await _counters(orders))["requests"] > 0

        await _until(asked)
        await _behaves(orders, "ok")
        # News is no reason to knock earlier.
        await report(seller, episode, [2, 3, 4])
        while time.monotonic() - began < 4.8:
            assert (await _counters(orders))["requests"] == 1
            await asyncio.sleep(0.2)

        order = await told(orders, episode.shipment_id, WANTED[: KNOWN[4]])
        assert [one["revision"] for one in order["received"]] == list(range(1, KNOWN[4] + 1))
        assert (await _counters(orders))["requests"] <= 3


async def test_a_busy_order_system_is_asked_once_per_command_for_ended_shipments(hub: RunningHub):
    episodes = [story(cuts={1: 12}) for _ in range(3)]
    async with hub.seller() as seller, seller.order_system() as orders:
        await _behaves(orders, "refusing")
        for episode in episodes:
            await register_brief(hub, seller, episode)
            await report(seller, episode, [1])
        for episode in episodes:
            await _until(lambda episode=episode: _has_ended(hub, episode))
        letters = [letter["letter"] for letter in await _letters(hub, seller)]
        before = (await _counters(orders))["requests"]

        await _behaves(orders, "rate_limited", seconds=30)
        code, outcomes = await hub.milepost("erp", "replay", *letters)

        assert (code, [one["letter"] for one in outcomes]) == (1, letters)
        assert "wait 30 s" in outcomes[0]["outcome"]
        assert {one["outcome"].startswith("not sent") for one in outcomes[1:]} == {True}
        assert (await _counters(orders))["requests"] == before + 1

        await _behaves(orders, "ok")
        code, outcomes = await hub.milepost("erp", "replay", *letters)
        assert (code, {one["ok"] for one in outcomes}) == (0, {True})
        for episode in episodes:
            assert (await told(orders, episode.shipment_id, WANTED))["states"] == WANTED
