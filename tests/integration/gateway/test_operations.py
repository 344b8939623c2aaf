import json
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from connectors import track17
from ledger.store import Ledger


async def test_health_says_nothing_about_others(world: Any):
    world.temporal_is_up = False

    answer = await world.http.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "failing": {}})


async def test_ready_when_everything_is_there(world: Any):
    assert (await world.http.get("/readyz")).json() == {"status": "ok", "failing": {}}


async def test_not_ready_without_temporal(world: Any):
    world.temporal_is_up = False

    answer = await world.http.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {
        "status": "failing",
        "failing": {"temporal": "does not answer; check the server and MILEPOST_TEMPORAL__ADDRESS"},
    }


async def test_not_ready_at_another_schema(world: Any, ledger_file: Path):
    with sqlite3.connect(ledger_file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'older'")
    connection.close()

    answer = await world.http.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["failing"] == {"ledger": "is not at this version's schema; run `milepost migrate`"}


async def test_not_ready_without_tables(make_world: Any, tmp_path: Path):
    world = make_world()
    empty = Ledger.open(f"sqlite:///{tmp_path / 'nothing.db'}")
    object.__setattr__(world.app.state.gateway.deps, "ledger", empty)

    answer = await world.http.get("/readyz")
    await world.http.aclose()
    empty.close()

    assert answer.json()["failing"] == {
        "ledger": "has no tables; run `milepost migrate`",
        "courier": "carries nothing; restart the gateway and report the failure in its log",
    }


async def test_an_absent_ledger_is_503_and_metrics_still_answer(make_world: Any, tmp_path: Path):
    world = make_world()
    folder = tmp_path / "gone"
    folder.mkdir()
    away = Ledger.open(f"sqlite:///{folder / 'ledger.db'}")
    shutil.rmtree(folder)
    object.__setattr__(world.app.state.gateway.deps, "ledger", away)

    ready = await world.http.get("/readyz")
    counts = await world.http.get("/v1/counts", headers={"authorization": "Bearer mp_1_2"})
    await world.http.aclose()
    away.close()

    assert ready.json()["failing"]["ledger"] == "does not answer; check the database and MILEPOST_LEDGER__URL"
    assert (counts.status_code, counts.json()["code"]) == (503, "unavailable")
    assert counts.headers["retry-after"] == "5"
    assert "sqlite" not in counts.text.lower()


async def test_metrics_count_by_route_template_and_hold_no_ids(world: Any):
    body = json.dumps([["TN-SECRET", "NEW_CODE", "2026-03-01T09:00:00+00:00"]]).encode()
    await world.register("S-SECRET", "TN-SECRET")
    await world.http.post(
        "/webhooks/carriers/17track-main", content=body, headers={"sign": track17.sign(body, "current-key")}
    )
    await world.http.post("/webhooks/carriers/17track-main", content=body, headers={"sign": "0" * 64})
    await world.http.get("/v1/shipments/S-SECRET", headers=world.key("shipments:read"))
    await world.http.get("/no/such/S-SECRET")

    answer = await world.http.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain; version=")
    lines = answer.text.splitlines()
    assert 'milepost_http_requests_total{method="GET",route="/v1/shipments/{shipment_id}",status="200"} 1.0' in lines
    assert 'milepost_http_requests_total{method="ANY",route="unmatched",status="404"} 1.0' in lines
    assert 'milepost_intake_messages_total{outcome="new",way="webhook"} 1.0' in lines
    assert 'milepost_webhook_refusals_total{problem="no_match"} 1.0' in lines
    assert "milepost_ledger_up 1.0" in lines
    assert "SECRET" not in answer.text
    assert "main" not in answer.text


async def test_metrics_tell_of_numbers_that_wait_to_be_asked_about(world: Any):
    world.ledger.accounts.add("acme-1", "main", "acme")
    world.ledger.accounts.set_credentials("acme-1", {"key": "hush"})
    world.ledger.accounts.add("fx", "main", "fedex")
    world.ledger.accounts.stop("fx", reason="credentials were refused")
    await world.register("S-1", "TN-0001")
    await world.register("S-2", "TN-0002")
    world.clock.pass_(timedelta(minutes=10))

    lines = (await world.http.get("/metrics")).text.splitlines()

    assert 'milepost_polling_due_numbers{carrier="acme"} 2.0' in lines
    assert 'milepost_polling_waiting_numbers{carrier="acme"} 0.0' in lines
    assert 'milepost_polling_oldest_due_seconds{carrier="acme"} 600.0' in lines
    assert 'milepost_carrier_accounts{carrier="fedex",status="STOPPED"} 1.0' in lines


async def test_every_answer_carries_its_id_and_safe_headers(world: Any):
    given = await world.http.get("/healthz", headers={"x-request-id": "order-system-0001"})
    unsafe = await world.http.get("/healthz", headers={"x-request-id": "a b\tc<script>"})
    missing = await world.http.get("/nowhere")

    assert given.headers["x-request-id"] == "order-system-0001"
    assert len(unsafe.headers["x-request-id"]) == 32
    assert missing.json()["request_id"] == missing.headers["x-request-id"]
    for answer in (given, unsafe, missing):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


async def test_unknown_paths_and_methods_are_problems_too(world: Any):
    missing = await world.http.get("/v2/shipments")
    wrong = await world.http.delete("/v1/counts")

    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json()["code"], wrong.headers["allow"]) == (405, "method_not_allowed", "GET")
    assert missing.headers["content-type"] == "application/problem+json"


async def test_a_bug_is_a_500_without_internals(world: Any):
    world.commands.failures = [RuntimeError("password=hunter2")]
    await world.register("S-1")

    answer = await world.http.post(
        "/v1/shipments/S-1/commands", json={"command_id": "c-1", "kind": "cancel"}, headers=world.key("admin")
    )

    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "hunter2" not in answer.text
    assert answer.headers["x-request-id"] == answer.json()["request_id"]


async def test_logs_name_the_route_and_the_request_and_no_content(world: Any):
    body = json.dumps([["TN-SECRET", "PICKED_UP", "2026-03-01T09:00:00+00:00"]]).encode()
    headers = {"sign": track17.sign(body, "current-key"), "x-request-id": "carrier-0001"}

    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
        await world.http.post("/webhooks/carriers/17track-main", content=body, headers=headers)

    (line,) = [entry for entry in logs if entry["event"] == "http.answered"]
    assert (line["route"], line["status"], line["request_id"]) == ("/webhooks/carriers/{account}", 202, "carrier-0001")
    assert "SECRET" not in repr(logs)
