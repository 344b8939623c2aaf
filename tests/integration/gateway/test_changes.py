import asyncio
from typing import Any

import pytest

from domain.states import State


async def pull(world: Any, query: str = "", tenant: str = "main") -> Any:
    return await world.http.get(f"/v1/changes?{query}", headers=world.key("changes:read", tenant=tenant))


async def test_the_feed_has_every_change_once_and_in_order(world: Any):
    await world.register("S-1", reference="ORDER-1")
    await world.register("S-2")
    world.tell("S-1", State.FIRST_MILE)
    world.tell("S-2", State.EXPORT)
    world.tell("S-1", State.LINEHAUL, State.DELIVERED)

    seen, after = [], 0
    while items := (page := (await pull(world, f"after={after}&limit=3")).json())["items"]:
        seen += [(item["cursor"], item["shipment_id"], item["change"]["revision"]) for item in items]
        after = page["next"]

    assert seen == [(1, "S-1", 1), (2, "S-2", 1), (3, "S-1", 2), (4, "S-1", 3)]
    assert after == 4


async def test_a_change_says_what_order_systems_need(world: Any):
    await world.register("S-1", reference="ORDER-1")
    world.tell("S-1", State.CUSTOMS_HOLD)

    (item,) = (await pull(world)).json()["items"]

    assert (item["reference"], item["change"]["state"], item["change"]["kind"]) == (
        "ORDER-1",
        "CUSTOMS_HOLD",
        "STATUS",
    )


async def test_an_empty_feed_answers_at_once_with_the_same_cursor(world: Any):
    assert (await pull(world, "after=7")).json() == {"items": [], "next": 7}


async def test_a_waiting_reader_hears_of_a_change_soon(world: Any):
    await world.register("S-1")
    loop = asyncio.get_running_loop()
    begun = loop.time()
    waiting = asyncio.create_task(pull(world, "wait=10"))
    await asyncio.sleep(0.2)
    assert not waiting.done()

    world.tell("S-1", State.FIRST_MILE)
    page = (await waiting).json()

    assert [item["change"]["state"] for item in page["items"]] == ["FIRST_MILE"]
    assert loop.time() - begun < 2


async def test_a_wait_ends_by_itself(world: Any):
    loop = asyncio.get_running_loop()
    begun = loop.time()

    page = (await pull(world, "wait=0.6")).json()

    assert page == {"items": [], "next": 0}
    assert 0.5 < loop.time() - begun < 2


@pytest.mark.parametrize("query", ["after=-1", "after=99999999999999999999", "limit=0", "wait=31", "wait=nan"])
async def test_a_cursor_that_cannot_be_is_refused(world: Any, query: str):
    assert (await pull(world, query)).status_code == 422
