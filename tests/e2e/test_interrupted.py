"""`milepost up` is interrupted in every way while webhooks flow; what was accepted arrives all the same."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import RunningHub, Seller, start_up, told
from tests.e2e.processes import Child, eventually
from tests.e2e.stories import WANTED, register, report, story
from worker.demo.story import Episode
from worker.devserver import free_port
from worker.settings import Settings
from worker.statedir import StateDir, is_alive
from worker.wiring import load_mappings, open_ledger, rederiver

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("e2e-processes")]


class Restarted:
    """A hub on one port and one directory, started again after each end."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.port = free_port()
        self.child = self._started()
        self.url: str = self.child.announced()["gateway"]

    def _started(self) -> Child:
        return start_up(self.state, port=self.port)

    @property
    def server(self) -> int:
        """The Temporal server's process id."""
        return int(StateDir(self.state).temporal_pid.read_text())

    def again(self) -> None:
        """Start it and wait until it serves."""
        self.child = self._started()
        self.child.announced()

    def without_its_server(self) -> None:
        """Kill the Temporal server alone; the rest of the hub says so and ends."""
        process = self.child.process
        assert process is not None
        os.kill(self.server, signal.SIGKILL)
        assert process.wait(timeout=30) == 3
        assert "start again: nothing is lost" in (self.state.parent / "up.log").read_text()
        self.child.kill()

    def by_signal(self) -> None:
        """End it as a supervisor does, within the grace."""
        began = time.monotonic()
        assert self.child.terminate() == 0
        assert time.monotonic() - began < 20

    def by_force(self) -> None:
        """End it without a warning; nothing stays behind."""
        server = self.server
        self.child.kill()
        assert eventually(lambda: not is_alive(server), within=5)


@pytest.fixture
def restarted(tmp_path: Path) -> Iterator[Restarted]:
    hub = Restarted(tmp_path / "state")
    try:
        yield hub
    finally:
        hub.child.terminate()


async def _report_all(seller: Seller, episode: Episode) -> None:
    for wave in range(1, 9):
        while True:
            try:
                await report(seller, episode, [wave])
            except RuntimeError:
                # The carrier's patience ended before the hub was back; it comes again.
                continue
            break
        await asyncio.sleep(0.6)


async def test_nothing_is_lost_however_it_ends(restarted: Restarted):
    ledger = open_ledger(Settings().model_copy(update={"state_dir": restarted.state}))
    hub = RunningHub(restarted.url, ledger, restarted.state)
    episodes = [story() for _ in range(5)]
    try:
        async with hub.seller() as seller, seller.order_system() as orders:
            for episode in episodes:
                await register(seller, episode)
            traffic = asyncio.gather(*(_report_all(seller, episode) for episode in episodes))
            for end in (restarted.without_its_server, restarted.by_signal, restarted.by_force):
                await asyncio.sleep(1.2)
                await asyncio.to_thread(end)
                await asyncio.to_thread(restarted.again)
            await traffic
            found = [await told(orders, episode.shipment_id, WANTED) for episode in episodes]
            counters = (await orders.get("/orders")).json()["counters"]

        assert [order["states"] for order in found] == [WANTED] * 5
        assert [order["missing"] for order in found] == [[]] * 5
        assert (counters["conflicts"], counters["bad_signatures"]) == (0, 0)
        proof = ledger.verify("e2e", rederive=rederiver(load_mappings(Settings())))
        assert proof.faults == []
        assert proof.rederived == proof.facts == 60
    finally:
        ledger.close()
