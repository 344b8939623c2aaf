"""What the simulated Shopify store refuses and how. Source: shopify.dev, Admin API 2026-10, pages named per test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.erps.serving import served
from tests.erps.shopify_admin import create_admin
from tests.erps.shopify_store import Store

PATH = "/admin/api/2026-10/graphql.json"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

SHIP = """mutation Ship($given: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $given) {
    fulfillment { id status trackingInfo { number company } } userErrors { field message }
  }
}"""
TELL = """mutation Tell($given: FulfillmentEventInput!) {
  fulfillmentEventCreate(fulfillmentEvent: $given) {
    fulfillmentEvent { id status message } userErrors { field message }
  }
}"""
HOLD = """mutation Hold($id: ID!, $given: FulfillmentOrderHoldInput!) {
  fulfillmentOrderHold(id: $id, fulfillmentHold: $given) { fulfillmentHold { id handle } userErrors { code } }
}"""
RELEASE = """mutation Release($id: ID!, $holds: [ID!]) {
  fulfillmentOrderReleaseHold(id: $id, holdIds: $holds) {
    fulfillmentOrder { status fulfillmentHolds { heldByRequestingApp } } userErrors { code message }
  }
}"""
REJECT = """mutation Reject($id: ID!) {
  fulfillmentOrderRejectCancellationRequest(id: $id, message: "handed over") {
    fulfillmentOrder { requestStatus } userErrors { message }
  }
}"""

Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def store() -> Store:
    return Store(now=lambda: NOON)


@pytest.fixture
async def client(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    async with served(create_admin(store)) as client:
        client.headers["x-shopify-access-token"] = store.token
        yield client


@pytest.fixture
def ask(client: httpx.AsyncClient) -> Ask:
    async def send(query: str, **variables: Any) -> dict[str, Any]:
        answer = await client.post(PATH, json={"query": query, "variables": variables})
        assert answer.status_code == 200
        document: dict[str, Any] = answer.json()
        return document

    return send


def ship(store: Store, name: str = "#1001", *, number: str = "RR000000005DE") -> dict[str, Any]:
    part = store.order(name).parts[0]
    return {
        "lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": part.id}],
        "trackingInfo": {"number": number, "company": "DHL"},
    }


async def test_a_token_that_is_wrong_is_401(client: httpx.AsyncClient) -> None:
    answer = await client.post(PATH, json={"query": "{ shop { name } }"}, headers={"x-shopify-access-token": "other"})

    assert answer.status_code == 401
    assert "Invalid API key or access token" in answer.json()["errors"]


async def test_a_version_that_never_was_is_404_and_a_retired_one_falls_forward(client: httpx.AsyncClient) -> None:
    never = await client.post("/admin/api/2026-11/graphql.json", json={"query": "{ shop { name } }"})
    retired = await client.post("/admin/api/2024-01/graphql.json", json={"query": "{ shop { name } }"})

    assert never.status_code == 404
    assert retired.headers["x-shopify-api-version"] == "2026-01"


async def test_a_missing_scope_is_an_error_in_a_200(store: Store, ask: Ask) -> None:
    store.scopes.discard("write_fulfillments")

    answer = await ask(TELL, given={"fulfillmentId": "gid://shopify/Fulfillment/1", "status": "DELAYED"})

    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert answer["data"] == {"fulfillmentEventCreate": None}


async def test_a_status_of_no_enum_is_refused_before_anything_is_done(store: Store, ask: Ask) -> None:
    answer = await ask(TELL, given={"fulfillmentId": "gid://shopify/Fulfillment/1", "status": "CUSTOMS_HOLD"})

    assert "CUSTOMS_HOLD" in answer["errors"][0]["message"]
    assert answer["data"] is None
    assert store.writes == []


async def test_a_field_that_does_not_exist_is_refused(ask: Ask) -> None:
    answer = await ask("{ shop { turnover } }")

    assert "turnover" in answer["errors"][0]["message"]


@pytest.mark.parametrize("given", ["1001", "gid://other/Order/1"])
async def test_an_id_that_is_no_global_id_is_refused(ask: Ask, given: str) -> None:
    answer = await ask("query One($id: ID!) { order(id: $id) { name } }", id=given)

    assert answer["errors"][0]["message"] == f"Invalid global id '{given}'"


async def test_a_fulfilment_order_is_shipped_once(store: Store, ask: Ask) -> None:
    given = ship(store)

    first = await ask(SHIP, given=given)
    second = await ask(SHIP, given=given)

    made = first["data"]["fulfillmentCreate"]["fulfillment"]
    assert (made["status"], made["trackingInfo"]) == ("SUCCESS", [{"number": "RR000000005DE", "company": "DHL"}])
    (error,) = second["data"]["fulfillmentCreate"]["userErrors"]
    assert error["message"].endswith("has an unfulfillable status= closed.")


async def test_what_is_on_hold_cannot_be_shipped(store: Store, ask: Ask) -> None:
    given = ship(store)
    store.hold_by_merchant(store.orders[0].parts[0])

    answer = await ask(SHIP, given=given)

    assert "on_hold" in answer["data"]["fulfillmentCreate"]["userErrors"][0]["message"]


async def test_an_event_of_an_unknown_fulfilment_is_a_user_error(ask: Ask) -> None:
    answer = await ask(TELL, given={"fulfillmentId": "gid://shopify/Fulfillment/1", "status": "DELAYED"})

    assert answer["data"]["fulfillmentEventCreate"]["userErrors"][0]["field"] == ["fulfillmentEvent", "fulfillmentId"]


async def test_two_equal_events_are_two_events_and_move_no_time(store: Store, ask: Ask) -> None:
    gid = (await ask(SHIP, given=ship(store)))["data"]["fulfillmentCreate"]["fulfillment"]["id"]
    before = store.orders[0].updated
    for _ in range(2):
        await ask(TELL, given={"fulfillmentId": gid, "status": "DELAYED", "message": "Held by customs"})

    assert [event.message for event in store.orders[0].sent[0].event_log] == ["Held by customs"] * 2
    assert store.orders[0].updated == before


async def test_a_handle_holds_a_part_once(store: Store, ask: Ask) -> None:
    part = store.order("#1001").parts[0]
    given = {"reason": "OTHER", "handle": "hub-1"}

    first = await ask(HOLD, id=part.id, given=given)
    second = await ask(HOLD, id=part.id, given=given)

    assert first["data"]["fulfillmentOrderHold"]["fulfillmentHold"]["handle"] == "hub-1"
    assert second["data"]["fulfillmentOrderHold"]["userErrors"] == [{"code": "DUPLICATE_FULFILLMENT_HOLD_HANDLE"}]


async def test_an_app_has_ten_holds_of_a_part(store: Store, ask: Ask) -> None:
    part = store.order("#1001").parts[0]
    for place in range(10):
        await ask(HOLD, id=part.id, given={"reason": "OTHER", "handle": f"hub-{place}"})

    answer = await ask(HOLD, id=part.id, given={"reason": "OTHER", "handle": "hub-10"})

    assert answer["data"]["fulfillmentOrderHold"]["userErrors"] == [{"code": "FULFILLMENT_ORDER_HOLD_LIMIT_REACHED"}]


async def test_a_release_without_names_releases_everybodys_holds(store: Store, ask: Ask) -> None:
    part = store.order("#1001").parts[0]
    store.hold_by_merchant(part)
    mine = await ask(HOLD, id=part.id, given={"reason": "OTHER", "handle": "hub-1"})
    hold = mine["data"]["fulfillmentOrderHold"]["fulfillmentHold"]["id"]

    named = await ask(RELEASE, id=part.id, holds=[hold])
    every = await ask(RELEASE, id=part.id)

    left = named["data"]["fulfillmentOrderReleaseHold"]["fulfillmentOrder"]
    assert left == {"status": "ON_HOLD", "fulfillmentHolds": [{"heldByRequestingApp": False}]}
    assert every["data"]["fulfillmentOrderReleaseHold"]["fulfillmentOrder"]["status"] == "OPEN"


async def test_only_a_request_to_cancel_can_be_answered(store: Store, ask: Ask) -> None:
    order = store.order("#1001")

    unasked = await ask(REJECT, id=order.parts[0].id)
    store.ask_to_cancel(order, order.parts[0])
    asked = await ask(REJECT, id=order.parts[0].id)

    assert unasked["data"]["fulfillmentOrderRejectCancellationRequest"]["userErrors"] != []
    answer = asked["data"]["fulfillmentOrderRejectCancellationRequest"]
    assert answer == {"fulfillmentOrder": {"requestStatus": "CANCELLATION_REJECTED"}, "userErrors": []}


@pytest.mark.parametrize("first", ["", "(first: 251)", "(first: 0)"])
async def test_a_page_has_a_size(ask: Ask, first: str) -> None:
    answer = await ask(f"{{ orders{first} {{ nodes {{ id }} }} }}")

    assert len(answer["errors"]) == 1


async def test_a_cursor_leads_through_all_orders(store: Store, ask: Ask) -> None:
    for number in range(5):
        store.order(f"#{number}")
    query = """query Page($after: String) {
      orders(first: 2, after: $after) { nodes { name } pageInfo { hasNextPage endCursor } }
    }"""
    names, after, more = [], None, True
    while more:
        found = (await ask(query, after=after))["data"]["orders"]
        names += [node["name"] for node in found["nodes"]]
        after, more = found["pageInfo"]["endCursor"], found["pageInfo"]["hasNextPage"]

    assert names == ["#0", "#1", "#2", "#3", "#4"]


async def test_an_empty_bucket_throttles_until_it_fills(store: Store, ask: Ask) -> None:
    clock = [NOON]
    store.now = lambda: clock[0]
    store.points = 1.0
    await ask("{ shop { name } }")

    empty = await ask("{ shop { name } }")
    clock[0] += timedelta(seconds=1)
    again = await ask("{ shop { name } }")

    assert empty["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert "data" not in empty
    assert empty["extensions"]["cost"]["throttleStatus"]["restoreRate"] == 100.0
    assert again["data"] == {"shop": {"name": "Example"}}


async def test_goods_at_two_places_are_not_one_fulfilment(store: Store, ask: Ask) -> None:
    """Seen as the error text in public threads about `fulfillmentCreate`; the reference does not name it."""
    first, second = store.order("#1001", parts=2).parts
    second.place = "gid://shopify/Location/2"
    lines = [{"fulfillmentOrderId": part.id} for part in (first, second)]

    answer = await ask(SHIP, given={"lineItemsByFulfillmentOrder": lines})

    (wrong,) = answer["data"]["fulfillmentCreate"]["userErrors"]
    assert wrong["message"] == "All fulfillment orders must be assigned to a single location."
    assert store.writes == []
