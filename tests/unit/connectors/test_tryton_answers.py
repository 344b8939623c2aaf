"""Answers that a healthy Tryton does not give, or gives too rarely to wait for."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from connectors.egress import EgressPolicy
from connectors.erps.tryton.client import TrytonClient, TrytonTarget
from connectors.erps.tryton.failures import WarningRaisedError, failure_of
from connectors.http import PartnerHttp
from domain.errors import (
    CredentialsRejectedError,
    HubError,
    PartnerContractError,
    PartnerUnavailableError,
    RateLimitedError,
    RecordChangedError,
    RequestRejectedError,
)
from tests.unit.connectors.conftest import FixedClock, Receiver


@pytest.fixture
async def client(receiver: Receiver, clock: FixedClock) -> AsyncIterator[TrytonClient]:
    async with PartnerHttp(EgressPolicy(allow_loopback=True)) as http:
        url = receiver.url.removesuffix("/updates") + "/shop"
        yield TrytonClient(TrytonTarget("erp-1", url, "hub", "s3cret-word"), http, clock)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        ("401 Unauthorized", b"<!doctype html><title>401</title>", CredentialsRejectedError),
        ("404 Not Found", b"<!doctype html><title>404</title>", RequestRejectedError),
        ("405 Method Not Allowed", b"", RequestRejectedError),
        ("429 Too Many Requests", b"", RateLimitedError),
        ("503 Service Unavailable", b"database is locked", PartnerUnavailableError),
        ("504 Gateway Timeout", b"", PartnerUnavailableError),
        ("200 OK", b"<!DOCTYPE html><p>Back soon", PartnerUnavailableError),
        ("200 OK", b"", PartnerContractError),
        ("200 OK", b'{"id":1}', PartnerContractError),
        ("200 OK", b'{"id":1,"result":null}', PartnerContractError),
        ("200 OK", b'{"id":1,"result":["2","token",null]}', PartnerContractError),
        ("200 OK", b'{"id":1,"result":[2]}', PartnerContractError),
        ("200 OK", b'["result"]', PartnerContractError),
        ("200 OK", b'{"id":1,"error":null}', PartnerContractError),
        ("200 OK", b'{"id":1,"error":["LoginException",["otp","One-time code","char"]]}', CredentialsRejectedError),
        ("200 OK", b'{"result":"' + b"x" * 70_000 + b'"}', PartnerContractError),
    ],
)
async def test_a_login_that_is_not_answered_with_a_session_fails_as_what_it_is(
    client: TrytonClient, receiver: Receiver, *, status: str, body: bytes, kind: type[HubError]
) -> None:
    receiver.answers(status, body=body)

    with pytest.raises(HubError) as failed:
        await client.user()

    assert type(failed.value) is kind
    assert "s3cret-word" not in f"{failed.value} {failed.value.evidence}"


async def test_the_pause_that_a_busy_tryton_asks_for_is_kept(client: TrytonClient, receiver: Receiver) -> None:
    receiver.answers("429 Too Many Requests", headers={"retry-after": "7"})

    with pytest.raises(RateLimitedError) as failed:
        await client.user()

    assert failed.value.retry_after == timedelta(seconds=7)


async def test_an_outage_at_login_is_not_a_refusal(client: TrytonClient, receiver: Receiver) -> None:
    receiver.answers("503 Service Unavailable")
    with pytest.raises(PartnerUnavailableError):
        await client.user()

    with pytest.raises(PartnerUnavailableError):
        await client.user()

    assert len(receiver.received) == 2


async def test_a_request_has_the_three_members_that_tryton_insists_on(client: TrytonClient, receiver: Receiver) -> None:
    receiver.answers("503 Service Unavailable")
    with pytest.raises(PartnerUnavailableError):
        await client.user()

    assert receiver.received[0].head == "POST /shop/rpc/ HTTP/1.1"
    assert receiver.received[0].body == (
        b'{"id":1,"method":"common.db.login","params":["hub",{"password":"s3cret-word"},"en"]}'
    )


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (["ConcurrencyException", "Records were modified"], RecordChangedError, "changed in the meantime"),
        (["UserError", ["No.", "", None]], RequestRejectedError, "Tryton refuses: No."),
        (["UserError", []], RequestRejectedError, "Tryton refuses: "),
        (["UserError", "No."], RequestRejectedError, "Tryton refuses: No."),
        (["UserWarning", ["w.no_carrier", "Sure?", ""]], WarningRaisedError, "Tryton warns: Sure?"),
        (["LoginException", ["otp", "Code", "char"]], CredentialsRejectedError, "more than a password"),
        (["'nofield'", ""], RequestRejectedError, "failed while"),
        (["RateLimitException"], RequestRejectedError, "failed while"),
        ([], PartnerContractError, "no kind"),
        ({"code": 1}, PartnerContractError, "no kind"),
    ],
)
def test_each_kind_of_error_has_its_own_consequence(error: Any, kind: type[HubError], said: str) -> None:
    failure = failure_of(error, partner="erp-1")

    assert type(failure) is kind
    assert said in str(failure)
    assert failure.evidence["partner"] == "erp-1"


def test_a_warning_says_what_would_have_to_be_confirmed() -> None:
    failure = failure_of(["UserWarning", ["9a.no_carrier", "No carrier.", ""]], partner="erp-1")

    assert isinstance(failure, WarningRaisedError)
    assert failure.name == "9a.no_carrier"


def test_a_long_text_is_cut() -> None:
    failure = failure_of(["UserError", ["x" * 5_000, "", None]], partner="erp-1")

    assert len(str(failure)) < 400
