"""What a tracker does when all is well, and when credentials, tokens and single numbers are not."""

import asyncio
import base64
import json
import traceback
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from connectors.carriers.requests import askable
from connectors.carriers.validators import Validators
from domain.carriers import CarrierAnswer, Fetched
from domain.errors import CredentialsRejectedError, HubError, PartnerUnavailableError, RequestRejectedError
from tests.carriers.calling import SetClock, opened, outcome_of
from tests.carriers.cases import CASES, Case
from tests.carriers.faults import FAULTS, Fault, friendly, is_token
from tests.carriers.hostile import HostileCarrier, Reply, Seen, replying

ALL = [pytest.param(case, id=carrier) for carrier, case in CASES.items()]
TOKENS = [pytest.param(case, id=carrier) for carrier, case in CASES.items() if case.calls.token]
WITH_SECRETS = [pytest.param(case, id=carrier) for carrier, case in CASES.items() if case.calls.secrets]


def tracked(case: Case, carrier: HostileCarrier) -> list[Seen]:
    return [seen for seen in carrier.seen if not is_token(case, seen)]


def fetched_tokens(case: Case, carrier: HostileCarrier) -> list[Seen]:
    return [seen for seen in carrier.seen if is_token(case, seen)]


def tracking_only(case: Case, make: Callable[[Seen], Reply]) -> Callable[[Seen], Reply]:
    good = friendly(case)
    return lambda seen: good(seen) if is_token(case, seen) else make(seen)


@pytest.mark.parametrize("case", ALL)
async def test_one_request_asks_about_every_number(case: Case) -> None:
    async with HostileCarrier() as carrier:
        carrier.answering = replying(friendly(case))
        async with opened(case, carrier) as (tracker, directory):
            fetched = await tracker.fetch(case.numbers)

        (seen,) = tracked(case, carrier)
    sent = unquote(seen.target) + seen.body.decode() + unquote(seen.body.decode())
    assert [number for number in case.numbers if number not in sent] == []
    assert (seen.method, seen.path) == (case.calls.call.method, seen.path)
    assert fetched.failures == ()
    assert [answer.numbers for answer in fetched.answers] == [case.numbers]
    assert directory.stops == []


@pytest.mark.parametrize("case", WITH_SECRETS)
async def test_every_secret_reaches_the_carrier_or_its_token_service(case: Case) -> None:
    async with HostileCarrier() as carrier:
        carrier.answering = replying(friendly(case))
        async with opened(case, carrier) as (tracker, _):
            await tracker.fetch(case.numbers)

    sent = "".join(
        unquote(seen.target) + seen.body.decode() + str(seen.headers) + _basic(seen) for seen in carrier.seen
    )
    signed = {"check_word"} if case.calls.sign else set()
    assert {name for name, secret in case.secrets.items() if secret not in sent} == signed


def _basic(seen: Seen) -> str:
    scheme, _, text = seen.headers.get("authorization", "").partition(" ")
    return base64.b64decode(text).decode() if scheme == "Basic" else text


async def test_a_repeated_parameter_names_each_number() -> None:
    case = CASES["mydhl"]
    async with HostileCarrier() as carrier:
        carrier.answering = replying(friendly(case))
        async with opened(case, carrier) as (tracker, _):
            await tracker.fetch([case.numbers[0], "1000000002"])

        (seen,) = carrier.seen
    assert parse_qs(urlsplit(seen.target).query)["shipmentTrackingNumber"] == [case.numbers[0], "1000000002"]


async def test_a_json_body_holds_an_object_per_number() -> None:
    case = CASES["17track"]
    async with HostileCarrier() as carrier:
        carrier.answering = replying(friendly(case))
        async with opened(case, carrier) as (tracker, _):
            await tracker.fetch([*case.numbers, "RR000000005DE"])

        (seen,) = carrier.seen
    assert json.loads(seen.body) == [{"number": case.numbers[0]}, {"number": "RR000000005DE"}]


async def test_secrets_are_escaped_for_the_text_they_stand_in() -> None:
    case = CASES["dhl_parcel_de"]
    async with HostileCarrier() as carrier:
        carrier.answering = replying(friendly(case))
        async with opened(case, carrier) as (tracker, directory):
            directory.renew({**case.secrets, "password": '"/><evil a="<&'})
            await tracker.fetch(case.numbers)

        (seen,) = carrier.seen
    (sent,) = parse_qs(urlsplit(seen.target).query)["xml"]
    assert 'password="&quot;/&gt;&lt;evil a=&quot;&lt;&amp;"' in sent


