import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from connectors import standard_webhooks, track17
from domain import ids
from domain.messages import MessageStatus

BODY = json.dumps([["TN1", "PICKED_UP", "2026-03-01T09:00:00+01:00"]]).encode()
KEY = "whsec_bWlsZXBvc3Qtc2Vjb25kLWtleS0zMi1ieXRlcy1vayE="


def signed(body: bytes, at: Any, key: str = KEY) -> dict[str, str]:
    return standard_webhooks.sign(body, message_id="msg_1", at=at, keys=[key])


async def post(world: Any, account: str, body: bytes, headers: dict[str, str]) -> Any:
    return await world.http.post(f"/webhooks/carriers/{account}", content=body, headers=headers)


@pytest.mark.parametrize("key", ["current-key", "previous-key"])
async def test_a_17track_webhook_is_stored_before_its_answer(world: Any, key: str):
    answer = await post(world, "17track-main", BODY, {"sign": track17.sign(BODY, key)})

    assert answer.status_code == 202
    assert answer.json() == {"message_id": ids.message_id(BODY), "is_new": True}
    stored = world.ledger.reads.message("main", ids.message_id(BODY))
    assert (stored.body, stored.account, stored.dialect) == (BODY, "17track-main", "17track")


async def test_other_dialects_are_signed_by_standard_webhooks(world: Any):
    answer = await post(world, "acme-main", BODY, signed(BODY, world.clock.now()))

    assert answer.status_code == 202


async def test_a_repetition_gets_the_same_answer_and_changes_nothing(world: Any):
    headers = {"sign": track17.sign(BODY, "current-key")}

    first = await post(world, "17track-main", BODY, headers)
    second = await post(world, "17track-main", BODY, headers)

    assert (first.status_code, second.status_code) == (202, 202)
    assert second.json() == {"message_id": ids.message_id(BODY), "is_new": False}


@pytest.mark.parametrize(
    ("account", "headers"),
    [
        ("17track-main", {}),
        ("17track-main", {"sign": "0" * 64}),
        ("17track-main", {"sign": track17.sign(BODY + b" ", "current-key")}),
        ("17track-main", {"sign": track17.sign(BODY, "retired-key")}),
        ("acme-main", {}),
        ("acme-main", {"sign": track17.sign(BODY, KEY)}),
    ],
)
async def test_an_unproven_sender_is_refused_and_nothing_is_stored(world: Any, account: str, headers: dict[str, str]):
    answer = await post(world, account, BODY, headers)

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["code"], problem["detail"]) == ("signature_refused", "The signature does not fit the bytes.")
    assert (await world.http.get("/metrics")).text.count("milepost_ledger_unread_messages 0.0") == 1


async def test_an_old_signature_is_a_replay(world: Any):
    headers = signed(BODY, world.clock.now())
    world.clock.pass_(timedelta(minutes=5, seconds=1))

    assert (await post(world, "acme-main", BODY, headers)).status_code == 401


async def test_an_unknown_account_is_not_found(world: Any):
    answer = await post(world, "nobody", BODY, {"sign": track17.sign(BODY, "current-key")})

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_two_tenants_may_use_one_key_and_share_nothing(world: Any):
    headers = signed(BODY, world.clock.now())

    await post(world, "acme-main", BODY, headers)
    answer = await post(world, "acme-other", BODY, headers)

    assert answer.json()["is_new"] is True
    assert world.ledger.reads.message("other", ids.message_id(BODY)).account == "acme-other"


async def test_unreadable_bytes_are_accepted_and_wait_for_a_person(world: Any):
    body = b"\xff\x00 not json"

    answer = await post(world, "17track-main", body, {"sign": track17.sign(body, "current-key")})
    await asyncio.sleep(0.3)

    assert answer.status_code == 202
    assert world.ledger.reads.message("main", ids.message_id(body)).status is MessageStatus.UNREADABLE


@pytest.mark.parametrize("size", [256 * 1024 + 1, 3_000_000])
async def test_a_body_over_the_limit_is_refused(world: Any, size: int):
    body = b"x" * size

    answer = await post(world, "17track-main", body, {"sign": track17.sign(body, "current-key")})

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.headers["connection"] == "close"


async def test_an_endless_body_is_cut_while_it_comes_in(world: Any):
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while True:
            sent += 65_536
            yield b"x" * 65_536

    answer = await world.http.post("/webhooks/carriers/17track-main", content=endless())

    assert answer.status_code == 413
    assert sent <= 256 * 1024 + 2 * 65_536


async def test_an_upload_takes_the_same_way(world: Any):
    answer = await world.http.post("/v1/messages/acme", content=BODY, headers=world.key("shipments:write"))

    assert answer.status_code == 202
    stored = world.ledger.reads.message("main", ids.message_id(BODY))
    assert (stored.account, stored.dialect) == ("api:upload", "acme")


@pytest.mark.parametrize(
    ("dialect", "body", "status", "code"),
    [("unheard_of", BODY, 404, "not_found"), ("acme", b"", 400, "bad_request"), ("a%00b", BODY, 422, "invalid")],
)
async def test_an_upload_that_cannot_be_used_is_named(world: Any, dialect: str, body: bytes, *, status: int, code: str):
    answer = await world.http.post(f"/v1/messages/{dialect}", content=body, headers=world.key("shipments:write"))

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_an_upload_may_be_larger_than_a_webhook(world: Any):
    body = json.dumps([["TN1", f"CODE{n}", "2026-03-01T09:00:00+00:00"] for n in range(20_000)]).encode()
    assert len(body) > 256 * 1024

    answer = await world.http.post("/v1/messages/acme", content=body, headers=world.key("shipments:write"))

    assert answer.status_code == 202
