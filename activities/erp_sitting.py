"""What every step of working off a reading needs: the hub's parts, whose reading it is, and what came of it so far."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Final, TypeVar

from domain.erp_reading import ErpReader
from domain.erp_records import ErpDelivery, ErpRecord, ErpRecords, ShipmentView, ShipmentViews
from domain.intake import Intake
from domain.ports import Registry, ShipmentCommands

ADDRESS_KIND: Final = "erp_address"
"""The kind of personal data that addresses of order systems are kept as."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ErpDesk:
    """The hub's side of order systems' news.

    `executor` carries the blocking ledger calls; None means the event loop's own pool.
    """

    registry: Registry
    intake: Intake
    commands: ShipmentCommands
    records: ErpRecords
    views: ShipmentViews
    executor: Executor | None = None

    async def blocking(self, call: Callable[[], _T]) -> _T:
        """Run a ledger call in the pool."""
        return await asyncio.get_running_loop().run_in_executor(self.executor, call)


@dataclass(slots=True)
class Sitting:
    """One reading being worked off. `again` are records that somebody wrote to meanwhile, to be read once more.

    `beat` is called before each record: a long reading is alive.
    """

    desk: ErpDesk
    tenant: str
    connection: str
    reader: ErpReader
    beat: Callable[[], object] = lambda: None
    again: set[str] = field(default_factory=set)
    registered: int = 0
    asked: int = 0

    async def blocking(self, call: Callable[[], _T]) -> _T:
        """Run a ledger call in the pool."""
        return await self.desk.blocking(call)

    async def mirror(self, record: str) -> ErpRecord | None:
        """Return what the hub knows of a record now."""
        return await self.blocking(lambda: self.desk.records.get(self.tenant, self.connection, record))

    async def view(self, shipment_id: str) -> ShipmentView:
        """Return the hub's shipment as it is now."""
        return await self.blocking(lambda: self.desk.views.view(self.tenant, shipment_id))

    async def address(self, shipment_id: str, delivery: ErpDelivery) -> str | None:
        """Keep the delivery's address; return its reference, None once the shipment's personal data was erased."""
        return await self.blocking(
            lambda: self.desk.views.put_details(self.tenant, shipment_id, ADDRESS_KIND, delivery.address)
        )

    async def settle(self, before: ErpRecord | None, after: ErpRecord) -> None:
        """Store what both sides agree on, unless somebody was faster: then the record is read again."""
        if before != after and not await self.blocking(lambda: self.desk.records.settle(before, after)):
            self.again.add(after.record)
