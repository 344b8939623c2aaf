"""A connection to a WooCommerce shop as a platform engineer makes it: by command, and tried first."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger import migrate
from tests.erps.serving import served
from tests.erps.woo_api import create_shop
from tests.erps.woo_shop import WooShop
from worker.cli import app

RUNNER = CliRunner()


async def run(*words: str, stdin: str | None = None) -> Any:
    return await asyncio.to_thread(RUNNER.invoke, app, ["erp", *words], input=stdin)


@pytest.fixture
def shop() -> WooShop:
    return WooShop()


@pytest.fixture(autouse=True)
async def _connected(shop: WooShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setenv("MILEPOST_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("MILEPOST_EGRESS__ALLOW_LOOPBACK", "true")
    (tmp_path / "state").mkdir()
    migrate.upgrade(f"sqlite:///{tmp_path / 'state' / 'ledger.db'}")
    async with served(create_shop(shop)) as web:
        made = await run("add", "shop", str(web.base_url), "--kind", "woocommerce")
        assert made.exit_code == 0, made.output
        yield


async def tried(shop: WooShop, secret: str | None = None) -> Any:
    given = {"consumer_key": shop.key, "consumer_secret": secret or shop.secret}
    await run("credentials", "shop", "-", stdin=json.dumps(given))
    return await run("test", "shop", "--json")


async def test_a_connection_says_what_waits_and_changes_nothing(shop: WooShop) -> None:
    shop.order("1001").meta["_of_a_plugin"] = "x" * 100_000
    shop.order("1002", "pending")

    answer = await tried(shop)

    assert answer.exit_code == 0
    assert json.loads(answer.output)["found"] == "the key may read and write; 1 orders to be sent"
    assert shop.writes == []


async def test_a_key_that_may_only_read_is_found_out(shop: WooShop) -> None:
    shop.may_write = False

    answer = await tried(shop)

    assert answer.exit_code == 1
    assert "does not have write permissions" in " ".join(answer.output.split())


async def test_a_wrong_secret_says_what_to_do(shop: WooShop) -> None:
    await tried(shop, "cs_other")

    answer = await run("test", "shop")

    assert answer.exit_code == 1
    assert "milepost erp credentials shop FILE" in " ".join(answer.output.split())


async def test_a_secret_for_webhooks_is_taken_and_not_asked_for(shop: WooShop) -> None:
    before = await tried(shop)
    given = await run("credentials", "shop", "-", "--json", stdin=json.dumps({"webhook_secret": "quiet"}))

    assert (before.exit_code, given.exit_code) == (0, 0)
    assert json.loads(given.output)["credentials"] == ["consumer_key", "consumer_secret", "webhook_secret"]
    assert json.loads(given.output)["missing"] == []
    assert "quiet" not in given.output


async def test_a_url_without_woocommerce_is_told_apart(shop: WooShop) -> None:
    listed = json.loads((await run("list", "--json")).output)
    rows = listed if isinstance(listed, list) else listed["items"]
    await run("add", "blog", f"{rows[0]['url'].rstrip('/')}/blog", "--kind", "woocommerce")
    given = {"consumer_key": shop.key, "consumer_secret": shop.secret}
    await run("credentials", "blog", "-", stdin=json.dumps(given))

    answer = await run("test", "blog")

    assert answer.exit_code == 1
    assert "no WooCommerce REST API there" in " ".join(answer.output.split())
