"""A connection to a Shopify store as a platform engineer makes it: by command, tried before anything depends on it."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger import migrate
from tests.erps.serving import served
from tests.erps.shopify_admin import create_admin
from tests.erps.shopify_store import Store
from worker.cli import app

RUNNER = CliRunner()


async def run(*words: str, stdin: str | None = None) -> Any:
    return await asyncio.to_thread(RUNNER.invoke, app, ["erp", *words], input=stdin)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture(autouse=True)
async def _connected(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setenv("MILEPOST_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("MILEPOST_EGRESS__ALLOW_LOOPBACK", "true")
    (tmp_path / "state").mkdir()
    migrate.upgrade(f"sqlite:///{tmp_path / 'state' / 'ledger.db'}")
    async with served(create_admin(store)) as web:
        made = await run("add", "shop", str(web.base_url), "--kind", "shopify")
        assert made.exit_code == 0, made.output
        yield


async def tried(token: str) -> Any:
    await run("credentials", "shop", "-", stdin=json.dumps({"token": token}))
    return await run("test", "shop", "--json")


async def test_a_connection_with_all_scopes_names_the_shop(store: Store) -> None:
    answer = await tried(store.token)

    assert answer.exit_code == 0
    assert json.loads(answer.output)["found"] == (
        "shop Example (example.myshopify.com), version 2026-10; all scopes granted"
    )


async def test_missing_scopes_are_named_with_what_they_are_for(store: Store) -> None:
    store.scopes -= {"write_orders", "write_fulfillments"}

    found = json.loads((await tried(store.token)).output)["found"]

    assert found.endswith(
        "MISSING scopes: write_orders (to answer in an order's note), write_fulfillments (to tell events)"
    )


async def test_a_retired_version_is_a_warning(store: Store) -> None:
    await run("configure", "shop", "--setting", "version=2024-01")

    found = json.loads((await tried(store.token)).output)["found"]

    assert "version 2026-01" in found
    assert found.endswith("WARNING: Shopify no longer serves version 2024-01; configure --setting version=YYYY-MM")


async def test_a_wrong_token_says_what_to_do() -> None:
    await run("credentials", "shop", "-", stdin=json.dumps({"token": "shpat_other"}))

    answer = await run("test", "shop")

    assert answer.exit_code == 1
    assert "milepost erp credentials shop FILE" in " ".join(answer.output.split())
