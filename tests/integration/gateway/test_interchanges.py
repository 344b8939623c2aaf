"""Interchanges by HTTP: stored like any payload, and answered in their own standard."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from connectors import standard_webhooks
from domain import ids
from domain.intake import Intake
from gateway.acknowledging import acknowledger
from gateway.app import create_app
from ledger.store import Ledger
from mappings.edi.reading import problems_of, read_edifact, read_x12
from mappings.engine import Mappings
from mappings.loading import ROOT
from tests.integration.gateway.conftest import WEBHOOK_KEY, SetClock, World, build_world

X12, IFTSTA = "canadapost_x12_214", "ups_iftsta"
FAULTY = (ROOT / X12 / "fixtures" / "error__count_and_date.edi").read_bytes()
EDIFACT = (ROOT / IFTSTA / "fixtures" / "quantumview__exceptions.edi").read_bytes()


@pytest.fixture
async def world(ledger: Ledger, clock: SetClock) -> AsyncIterator[World]:
    """A gateway that reads the real dialects."""
    ledger.accounts.add("cpc-edi", "main", X12, signing_keys=[WEBHOOK_KEY])
    mappings = Mappings.load()
    plain = build_world(ledger, clock)
    deps = replace(
        plain.app.state.gateway.deps,
        intake=Intake(ledger.inbox, mappings, plain.dispatcher, clock),
        dialects=frozenset(mappings.carriers),
        acknowledge=acknowledger(mappings),
    )
    app = create_app(deps)
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test")
    async with app.router.lifespan_context(app), http:
        yield replace(plain, app=app, http=http)


async def _upload(world: World, dialect: str, body: bytes) -> Any:
    answer = await world.http.post(f"/v1/messages/{dialect}", content=body, headers=world.key("shipments:write"))
    assert answer.status_code == 202
    return answer.json()


async def test_an_uploaded_x12_interchange_is_answered_with_its_997(world: World):
    said = await _upload(world, X12, FAULTY)

    assert (said["is_new"], said["message_id"]) == (True, ids.message_id(FAULTY))
    answer = said["acknowledgement"]
    assert (answer["kind"], answer["verdict"]) == ("997", "WITH_ERRORS")
    assert [line for line in answer["body"].splitlines() if line.startswith(("AK3", "AK4", "AK9"))] == [
        "AK3*AT7*10**8~",
        "AK4*5*373*8*20260231~",
        "AK9*E*3*3*3~",
    ]
    assert problems_of(read_x12(answer["body"].encode())) == []


async def test_an_uploaded_edifact_interchange_is_answered_with_its_contrl(world: World):
    answer = (await _upload(world, IFTSTA, EDIFACT))["acknowledgement"]

    assert (answer["kind"], answer["verdict"]) == ("CONTRL", "ACCEPTED")
    assert problems_of(read_edifact(answer["body"].encode())) == []


async def test_the_same_interchange_later_is_answered_equally(world: World, clock: SetClock):
    first = await _upload(world, X12, FAULTY)
    clock.at = clock.now().replace(hour=23)
    again = await _upload(world, X12, FAULTY)

    assert again == first | {"is_new": False}


async def test_a_signed_webhook_may_bring_an_interchange(world: World):
    at = world.clock.now()
    headers = standard_webhooks.sign(FAULTY, message_id="msg_1", at=at, keys=[WEBHOOK_KEY])

    answer = await world.http.post("/webhooks/carriers/cpc-edi", content=FAULTY, headers=headers)

    assert answer.status_code == 202
    assert answer.json()["acknowledgement"]["verdict"] == "WITH_ERRORS"


@pytest.mark.parametrize(
    ("dialect", "body"),
    [
        ("fedex", FAULTY),
        (IFTSTA, FAULTY),
        (X12, EDIFACT),
        (X12, b"ISA*cut off"),
        (X12, b"<html>try again later</html>"),
        ("fedex", b'{"output": {}}'),
    ],
)
async def test_what_the_dialect_does_not_read_is_not_acknowledged(world: World, dialect: str, body: bytes):
    assert await _upload(world, dialect, body) == {"message_id": ids.message_id(body), "is_new": True}
