"""Hold, resolved, rerouted, delivered: over real HTTP, with a real order system, in good times and bad."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from tests.e2e.conftest import RunningHub, Seller, told
from worker.demo.cast import LASTS, cast
from worker.demo.dialects import Parcel
from worker.demo.story import Episode

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("e2e")]


def _story(**changes: object) -> Episode:
    """Return the journey with hold, resolution, reroute and delivery, under a number of its own."""
    episode = cast(datetime.now(UTC).date() - LASTS)[0]
    track = episode.tracks[0]
    parcel = Parcel(f"003404341{uuid4().int % 10**11:011}", track.parcel.origin, track.parcel.destination)
    return replace(episode, shipment_id=f"E-{uuid4().hex[:10]}", tracks=(replace(track, parcel=parcel, **changes),))


async def _register(seller: Seller, episode: Episode) -> None:
    track = episode.tracks[0]
    leg = {"carrier": track.dialect, "tracking_number": track.parcel.number, "role": "WHOLE"}
    await seller.register(episode.shipment_id, leg, way=(episode.origin, episode.destination))


async def _report(seller: Seller, episode: Episode, waves: Sequence[int]) -> None:
    for wave in waves:
        await seller.carriers.report(episode, wave, rng=random.Random(1))  # noqa: S311 - shuffles, guards nothing


WANTED = [
    "FIRST_MILE",
    "EXPORT",
    "LINEHAUL",
    "IMPORT_CUSTOMS",
    "CUSTOMS_HOLD",
    "RESOLVED",
    "REROUTED",
    "OUT_FOR_DELIVERY",
    "AVAILABLE_FOR_PICKUP",
    "DELIVERED",
]


async def test_each_status_arrives_once_in_order_and_signed(hub: RunningHub):
    episode = _story()
    async with hub.seller() as seller, seller.order_system() as orders:
        await _register(seller, episode)
        for wave in range(1, 9):
            await _report(seller, episode, [wave])
            known = {1: 1, 2: 2, 3: 4, 4: 5, 5: 6, 6: 7, 7: 9, 8: 10}[wave]
            order = await told(orders, episode.shipment_id, WANTED[:known])
            assert order["states"] == WANTED[:known]
        counters = (await orders.get("/orders")).json()["counters"]

    assert [change["revision"] for change in order["received"]] == list(range(1, 11))
    assert {change["kind"] for change in order["received"]} == {"STATUS"}
    assert (counters["bad_signatures"], counters["duplicates"]) == (0, 0)


async def test_twice_and_shuffled_gives_the_same_order(hub: RunningHub):
    episode = replace(_story(cuts={1: 12}), is_unruly=True)
    async with hub.seller() as seller, seller.order_system() as orders:
        await _register(seller, episode)
        await _report(seller, episode, [1])
        order = await told(orders, episode.shipment_id, WANTED)
        counters = (await orders.get("/orders")).json()["counters"]

    assert order["states"] == WANTED
    assert order["missing"] == []
    assert (counters["bad_signatures"], counters["duplicates"]) == (0, 0)
    assert seller.carriers.sent == 24


async def test_an_order_system_that_was_away_hears_everything_in_order(hub: RunningHub):
    episode = _story()
    async with hub.seller() as seller:
        await _register(seller, episode)
        for wave in range(1, 9):
            await _report(seller, episode, [wave])
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
