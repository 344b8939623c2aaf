"""`milepost erp pause|resume|read-now|backfill` and the status of one connection, against a hub that runs."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import Client
from typer.testing import CliRunner, Result

from domain.errors import CredentialsRejectedError, PartnerUnavailableError
from ledger.rows import ConnectionStatus
from tests.workflow.conftest import eventually
from tests.workflow.desks import TENANT
from tests.workflow.order_systems import ErpHub, open_hub
from worker.cli import app

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("temporal")]

LONG = timedelta(hours=1)
Run = Callable[..., Awaitable[Result]]


@pytest.fixture
async def hub(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ErpHub]:
    made = open_hub(client, f"shop-{uuid4().hex[:8]}", tmp_path)
    monkeypatch.setenv("MILEPOST_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("MILEPOST_LEDGER__URL", f"sqlite:///{tmp_path}/ledger.db")
    monkeypatch.setenv("MILEPOST_TEMPORAL__ADDRESS", client.service_client.config.target_host)
    monkeypatch.setenv("MILEPOST_TENANT", TENANT)
    yield made
    made.ledger.close()


@pytest.fixture
def run(hub: ErpHub) -> Run:
    """Run a command in a thread: it has an event loop of its own."""

    async def made(command: str, *words: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, ["erp", command, hub.connection, *words])

    return made


async def _status(run: Run) -> Any:
    return json.loads((await run("status", "--json")).stdout)


async def test_a_connection_is_paused_resumed_and_hurried_by_hand(hub: ErpHub, run: Run) -> None:
    hub.idle = LONG
    async with hub.served():
        await eventually(lambda: hub.erp.readings == 1)
        fine = await run("status")
        assert (await run("pause")).exit_code == 0
        paused = await run("status")
        hub.erp.put("d,1", "OUT/1")
        assert (await run("resume")).exit_code == 0
        await eventually(lambda: hub.ledger.reading_states.state(TENANT, hub.connection).registered == 1)
        readings = hub.erp.readings
        assert (await run("read-now")).exit_code == 0
        await eventually(lambda: hub.erp.readings > readings)
        assert (await run("backfill", "--from", "2026-03-01")).exit_code == 0
        await eventually(lambda: hub.erp.sinces == ["2026-03-01T00:00:00+00:00"])
        after = await _status(run)

    assert (fine.exit_code, paused.exit_code) == (0, 1)
    assert f"milepost erp resume {hub.connection}" in " ".join(paused.output.split())
    assert (after["mode"], after["registered"], after["next"], after["behind"]) == ("READING", 1, [], [])


async def test_a_system_that_is_away_is_said_to_be(hub: ErpHub, run: Run) -> None:
    hub.erp.trouble = PartnerUnavailableError("no answer", retry_after=LONG)
    async with hub.served():
        await eventually(lambda: hub.ledger.reading_states.state(TENANT, hub.connection).away_since is not None)
        status = await _status(run)

    (line,) = status["next"]
    assert status["trouble"] == "partner_unavailable: no answer"
    assert line.endswith(f": partner_unavailable: no answer; look now with: milepost erp read-now {hub.connection}")


async def test_enabling_a_connection_has_it_read_again(hub: ErpHub, run: Run) -> None:
    hub.erp.trouble = CredentialsRejectedError("tryton answered 401")

    def status() -> ConnectionStatus:
        return hub.ledger.connections.get(TENANT, hub.connection).status

    async with hub.served():
        await eventually(lambda: status() is ConnectionStatus.DISABLED)
        off = await _status(run)
        hub.erp.trouble = None
        hub.erp.put("d,1", "OUT/1")
        assert (await run("enable")).exit_code == 0
        await eventually(lambda: hub.ledger.reading_states.state(TENANT, hub.connection).registered == 1)

    assert off["next"][0].startswith("off: credentials_rejected: tryton answered 401; milepost erp credentials ")


async def test_nobody_reads_a_connection_whose_worker_does_not_run(run: Run) -> None:
    assert (await _status(run))["next"] == ["nobody reads it: start `milepost worker --role erp`, or `milepost up`"]


async def test_what_can_be_read_is_read_also_when_it_comes_later(hub: ErpHub) -> None:
    ledger = hub.ledger
    ledger.connections.add(TENANT, "told-only", "webhook", "https://shop.example.com/hooks")
    ledger.connections.disable(TENANT, hub.connection, reason="not yet")
    async with hub.served(starts=False):
        assert hub.erp.readings == 0
        ledger.connections.enable(TENANT, hub.connection)
        await eventually(lambda: hub.erp.readings > 0)
