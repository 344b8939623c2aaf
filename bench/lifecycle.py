"""Speed and cost of a shipment's life on a real server, and the ratio to a bare workflow with the same signals.

Processes as in production: the server (embedded, on a file), workers with the real ledger, and this one, which hands
facts over. A shipment is done when the ledger has its eight milestones and the order system was told of the
delivery. The bare workflow only decodes its signals and counts. Run with `python -m bench.lifecycle`.
"""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from temporalio.client import Client

from bench.bare import BareWorkflow
from bench.lifecycle_worker import BARE_QUEUE
from bench.tally import Tally
from domain import ids
from domain.facts import Fact, FactBatch
from domain.messages import Delivery
from domain.shipments import ShipmentPlan
from domain.states import State
from gateway.dispatch import TemporalDispatcher
from gateway.temporal import connect
from ledger.migrate import upgrade
from ledger.store import Ledger
from tests.workflow.parcels import CONNECTION, Parcel, plan
from worker.devserver import DevServer, DevServerPlan
from worker.late import LedgerLateFacts
from worker.statedir import StateDir
from workflows.attributes import ATTRIBUTES
from workflows.model import ShipmentStart

WORKERS: Final = 1
"""Worker processes: a second one on the same SQLite file makes things slower; PostgreSQL is for that."""

SHIPMENTS: Final = 150
AT_A_TIME: Final = 20
ROUNDS: Final = 3
COSTED: Final = 8
STEADY: Final = 6
"""Equal readings of the action counter, half a second apart, that end the waiting for it."""

TOLD: Final = [
    State.FIRST_MILE,
    State.LINEHAUL,
    State.IMPORT_CUSTOMS,
    State.LAST_MILE,
    State.OUT_FOR_DELIVERY,
    State.DELIVERED,
]
_ASK_EVERY: Final = 0.01
_TOO_LONG: Final = 60.0


@dataclass
class Bench:
    """Everything one measurement needs."""

    client: Client
    ledger: Ledger
    metrics: str
    tally: Path

    @property
    def dispatcher(self) -> TemporalDispatcher:
        """The hub's own way into its workflows."""
        return TemporalDispatcher(self.client, self.ledger.registry, LedgerLateFacts(self.ledger), self.ledger.journal)

    async def register(self, count: int) -> list[ShipmentPlan]:
        """Register shipments and start their workflows."""
        plans = [plan(connections=(CONNECTION,)) for _ in range(count)]
        for of in plans:
            await asyncio.to_thread(self.ledger.registry.register, of)
            await self.dispatcher.start(of)
        return plans

    async def deliver(self, of: ShipmentPlan, facts: list[Fact]) -> None:
        """Hand facts over as the hub does."""
        await self.dispatcher.deliver(Delivery(of.tenant, of.shipment_id, tuple(facts)))

    async def start_bare(self, of: ShipmentPlan) -> None:
        """Start the bare workflow of a shipment."""
        await self.client.start_workflow(
            BareWorkflow.run, ShipmentStart(plan=of), id=f"bare-{of.shipment_id}", task_queue=BARE_QUEUE
        )

    async def signal_bare(self, of: ShipmentPlan, facts: list[Fact]) -> None:
        """Send the same facts to the bare workflow."""
        handle = self.client.get_workflow_handle(f"bare-{of.shipment_id}")
        await handle.signal(BareWorkflow.facts_reported, FactBatch(facts=tuple(facts)))

    async def until_done(self, plans: list[ShipmentPlan]) -> dict[str, list[str]]:
        """Wait until the worker has noted every shipment; return what it noted."""
        size = -1
        deadline = time.monotonic() + _TOO_LONG
        while time.monotonic() < deadline:
            now = self.tally.stat().st_size if self.tally.exists() else 0
            if now != size:
                size = now
                noted = Tally.read(self.tally)
                if all(of.shipment_id in noted for of in plans):
                    return noted
            await asyncio.sleep(_ASK_EVERY)
        raise AssertionError("the benchmark's shipments did not end as they should")

    async def actions(self) -> float:
        """Return the server's count of billable actions in our namespace, once it has stopped moving.

        The server publishes its counters about once a second.
        """
        counts: list[float] = []
        async with httpx.AsyncClient() as http:
            while len(counts) < STEADY or len(set(counts[-STEADY:])) > 1:
                text = (await http.get(self.metrics)).text
                lines = [line for line in text.splitlines() if line.startswith("action{")]
                ours = [line for line in lines if 'namespace="default"' in line]
                counts.append(sum(float(line.rsplit(" ", 1)[1]) for line in ours))
                await asyncio.sleep(0.5)
        return counts[-1]

    async def events(self, of: ShipmentPlan) -> int:
        """Return the length of a shipment's history."""
        handle = self.client.get_workflow_handle(ids.shipment_workflow(of.tenant, of.shipment_id))
        return (await handle.describe()).history_length


