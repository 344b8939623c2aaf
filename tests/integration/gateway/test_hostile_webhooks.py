"""Webhooks of each provider against the gateway as it runs: who may put bytes in, and what repeating them does."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from connectors.carrier_webhooks import AFTERSHIP, EASYPOST, TRACK17, UPS, Digest
from domain import ids
from domain.errors import NotFoundError
from domain.messages import MessageStatus
from ledger.store import Ledger

BODY = json.dumps([["TN-1", "PICKED_UP", "2026-03-01T09:00:00+01:00"]]).encode()
NEW, OLD, RETIRED = "key-that-is-live-since-today", "key-that-was-live-before-it", "key-that-was-replaced-twice"
SCHEMES = {"17track": TRACK17, "easypost": EASYPOST, "aftership": AFTERSHIP, "ups": UPS}

each_dialect = pytest.mark.parametrize("dialect", SCHEMES)


@pytest.fixture(autouse=True)
def accounts(ledger: Ledger) -> None:
    """One account per provider, its secret changed over twice."""
    for dialect in SCHEMES:
        ledger.accounts.add(f"{dialect}-door", "main", dialect, signing_keys=[RETIRED])
        ledger.accounts.rotate(f"{dialect}-door", OLD)
        ledger.accounts.rotate(f"{dialect}-door", NEW)


def proof(dialect: str, key: str, body: bytes = BODY) -> tuple[str, str]:
    scheme: Digest = SCHEMES[dialect]
    return scheme.header, scheme.sign(body, key)


async def post(world: Any, dialect: str, headers: list[tuple[str, str]], body: bytes = BODY) -> Any:
    return await world.http.post(f"/webhooks/carriers/{dialect}-door", content=body, headers=headers)


async def refusals(world: Any) -> dict[str, float]:
    lines = (await world.http.get("/metrics")).text.splitlines()
    counted = [line.rpartition(" ") for line in lines if line.startswith("milepost_webhook_refusals_total{")]
    return {name.split('"')[1]: float(value) for name, _, value in counted}


@each_dialect
@pytest.mark.parametrize("key", [NEW, OLD])
async def test_both_live_keys_open_the_door(world: Any, dialect: str, key: str):
    answer = await post(world, dialect, [proof(dialect, key)])

    assert (answer.status_code, answer.json()) == (202, {"message_id": ids.message_id(BODY), "is_new": True})
    stored = world.ledger.reads.message("main", ids.message_id(BODY))
    assert (stored.body, stored.account, stored.dialect) == (BODY, f"{dialect}-door", dialect)


Attack = Callable[[str], list[tuple[str, str]]]
ATTACKS: dict[str, tuple[Attack, str]] = {
    "the key before the one before": (lambda dialect: [proof(dialect, RETIRED)], "no_match"),
    "a guessed key": (lambda dialect: [proof(dialect, "guess-of-a-key-0123456789")], "no_match"),
    "an empty key": (lambda dialect: [(SCHEMES[dialect].header, SCHEMES[dialect].sign(BODY, "") or "x")], "no_match"),
    "no header": (lambda _: [], "header_missing"),
    "an empty header": (lambda dialect: [(SCHEMES[dialect].header, "")], "header_missing"),
    "the right header twice": (lambda dialect: [proof(dialect, NEW)] * 2, "header_repeated"),
    "a wrong header before the right one": (
        lambda dialect: [(SCHEMES[dialect].header, "x"), proof(dialect, NEW)],
        "header_repeated",
    ),
    "both live proofs in one header": (
        lambda dialect: [(SCHEMES[dialect].header, f"{proof(dialect, NEW)[1]}, {proof(dialect, OLD)[1]}")],
        "no_match",
    ),
    "the proof of another provider": (
        lambda dialect: [proof(other, NEW) for other in SCHEMES if other != dialect],
        "header_missing",
    ),
    "a proof with a letter missing": (
        lambda dialect: [(SCHEMES[dialect].header, proof(dialect, NEW)[1][:-1])],
        "no_match",
    ),
}


@each_dialect
@pytest.mark.parametrize("attack", ATTACKS)
async def test_an_attack_is_refused_counted_and_leaves_nothing(world: Any, dialect: str, attack: str):
    headers, problem = ATTACKS[attack]

    answer = await post(world, dialect, headers(dialect))

    assert (answer.status_code, answer.json()["code"]) == (401, "signature_refused")
    assert answer.json()["detail"] == "The signature does not fit the bytes."
    assert await refusals(world) == {problem: 1.0}
    with pytest.raises(NotFoundError):
        world.ledger.reads.message("main", ids.message_id(BODY))


@pytest.mark.parametrize("dialect", ["17track", "easypost", "aftership"])
@pytest.mark.parametrize("altered", [BODY + b"\n", BODY.replace(b"TN-1", b"TN-2"), b"", b"\xff" + BODY])
async def test_altered_bytes_are_refused(world: Any, dialect: str, altered: bytes):
    answer = await post(world, dialect, [proof(dialect, NEW)], altered)

    assert answer.status_code == 401
    assert await refusals(world) == {"no_match": 1.0}


@each_dialect
async def test_bytes_that_are_no_text_are_kept_as_they_came_and_wait_for_a_person(world: Any, dialect: str):
    body = b'\xff\xfe\x00{"broken": \xc3\x28}'

    answer = await post(world, dialect, [proof(dialect, NEW, body)], body)

    assert answer.status_code == 202
    await until(lambda: world.ledger.reads.message("main", ids.message_id(body)).status is MessageStatus.UNREADABLE)
    assert world.ledger.reads.message("main", ids.message_id(body)).body == body


@each_dialect
async def test_a_body_over_the_limit_is_refused_whatever_its_proof(world: Any, dialect: str):
    body = b"[" + b" " * (256 * 1024) + b"]"

    answer = await post(world, dialect, [proof(dialect, NEW, body)], body)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    with pytest.raises(NotFoundError):
        world.ledger.reads.message("main", ids.message_id(body))


@each_dialect
async def test_a_header_of_arbitrary_bytes_is_refused(world: Any, dialect: str):
    headers = [(SCHEMES[dialect].header.encode(), b"\xff\xfe\x80\xc3\x28")]

    answer = await world.http.post(f"/webhooks/carriers/{dialect}-door", content=BODY, headers=headers)

    assert answer.status_code == 401


@each_dialect
async def test_a_thousand_replays_of_the_same_bytes_are_one_fact(world: Any, dialect: str):
    assert (await world.register("ORDER-1", "TN-1")).status_code == 201
    taken = 0
    for _ in range(20):
        answers = await asyncio.gather(*(post(world, dialect, [proof(dialect, NEW)]) for _ in range(50)))
        assert {answer.status_code for answer in answers} == {202}
        taken += sum(answer.json()["is_new"] for answer in answers)

    await until(lambda: world.dispatcher.delivered)
    assert taken == 1
    assert world.dispatcher.milestones == [["PICKED_UP"]]
    assert [row.fact.tracking_number for row in world.ledger.reads.facts("main", "ORDER-1")] == ["TN-1"]


@each_dialect
async def test_an_event_told_in_other_bytes_each_time_is_one_fact(world: Any, dialect: str):
    assert (await world.register("ORDER-1", "TN-1")).status_code == 201
    bodies = [BODY + b" " * count for count in range(100)]

    answers = await asyncio.gather(*(post(world, dialect, [proof(dialect, NEW, body)], body) for body in bodies))

    assert {answer.json()["is_new"] for answer in answers} == {True}
    await until(lambda: all(is_read(world, body) for body in bodies))
    assert len(world.ledger.reads.facts("main", "ORDER-1")) == 1


def is_read(world: Any, body: bytes) -> bool:
    return bool(world.ledger.reads.message("main", ids.message_id(body)).status is MessageStatus.READ)


async def until(holds: Callable[[], Any]) -> None:
    """Wait for what the courier does after the answer."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - the ledger tells nobody what it was given
            await asyncio.sleep(0.02)