# --- numbers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "asked"),
    [
        ("1Z 999 AA1 0123456784", "1Z999AA10123456784"),
        ("RR-123", "RR-123"),
        ("A", "A"),
        ("A,B", None),
        ("A;B", None),
        ("../admin", None),
        ("..", None),
        ("A/B", None),
        ("A?x=1", None),
        ('A"}', None),
        ("A\r\nHost: x", None),
        ("", None),
        ("\uff19\uff19", None),
        ("A" * 101, None),
    ],
)
def test_only_what_can_be_one_number_is_asked_for(number: str, asked: str | None) -> None:
    assert askable(number) == asked


async def test_a_number_that_cannot_be_asked_does_not_keep_its_siblings_back() -> None:
    case = CASES["laposte"]
    async with HostileCarrier() as carrier:
        carrier.answering = replying(friendly(case))
        async with opened(case, carrier) as (tracker, _):
            fetched = await tracker.fetch(["6A00000000001,6A00000000002", *case.numbers])

    assert [answer.numbers for answer in fetched.answers] == [case.numbers]
    (failure,) = fetched.failures
    assert (failure.number, failure.code) == ("6A00000000001,6A00000000002", "request_rejected")


async def test_the_number_that_spoils_a_batch_is_found() -> None:
    case = CASES["fedex"]
    bad, good = "100000000099", [f"1000000000{n:02}" for n in range(30) if n != 12]

    def answer(seen: Seen) -> Reply:
        if bad.encode() in seen.body:
            return Reply(b'{"errors": [{"code": "TRACKING.TRACKINGNUMBER.INVALID"}]}', status="400 Bad Request")
        numbers = [row["trackingNumberInfo"]["trackingNumber"] for row in json.loads(seen.body)["trackingInfo"]]
        results = [{"trackingNumber": number, "trackResults": []} for number in numbers]
        return Reply(json.dumps({"output": {"completeTrackResults": results}}).encode())

    async with HostileCarrier() as carrier:
        carrier.answering = replying(tracking_only(case, answer))
        async with opened(case, carrier) as (tracker, _):
            fetched = await tracker.fetch([*good, bad])

        assert len(tracked(case, carrier)) <= 13
    assert [failure.number for failure in fetched.failures] == [bad]
    assert sorted(number for one in fetched.answers for number in one.numbers) == sorted(good)


async def test_a_carrier_in_trouble_is_not_asked_again_for_halves() -> None:
    case = CASES["fedex"]
    async with HostileCarrier() as carrier:
        carrier.answering = replying(tracking_only(case, lambda _: Reply(b"", None, "502 Bad Gateway")))
        async with opened(case, carrier) as (tracker, _):
            outcome = await outcome_of(tracker, [f"1000000000{n:02}" for n in range(30)])

        assert len(tracked(case, carrier)) == 1
    assert type(outcome) is PartnerUnavailableError


async def test_what_was_answered_before_the_trouble_is_kept() -> None:
    case = CASES["fedex"]
    answers = iter(
        [Reply(b"{}", status="400 Bad Request"), Reply(case.fixture), Reply(b"", None, "503 Service Unavailable")]
    )

    async with HostileCarrier() as carrier:
        carrier.answering = replying(tracking_only(case, lambda _: next(answers)))
        async with opened(case, carrier) as (tracker, _):
            fetched = await tracker.fetch([case.numbers[0], "100000000099"])

    assert [answer.numbers for answer in fetched.answers] == [case.numbers]
    assert [(failure.number, failure.code) for failure in fetched.failures] == [("100000000099", "partner_unavailable")]


async def test_an_unknown_number_without_a_word_is_a_failure_of_that_number() -> None:
    case = CASES["ups"]
    async with HostileCarrier() as carrier:
        carrier.answering = replying(tracking_only(case, lambda _: Reply(b"", None, "404 Not Found")))
        async with opened(case, carrier) as (tracker, _):
            fetched = await tracker.fetch(["1Z999AA10123456784"])

    assert fetched.answers == ()
    assert [(one.number, one.code) for one in fetched.failures] == [("1Z999AA10123456784", "not_known_yet")]


