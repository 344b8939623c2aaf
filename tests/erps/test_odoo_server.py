"""What the simulated Odoo refuses and how. Source: Odoo 19 documentation, External JSON-2 API and API keys."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.erps.odoo_server import KEY_LIFE, Odoo, create_odoo
from tests.erps.serving import served

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PICKING = "/json/2/stock.picking"


@pytest.fixture
def odoo() -> Odoo:
    return Odoo(now=lambda: NOON, key_made=NOON)


@pytest.fixture
async def client(odoo: Odoo) -> AsyncIterator[httpx.AsyncClient]:
    async with served(create_odoo(odoo)) as client:
        client.headers["authorization"] = f"bearer {odoo.key}"
        yield client


def error(answer: httpx.Response) -> tuple[int, str]:
    document: dict[str, Any] = answer.json()
    assert document.keys() == {"name", "message", "arguments", "context", "debug"}
    return answer.status_code, document["name"].rsplit(".", 1)[1]


@pytest.mark.parametrize("header", ["", "bearer other", "basic 0123456789abcdef0123456789abcdef01234567"])
async def test_a_wrong_key_is_401(client: httpx.AsyncClient, header: str) -> None:
    answer = await client.post(f"{PICKING}/search_read", json={}, headers={"authorization": header})

    assert error(answer) == (401, "Unauthorized")


async def test_a_key_older_than_three_months_is_401(odoo: Odoo, client: httpx.AsyncClient) -> None:
    odoo.now = lambda: NOON + KEY_LIFE + timedelta(seconds=1)

    assert error(await client.post(f"{PICKING}/search_read", json={})) == (401, "Unauthorized")


async def test_another_database_is_not_there(client: httpx.AsyncClient) -> None:
    answer = await client.post(f"{PICKING}/search_read", json={}, headers={"x-odoo-database": "other"})

    assert error(answer) == (404, "NotFound")


@pytest.mark.parametrize(
    "path", ["/json/2/stock.parcel/read", f"{PICKING}/deliver", f"{PICKING}/_write", "/json/2/mail.message/write"]
)
async def test_models_and_public_methods_are_looked_up(client: httpx.AsyncClient, path: str) -> None:
    assert error(await client.post(path, json={})) == (404, "NotFound")


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("search_read", {"ids": [1]}),
        ("search_read", {"colour": "red"}),
        ("write", {"ids": [1]}),
        ("write", [1, {"name": "x"}]),
    ],
)
async def test_arguments_have_names_and_fit_the_method(
    odoo: Odoo, client: httpx.AsyncClient, method: str, body: Any
) -> None:
    odoo.picking("WH/OUT/00001", "S00001")

    assert error(await client.post(f"{PICKING}/{method}", json=body)) == (422, "UnprocessableEntity")
    assert odoo.writes == []


async def test_a_body_that_is_no_json_is_refused(client: httpx.AsyncClient) -> None:
    broken = await client.post(f"{PICKING}/read", content=b"{", headers={"content-type": "application/json"})
    form = await client.post(f"{PICKING}/read", data={"ids": "1"})

    assert [error(broken)[0], error(form)[0]] == [400, 415]


async def test_a_record_that_was_deleted_is_missing(client: httpx.AsyncClient) -> None:
    answer = await client.post(f"{PICKING}/read", json={"ids": [99], "fields": ["state"]})

    assert error(answer) == (404, "MissingError")


async def test_a_field_that_does_not_exist_fails_the_call(odoo: Odoo, client: httpx.AsyncClient) -> None:
    odoo.picking("WH/OUT/00001", "S00001")

    answer = await client.post(f"{PICKING}/write", json={"ids": [1], "vals": {"awb": "1"}})

    assert error(answer) == (500, "ValueError")


async def test_a_user_without_the_right_is_403(odoo: Odoo, client: httpx.AsyncClient) -> None:
    odoo.picking("WH/OUT/00001", "S00001")
    odoo.may_write = False

    answer = await client.post(f"{PICKING}/write", json={"ids": [1], "vals": {"carrier_tracking_ref": "RR000000005DE"}})

    assert error(answer) == (403, "AccessError")


@pytest.mark.parametrize(
    ("first", "second"), [("button_validate", "button_validate"), ("button_validate", "action_cancel")]
)
async def test_a_button_in_the_wrong_state_is_a_user_error(
    odoo: Odoo, client: httpx.AsyncClient, first: str, second: str
) -> None:
    odoo.picking("WH/OUT/00001", "S00001")
    assert (await client.post(f"{PICKING}/{first}", json={"ids": [1]})).json() is True

    assert error(await client.post(f"{PICKING}/{second}", json={"ids": [1]})) == (422, "UserError")


async def test_two_equal_messages_are_two_and_are_escaped(odoo: Odoo, client: httpx.AsyncClient) -> None:
    record = odoo.picking("WH/OUT/00001", "S00001")
    for _ in range(2):
        await client.post(f"{PICKING}/message_post", json={"ids": [1], "body": "<b>held</b>"})

    assert [one["body"] for one in odoo.messages] == ["<p>&lt;b&gt;held&lt;/b&gt;</p>"] * 2
    assert record["write_date"] == "2026-03-02 12:00:00"


async def test_a_domain_selects_and_orders(odoo: Odoo, client: httpx.AsyncClient) -> None:
    for number in range(3):
        odoo.picking(f"WH/OUT/0000{number}", f"S0000{number}")
    domain = ["|", ["origin", "=", "S00000"], ["origin", "=", "S00002"]]

    answer = await client.post(
        f"{PICKING}/search_read", json={"domain": domain, "fields": ["name"], "order": "id desc"}
    )

    assert answer.json() == [{"id": 3, "name": "WH/OUT/00002"}, {"id": 1, "name": "WH/OUT/00000"}]
