import asyncio

import httpx
import pytest

from connectors.erps.tryton.client import TrytonClient, TrytonTarget
from connectors.http import PartnerHttp
from domain.errors import (
    CredentialsRejectedError,
    PartnerUnavailableError,
    RecordChangedError,
    RequestRejectedError,
)
from tests.erp.tryton.people import HUB, RealClock
from tests.erp.tryton.server import TrytonServer

SHIPMENT = "stock.shipment.out"


async def test_a_call_is_made_as_the_user_with_the_users_company(hub: TrytonClient) -> None:
    orders = await hub.call("model.sale.sale.search_read", [], 0, 10, [["id", "ASC"]], ["number", "state"])

    assert orders == [
        {"id": 1, "number": "1", "state": "processing"},
        {"id": 2, "number": "2", "state": "processing"},
    ]


async def test_calls_that_begin_together_share_one_session(hub: TrytonClient, clerk: TrytonClient) -> None:
    users = await asyncio.gather(*(hub.user() for _ in range(5)), clerk.user())

    assert len(set(users[:5])) == 1
    assert users[5] != users[0]


async def test_a_wrong_password_is_sent_once_and_never_again(tryton: TrytonServer, http: PartnerHttp) -> None:
    wrong = TrytonClient(TrytonTarget("tryton", tryton.url, HUB[0], "wrong"), http, RealClock())
    with pytest.raises(CredentialsRejectedError, match="login and password"):
        await wrong.user()
    tryton.stop()

    # Nobody is there to ask: the second answer is the first one, remembered.
    with pytest.raises(CredentialsRejectedError, match="login and password"):
        await wrong.call("model.sale.sale.search", [], 0, 1, None)

    tryton.start()


async def test_a_session_that_has_ended_is_renewed(tryton: TrytonServer, hub: TrytonClient) -> None:
    await hub.user()
    assert hub._session is not None
    async with httpx.AsyncClient() as another:
        ended = await another.post(
            f"{tryton.url}/rpc/",
            json={"id": 1, "method": "common.db.logout", "params": []},
            headers={"authorization": hub._session.authorization},
        )
    assert ended.json() == {"id": 1, "result": None}

    assert await hub.call("model.sale.sale.search_count", []) == 2


async def test_a_session_outlives_a_restart_of_the_server(tryton: TrytonServer, hub: TrytonClient) -> None:
    await hub.user()
    tryton.stop()
    with pytest.raises(PartnerUnavailableError):
        await hub.call("model.sale.sale.search_count", [])
    tryton.start()

    assert await hub.call("model.sale.sale.search_count", []) == 2


async def test_a_guarded_write_of_what_somebody_else_has_changed_is_a_conflict(
    hub: TrytonClient, clerk: TrytonClient
) -> None:
    (read,) = await hub.call(f"model.{SHIPMENT}.read", [1], ["_timestamp"])
    await clerk.call(f"model.{SHIPMENT}.write", [1], {"reference": "by the clerk"})
    guard = {"_timestamp": {f"{SHIPMENT},1": read["_timestamp"]}}

    with pytest.raises(RecordChangedError):
        await hub.call(f"model.{SHIPMENT}.write", [1], {"reference": "by the hub"}, context=guard)

    (now,) = await hub.call(f"model.{SHIPMENT}.read", [1], ["reference"])
    assert now["reference"] == "by the clerk"


@pytest.mark.parametrize(
    ("method", "params", "said"),
    [
        (f"model.{SHIPMENT}.ship", ([2],), "Tryton refuses: You can not call"),
        (f"model.{SHIPMENT}.write", ([99], {"reference": "x"}), "Tryton refuses: You are trying to"),
        ("model.account.move.search", ([], 0, 1, None), "Tryton refuses: You are not allowed to access"),
        (f"model.{SHIPMENT}.read", ([1], ["nofield"]), "Tryton failed while"),
        ("model.nope.read", ([1], []), "Tryton failed while"),
        (f"model.{SHIPMENT}.nomethod", (), "Tryton does not offer"),
    ],
)
async def test_what_tryton_refuses_is_refused_for_good(
    hub: TrytonClient, method: str, params: tuple[object, ...], said: str
) -> None:
    with pytest.raises(RequestRejectedError, match=said) as refused:
        await hub.call(method, *params)

    assert not refused.value.retryable


async def test_a_database_that_is_not_there_is_named(tryton: TrytonServer, http: PartnerHttp) -> None:
    elsewhere = TrytonClient(TrytonTarget("tryton", tryton.url.replace("/hub", "/nowhere"), *HUB), http, RealClock())

    with pytest.raises(RequestRejectedError, match="no such database"):
        await elsewhere.user()


async def test_a_long_answer_is_read_whole(hub: TrytonClient) -> None:
    # Tryton packs what is longer than about a kilobyte, whatever the caller asked for.
    rows = await hub.call("model.ir.model.log.search_read", [], 0, 100, None, ["resource", "event", "target", "user"])

    assert len(rows) > 10