async def test_what_the_carrier_says_of_an_unknown_number_is_an_answer() -> None:
    case = CASES["dhl_universal"]
    said = Reply(b'{"status": 404, "title": "No result found"}', "application/problem+json", "404 Not Found")
    async with HostileCarrier() as carrier:
        carrier.answering = replying(lambda _: said)
        async with opened(case, carrier) as (tracker, _):
            fetched = await tracker.fetch(["1000000001"])

    assert fetched == Fetched((CarrierAnswer(said.body, "application/problem+json", ("1000000001",)),))


async def test_more_numbers_than_a_batch_holds_are_a_mistake_of_the_caller() -> None:
    case = CASES["ups"]
    async with HostileCarrier() as carrier, opened(case, carrier) as (tracker, _):
        with pytest.raises(ValueError, match="2 numbers in a batch of 1"):
            await tracker.fetch(["A1", "A2"])


# --- credentials and tokens -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", WITH_SECRETS)
async def test_a_refusal_after_success_stops_the_account_and_says_so(case: Case) -> None:
    refusing = False

    def answer(seen: Seen) -> Reply:
        return (
            Reply(b"{}", status="401 Unauthorized") if refusing and not is_token(case, seen) else friendly(case)(seen)
        )

    async with HostileCarrier() as carrier:
        carrier.answering = replying(answer)
        async with opened(case, carrier) as (tracker, directory):
            await tracker.fetch(case.numbers)
            refusing = True
            carrier.seen.clear()
            refused = await outcome_of(tracker, case.numbers)
            asked = len(tracked(case, carrier))
            again = await outcome_of(tracker, case.numbers)

            assert directory.stops == [str(refused)]
            assert directory.account.stopped == f"{case.carrier}-test: {case.carrier} answered 401"
    assert type(refused) is CredentialsRejectedError
    assert asked == (2 if case.calls.token else 1)
    assert len(tracked(case, carrier)) == asked
    assert str(again) == f"{case.carrier}-test is stopped: {directory.account.stopped}"


@pytest.mark.parametrize("case", TOKENS)
async def test_a_token_that_is_refused_is_renewed_once(case: Case) -> None:
    answers = iter([Reply(b"{}", status="401 Unauthorized")])
    good = friendly(case)

    async with HostileCarrier() as carrier:
        carrier.answering = replying(lambda seen: good(seen) if is_token(case, seen) else next(answers, good(seen)))
        async with opened(case, carrier) as (tracker, directory):
            fetched = await tracker.fetch(case.numbers)

        assert directory.stops == []
        assert len(fetched_tokens(case, carrier)) == 2
    assert len(fetched.answers) == 1


@pytest.mark.parametrize("case", TOKENS)
async def test_many_callers_share_one_token_until_shortly_before_its_end(case: Case) -> None:
    clock = SetClock()
    assert case.calls.token is not None
    lifetime = 3_600 if case.calls.token.lifetime else case.calls.token.seconds

    async with HostileCarrier() as carrier:
        carrier.answering = replying(friendly(case))
        async with opened(case, carrier, clock=clock) as (tracker, _):
            await asyncio.gather(*(tracker.fetch(case.numbers) for _ in range(10)))
            clock.forward(timedelta(seconds=lifetime - 61))
            await tracker.fetch(case.numbers)
            before = len(fetched_tokens(case, carrier))
            clock.forward(timedelta(seconds=1))
            await tracker.fetch(case.numbers)

        assert (before, len(fetched_tokens(case, carrier))) == (1, 2)


@pytest.mark.parametrize("case", WITH_SECRETS)
async def test_new_credentials_are_used_by_the_next_call(case: Case) -> None:
    fresh = {name: f"fresh-{name.replace('_', '-')}" for name in case.secrets}

    async with HostileCarrier() as carrier:
        carrier.answering = replying(friendly(case))
        async with opened(case, carrier) as (tracker, directory):
            await tracker.fetch(case.numbers)
            directory.renew(fresh)
            carrier.seen.clear()
            await tracker.fetch(case.numbers)

    sent = "".join(
        unquote(seen.target) + seen.body.decode() + str(seen.headers) + _basic(seen) for seen in carrier.seen
    )
    assert "hush-" not in sent
    assert "fresh-" in sent


