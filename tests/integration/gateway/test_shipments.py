from datetime import timedelta
from typing import Any

import pytest

from domain.audit import GENESIS
from domain.states import State

FULL = {
    "shipment_id": "S-1",
    "reference": "ORDER-1",
    "origin_country": "CN",
    "destination_country": "DE",
    "promised_at": "2026-03-20T18:00:00+01:00",
    "legs": [{"carrier": "acme", "tracking_number": "TN-0001", "role": "LAST_MILE"}],
    "connections": ["shop"],
    "levels": {"silence": "P3D"},
}


async def test_registers_starts_and_shows_a_shipment(world: Any):
    answer = await world.http.post("/v1/shipments", json=FULL, headers=world.key("shipments:write"))
    shown = (await world.http.get("/v1/shipments/S-1", headers=world.key("shipments:read"))).json()

    assert (answer.status_code, answer.json()) == (
        201,
        {"shipment_id": "S-1", "is_new": True, "is_started": True, "parked_facts": 0},
    )
    (plan,) = world.dispatcher.started
    assert (plan.tenant, plan.shipment_id, plan.levels.silence) == ("main", "S-1", timedelta(days=3))
    assert {name: shown[name] for name in ("shipment_id", "reference", "state", "stage", "owner", "revision")} == {
        "shipment_id": "S-1",
        "reference": "ORDER-1",
        "state": "CREATED",
        "stage": "CREATED",
        "owner": "SHIPPER",
        "revision": 0,
    }
    assert shown["promised_at"] == "2026-03-20T17:00:00Z"
    assert shown["legs"] == [{"carrier": "acme", "tracking_number": "TN-0001", "role": "LAST_MILE", "parcel": None}]
    assert [told["connection"] for told in shown["convergence"]] == ["shop"]
    assert shown["journey"] == {}


async def test_the_same_registration_again_changes_nothing(world: Any):
    headers = world.key("shipments:write")

    first = await world.http.post("/v1/shipments", json=FULL, headers=headers)
    second = await world.http.post("/v1/shipments", json=FULL, headers=headers)

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["is_new"] is False


async def test_other_content_under_the_same_id_is_a_conflict(world: Any):
    headers = world.key("shipments:write")
    await world.http.post("/v1/shipments", json=FULL, headers=headers)

    answer = await world.http.post("/v1/shipments", json=FULL | {"reference": "ORDER-2"}, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


async def test_a_number_of_another_open_shipment_is_a_conflict(world: Any):
    await world.register("S-1", "TN-0001")

    answer = await world.register("S-2", "tn-0001")

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    missing = await world.http.get("/v1/shipments/S-2", headers=world.key("shipments:read"))
    assert missing.status_code == 404


async def test_an_idempotency_key_gets_the_first_answer_again(world: Any):
    headers = world.key("shipments:write") | {"idempotency-key": "k-1"}

    first = await world.http.post("/v1/shipments", json=FULL, headers=headers)
    second = await world.http.post("/v1/shipments", json=FULL, headers=headers)
    third = await world.http.post("/v1/shipments", json=FULL | {"reference": "ORDER-2"}, headers=headers)

    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert (third.status_code, third.json()["code"]) == (409, "conflict")


async def test_a_failure_leaves_the_idempotency_key_free(world: Any):
    await world.register("S-0", "TN-0001")
    headers = world.key("shipments:write") | {"idempotency-key": "k-1"}
    assert (await world.http.post("/v1/shipments", json=FULL, headers=headers)).status_code == 409

    free = FULL | {"legs": [{"carrier": "acme", "tracking_number": "TN-0002"}]}
    answer = await world.http.post("/v1/shipments", json=free, headers=headers)

    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"shipment_id": "../x"}, "body.shipment_id"),
        ({"promised_at": "2026-03-20T18:00:00"}, "body.promised_at"),
        ({"promised_at": 1774000000}, "body.promised_at"),
        ({"promised_at": "2026-03-20"}, "body.promised_at"),
        ({"promised_at": "0001-01-01T00:00:00+14:00"}, "body.promised_at"),
        ({"origin_country": "Germany"}, "body.origin_country"),
        ({"legs": [{"carrier": "acme", "tracking_number": ""}]}, "body.legs.0.tracking_number"),
        ({"reference": "a\u0000b"}, "body.reference"),
        ({"levels": {"silence": "PT1S"}}, "body.levels.silence"),
        ({"tenant": "other"}, "body.tenant"),
        ({"reference": "x" * 201}, "body.reference"),
    ],
)
async def test_what_does_not_fit_is_named_and_not_repeated(world: Any, change: dict[str, Any], field: str):
    answer = await world.http.post("/v1/shipments", json=FULL | change, headers=world.key("shipments:write"))

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "invalid")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert problem["next_step"] == "Correct the fields in `errors`."
    assert "x" * 201 not in answer.text
    assert world.dispatcher.started == []


