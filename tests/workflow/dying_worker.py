"""A worker that dies right behind its n-th ledger commit, before Temporal hears of it.

Run it as `python -m tests.workflow.dying_worker ADDRESS LEDGER_URL PUSHES_FILE N`.
"""

import asyncio
import os
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from domain.audit import LedgerCommit
from domain.publication import Publication, PushResult
from gateway.temporal import connect
from ledger.store import Ledger
from worker.workers import build_workers


@dataclass
class DyingJournal:
    """Commits n times and takes the process with it."""

    ledger: Ledger
    left: int

    def commit(self, commit: LedgerCommit) -> None:
        self.ledger.journal.commit(commit)
        self.left -= 1
        if self.left == 0:
            os._exit(9)

    def acked(self, publication: Publication, result: PushResult) -> None:
        self.ledger.journal.acked(publication, result)


@dataclass
class FileSinks:
    """An order system that several processes reach: every push is a line of one file."""

    path: Path

    def sink(self, tenant: str, connection: str) -> "FileSinks":  # noqa: ARG002 - one system for all
        return self

    async def push(self, publication: Publication) -> PushResult:
        with self.path.open("a") as file:
            file.write(publication.model_dump_json() + "\n")
        return PushResult(acked=True, revision=publication.changes[-1].revision, outcome="accepted")

    @property
    def pushes(self) -> list[Publication]:
        if not self.path.exists():
            return []
        return [Publication.model_validate_json(line) for line in self.path.read_text().splitlines()]


async def main() -> None:
    address, url, pushes, commits = sys.argv[1:]
    client = await connect(address, "default")
    ledger = Ledger.open(url)
    workers = build_workers(
        client,
        journal=DyingJournal(ledger, int(commits)),
        sinks=FileSinks(Path(pushes)),
        dead_letters=ledger.convergence,
        switch=ledger.connections,
    )
    async with AsyncExitStack() as stack:
        for worker in workers:
            await stack.enter_async_context(worker)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