async def test_credentials_that_change_while_a_call_is_refused_are_tried_and_nothing_stops() -> None:
    case = CASES["royalmail"]
    async with HostileCarrier() as carrier:
        async with opened(case, carrier) as (tracker, directory):

            def answer(seen: Seen) -> Reply:
                if "hush" in str(seen.headers):
                    directory.renew(dict.fromkeys(case.secrets, "fresh"))
                    return Reply(b"{}", status="401 Unauthorized")
                return friendly(case)(seen)

            carrier.answering = replying(answer)
            fetched = await tracker.fetch(case.numbers)

        assert (len(fetched.answers), directory.stops) == (1, [])


async def test_a_page_that_forbids_says_nothing_about_keys() -> None:
    case = CASES["canadapost"]
    page = Reply(b"<html><body>Access Denied</body></html>", "text/html", "403 Forbidden")
    async with HostileCarrier() as carrier:
        carrier.answering = replying(lambda _: page)
        async with opened(case, carrier) as (tracker, directory):
            outcome = await outcome_of(tracker, case.numbers)

        assert directory.stops == []
    assert type(outcome) is PartnerUnavailableError


@pytest.mark.parametrize(
    ("carrier_id", "body", "content_type", "kind"),
    [
        ("17track", b'{"code": -18010002, "data": {"errors": []}}', "application/json", "credentials_rejected"),
        ("17track", b'{"code": -18019908, "data": {"errors": []}}', "application/json", "rate_limited"),
        (
            "sf_express",
            b'{"apiResultCode": "A1006", "apiResultData": null}',
            "application/json",
            "credentials_rejected",
        ),
        ("sf_express", b'{"apiResultCode": "A1005", "apiResultData": null}', "application/json", "rate_limited"),
        ("sf_express", b'{"apiResultCode": "A1009", "apiResultData": null}', "application/json", "partner_unavailable"),
        ("sf_express", b'{"apiResultCode": "A1000"}', "application/json", "partner_contract"),
        ("cainiao", b'{"rgv587_flag": "sm", "url": "https://example.com"}', "application/json", "rate_limited"),
        ("dhl_parcel_de", b'<data code="5" error="Log-in failed"/>', "text/xml", "credentials_rejected"),
        (
            "canadapost",
            b'<messages xmlns="http://www.canadapost.ca/ws/messages"><message><code>Server</code></message></messages>',
            "application/vnd.cpc.track-v2+xml",
            "rate_limited",
        ),
    ],
)
async def test_failures_told_in_a_body_are_heard(carrier_id: str, body: bytes, content_type: str, kind: str) -> None:
    case = CASES[carrier_id]
    async with HostileCarrier() as carrier:
        carrier.answering = replying(lambda _: Reply(body, content_type))
        async with opened(case, carrier) as (tracker, _):
            outcome = await outcome_of(tracker, case.numbers)

    assert isinstance(outcome, HubError)
    assert outcome.code == kind


async def test_a_soap_fault_of_the_login_stops_the_account() -> None:
    case = CASES["dpd"]
    fault = (
        b"<Envelope><Body><Fault><detail><authenticationFault><errorCode>DELICOM_ERR_AUTHENTICATION</errorCode>"
        b"</authenticationFault></detail></Fault></Body></Envelope>"
    )
    async with HostileCarrier() as carrier:
        carrier.answering = replying(lambda _: Reply(fault, "text/xml", "500 Internal Server Error"))
        async with opened(case, carrier) as (tracker, directory):
            outcome = await outcome_of(tracker, case.numbers)

        assert len(directory.stops) == 1
    assert type(outcome) is CredentialsRejectedError


async def test_an_answer_that_names_no_number_gets_the_one_that_was_asked() -> None:
    case = CASES["dpd"]
    async with HostileCarrier() as carrier:
        carrier.answering = replying(friendly(case, b'<?xml version="1.0"?>\n<Envelope><Body/></Envelope>'))
        async with opened(case, carrier) as (tracker, _):
            fetched = await tracker.fetch(["05308801410058"])

    assert fetched.answers[0].body == b'<asked number="05308801410058"><Envelope><Body/></Envelope></asked>'


async def test_an_account_without_its_secrets_asks_nobody() -> None:
    case = CASES["fedex"]
    async with HostileCarrier() as carrier, opened(case, carrier) as (tracker, directory):
        directory.renew({"client_id": "only-this"})
        outcome = await outcome_of(tracker, case.numbers)

        assert carrier.seen == []
    assert type(outcome) is RequestRejectedError
    assert outcome.evidence["missing"] == "secret client_secret"


