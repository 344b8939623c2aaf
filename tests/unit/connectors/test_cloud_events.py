import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.cloud_events import CONTENT_TYPE, WebhookSink, WebhookTarget, encode, wire_id
from connectors.connections import FRESH_FOR, ConnectionSinks
from connectors.egress import EgressPolicy, EgressRefusedError
from connectors.http import HttpLimits, PartnerHttp
from connectors.standard_webhooks import verify
from domain.erps import WEBHOOK, ErpTarget
from domain.errors import (
    CredentialsRejectedError,
    EndpointGoneError,
    NotFoundError,
    PartnerError,
    PartnerUnavailableError,
    RateLimitedError,
    RequestRejectedError,
)
from domain.milestones import Milestone
from domain.publication import ChangeKind, Publication, PushResult, StatusChange
from domain.reasons import Reason
from domain.states import State

OLD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEW = "whsec_bWlsZXBvc3Qtc2Vjb25kLWtleS0zMi1ieXRlcy1vayE="
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

HELD = StatusChange(
    revision=2,
    kind=ChangeKind.STATUS,
    state=State.CUSTOMS_HOLD,
    milestone=Milestone.CUSTOMS_HELD,
    reasons=(Reason.CUSTOMS_DOCS_MISSING,),
    occurred_at=AT,
    recorded_at=AT + timedelta(minutes=1),
    event_id="e_1",
)
CORRECTED = StatusChange(
    revision=3, kind=ChangeKind.CORRECTION, state=State.LINEHAUL, recorded_at=AT + timedelta(minutes=2), supersedes=(2,)
)
PUBLICATION = Publication(
    tenant="main",
    shipment_id="S-1.a",
    connection="erp",
    reference="ORDER-1",
    tracking_numbers=("TN1", "TN2"),
    changes=(HELD, CORRECTED),
)


@pytest.fixture
async def http() -> AsyncIterator[PartnerHttp]:
    limits = HttpLimits(connect=1.0, read=0.4, total=0.8, max_answer=1024)
    async with PartnerHttp(EgressPolicy(allow_loopback=True), limits=limits) as http:
        yield http


@pytest.fixture
def sink(receiver: Any, http: PartnerHttp, clock: Any) -> WebhookSink:
    return WebhookSink(WebhookTarget("erp", receiver.url, (NEW, OLD)), http, clock)


def test_the_event_says_what_changed_in_order():
    event = json.loads(encode(PUBLICATION))
    changes = event["data"].pop("changes")

    assert event == {
        "specversion": "1.0",
        "id": "main:S-1~a:3",
        "source": "/milepost/main",
        "type": "io.milepost.shipment.status.v1",
        "subject": "S-1.a",
        "time": "2026-03-02T09:02:00+00:00",
        "datacontenttype": "application/json",
        "sequence": "0000000003",
        "data": {"shipment_id": "S-1.a", "reference": "ORDER-1", "tracking_numbers": ["TN1", "TN2"]},
    }
    assert [change["revision"] for change in changes] == [2, 3]
    assert changes[0]["state"] == "CUSTOMS_HOLD"
    assert changes[0]["reasons"] == ["CUSTOMS.DOCS_MISSING"]
    assert changes[0]["occurred_at"] == "2026-03-02T09:00:00Z"
    assert changes[1]["kind"] == "CORRECTION"
    assert changes[1]["supersedes"] == [2]


def test_a_retry_carries_the_same_bytes():
    assert encode(PUBLICATION) == encode(Publication.model_validate_json(PUBLICATION.model_dump_json()))


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "202 Accepted", "204 No Content"])
async def test_any_2xx_acknowledges_the_newest_revision(receiver: Any, sink: WebhookSink, status: str):
    receiver.answers(status)

    result = await sink.push(PUBLICATION)

    assert result == PushResult(acked=True, revision=3, outcome=f"accepted {status[:3]}")


@pytest.mark.parametrize("key", [OLD, NEW])
async def test_the_request_verifies_with_each_live_key(receiver: Any, sink: WebhookSink, clock: Any, key: str):
    receiver.answers("204 No Content")

    await sink.push(PUBLICATION)

    (request,) = receiver.received
    assert request.head == "POST /updates HTTP/1.1"
    assert request.headers["content-type"] == CONTENT_TYPE
    assert request.body == encode(PUBLICATION)
    assert verify(request.body, request.headers, keys=[key], now=clock.now()) == wire_id(PUBLICATION)


