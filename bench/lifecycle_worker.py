"""The worker process of the lifecycle benchmark: `python -m bench.lifecycle_worker ADDRESS LEDGER_URL TALLY_FILE`.

It serves the hub's queues, with the real ledger and an order system that answers at once, and the bare workflow's.
"""

import asyncio
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from temporalio.worker import Worker

from bench.bare import BareWorkflow
from bench.tally import Tally
from domain.publication import ChangeKind, Publication, PushResult
from domain.states import State
from gateway.temporal import connect
from ledger.store import Ledger
from worker.workers import SANDBOX, build_workers

BARE_QUEUE: Final = "bench-bare"


@dataclass
class Orders:
    """An order system in memory; takes each revision once and notes every shipment that is delivered."""

    told: dict[str, dict[int, State]] = field(default_factory=dict)

    def sink(self, tenant: str, connection: str) -> "Orders":
        """Return itself for every connection."""
        del tenant, connection
        return self

    async def push(self, publication: Publication) -> PushResult:
        """Take the changes and check that none is left out."""
        known = self.told.setdefault(publication.shipment_id, {})
        for change in publication.changes:
            assert change.kind is ChangeKind.STATUS
            assert change.revision <= len(known) + 1
            known.setdefault(change.revision, change.state)
        if publication.changes[-1].state is State.DELIVERED:
            Tally.note(publication.shipment_id, *(known[revision] for revision in sorted(known)))
        return PushResult(acked=True, revision=publication.changes[-1].revision, outcome="accepted")


async def main() -> None:
    """Serve until the process is ended."""
    address, url, tally = sys.argv[1:]
    Tally.path = Path(tally)
    client = await connect(address, "default")
    ledger = Ledger.open(url)
    workers = build_workers(
        client, journal=ledger.journal, sinks=Orders(), dead_letters=ledger.convergence, switch=ledger.connections
    )
    bare = Worker(client, task_queue=BARE_QUEUE, workflows=[BareWorkflow], workflow_runner=SANDBOX)
    async with AsyncExitStack() as stack:
        for worker in (*workers, bare):
            await stack.enter_async_context(worker)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
