"""Subscriptions: what goes out, what an answer confirms, and every fault of the hostile carrier."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from connectors.carriers.subscriber import AccountSubscriber
from domain.carriers import NumberFailure
from domain.errors import CredentialsRejectedError
from domain.subscriptions import Subscribed
from tests.carriers.calling import LIMITS, SHORT, opened, outcome_of
from tests.carriers.cases import Case
from tests.carriers.faults import FAULTS, Fault, Scene, friendly, is_token
from tests.carriers.hostile import HostileCarrier, Reply, Seen, replying
from tests.carriers.subscribing import PROVIDERS, SECRET, URL, subscribing

MEETINGS = [
    pytest.param(case, fault, id=f"{case.carrier}: {name}")
    for case in PROVIDERS.values()
    for name, fault in FAULTS.items()
    if not fault.unless(case)
]


def asked(carrier: str, provider: HostileCarrier) -> list[Seen]:
    return [seen for seen in provider.seen if not is_token(PROVIDERS[carrier], seen)]


def answering(carrier: str, body: Any, status: str = "200 OK") -> Any:
    good = friendly(PROVIDERS[carrier])
    reply = Reply(json.dumps(body).encode(), "application/json", status)
    return replying(lambda seen: good(seen) if is_token(PROVIDERS[carrier], seen) else reply)


async def everything(subscriber: AccountSubscriber, numbers: Sequence[str]) -> Subscribed:
    batches = [batch async for batch in subscriber.subscribe(numbers)]
    return Subscribed(
        tuple(number for batch in batches for number in batch.taken),
        tuple(failure for batch in batches for failure in batch.failures),
    )


async def told(carrier: str, body: Any, *numbers: str, status: str = "200 OK") -> Subscribed:
    async with HostileCarrier() as provider:
        provider.answering = answering(carrier, body, status)
        async with subscribing(carrier, provider) as (subscriber, _):
            return await everything(subscriber, numbers)


@pytest.mark.parametrize(("case", "fault"), MEETINGS)
async def test_a_subscription_makes_the_right_thing_of(case: Case, fault: Fault) -> None:
    numbers = fault.numbers or case.numbers
    async with HostileCarrier() as carrier, HostileCarrier() as elsewhere:
        carrier.answering = fault.answering(case, carrier, elsewhere)

        async with opened(case, carrier, limits=SHORT if fault.is_slow else LIMITS) as (tracker, _):
            outcome = await outcome_of(tracker, numbers)

        fault.judge(Scene(case, carrier, elsewhere, outcome, numbers))


@pytest.mark.parametrize("carrier", PROVIDERS)
async def test_what_the_provider_confirms_is_taken(carrier: str) -> None:
    case = PROVIDERS[carrier]
    async with HostileCarrier() as provider:
        provider.answering = replying(friendly(case))
        async with subscribing(carrier, provider) as (subscriber, directory):
            outcome = await everything(subscriber, case.numbers)

    assert outcome == Subscribed(taken=case.numbers)
    assert [seen.method for seen in asked(carrier, provider)] == ["POST"]
    assert directory.stops == []


@pytest.mark.parametrize(
    ("carrier", "path", "sent"),
    [
        ("17track", "/track/v2.2/register", [{"number": "RR1000000001"}]),
        ("aftership", "/trackings", {"tracking_number": "1000000001"}),
        ("easypost", "/trackers", {"tracker": {"tracking_code": "1000000001"}}),
        (
            "ups",
            "/api/track/v1/subscription/standard/package",
            {
                "locale": "en_US",
                "countryCode": "US",
                "trackingNumberList": ["1Z0000000000000001"],
                "destination": {"url": URL, "credentialType": "Bearer", "credential": SECRET},
            },
        ),
    ],
)
async def test_the_request_is_the_documented_one(carrier: str, path: str, sent: Any) -> None:
    case = PROVIDERS[carrier]
    async with HostileCarrier() as provider:
        provider.answering = replying(friendly(case))
        async with subscribing(carrier, provider) as (subscriber, _):
            await everything(subscriber, case.numbers)

    (seen,) = asked(carrier, provider)
    assert (seen.path, seen.headers["content-type"], json.loads(seen.body)) == (path, "application/json", sent)


def refusal(number: str, detail: str) -> NumberFailure:
    return NumberFailure(number, "request_rejected", detail)


def unconfirmed(number: str) -> NumberFailure:
    return NumberFailure(number, "partner_contract", "the provider's answer does not confirm it")


async def test_17track_takes_some_knows_some_and_refuses_some() -> None:
    rejected = [
        {"number": "RR1000000002", "error": {"code": -18019901, "message": "registered"}},
        {"number": "RR1000000003", "error": {"code": -18019903, "message": "no carrier"}},
    ]
    body = {"code": 0, "data": {"accepted": [{"number": "RR1000000001"}], "rejected": rejected}}

    outcome = await told("17track", body, "RR1000000001", "RR1000000002", "RR1000000003", "RR1000000004")

    assert outcome.taken == ("RR1000000001", "RR1000000002")
    assert outcome.failures == (refusal("RR1000000003", "refused: -18019903"), unconfirmed("RR1000000004"))


async def test_ups_names_the_numbers_that_are_invalid() -> None:
    body = {"validTrackingNumbers": ["1Z0000000000000001"], "invalidTrackingNumbers": ["1Z0000000000000002"]}

    outcome = await told("ups", body, "1Z0000000000000001", "1Z0000000000000002")

    assert outcome == Subscribed(("1Z0000000000000001",), (refusal("1Z0000000000000002", "refused"),))


async def test_an_answer_that_takes_and_refuses_a_number_confirms_nothing() -> None:
    both = {"validTrackingNumbers": ["1Z0000000000000001"], "invalidTrackingNumbers": ["1Z0000000000000001"]}

    assert (await told("ups", both, "1Z0000000000000001")).taken == ()


async def test_aftership_says_by_an_error_that_a_tracking_exists() -> None:
    body = {"meta": {"code": 4003, "message": "Tracking already exists.", "type": "BadRequest"}, "data": {}}

    assert await told("aftership", body, "1000000001", status="400 Bad Request") == Subscribed(("1000000001",))


@pytest.mark.parametrize("code", [400, 4005, 4010, 4012])
async def test_any_other_error_of_aftership_confirms_nothing_and_stops_nobody(code: int) -> None:
    async with HostileCarrier() as provider:
        provider.answering = answering("aftership", {"meta": {"code": code}, "data": {}}, "400 Bad Request")
        async with subscribing("aftership", provider) as (subscriber, directory):
            outcome = await everything(subscriber, ["1000000001"])

    assert outcome == Subscribed(failures=(unconfirmed("1000000001"),))
    assert directory.stops == []


async def test_numbers_go_out_in_batches_as_large_as_the_provider_takes() -> None:
    numbers = [f"1Z{index:016d}" for index in range(250)]
    case = PROVIDERS["ups"]

    def take(seen: Seen) -> Reply:
        if is_token(case, seen):
            return friendly(case)(seen)
        return Reply(json.dumps({"validTrackingNumbers": json.loads(seen.body)["trackingNumberList"]}).encode())

    async with HostileCarrier() as provider:
        provider.answering = replying(take)
        async with subscribing("ups", provider) as (subscriber, _):
            outcome = await everything(subscriber, numbers)

    sizes = [len(json.loads(seen.body)["trackingNumberList"]) for seen in asked("ups", provider)]
    assert (sizes, outcome) == ([100, 100, 50], Subscribed(tuple(numbers)))


@pytest.mark.parametrize("carrier", PROVIDERS)
async def test_refused_credentials_stop_the_account_and_show_no_secret(carrier: str) -> None:
    async with HostileCarrier() as provider:
        provider.answering = answering(carrier, {"echo": SECRET, "response": {}}, "401 Unauthorized")
        async with subscribing(carrier, provider) as (subscriber, directory):
            with pytest.raises(CredentialsRejectedError) as caught:
                await everything(subscriber, PROVIDERS[carrier].numbers)

    assert len(directory.stops) == 1
    if carrier == "ups":  # the others are not told it
        assert SECRET not in repr(caught.value.evidence)


async def test_a_number_that_could_be_read_as_two_is_not_sent() -> None:
    body = {"code": 0, "data": {"accepted": [{"number": "RR1000000001"}], "rejected": []}}

    outcome = await told("17track", body, 'A"},{"number":"B', "RR1000000001")

    assert [failure.number for failure in outcome.failures] == ['A"},{"number":"B']