async def test_half_a_character_is_refused(world: Any):
    body = b'{"shipment_id":"S-1","reference":"\\ud800"}'
    headers = world.key("shipments:write") | {"content-type": "application/json"}

    assert (await world.http.post("/v1/shipments", content=body, headers=headers)).status_code == 422


async def test_pages_neither_skip_nor_repeat_while_others_register(world: Any):
    for number in range(7):
        await world.register(f"S-{number}")
    headers = world.key("shipments:read")

    seen: list[str] = []
    query = "/v1/shipments?limit=3&state=CREATED"
    while query:
        page = await world.http.get(query, headers=headers)
        seen += [item["shipment_id"] for item in page.json()["items"]]
        await world.register(f"S-late-{len(seen)}")
        link = page.headers.get("link", "")
        assert (page.json()["next"] is None) is (link == "")
        query = link.partition(">")[0].removeprefix("<")

    assert seen == [f"S-{number}" for number in reversed(range(7))]


async def test_every_filter_narrows_the_list(world: Any):
    await world.register("S-held", "TN-0001", reference="ORDER-1")
    await world.register("S-lost", "TN-0002")
    await world.register("S-back", "TN-0003")
    world.clock.pass_(timedelta(hours=1))
    world.tell("S-held", State.CUSTOMS_HOLD)
    world.tell("S-lost", State.LOST)
    world.clock.pass_(timedelta(hours=1))
    world.tell("S-back", State.RETURNED)
    headers = world.key("shipments:read")

    async def ids(query: str) -> list[str]:
        page = await world.http.get(f"/v1/shipments?{query}", headers=headers)
        assert page.status_code == 200, page.text
        return [item["shipment_id"] for item in page.json()["items"]]

    assert await ids("") == ["S-back", "S-lost", "S-held"]
    assert await ids("state=CUSTOMS_HOLD") == ["S-held"]
    assert await ids("stage=CREATED") == []
    assert await ids("owner=CARRIER&limit=2") == ["S-back", "S-lost"]
    assert await ids("reference=ORDER-1") == ["S-held"]
    assert await ids("tracking_number=tn-0002") == ["S-lost"]
    assert await ids("updated_after=2026-03-02T12:30:00%2B01:00") == ["S-back"]
    assert await ids("has_anomalies=true") == ["S-lost"]
    assert await ids("ended=true") == ["S-back"]
    assert await ids("ended=false&has_anomalies=false") == ["S-held"]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("state=LATE", 422, "invalid"),
        ("limit=0", 422, "invalid"),
        ("limit=501", 422, "invalid"),
        ("updated_after=2026-03-02T12:30:00", 422, "invalid"),
        ("updated_after=5", 422, "invalid"),
        ("cursor=nonsense", 400, "bad_request"),
        ("cursor=%00", 422, "invalid"),
        ("reference=%00", 422, "invalid"),
    ],
)
async def test_a_query_that_cannot_be_used_is_refused(world: Any, query: str, status: int, code: str):
    answer = await world.http.get(f"/v1/shipments?{query}", headers=world.key("shipments:read"))

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_the_timeline_is_paged_and_chained(world: Any):
    await world.register("S-1", "TN-0001")
    world.tell("S-1", State.FIRST_MILE, State.EXPORT, State.LINEHAUL)
    headers = world.key("shipments:read")

    first = await world.http.get("/v1/shipments/S-1/timeline?limit=2", headers=headers)
    second = await world.http.get(first.headers["link"].partition(">")[0].removeprefix("<"), headers=headers)

    entries = first.json()["items"] + second.json()["items"]
    assert [entry["seq"] for entry in entries] == [1, 2, 3]
    assert [entry["body"]["state"] for entry in entries] == ["FIRST_MILE", "EXPORT", "LINEHAUL"]
    assert [entry["previous_hash"] for entry in entries] == [GENESIS, *(entry["hash"] for entry in entries[:-1])]
    assert (first.json()["next"], second.json()["next"]) == (2, None)
    assert "link" not in second.headers


async def test_counts_and_unknown_codes(world: Any):
    await world.register("S-1", "TN-0001")
    await world.register("S-2", "TN-0002")
    world.tell("S-2", State.DELIVERED)
    headers = world.key("shipments:read")

    assert (await world.http.get("/v1/counts", headers=headers)).json() == {
        "states": {"CREATED": 1, "DELIVERED": 1},
        "total": 2,
    }
    assert (await world.http.get("/v1/unmapped", headers=headers)).json()["items"] == []
