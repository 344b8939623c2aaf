"""Tenants never see each other, and what names a person is in one place only, until it is erased."""

import asyncio
from base64 import b64decode
from typing import Any

import pytest
from temporalio.client import Client

from domain.errors import NotFoundError
from domain.ids import shipment_workflow
from tests.e2e.conftest import RunningHub, told
from tests.e2e.stories import KNOWN, WANTED, register, report, story
from worker.statedir import StateDir

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("e2e")]

PERSON = {"name": "Zephyrine Quackenbush", "street": "Unmistakable Alley 77b", "phone": "+49 151 99887766"}


async def test_one_id_and_one_number_at_two_tenants_stay_apart(hub: RunningHub):
    episode = story()
    async with (
        hub.seller(tenant="left", connection="shop") as left,
        hub.seller(tenant="right", connection="shop") as right,
        left.order_system() as of_left,
        right.order_system() as of_right,
    ):
        await register(left, episode)
        await register(right, episode)
        await report(left, episode, [1, 2, 3, 4])
        order = await told(of_left, episode.shipment_id, WANTED[: KNOWN[4]])
        assert order["states"] == WANTED[: KNOWN[4]]

        theirs = (await right.api.get(f"/v1/shipments/{episode.shipment_id}")).json()
        assert (theirs["state"], theirs["revision"]) == ("CREATED", 0)
        assert (await right.api.get("/v1/changes")).json()["items"] == []
        assert (await of_right.get("/orders")).json()["orders"] == []
        listed = (await right.api.get("/v1/shipments")).json()["items"]
        assert [(one["shipment_id"], one["state"]) for one in listed] == [(episode.shipment_id, "CREATED")]

        alone = story()
        await register(left, alone)
        for path in (f"/v1/shipments/{alone.shipment_id}", f"/v1/shipments/{alone.shipment_id}/timeline"):
            assert (await right.api.get(path)).status_code == 404
        asked = {"command_id": "c-1", "kind": "cancel", "confirmed": True}
        answer = await right.api.post(f"/v1/shipments/{alone.shipment_id}/commands", json=asked)
        assert answer.status_code == 404

        await report(right, episode, [1])
        other = await told(of_right, episode.shipment_id, WANTED[:1])
        assert other["states"] == WANTED[:1]
        counters = [(await orders.get("/orders")).json()["counters"] for orders in (of_left, of_right)]
        assert [(one["bad_signatures"], one["conflicts"]) for one in counters] == [(0, 0), (0, 0)]


async def _history(hub: RunningHub, shipment_id: str) -> bytes:
    """Return everything that Temporal keeps of the shipment, payloads decoded."""
    running = StateDir(hub.state).running()
    assert running is not None
    client = await Client.connect(running.temporal)
    history = await client.get_workflow_handle(shipment_workflow("e2e", shipment_id)).fetch_history()
    return b"\n".join(_texts(history.to_json_dict()))


def _texts(value: Any) -> list[bytes]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    raw = str(value).encode()
    try:
        return [raw, b64decode(raw, validate=True)]
    except ValueError:
        return [raw]


async def test_what_names_a_person_is_nowhere_else_and_can_be_erased(hub: RunningHub):
    episode = story()
    path = f"/v1/shipments/{episode.shipment_id}"
    asked = {"command_id": "c-9", "kind": "correct_address", "country": "CH", "details": PERSON}
    async with hub.seller() as seller, seller.order_system() as orders:
        await register(seller, episode)
        await report(seller, episode, [1])
        await told(orders, episode.shipment_id, WANTED[:1])
        first = await seller.api.post(f"{path}/commands", json=asked)
        again = await seller.api.post(f"{path}/commands", json=asked)
        assert (first.status_code, first.json()["repeated"]) == (200, False)
        assert (again.status_code, again.json()) == (200, first.json())
        timeline = (await seller.api.get(f"{path}/timeline")).json()["items"]
        ref = next(one["body"]["detail_ref"] for one in timeline if one["body"].get("detail_ref"))
        assert await asyncio.to_thread(hub.ledger.private.get, "e2e", episode.shipment_id, ref) == PERSON

        history = await _history(hub, episode.shipment_id)
        assert ref.encode() in history
        places = {
            "history": history,
            "timeline": str(timeline).encode(),
            "shipment": (await seller.api.get(path)).content,
            "changes": (await seller.api.get("/v1/changes")).content,
            "metrics": (await seller.carriers.http.get("/metrics")).content,
            "order system": (await orders.get("/orders")).content,
        }
        places |= {file.name: file.read_bytes() for file in hub.state.iterdir() if file.is_file()}
        places["log"] = hub.said.encode()
        found = [(place, word) for place, text in places.items() for word in PERSON.values() if word.encode() in text]
        assert found == []

        code, answer = await hub.milepost("shipments", "erase", episode.shipment_id, "--yes")
        assert (code, answer["erased"]) == (0, 1)
        with pytest.raises(NotFoundError):
            hub.ledger.private.get("e2e", episode.shipment_id, ref)
        late = await seller.api.post(f"{path}/commands", json=asked | {"command_id": "c-10"})
        assert late.status_code == 409
    code, proof = await hub.milepost("audit", "verify")
    assert (code, proof["is_intact"]) == (0, True)
