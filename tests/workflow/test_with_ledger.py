"""The same journeys against the real ledger, also when the worker dies at the worst moment."""

import asyncio
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import Client

from domain import ids
from domain.audit import EntryKind
from domain.facts import Fact
from domain.messages import Delivery
from domain.ports import StatusSinks
from domain.queues import SHIPMENTS
from domain.shipments import ShipmentPlan
from domain.states import State
from gateway.dispatch import TemporalDispatcher
from ledger.migrate import upgrade
from ledger.store import Ledger
from tests.workflow.conftest import SHORT, eventually
from tests.workflow.dying_worker import FileSinks
from tests.workflow.fakes import OrderSystem, Sinks
from tests.workflow.parcels import CONNECTION, Parcel, plan
from worker.late import LedgerLateFacts
from worker.workers import build_workers
from workflows.model import ShipmentStart
from workflows.shipment import ShipmentWorkflow

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("temporal")]

LONG = timedelta(seconds=40)
"""Longer than a workflow task may take before the server gives it to another worker."""

ROOT = Path(__file__).parents[2]


@pytest.fixture
def url(tmp_path: Path) -> str:
    address = f"sqlite:///{tmp_path}/ledger.db"
    upgrade(address)
    return address


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    opened = Ledger.open(url)
    yield opened
    opened.close()


def _dispatcher(client: Client, ledger: Ledger) -> TemporalDispatcher:
    return TemporalDispatcher(client, ledger.registry, LedgerLateFacts(ledger), ledger.journal)


async def _deliver(client: Client, ledger: Ledger, of: ShipmentPlan, *facts: Fact) -> None:
    await _dispatcher(client, ledger).deliver(Delivery(of.tenant, of.shipment_id, facts))


@asynccontextmanager
async def _workers(client: Client, ledger: Ledger, sinks: StatusSinks) -> AsyncIterator[None]:
    first, second = build_workers(
        client,
        journal=ledger.journal,
        sinks=sinks,
        dead_letters=ledger.convergence,
        switch=ledger.connections,
        schedule=SHORT,
    )
    async with first, second:
        yield


def _chain(ledger: Ledger, of: ShipmentPlan) -> list[tuple[str, dict[str, object]]]:
    rows = ledger.reads.timeline(of.tenant, of.shipment_id, after_seq=0, limit=1_000)
    return [(row.kind, row.body) for row in rows]


def _facts_in_chain(ledger: Ledger, of: ShipmentPlan) -> list[str]:
    return [str(body["event_id"]) for kind, body in _chain(ledger, of) if kind == EntryKind.FACT]


async def test_a_journey_ends_in_a_chain_that_verifies(client: Client, ledger: Ledger):
    of, sinks = plan(), Sinks()
    ledger.registry.register(of)
    facts = Parcel(of).held_and_rerouted()
    async with _workers(client, ledger, sinks):
        await _dispatcher(client, ledger).start(of)
        for fact in facts:
            await _deliver(client, ledger, of, fact)
        shop = sinks.sink(of.tenant, CONNECTION)
        await eventually(lambda: State.DELIVERED in shop.told(of))

    report = ledger.verify()
    assert report.faults == []
    assert _facts_in_chain(ledger, of) == [fact.event_id for fact in facts]
    assert ledger.reads.shipment(of.tenant, of.shipment_id).snapshot.state is State.DELIVERED
    behind = ledger.convergence.status(of.tenant)
    assert (behind.total, behind.divergent) == (1, [])


@asynccontextmanager
async def _dying_worker(*arguments: str) -> AsyncIterator[Process]:
    """Run the worker that kills itself; when a test fails first, it is ended all the same."""
    command = (sys.executable, "-m", "tests.workflow.dying_worker", *arguments)
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize("commits", [1, 4])
async def test_a_worker_that_dies_behind_a_commit_loses_and_doubles_nothing(
    client: Client, ledger: Ledger, tmp_path: Path, commits: int
):
    of, sinks = plan(), FileSinks(tmp_path / "pushes.jsonl")
    ledger.registry.register(of)
    facts = Parcel(of).held_and_rerouted()
    await client.start_workflow(
        ShipmentWorkflow.run,
        ShipmentStart(plan=of),
        id=ids.shipment_workflow(of.tenant, of.shipment_id),
        task_queue=SHIPMENTS,
        # A dead worker's task is given up sooner than by default.
        task_timeout=timedelta(seconds=2),
    )
    given = 0
    arguments = (client.service_client.config.target_host, f"sqlite:///{tmp_path}/ledger.db", str(sinks.path))
    async with _dying_worker(*arguments, str(commits)) as process:
        while process.returncode is None:
            # Each fact is one commit, because it waits for the one before.
            if given < commits and len(_facts_in_chain(ledger, of)) == given:
                await _deliver(client, ledger, of, facts[given])
                given += 1
            await asyncio.sleep(0.02)
    assert process.returncode == 9
    # The workflow task of the dead worker is still open: when it is done again, these will be behind what it had.
    for fact in facts[given:]:
        await _deliver(client, ledger, of, fact)

    shop = OrderSystem()
    async with _workers(client, ledger, sinks):
        last = len(facts)
        await eventually(lambda: any(push.changes[-1].revision == last for push in sinks.pushes), within=LONG)

    for push in sinks.pushes:
        await shop.push(push)
    assert shop.told(of)[-1] is State.DELIVERED
    assert sorted(shop.effects[of.tenant, of.shipment_id]) == list(range(1, last + 1))
    assert ledger.verify().faults == []
    assert _facts_in_chain(ledger, of) == [fact.event_id for fact in facts]
