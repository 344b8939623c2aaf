"""How order systems use the API under load: repeats, conflicts, paging while others write."""

import asyncio
from uuid import uuid4

import httpx
import pytest

from tests.e2e.conftest import RunningHub, Seller
from tests.e2e.stories import WANTED, register, report, story

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("e2e")]


async def test_a_registration_happens_once(hub: RunningHub):
    body = {"shipment_id": f"E-{uuid4().hex[:10]}", "reference": "ORDER-1", "destination_country": "DE"}
    key = {"idempotency-key": uuid4().hex}
    async with hub.seller() as seller:
        first = await seller.api.post("/v1/shipments", json=body, headers=key)
        again = await seller.api.post("/v1/shipments", json=body, headers=key)
        changed = await seller.api.post("/v1/shipments", json=body | {"reference": "ORDER-2"}, headers=key)
        unkeyed = await seller.api.post("/v1/shipments", json=body)
        other = await seller.api.post("/v1/shipments", json=body | {"reference": "ORDER-2"})
        fresh = body | {"shipment_id": f"E-{uuid4().hex[:10]}"}
        at_once = await asyncio.gather(*(seller.api.post("/v1/shipments", json=fresh) for _ in range(8)))

    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert [(one.status_code, one.json()["code"]) for one in (changed, other)] == [(409, "conflict")] * 2
    assert (unkeyed.status_code, unkeyed.json()["is_new"]) == (200, False)
    assert sorted(one.status_code for one in at_once) == [200] * 7 + [201]


async def _read_slowly(api: httpx.AsyncClient, until: asyncio.Event) -> list[dict[str, object]]:
    """Follow the feed three changes at a time, and once more from the start of each page."""
    read: list[dict[str, object]] = []
    after = 0
    while True:
        is_last = until.is_set()
        page = (await api.get("/v1/changes", params={"after": after, "limit": 3})).json()
        same = (await api.get("/v1/changes", params={"after": after, "limit": 3})).json()
        assert same["items"][: len(page["items"])] == page["items"]
        read += page["items"]
        after = page["next"]
        if is_last and not page["items"]:
            return read
        await asyncio.sleep(0.02)


async def test_a_slow_reader_of_the_feed_misses_nothing(hub: RunningHub):
    tenant = "t" + uuid4().hex[:8]
    episodes = [story() for _ in range(6)]
    done = asyncio.Event()
    async with hub.seller(tenant=tenant) as seller:
        reading = asyncio.create_task(_read_slowly(seller.api, done))
        for episode in episodes:
            await register(seller, episode)
        await asyncio.gather(*(report(seller, episode, range(1, 9)) for episode in episodes))
        await _until_all_are_told(hub, tenant, len(episodes) * len(WANTED))
        done.set()
        read = await reading

    assert [one["cursor"] for one in read] == list(range(1, len(read) + 1))
    for episode in episodes:
        mine = [one["change"] for one in read if one["shipment_id"] == episode.shipment_id]
        assert [one["revision"] for one in mine] == list(range(1, len(WANTED) + 1))
        assert [one["state"] for one in mine] == WANTED


async def _until_all_are_told(hub: RunningHub, tenant: str, count: int) -> None:
    async with asyncio.timeout(40):
        while len(await asyncio.to_thread(hub.ledger.reads.changes, tenant, limit=500)) < count:  # noqa: ASYNC110 - the hub is another process
            await asyncio.sleep(0.2)


async def test_pages_of_shipments_are_complete_while_others_register(hub: RunningHub):
    tenant = "t" + uuid4().hex[:8]
    async with hub.seller(tenant=tenant) as seller:
        before = [await _register_one(seller) for _ in range(25)]
        seen: list[str] = []
        url: str | None = "/v1/shipments?limit=4"
        while url:
            page = await seller.api.get(url)
            seen += [one["shipment_id"] for one in page.json()["items"]]
            url = page.links["next"]["url"] if "next" in page.links else None
            await _register_one(seller)
        assert seen == before[::-1]
        assert (await seller.api.get("/v1/shipments?cursor=nonsense")).status_code == 400
        assert (await seller.api.get("/v1/shipments?limit=0")).status_code == 422


async def _register_one(seller: Seller) -> str:
    shipment_id = f"E-{uuid4().hex[:10]}"
    (await seller.api.post("/v1/shipments", json={"shipment_id": shipment_id})).raise_for_status()
    return shipment_id
