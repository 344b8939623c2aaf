"""Calls to the simulated Shopify store, and what its refusals are in the hub's terms."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.responses import JSONResponse, Response

from connectors.egress import EgressPolicy
from connectors.erps.shopify.client import ShopifyClient, ShopifyTarget, wait_of
from connectors.erps.shopify.failures import UserErrorsError
from connectors.http import PartnerHttp
from domain.errors import (
    CredentialsRejectedError,
    HubError,
    PartnerContractError,
    PartnerUnavailableError,
    RateLimitedError,
    RequestRejectedError,
)
from tests.erps.serving import served
from tests.erps.shopify_admin import Faults, create_admin
from tests.erps.shopify_store import Store

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SHOP = "{ shop { name } }"
RELEASE = """mutation Release($id: ID!, $holds: [ID!]) {
  fulfillmentOrderReleaseHold(id: $id, holdIds: $holds) { fulfillmentOrder { status } userErrors { code message } }
}"""


class Watch:
    """A clock that a pause moves, so that waiting takes no time."""

    def __init__(self) -> None:
        self.at = NOON
        self.pauses: list[float] = []

    def now(self) -> datetime:
        return self.at

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def store(watch: Watch) -> Store:
    return Store(now=watch.now)


@pytest.fixture
def faults() -> Faults:
    return Faults()


Connect = Callable[..., ShopifyClient]


@pytest.fixture
async def connect(store: Store, faults: Faults, watch: Watch) -> AsyncIterator[Connect]:
    async with served(create_admin(store, faults)) as web, PartnerHttp(EgressPolicy(allow_loopback=True)) as http:

        def connected(**changed: Any) -> ShopifyClient:
            target = {"connection": "shop", "url": str(web.base_url), "token": store.token, **changed}
            return ShopifyClient(ShopifyTarget(**target), http, watch, pause=watch.pause)

        yield connected


async def test_a_query_returns_its_data_and_the_version_that_served_it(connect: Connect) -> None:
    client = connect()

    assert await client.query(SHOP) == {"shop": {"name": "Example"}}
    assert client.served == "2026-10"


async def test_a_retired_version_is_served_by_another_one_and_that_is_known(connect: Connect) -> None:
    client = connect(version="2024-01")

    await client.query(SHOP)

    assert (client.asked, client.served) == ("2024-01", "2026-01")


async def test_a_token_that_is_wrong_is_a_matter_of_credentials(connect: Connect) -> None:
    with pytest.raises(CredentialsRejectedError):
        await connect(token="shpat_other").query(SHOP)


async def test_a_version_that_never_was_is_no_store(connect: Connect) -> None:
    with pytest.raises(RequestRejectedError, match="no version 2026-11"):
        await connect(version="2026-11").query(SHOP)


async def test_a_missing_scope_is_named(connect: Connect, store: Store) -> None:
    store.scopes.discard("read_orders")

    with pytest.raises(CredentialsRejectedError, match="`read_orders` access scope"):
        await connect().query("{ orders(first: 1) { nodes { id } } }")


async def test_what_the_schema_does_not_have_is_refused(connect: Connect) -> None:
    with pytest.raises(RequestRejectedError, match="turnover"):
        await connect().query("{ shop { turnover } }")


async def test_a_refusal_of_a_mutation_is_raised_with_its_code(connect: Connect, store: Store) -> None:
    with pytest.raises(UserErrorsError, match="not found") as failed:
        await connect().mutate("fulfillmentOrderReleaseHold", RELEASE, id="gid://shopify/FulfillmentOrder/9", holds=[])

    assert failed.value.codes == ("FULFILLMENT_ORDER_NOT_FOUND",)
    assert store.writes == []


async def test_an_empty_bucket_is_waited_for_by_its_restore_rate(connect: Connect, store: Store, watch: Watch) -> None:
    store.size, store.points, store.restore = 10.0, 0.0, 2.0
    store.filled_at = NOON

    await connect().query(SHOP)

    assert watch.pauses == [0.5]


async def test_a_bucket_that_fills_slowly_is_left_to_the_caller(connect: Connect, store: Store, watch: Watch) -> None:
    store.points, store.restore, store.filled_at = 0.0, 0.1, NOON

    with pytest.raises(RateLimitedError) as failed:
        await connect().query(SHOP)

    assert failed.value.retry_after == timedelta(seconds=10)
    assert watch.pauses == []


async def test_a_bucket_that_others_empty_is_given_up_after_three_tries(
    connect: Connect, faults: Faults, watch: Watch
) -> None:
    refusal = {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]}
    faults.ahead = [JSONResponse(refusal) for _ in range(3)]

    with pytest.raises(RateLimitedError) as failed:
        await connect().query(SHOP)

    assert failed.value.retry_after == timedelta(seconds=2)
    assert watch.pauses == [2.0, 2.0]


@pytest.mark.parametrize(
    ("answer", "kind", "pause"),
    [
        (JSONResponse({"errors": "Payment Required"}, 402), PartnerUnavailableError, timedelta(minutes=15)),
        (JSONResponse({"errors": "Locked"}, 423), PartnerUnavailableError, timedelta(minutes=15)),
        (JSONResponse({"errors": "Forbidden"}, 403), CredentialsRejectedError, None),
        (JSONResponse({}, 429, headers={"retry-after": "2.0"}), RateLimitedError, None),
        (JSONResponse({}, 429, headers={"retry-after": "2"}), RateLimitedError, timedelta(seconds=2)),
        (JSONResponse({}, 430), RequestRejectedError, None),
        (JSONResponse({}, 502), PartnerUnavailableError, None),
        (Response("<html>Back soon", 200), PartnerContractError, None),
        (JSONResponse([]), PartnerContractError, None),
        (JSONResponse({"data": None}), PartnerContractError, None),
        (JSONResponse({"errors": "Bad", "data": None}), RequestRejectedError, None),
        (JSONResponse({"errors": ["Bad", {"message": "M"}]}), RequestRejectedError, None),
        (
            JSONResponse({"errors": [{"message": "M", "extensions": {"code": "SHOP_INACTIVE"}}]}),
            PartnerUnavailableError,
            timedelta(minutes=15),
        ),
        (
            JSONResponse({"errors": [{"message": "M", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}),
            PartnerUnavailableError,
            None,
        ),
        (Response("x" * 70_000, 200), PartnerContractError, None),
    ],
)
async def test_an_answer_that_is_no_data_fails_as_what_it_is(
    connect: Connect, faults: Faults, *, answer: Response, kind: type[HubError], pause: timedelta | None
) -> None:
    faults.ahead = [answer]

    with pytest.raises(HubError) as failed:
        await connect().query(SHOP)

    assert type(failed.value) is kind
    assert failed.value.retry_after == pause


@pytest.mark.parametrize("payload", [None, {}, {"userErrors": None}])
async def test_a_mutation_that_does_not_say_how_it_went_is_no_success(
    connect: Connect, faults: Faults, payload: Any
) -> None:
    faults.ahead = [JSONResponse({"data": {"fulfillmentOrderReleaseHold": payload}})]

    with pytest.raises(PartnerContractError):
        await connect().mutate("fulfillmentOrderReleaseHold", RELEASE, id="gid://shopify/FulfillmentOrder/9")


@pytest.mark.parametrize("rate", [0, "fast", None])
def test_a_bucket_that_is_not_described_means_a_fixed_pause(rate: Any) -> None:
    status = {"currentlyAvailable": 1, "restoreRate": rate}

    assert wait_of({"cost": {"requestedQueryCost": 10, "throttleStatus": status}}) == timedelta(seconds=2)


def test_the_token_is_in_no_text_of_the_target() -> None:
    assert "s3cret" not in repr(ShopifyTarget("shop", "https://example.myshopify.com", "s3cret"))