TELLING = [
    pytest.param(case, fault, id=f"{carrier}: {name}")
    for carrier, case in CASES.items()
    for name, fault in FAULTS.items()
    if case.calls.secrets and not fault.unless(case) and not fault.is_slow
]


@pytest.mark.parametrize(("case", "fault"), TELLING)
async def test_no_failure_tells_a_secret(case: Case, fault: Fault) -> None:
    async with HostileCarrier() as carrier, HostileCarrier() as elsewhere:
        carrier.answering = fault.answering(case, carrier, elsewhere)
        async with opened(case, carrier) as (tracker, directory):
            outcome = await outcome_of(tracker, fault.numbers or case.numbers)

    told = "".join(traceback.format_exception(outcome)) if isinstance(outcome, HubError) else repr(outcome)
    evidence = repr(outcome.evidence) if isinstance(outcome, HubError) else ""
    assert "hush" not in told + evidence + repr(directory.account) + "".join(directory.stops)


async def test_a_carrier_that_repeats_our_key_does_not_put_it_into_the_evidence() -> None:
    case = CASES["aftership"]
    echo = Reply(b'{"error": "invalid key hush-api-key"}', status="400 Bad Request")
    async with HostileCarrier() as carrier:
        carrier.answering = replying(lambda _: echo)
        async with opened(case, carrier) as (tracker, _):
            outcome = await outcome_of(tracker, case.numbers[:1])

    assert isinstance(outcome, RequestRejectedError)
    assert outcome.evidence["answer"] == '{"error":"invalid key [secret]"}'


async def test_cookies_of_one_call_do_not_go_out_with_the_next() -> None:
    case = CASES["cainiao"]
    good = friendly(case)
    async with HostileCarrier() as carrier:
        carrier.answering = replying(
            lambda seen: Reply(good(seen).body, case.content_type, headers=(("set-cookie", "session=1"),))
        )
        async with opened(case, carrier) as (tracker, _):
            await tracker.fetch(case.numbers)
            await tracker.fetch(case.numbers)

    assert [seen.headers.get("cookie") for seen in carrier.seen] == [None, None]


# --- unchanged ------------------------------------------------------------------------------------------------------


def marked(case: Case) -> Callable[[Seen], Reply]:
    def answer(seen: Seen) -> Reply:
        if seen.headers.get("if-none-match") == '"v1"':
            return Reply(b"", None, "304 Not Modified")
        return Reply(case.wire(case.fixture), case.content_type, headers=(("etag", '"v1"'),))

    return tracking_only(case, answer)


@pytest.mark.parametrize("case", ALL)
async def test_unchanged_is_asked_for_only_after_the_answer_was_stored(case: Case) -> None:
    async with HostileCarrier() as carrier:
        carrier.answering = replying(marked(case))
        async with opened(case, carrier) as (tracker, _):
            first = await tracker.fetch(case.numbers)
            lost = await tracker.fetch(case.numbers)
            tracker.stored(first)
            third = await tracker.fetch(case.numbers)

    assert first == lost
    assert third == Fetched(unchanged=case.numbers)


def test_marks_of_another_answer_do_not_count_as_stored() -> None:
    validators = Validators()
    validators.seen(("a",), b"old", {"etag": '"1"'})
    validators.seen(("a",), b"new", {"etag": '"2"'})

    validators.stored(("a",), b"old")
    assert validators.headers(("a",)) == {}
    validators.stored(("a",), b"new")
    assert validators.headers(("a",)) == {"if-none-match": '"2"'}


def test_marks_are_bounded_and_the_least_used_go_first() -> None:
    validators = Validators(limit=2)
    for name in ("a", "b"):
        validators.seen((name,), b"", {"last-modified": name})
        validators.stored((name,), b"")
    validators.headers(("a",))
    validators.seen(("c",), b"", {"last-modified": "c"})
    validators.stored(("c",), b"")

    assert [validators.headers((name,)) for name in "abc"] == [
        {"if-modified-since": "a"},
        {},
        {"if-modified-since": "c"},
    ]


def test_marks_that_no_header_can_carry_are_not_kept() -> None:
    validators = Validators()
    validators.seen(("a",), b"", {"etag": "x" * 501})
    validators.stored(("a",), b"")

    assert validators.headers(("a",)) == {}
