"""What the simulated WooCommerce refuses and how, so that a connector tested against it is tested against the rules.

Sources: WooCommerce REST API documentation, versions 3 (authentication, errors, pagination, orders, order notes) and
the REST controllers of WooCommerce and WordPress for the codes of errors.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.erps.serving import served
from tests.erps.woo_api import create_shop
from tests.erps.woo_shop import BIN, WooShop

ORDERS = "/wp-json/wc/v3/orders"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def shop() -> WooShop:
    return WooShop(now=lambda: NOON)


@pytest.fixture
async def client(shop: WooShop) -> AsyncIterator[httpx.AsyncClient]:
    async with served(create_shop(shop)) as client:
        client.auth = httpx.BasicAuth(shop.key, shop.secret)
        yield client


def error(answer: httpx.Response) -> tuple[int, str]:
    document: dict[str, Any] = answer.json()
    assert document["data"]["status"] == answer.status_code
    return answer.status_code, document["code"]


async def test_a_request_without_a_key_may_not_read(shop: WooShop, client: httpx.AsyncClient) -> None:
    shop.order("1001")
    answer = await client.get(ORDERS, auth=httpx.Auth())

    assert error(answer) == (401, "woocommerce_rest_cannot_view")


@pytest.mark.parametrize(
    ("key", "secret", "message"),
    [("ck_other", None, "Consumer key is invalid."), (None, "cs_other", "Consumer secret is invalid.")],
)
async def test_a_wrong_key_is_named(
    shop: WooShop, client: httpx.AsyncClient, *, key: str | None, secret: str | None, message: str
) -> None:
    answer = await client.get(ORDERS, auth=(key or shop.key, secret or shop.secret))

    assert error(answer) == (401, "woocommerce_rest_authentication_error")
    assert answer.json()["message"] == message


async def test_a_read_only_key_writes_nothing(shop: WooShop, client: httpx.AsyncClient) -> None:
    order = shop.order("1001")
    shop.may_write = False

    answer = await client.put(f"{ORDERS}/{order.id}", json={"status": "completed"})

    assert error(answer) == (401, "woocommerce_rest_authentication_error")
    assert (order.status, shop.writes) == ("processing", [])


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"{ORDERS}/999", "woocommerce_rest_shop_order_invalid_id"),
        (f"{ORDERS}/999/notes", "woocommerce_rest_order_invalid_id"),
        ("/wp-json/wc/v3/parcels", "rest_no_route"),
    ],
)
async def test_what_is_not_there_is_404(client: httpx.AsyncClient, path: str, code: str) -> None:
    assert error(await client.get(path)) == (404, code)


async def test_a_change_of_an_order_that_is_not_there_is_400(client: httpx.AsyncClient) -> None:
    assert error(await client.put(f"{ORDERS}/999", json={})) == (400, "woocommerce_rest_shop_order_invalid_id")


@pytest.mark.parametrize(
    "query", [{"per_page": "101"}, {"per_page": "0"}, {"page": "0"}, {"orderby": "number"}, {"modified_after": "soon"}]
)
async def test_a_parameter_out_of_range_is_named(client: httpx.AsyncClient, query: dict[str, str]) -> None:
    answer = await client.get(ORDERS, params=query)

    assert error(answer) == (400, "rest_invalid_param")
    assert answer.json()["data"]["params"].keys() == query.keys()


async def test_a_status_of_no_plugin_is_refused(shop: WooShop, client: httpx.AsyncClient) -> None:
    order = shop.order("1001")

    answer = await client.put(f"{ORDERS}/{order.id}", json={"status": "in-customs"})

    assert error(answer) == (400, "rest_invalid_param")


async def test_a_note_without_text_is_refused(shop: WooShop, client: httpx.AsyncClient) -> None:
    order = shop.order("1001")

    answer = await client.post(f"{ORDERS}/{order.id}/notes", json={"customer_note": False})

    assert error(answer) == (400, "rest_missing_callback_param")


async def test_a_body_that_is_no_json_is_refused(shop: WooShop, client: httpx.AsyncClient) -> None:
    order = shop.order("1001")

    answer = await client.put(f"{ORDERS}/{order.id}", content=b"{", headers={"content-type": "application/json"})

    assert error(answer) == (400, "rest_invalid_json")


async def test_two_equal_notes_are_two_notes(shop: WooShop, client: httpx.AsyncClient) -> None:
    order = shop.order("1001")
    for _ in range(2):
        answer = await client.post(f"{ORDERS}/{order.id}/notes", json={"note": "Held by customs"})
        assert answer.status_code == 201

    assert [note["note"] for note in order.notes] == ["Held by customs", "Held by customs"]
    assert order.modified == NOON


async def test_pages_say_how_many_there_are(shop: WooShop, client: httpx.AsyncClient) -> None:
    for number in range(12):
        shop.order(str(number))

    first = await client.get(ORDERS)
    last = await client.get(ORDERS, params={"page": "2"})
    beyond = await client.get(ORDERS, params={"page": "3"})

    assert (first.headers["x-wp-total"], first.headers["x-wp-totalpages"]) == ("12", "2")
    assert [len(page.json()) for page in (first, last, beyond)] == [10, 2, 0]


async def test_times_are_the_shops_own_unless_asked_for_in_gmt(shop: WooShop, client: httpx.AsyncClient) -> None:
    shop.order("1001")
    asked = {"modified_after": (NOON + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")}

    local = await client.get(ORDERS, params=asked)
    gmt = await client.get(ORDERS, params=asked | {"dates_are_gmt": "true"})

    assert [len(answer.json()) for answer in (local, gmt)] == [1, 0]


async def test_an_order_modified_in_the_second_asked_about_is_not_after_it(
    shop: WooShop, client: httpx.AsyncClient
) -> None:
    shop.order("1001")
    asked = {"modified_after": "2026-03-02T12:00:00", "dates_are_gmt": "true"}

    assert (await client.get(ORDERS, params=asked)).json() == []


async def test_an_order_in_the_bin_answers_only_by_its_id(shop: WooShop, client: httpx.AsyncClient) -> None:
    order = shop.order("1001")
    order.status = BIN

    assert (await client.get(ORDERS)).json() == []
    assert (await client.get(f"{ORDERS}/{order.id}")).json()["status"] == "trash"


async def test_a_note_is_deleted_by_force_only(shop: WooShop, client: httpx.AsyncClient) -> None:
    order = shop.order("1001")
    note = (await client.post(f"{ORDERS}/{order.id}/notes", json={"note": "Held"})).json()["id"]

    gentle = await client.delete(f"{ORDERS}/{order.id}/notes/{note}")
    forced = await client.delete(f"{ORDERS}/{order.id}/notes/{note}", params={"force": "true"})
    again = await client.delete(f"{ORDERS}/{order.id}/notes/{note}", params={"force": "true"})

    assert error(gentle) == (501, "woocommerce_rest_trash_not_supported")
    assert (forced.status_code, order.notes) == (200, [])
    assert error(again) == (404, "woocommerce_rest_invalid_id")


async def test_a_list_has_the_statuses_and_fields_that_were_asked_for(shop: WooShop, client: httpx.AsyncClient) -> None:
    shop.order("1001", "pending")
    shop.order("1002")

    answer = await client.get(ORDERS, params={"status": "processing", "_fields": "number"})
    unknown = await client.get(ORDERS, params={"status": "packed"})

    assert answer.json() == [{"number": "1002"}]
    assert error(unknown) == (400, "rest_invalid_param")