@pytest.mark.parametrize(
    ("status", "headers", "error", "retry_after"),
    [
        ("429 Too Many Requests", {"retry-after": "7"}, RateLimitedError, timedelta(seconds=7)),
        ("429 Too Many Requests", {"retry-after": "3600"}, RateLimitedError, timedelta(hours=1)),
        ("429 Too Many Requests", {"retry-after": "999999"}, RateLimitedError, timedelta(hours=24)),
        ("429 Too Many Requests", {}, RateLimitedError, None),
        ("503 Unavailable", {"retry-after": "Mon, 02 Mar 2026 10:00:20 GMT"}, RateLimitedError, timedelta(seconds=20)),
        ("503 Unavailable", {}, PartnerUnavailableError, None),
        ("500 Oops", {}, PartnerUnavailableError, None),
        ("502 Bad Gateway", {}, PartnerUnavailableError, None),
        ("504 Timeout", {}, PartnerUnavailableError, None),
        ("408 Timeout", {}, PartnerUnavailableError, None),
        ("425 Too Early", {}, PartnerUnavailableError, None),
        ("401 Unauthorized", {}, CredentialsRejectedError, None),
        ("403 Forbidden", {}, CredentialsRejectedError, None),
        ("410 Gone", {}, EndpointGoneError, None),
        ("400 Bad Request", {}, RequestRejectedError, None),
        ("404 Not Found", {}, RequestRejectedError, None),
        ("409 Conflict", {}, RequestRejectedError, None),
        ("422 Unprocessable", {}, RequestRejectedError, None),
        ("301 Moved", {"location": "http://127.0.0.1:1/elsewhere"}, RequestRejectedError, None),
        ("307 Temporary Redirect", {"location": "https://elsewhere.example.com/"}, RequestRejectedError, None),
    ],
)
async def test_every_other_answer_has_its_failure(
    receiver: Any,
    sink: WebhookSink,
    *,
    status: str,
    headers: dict[str, str],
    error: type[PartnerError],
    retry_after: timedelta | None,
):
    receiver.answers(status, headers=headers)

    with pytest.raises(error) as caught:
        await sink.push(PUBLICATION)

    assert type(caught.value) is error
    assert caught.value.retry_after == retry_after
    assert caught.value.evidence == {"partner": "erp", "http_status": int(status[:3]), "answer": "empty"}
    assert len(receiver.received) == 1


async def test_evidence_names_the_field_and_no_person(receiver: Any, sink: WebhookSink):
    body = b'{"code":"unknown_order","errors":[{"field":"data.reference"}],"detail":"A. Example, +44 20 7946 0000"}'
    receiver.answers("422 Unprocessable", headers={"content-type": "application/json"}, body=body)

    with pytest.raises(RequestRejectedError) as caught:
        await sink.push(PUBLICATION)

    assert caught.value.evidence["answer"] == '{"code":"unknown_order","errors":[{"field":"data.reference"}]}'


@pytest.mark.parametrize("page", [b"<!DOCTYPE html><title>Back soon</title>", b"\n <html><body>Sorry</body></html>"])
async def test_a_maintenance_page_with_200_is_not_an_answer(receiver: Any, sink: WebhookSink, page: bytes):
    receiver.answers("200 OK", headers={"content-type": "text/html"}, body=page)

    with pytest.raises(PartnerUnavailableError):
        await sink.push(PUBLICATION)


async def test_an_endless_answer_is_cut(receiver: Any, sink: WebhookSink):
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 500 Oops\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"400\r\n" + b"x" * 1024 + b"\r\n")
            await writer.drain()

    receiver.answering = endless

    with pytest.raises(PartnerUnavailableError) as caught:
        await sink.push(PUBLICATION)

    assert str(caught.value.evidence["answer"]).startswith("no content type, 1024 bytes, sha256 ")


async def test_a_huge_2xx_still_acknowledges(receiver: Any, sink: WebhookSink):
    receiver.answers("200 OK", body=b"y" * 5_000_000)

    assert (await sink.push(PUBLICATION)).acked is True


