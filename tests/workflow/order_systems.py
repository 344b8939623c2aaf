"""An order system in memory that is read through a real ledger and real shipments: what is in it is up to the test."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHandle

from activities.erp_reading import ErpReadingActivities
from activities.erp_sitting import ErpDesk
from domain import ids
from domain.erp_reading import ErpPull
from domain.erp_records import DeliveryStatus, ErpDelivery, ErpRecord
from domain.intake import Intake
from gateway.commands import TemporalCommands
from gateway.dispatch import TemporalDispatcher
from ledger.migrate import upgrade
from ledger.store import Ledger
from tests.workflow.conftest import SHORT
from tests.workflow.desks import MAPPINGS, TENANT
from tests.workflow.fakes import Sinks
from worker.erp_connections import ReadingWorkers, ShipmentNudger, readable, start_connection
from worker.late import LedgerLateFacts
from worker.wiring import CLOCK, LedgerDirectory
from worker.workers import build_workers
from workflows.erp_connection import ErpConnectionWorkflow
from workflows.erp_model import ConnectionProgress

HOME = {"name": "A. Example", "street": "1 Example Street", "city": "Berlin", "country": "DE"}
OFFICE = {"name": "A. Example", "street": "2 Example Street", "city": "Berlin", "country": "DE"}
SOON = timedelta(milliseconds=200)


@dataclass
class FakeErp:
    """Holds deliveries; its log is the list of records that were touched, a deletion has no name in it."""

    deliveries: dict[str, ErpDelivery] = field(default_factory=dict)
    log: list[str | None] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    trouble: Exception | None = None
    refuses_notes: Exception | None = None
    readings: int = 0
    sinces: list[str] = field(default_factory=list)

    def put(self, record: str, number: str = "", **more: Any) -> ErpDelivery:
        """Enter a delivery or change it."""
        known = self.deliveries.get(record)
        self.log.append(record)
        version = str(len(self.log))
        if known is None:
            known = ErpDelivery(record, version, number, DeliveryStatus.OPEN, order="SO1", country="DE", address=HOME)
        self.deliveries[record] = replace(known, version=version, number=number or known.number, **more)
        return self.deliveries[record]

    def delete(self, record: str) -> None:
        """Take a delivery and its name in the log away."""
        del self.deliveries[record]
        self.log = [None if name == record else name for name in self.log] + [None]

    async def pull(self, cursor: Mapping[str, Any], known: Sequence[ErpRecord], /) -> ErpPull:
        self.readings += 1
        if self.trouble is not None:
            raise self.trouble
        if "since" in cursor:
            self.sinces.append(cursor["since"])
        read = cursor.get("log")
        names = set(self.deliveries) if read is None else {name for name in self.log[read:] if name}
        names |= set(cursor["again"])
        found = tuple(self.deliveries[name] for name in sorted(names) if name in self.deliveries)
        gone = tuple(mirror.record for mirror in known if mirror.record not in self.deliveries)
        return ErpPull(found, gone, {"log": len(self.log)})

    async def answer(self, mirror: ErpRecord, tag: str, text: str, /) -> None:
        if self.refuses_notes is not None:
            raise self.refuses_notes
        if not any(known.startswith(tag) for _, known in self.notes):
            self.notes.append((mirror.record, f"{tag} {text}"))


@dataclass
class ErpHub:
    """One connection, the system behind it and the hub."""

    client: Client
    connection: str
    ledger: Ledger
    erp: FakeErp = field(default_factory=FakeErp)
    sinks: Sinks = field(default_factory=Sinks)
    idle: timedelta = SOON

    def reader(self, tenant: str, connection: str) -> FakeErp:
        LedgerDirectory(self.ledger).target(tenant, connection)
        return self.erp

    @property
    def handle(self) -> WorkflowHandle[ErpConnectionWorkflow, None]:
        workflow_id = ids.connection_workflow(TENANT, self.connection)
        return self.client.get_workflow_handle_for(ErpConnectionWorkflow.run, workflow_id)

    @property
    def dispatcher(self) -> TemporalDispatcher:
        ledger = self.ledger
        return TemporalDispatcher(self.client, ledger.registry, LedgerLateFacts(ledger), ledger.journal)

    @property
    def desk(self) -> ErpDesk:
        ledger = self.ledger
        intake = Intake(ledger.inbox, MAPPINGS, self.dispatcher, CLOCK)
        return ErpDesk(
            ledger.registry, intake, TemporalCommands(self.client), ledger.erp_records, ledger.shipment_views
        )

    @property
    def reading(self) -> ErpReadingActivities:
        ledger, nudger = self.ledger, ShipmentNudger(self.dispatcher)
        return ErpReadingActivities(
            self, self.desk, ledger.reading_states, ledger.backlog, nudger, ledger.connections, self.idle
        )

    async def status(self) -> ConnectionProgress:
        return await self.handle.query(ErpConnectionWorkflow.status)

    def mirror(self, record: str) -> ErpRecord:
        found = self.ledger.erp_records.get(TENANT, self.connection, record)
        assert found is not None
        return found

    def state_of(self, record: str) -> str:
        """Return the state of the shipment that a record stands for."""
        return self.ledger.shipment_views.view(TENANT, self.mirror(record).shipment_id).state.value

    @asynccontextmanager
    async def served(self, *, starts: bool = True, reads: bool = True) -> AsyncIterator[None]:
        """Run the workers for the length of the block, and end the connection's workflow with it.

        `starts` begins the workflow at once and not with the next look; without `reads` nobody reads.
        """
        workers = build_workers(
            self.client,
            journal=self.ledger.journal,
            sinks=self.sinks,
            dead_letters=self.ledger.convergence,
            switch=self.ledger.connections,
            schedule=SHORT,
        )
        if starts and reads:
            await start_connection(self.client, TENANT, self.connection)
        async with AsyncExitStack() as stack:
            for worker in workers:
                await stack.enter_async_context(worker)
            if not reads:
                yield
                return
            reading = ReadingWorkers(self.client, self.reading, lambda: readable(self.ledger), look=SOON)
            running = asyncio.create_task(reading.run())
            try:
                yield
                await self.handle.terminate()
            finally:
                await reading.shutdown()
                await running


def open_hub(client: Client, connection: str, directory: Path) -> ErpHub:
    """Return a hub over a fresh ledger; the caller closes it."""
    url = f"sqlite:///{directory}/ledger.db"
    upgrade(url)
    ledger = Ledger.open(url)
    ledger.connections.add(TENANT, connection, "tryton", "https://erp.example.com/main")
    ledger.connections.configure(TENANT, connection, settings={"login": "hub"}, requests_per_second=None)
    ledger.connections.set_credentials(TENANT, connection, {"password": "quiet"})
    return ErpHub(client, connection, ledger)
