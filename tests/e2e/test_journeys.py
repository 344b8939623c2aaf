"""Hold, resolved, rerouted, delivered: over real HTTP, with a real order system, in good times and bad."""

import asyncio
from dataclasses import replace

import pytest

from tests.e2e.conftest import RunningHub, told
from tests.e2e.stories import KNOWN, WANTED, register, report, story

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("e2e")]


async def test_each_status_arrives_once_in_order_and_signed(hub: RunningHub):
    episode = story()
    async with hub.seller() as seller, seller.order_system() as orders:
        await register(seller, episode)
        for wave in range(1, 9):
            await report(seller, episode, [wave])
            known = KNOWN[wave]
            order = await told(orders, episode.shipment_id, WANTED[:known])
            assert order["states"] == WANTED[:known]
        counters = (await orders.get("/orders")).json()["counters"]

    assert [change["revision"] for change in order["received"]] == list(range(1, 11))
    assert {change["kind"] for change in order["received"]} == {"STATUS"}
    assert (counters["bad_signatures"], counters["duplicates"]) == (0, 0)


async def test_twice_and_shuffled_gives_the_same_order(hub: RunningHub):
    episode = replace(story(cuts={1: 12}), is_unruly=True)
    async with hub.seller() as seller, seller.order_system() as orders:
        await register(seller, episode)
        await report(seller, episode, [1])
        order = await told(orders, episode.shipment_id, WANTED)
        counters = (await orders.get("/orders")).json()["counters"]

    assert order["states"] == WANTED
    assert order["missing"] == []
    assert (counters["bad_signatures"], counters["duplicates"]) == (0, 0)
    assert seller.carriers.sent == 24


async def test_an_order_system_that_was_away_hears_everything_in_order(hub: RunningHub):
    episode = story()
    async with hub.seller() as seller:
        await register(seller, episode)
        for wave in range(1, 9):
            await report(seller, episode, [wave])
            await asyncio.sleep(0.3)
        behind = hub.ledger.convergence.status("e2e").divergent
        assert episode.shipment_id in {row.shipment_id for row in behind}

        async with seller.order_system() as orders:
            order = await told(orders, episode.shipment_id, WANTED, within=60)
            counters = (await orders.get("/orders")).json()["counters"]

    assert order["states"] == WANTED
    assert [change["revision"] for change in order["received"]] == list(range(1, 11))
    assert (counters["bad_signatures"], counters["duplicates"]) == (0, 0)
    assert hub.ledger.convergence.dead_letters("e2e") == []


async def test_history_verifies_and_comes_out_of_the_raw_bytes_again(hub: RunningHub):
    from worker.settings import Settings
    from worker.wiring import load_mappings, rederiver

    report = hub.ledger.verify("e2e", rederive=rederiver(load_mappings(Settings())))

    assert report.faults == []
    assert report.rederived == report.facts > 0