@pytest.mark.parametrize(
    ("first", "rest"),
    [(b"", b""), (b"HTTP/1.1 200 OK\r\n", b""), (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n", b"x")],
)
async def test_a_stalling_receiver_costs_no_more_than_the_limit(
    receiver: Any, sink: WebhookSink, first: bytes, rest: bytes
):
    async def stall(writer: asyncio.StreamWriter) -> None:
        writer.write(first + rest)
        await writer.drain()
        await asyncio.sleep(1.2)

    receiver.answering = stall
    started = asyncio.get_running_loop().time()

    with pytest.raises(PartnerUnavailableError):
        await sink.push(PUBLICATION)

    assert asyncio.get_running_loop().time() - started < 1.1


async def test_a_dripping_receiver_is_cut_by_the_total_limit(receiver: Any, sink: WebhookSink):
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n")
        for _ in range(20):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.1)

    receiver.answering = drip

    with pytest.raises(PartnerUnavailableError):
        await sink.push(PUBLICATION)


@pytest.mark.parametrize("garbage", [b"", b"\x16\x03\x01", b"HELLO\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n"])
async def test_what_is_not_http_is_no_answer(receiver: Any, sink: WebhookSink, garbage: bytes):
    async def hang_up(writer: asyncio.StreamWriter) -> None:
        writer.write(garbage)
        await writer.drain()

    receiver.answering = hang_up

    with pytest.raises(PartnerUnavailableError):
        await sink.push(PUBLICATION)


async def test_a_closed_port_is_no_answer(http: PartnerHttp, clock: Any, unused_tcp_port: int):
    target = WebhookTarget("erp", f"http://127.0.0.1:{unused_tcp_port}/updates", (NEW,))

    with pytest.raises(PartnerUnavailableError):
        await WebhookSink(target, http, clock).push(PUBLICATION)


async def test_loopback_is_refused_unless_allowed(receiver: Any, clock: Any):
    receiver.answers("204 No Content")
    async with PartnerHttp() as http:
        with pytest.raises(EgressRefusedError):
            await WebhookSink(WebhookTarget("erp", receiver.url, (NEW,)), http, clock).push(PUBLICATION)

    assert receiver.received == []


class Directory:
    """A fake of `ConnectionDirectory`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.lookups = 0
        self.is_disabled = False

    def target(self, tenant: str, connection: str) -> ErpTarget:
        self.lookups += 1
        if (tenant, connection) != ("main", "erp"):
            raise NotFoundError("no such connection")
        if self.is_disabled:
            raise EndpointGoneError("the connection is disabled")
        return ErpTarget(tenant, connection, WEBHOOK, self.url, keys=(NEW,))


async def test_a_connection_is_looked_up_once_while_it_is_fresh(receiver: Any, http: PartnerHttp, clock: Any):
    receiver.answers("204 No Content")
    directory, time = Directory(receiver.url), [0.0]
    sinks = ConnectionSinks(directory, http, clock, ticker=lambda: time[0])

    await sinks.sink("main", "erp").push(PUBLICATION)
    time[0] = FRESH_FOR - 0.1
    await sinks.sink("main", "erp").push(PUBLICATION)
    assert directory.lookups == 1

    time[0] = FRESH_FOR + 0.1
    await sinks.sink("main", "erp").push(PUBLICATION)
    assert directory.lookups == 2


async def test_a_receiver_that_is_gone_is_looked_up_anew(receiver: Any, http: PartnerHttp, clock: Any):
    receiver.answers("410 Gone")
    directory = Directory(receiver.url)
    sinks = ConnectionSinks(directory, http, clock)

    with pytest.raises(EndpointGoneError):
        await sinks.sink("main", "erp").push(PUBLICATION)
    directory.is_disabled = True

    with pytest.raises(EndpointGoneError):
        sinks.sink("main", "erp")
    assert len(receiver.received) == 1


async def test_another_tenants_connection_is_not_found(receiver: Any, http: PartnerHttp, clock: Any):
    sinks = ConnectionSinks(Directory(receiver.url), http, clock)

    with pytest.raises(NotFoundError):
        sinks.sink("other", "erp")