def measure() -> dict[str, float]:
    """Return speeds, their ratio, and actions and events per shipment of eight milestones."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, float]:
    async with _bench() as bench:
        await _hub_speed(bench)
        await _bare_speed(bench)
        # In pairs, because the machine has better and worse moments.
        pairs = [(await _hub_speed(bench), await _bare_speed(bench)) for _ in range(ROUNDS)]
        figures = {
            "milestones_per_s": statistics.median(hub for hub, _ in pairs),
            "bare_milestones_per_s": statistics.median(bare for _, bare in pairs),
            "ratio_to_bare": statistics.median(hub / bare for hub, bare in pairs),
        }
        for name, size, is_idle in (("one_by_one", 1, False), ("one_by_one_idle", 1, True), ("in_fours", 4, True)):
            actions, events = await _cost(bench, size=size, is_idle=is_idle)
            figures |= {f"actions_{name}": actions, f"events_{name}": events}
        report = await asyncio.to_thread(bench.ledger.verify)
        assert report.is_intact, report.faults[:3]
        return figures


async def _hub_speed(bench: Bench) -> float:
    plans = await bench.register(SHIPMENTS)
    await _until_written(bench, plans[-1], facts=0)
    took, noted = await _timed(bench, plans, bench.deliver)
    for of in plans:
        row = await asyncio.to_thread(bench.ledger.reads.shipment, of.tenant, of.shipment_id)
        assert (row.snapshot.state, row.snapshot.facts) == (State.DELIVERED, Tally.EIGHT), row
        assert noted[of.shipment_id] == TOLD, noted[of.shipment_id]
    return SHIPMENTS * Tally.EIGHT / took


async def _bare_speed(bench: Bench) -> float:
    plans = [plan() for _ in range(SHIPMENTS)]
    for of in plans:
        await bench.start_bare(of)
    took, _ = await _timed(bench, plans, bench.signal_bare)
    return SHIPMENTS * Tally.EIGHT / took


async def _timed(
    bench: Bench, plans: list[ShipmentPlan], send: Callable[[ShipmentPlan, list[Fact]], Awaitable[None]]
) -> tuple[float, dict[str, list[str]]]:
    """Send eight facts to each shipment, one by one, several shipments at a time.

    Returns:
        Seconds until all is done, and what the worker noted.
    """
    journeys = [(of, Parcel(of).eight()) for of in plans]
    gate = asyncio.Semaphore(AT_A_TIME)

    async def live(of: ShipmentPlan, facts: list[Fact]) -> None:
        async with gate:
            for fact in facts:
                await send(of, [fact])

    began = time.perf_counter()
    await asyncio.gather(*(live(of, facts) for of, facts in journeys))
    noted = await bench.until_done(plans)
    return time.perf_counter() - began, noted


async def _cost(bench: Bench, *, size: int, is_idle: bool) -> tuple[float, float]:
    """Return actions and events per shipment, one shipment after the other on an otherwise idle hub."""
    before = await bench.actions()
    plans: list[ShipmentPlan] = []
    for _ in range(COSTED):
        (of,) = await bench.register(1)
        plans.append(of)
        if is_idle:
            await _until_written(bench, of, facts=0)
        facts = Parcel(of).eight()
        for start in range(0, len(facts), size):
            await bench.deliver(of, facts[start : start + size])
            if is_idle:
                await _until_written(bench, of, facts=start + size)
        await bench.until_done([of])
    actions = await bench.actions() - before
    events = [await bench.events(of) for of in plans]
    return actions / COSTED, statistics.mean(events)


async def _until_written(bench: Bench, of: ShipmentPlan, *, facts: int) -> None:
    deadline = time.monotonic() + _TOO_LONG
    while True:
        row = await asyncio.to_thread(bench.ledger.reads.shipment, of.tenant, of.shipment_id)
        if row.entries > 0 and row.snapshot.facts == facts:
            break
        assert time.monotonic() < deadline, "a commit did not come"
        await asyncio.sleep(_ASK_EVERY)
    # The workflow task ends a moment after its commit.
    await asyncio.sleep(0.05)


@asynccontextmanager
async def _bench() -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="milepost-bench-")))
        server = await DevServer.start(DevServerPlan(StateDir.create(directory / "state"), attributes=ATTRIBUTES))
        stack.callback(server.stop)
        client = await connect(server.address, "default")
        url = f"sqlite:///{directory}/ledger.db"
        await asyncio.to_thread(upgrade, url)
        ledger = Ledger.open(url)
        stack.callback(ledger.close)
        tally = directory / "tally.jsonl"
        for number in range(WORKERS):
            stack.enter_context(_worker(server.address, url, str(tally), log=directory / f"worker-{number}.log"))
        yield Bench(client, ledger, server.metrics, tally)


@contextmanager
def _worker(*arguments: str, log: Path) -> Iterator[None]:
    with log.open("wb") as out:
        command = [sys.executable, "-m", "bench.lifecycle_worker", *arguments]
        process = subprocess.Popen(command, stdout=out, stderr=out)
        try:
            yield
        finally:
            process.terminate()
            process.wait(15)


if __name__ == "__main__":
    for name, figure in measure().items():
        print(f"{name:28} {figure:10.2f}")
