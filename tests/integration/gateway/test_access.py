"""Who may do what: scopes per route, and tenants that do not exist for each other."""

import json
from typing import Any

import pytest

from domain.states import State

ROUTES = [
    ("POST", "/v1/messages/acme", "shipments:write"),
    ("POST", "/v1/shipments", "shipments:write"),
    ("GET", "/v1/shipments", "shipments:read"),
    ("GET", "/v1/shipments/S-1", "shipments:read"),
    ("GET", "/v1/shipments/S-1/timeline", "shipments:read"),
    ("POST", "/v1/shipments/S-1/commands", "commands:write"),
    ("GET", "/v1/changes", "changes:read"),
    ("GET", "/v1/counts", "shipments:read"),
    ("GET", "/v1/carriers/detect?number=1", "shipments:read"),
    ("GET", "/v1/unmapped", "shipments:read"),
    ("GET", "/v1/mappings/coverage", "shipments:read"),
    ("GET", "/v1/mappings/unmapped/shipments?dialect=fedex&code=ZZ", "shipments:read"),
]
SCOPES = ["shipments:read", "shipments:write", "commands:write", "changes:read"]
OPEN = {"/healthz", "/readyz", "/metrics", "/webhooks/carriers/{account}", "/webhooks/erps/{tenant}/{connection}"}
BODIES = {
    "/v1/messages/acme": [["TN-0001", "DELIVERED", "2026-03-01T09:00:00+00:00"]],
    "/v1/shipments": {"shipment_id": "S-new"},
    "/v1/shipments/S-1/commands": {"command_id": "c-1", "kind": "cancel"},
}


async def call(world: Any, method: str, path: str, headers: dict[str, str]) -> Any:
    body = json.dumps(BODIES[path]) if method == "POST" else None
    return await world.http.request(method, path, content=body, headers={"content-type": "application/json", **headers})


def test_every_route_behind_a_key_is_in_this_list(world: Any):
    documented = {
        (method.upper(), path)
        for path, methods in world.app.openapi()["paths"].items()
        for method in methods
        if path not in OPEN
    }
    listed = {
        (method, path.partition("?")[0].replace("S-1", "{shipment_id}").replace("/acme", "/{dialect}"))
        for method, path, _ in ROUTES
    }

    assert documented == listed


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
async def test_a_route_needs_its_scope_and_no_other(world: Any, method: str, path: str, scope: str):
    await world.register("S-1", "TN-0001")

    for held in SCOPES:
        answer = await call(world, method, path, world.key(held))
        assert (answer.status_code < 300) is (held == scope), (held, answer.text)
        assert answer.status_code < 300 or (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert answer.status_code < 300 or scope in answer.json()["detail"]


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
async def test_admin_may_do_everything(world: Any, method: str, path: str, scope: str):
    del scope
    await world.register("S-1", "TN-0001")

    assert (await call(world, method, path, world.key("admin"))).status_code < 300


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer mp_", "Bearer mp_000000000000_" + "0" * 64, "Basic bXA6bXA=", "Bearer " + "x" * 9000],
)
async def test_without_a_live_key_there_is_nothing(
    world: Any, method: str, path: str, *, scope: str, authorization: str | None
):
    del scope
    headers = {} if authorization is None else {"authorization": authorization}

    answer = await call(world, method, path, headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == 'Bearer realm="milepost"'


async def test_a_revoked_key_is_dead_at_once(world: Any):
    key, token = world.ledger.access.create("main", ["shipments:read"], "test")
    headers = {"authorization": f"Bearer {token}"}
    assert (await world.http.get("/v1/counts", headers=headers)).status_code == 200

    world.ledger.access.revoke(key.key_id)

    assert (await world.http.get("/v1/counts", headers=headers)).status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/shipments/S-1"),
        ("GET", "/v1/shipments/S-1/timeline"),
        ("POST", "/v1/shipments/S-1/commands"),
    ],
)
async def test_another_tenants_shipment_looks_like_none(world: Any, method: str, path: str):
    await world.register("S-1", "TN-0001")
    world.tell("S-1", State.FIRST_MILE)

    theirs = await call(world, method, path, world.key("admin", tenant="other"))
    nobodys = await call(world, method, path, world.key("admin", tenant="never_registered_anything"))

    assert (theirs.status_code, theirs.json()["code"]) == (404, "not_found")
    assert {k: v for k, v in theirs.json().items() if k != "request_id"} == {
        k: v for k, v in nobodys.json().items() if k != "request_id"
    }
    assert world.commands.asked == []


async def test_lists_counts_and_feeds_are_the_tenants_own(world: Any):
    await world.register("S-1", "TN-0001")
    await world.register("S-2", "TN-0001", tenant="other")
    world.tell("S-1", State.FIRST_MILE)
    world.tell("S-2", State.EXPORT, tenant="other")
    await call(world, "POST", "/v1/messages/acme", world.key("admin", tenant="other"))

    headers = world.key("admin", tenant="other")
    listed = (await world.http.get("/v1/shipments?tracking_number=TN-0001", headers=headers)).json()
    fed = (await world.http.get("/v1/changes", headers=headers)).json()
    counted = (await world.http.get("/v1/counts", headers=headers)).json()

    assert [item["shipment_id"] for item in listed["items"]] == ["S-2"]
    assert [(item["cursor"], item["shipment_id"]) for item in fed["items"]] == [(1, "S-2")]
    assert counted == {"states": {"EXPORT": 1}, "total": 1}


async def test_a_cursor_of_another_tenant_opens_nothing(world: Any):
    for number in range(3):
        await world.register(f"S-{number}")
        await world.register(f"T-{number}", tenant="other")
    mine = (await world.http.get("/v1/shipments?limit=1", headers=world.key("admin"))).json()

    page = await world.http.get(f"/v1/shipments?cursor={mine['next']}", headers=world.key("admin", tenant="other"))

    assert all(item["shipment_id"].startswith("T-") for item in page.json()["items"])


async def test_the_same_idempotency_key_of_two_tenants_is_two_keys(world: Any):
    for tenant in ("main", "other"):
        headers = world.key("admin", tenant=tenant) | {"idempotency-key": "k-1"}
        answer = await world.http.post("/v1/shipments", json={"shipment_id": "S-1"}, headers=headers)
        assert (answer.status_code, answer.json()["is_new"]) == (201, True)
