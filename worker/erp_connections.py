"""Keeps the connections that can be read being read: one workflow each, also for those that come later."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker
from typing_extensions import override

from activities.erp_reading import IDLE, ErpReadingActivities
from activities.erp_sitting import ErpDesk
from connectors.egress import EgressPolicy
from connectors.erp_readers import ConnectionReaders
from connectors.http import HttpLimits, PartnerHttp
from domain import ids
from domain.erp_rounds import Nudger
from domain.errors import HubError
from domain.queues import ERP_READING
from gateway.commands import TemporalCommands
from gateway.dispatch import TemporalDispatcher
from ledger.rows import Connection, ConnectionStatus
from ledger.store import Ledger
from worker.failures import FailureInterceptor
from worker.late import LedgerLateFacts
from worker.order_systems import KINDS, reader_makers
from worker.settings import Settings
from worker.wiring import CLOCK, LedgerDirectory, build_intake, load_mappings
from worker.workers import GRACE, SANDBOX, deployment_of
from workflows.erp_connection import ErpConnectionWorkflow
from workflows.erp_model import ConnectionStart

LOOK: Final = timedelta(seconds=30)
"""How often new connections are looked for; a new one is read without a restart."""

MAX_ANSWER: Final = 16 * 1024 * 1024
"""Bytes of one answer of an order system: a page of shipments with their lines."""

_log = structlog.get_logger(__name__)


class ReadingWorkers:
    """Serves every connection that can be read, also those that come later."""

    task_queue = ERP_READING

    def __init__(
        self,
        client: Client,
        reading: ErpReadingActivities,
        connections: Callable[[], Iterable[Connection]],
        *,
        look: timedelta = LOOK,
        version: str | None = None,
    ) -> None:
        """Keep what is needed; `connections` blocks and names those that can be read now."""
        self._client = client
        self._connections = connections
        self._look = look
        self._worker = Worker(
            client,
            task_queue=ERP_READING,
            workflows=[ErpConnectionWorkflow],
            activities=[reading.read],
            workflow_runner=SANDBOX,
            interceptors=[FailureInterceptor()],
            graceful_shutdown_timeout=GRACE,
            deployment_config=None if version is None else deployment_of(version),
        )
        self._started: set[tuple[str, str]] = set()
        self._over = asyncio.Event()

    async def run(self) -> None:
        """Serve until shut down; what the worker fails with comes out."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._worker.run(), name=f"worker:{ERP_READING}")
            while not self._over.is_set():
                await self._take_on()
                try:
                    await asyncio.wait_for(self._over.wait(), self._look.total_seconds())
                except TimeoutError:
                    continue

    async def shutdown(self) -> None:
        """Let readings under way finish for their grace, and stop."""
        self._over.set()
        await self._worker.shutdown()

    async def _take_on(self) -> None:
        try:
            for one in await asyncio.to_thread(self._connections):
                key = (one.tenant, one.connection_id)
                if key not in self._started:
                    await start_connection(self._client, *key)
                    self._started.add(key)
                    _log.info("erp.connection_served", tenant=one.tenant, connection=one.connection_id)
        except (HubError, RPCError, SQLAlchemyError) as error:
            # The next look tries again.
            _log.warning("erp.look_failed", failure=type(error).__name__)


@dataclass(frozen=True, slots=True)
class ShipmentNudger(Nudger):
    """Nudges by signal; a shipment that has ended is nobody's."""

    dispatcher: TemporalDispatcher

    @override
    async def nudge(self, tenant: str, shipment_id: str, connection: str, /) -> bool:
        try:
            await self.dispatcher.nudge(tenant, shipment_id, connection)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return True


def readable(ledger: Ledger) -> list[Connection]:
    """Return the connections of all tenants that are on, lack nothing, and whose kind can be read."""
    return [one for one in ledger.connections.list() if one.status is ConnectionStatus.ACTIVE and can_be_read(one)]


def can_be_read(connection: Connection) -> bool:
    """Tell whether the connection's kind can be read and lacks nothing for it."""
    kind = KINDS.get(connection.kind)
    return kind is not None and kind.reader is not None and not kind.missing(connection)


@asynccontextmanager
async def open_reading(settings: Settings, ledger: Ledger, client: Client) -> AsyncIterator[ErpReadingActivities]:
    """Return the activity of reading, sharing one HTTP client for the length of the block."""
    dispatcher = TemporalDispatcher(client, ledger.registry, LedgerLateFacts(ledger), ledger.journal)
    policy = EgressPolicy(allow_loopback=settings.egress.allow_loopback)
    async with PartnerHttp(policy, limits=HttpLimits(max_answer=MAX_ANSWER)) as http:
        yield ErpReadingActivities(
            readers=ConnectionReaders(LedgerDirectory(ledger), http, CLOCK, makers=reader_makers(), paces=ledger.paces),
            desk=ErpDesk(
                registry=ledger.registry,
                intake=build_intake(ledger, load_mappings(settings), dispatcher),
                commands=TemporalCommands(client),
                records=ledger.erp_records,
                views=ledger.shipment_views,
            ),
            states=ledger.reading_states,
            backlog=ledger.backlog,
            nudger=ShipmentNudger(dispatcher),
            switch=ledger.connections,
            idle=settings.erp.read_every or IDLE,
        )


async def hint(client: Client, tenant: str, connection: str) -> None:
    """Have a connection read at once; raise `RPCError` when it is not being read."""
    handle = client.get_workflow_handle_for(ErpConnectionWorkflow.run, ids.connection_workflow(tenant, connection))
    await handle.signal(ErpConnectionWorkflow.hint)


async def start_connection(
    client: Client, tenant: str, connection: str, *, signal: str | None = None, args: Iterable[object] = ()
) -> WorkflowHandle[ErpConnectionWorkflow, None]:
    """Start the connection's workflow unless it runs; send it a signal."""
    return await client.start_workflow(
        ErpConnectionWorkflow.run,
        ConnectionStart(tenant=tenant, connection=connection),
        id=ids.connection_workflow(tenant, connection),
        task_queue=ERP_READING,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        start_signal=signal,
        start_signal_args=tuple(args),
    )
