"""Tries order systems that are away, and tells the shipments that fell behind once one is back.

A push is the only thing that every kind of system takes, so the probe is the push of a shipment that is behind. Kinds
that can be read are left to their reading, which notices a return by itself.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from domain.erp_rounds import Nudger
from domain.errors import HubError
from domain.queues import ERP
from ledger.paces import Due
from ledger.rows import Connection, ConnectionStatus
from ledger.store import Ledger

LOOK: Final = 1.0
"""Seconds between two looks."""

AT_ONCE: Final = 10
"""Shipments told per look where no rate is set; else as many as the rate lets through."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Returns:
    """Nudges by turns, over all tenants' connections: none of them waits for another's backlog."""

    ledger: Ledger
    nudger: Nudger
    is_read: Callable[[Connection], bool]
    look: float = LOOK
    task_queue: str = ERP
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Serve until shut down."""
        while not self._over.is_set():
            try:
                await self.once()
            except (HubError, RPCError, SQLAlchemyError) as error:
                # The next look tries again.
                _log.warning("erp.returns_failed", failure=type(error).__name__)
            try:
                await asyncio.wait_for(self._over.wait(), self.look)
            except TimeoutError:
                continue

    async def shutdown(self) -> None:
        """Stop before the next look."""
        self._over.set()

    async def once(self) -> None:
        """Tell the next shipments of every connection that is due."""
        for due in await asyncio.to_thread(self.ledger.paces.due):
            await self._tell(due)

    async def _tell(self, due: Due) -> None:
        connection = await asyncio.to_thread(self.ledger.connections.get, due.tenant, due.connection)
        if connection.status is not ConnectionStatus.ACTIVE or (due.is_back and self.is_read(connection)):
            await asyncio.to_thread(self.ledger.paces.told, due, None)
            return
        limit = self._share(connection) if due.is_back else 1
        backlog = self.ledger.backlog
        behind = await asyncio.to_thread(
            lambda: backlog.behind(due.tenant, due.connection, after=due.told_up_to, limit=limit)
        )
        for shipment_id in behind:
            # One that has ended is for `milepost erp push`: nobody waits in it.
            await self.nudger.nudge(due.tenant, shipment_id, due.connection)
        is_through = len(behind) < limit
        await asyncio.to_thread(self.ledger.paces.told, due, None if is_through else behind[-1])
        if due.is_back and is_through:
            _log.info("erp.told_of_return", tenant=due.tenant, connection=due.connection)

    def _share(self, connection: Connection) -> int:
        rate = connection.requests_per_second
        return AT_ONCE if rate is None else max(1, min(int(rate * self.look), AT_ONCE * 10))
