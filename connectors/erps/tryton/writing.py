"""Bringing one shipment's fields, address and buttons to what holds, and keeping its mirror true meanwhile."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from connectors.erps.tryton.addresses import Addresses
from connectors.erps.tryton.client import TrytonClient
from connectors.erps.tryton.levels import Levels, button, numbers, parcel_numbers
from connectors.erps.tryton.shipments import Shipments, TrytonShipment
from domain.erp_records import DeliveryStatus, ErpRecord, ErpRecords, ShipmentView, ShipmentViews
from domain.erp_status import StatusMap, tag_of
from domain.errors import NotKnownYetError, RecordChangedError, RequestRejectedError
from domain.publication import Publication
from domain.states import State

ROUNDS: Final = 3
"""How often one attempt reads again and decides again when somebody else writes at the same time."""

ADDRESS_KIND: Final = "erp_address"
"""The kind of personal data that addresses of order systems are kept as."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Writing:
    """One attempt to write to one shipment. `mirror` is what both sides had agreed on before it."""

    client: TrytonClient
    records: ErpRecords
    views: ShipmentViews
    publication: Publication
    mirror: ErpRecord
    view: ShipmentView
    words: StatusMap

    async def fields(self, shipment: TrytonShipment, *, news: Collection[str]) -> TrytonShipment:
        """Write what differs and return the shipment as it is then; a conflict is read again and decided again.

        Args:
            shipment: As it was read.
            news: Tags of the changes that Tryton was not told before; only their reroutes have an address to write.

        Raises:
            RecordChangedError: somebody else wrote first, every time.
        """
        for left in reversed(range(ROUNDS)):
            values: dict[str, Any] = numbers(self.view, shipment)
            address = await self._new_address(shipment, news)
            if address is not None:
                values["delivery_address"] = address
            packages = parcel_numbers(self.view, shipment)
            try:
                await Levels(self.client).write(shipment, values, packages)
            except RecordChangedError:
                if not left:
                    raise
                shipment = await self._again(shipment)
            else:
                return await self._written(shipment) if values or packages else shipment
        return shipment

    async def buttons(self, shipment: TrytonShipment) -> TrytonShipment:
        """Press what brings Tryton's state to the hub's and return the shipment as it is then."""
        while (name := button(self.view, shipment, self.words)) is not None:
            try:
                await Levels(self.client).press(shipment, name)
            except RequestRejectedError:
                now = await self._again(shipment)
                if now.state == shipment.state:
                    raise
                # Somebody was faster; what is left to press is decided anew.
                shipment = now
            else:
                shipment = await self._written(shipment)
        return shipment

    async def _written(self, shipment: TrytonShipment) -> TrytonShipment:
        """Read the shipment after a write and let the mirror have what the hub did to it, and nothing else."""
        now = await self._again(shipment)
        ref = await self._kept(now.address)
        await blocking(lambda: self.records.wrote(self.mirror, version=now.stamp, status=now.status, address_ref=ref))
        return now

    async def _new_address(self, shipment: TrytonShipment, news: Collection[str]) -> int | None:
        """Return the address of a reroute that Tryton has to hear of; None when a clerk has changed it since."""
        publication = self.publication
        rerouted = [
            change.event_id
            for change in publication.changes
            if change.state is State.REROUTED and change.event_id and tag_of(change, publication.shipment_id) in news
        ]
        if not rerouted or shipment.status is DeliveryStatus.CANCELLED:
            return None
        parts = await blocking(
            lambda: self.views.details(publication.tenant, publication.shipment_id, rerouted[-1] or "")
        )
        if not parts or not parts.get("street"):
            return None
        if await self._kept(shipment.address) not in {self.mirror.address_ref, self.mirror.offered_ref}:
            return None
        addresses = Addresses(self.client)
        address = await addresses.of(shipment, parts)
        if address == shipment.address_id:
            return None
        offered = await self._kept(await addresses.read(address))
        if offered is not None:
            await blocking(lambda: self.records.offer(self.mirror, offered))
        return address

    async def _kept(self, address: Any) -> str | None:
        tenant, shipment_id = self.publication.tenant, self.publication.shipment_id
        return await blocking(lambda: self.views.put_details(tenant, shipment_id, ADDRESS_KIND, address))

    async def _again(self, shipment: TrytonShipment) -> TrytonShipment:
        found = await Shipments(self.client).read([shipment.id], with_orders=False)
        if not found:
            raise NotKnownYetError("the shipment was deleted in Tryton", record=shipment.record)
        return found[0]


async def blocking(call: Callable[[], _T]) -> _T:
    """Run a ledger call in a thread."""
    return await asyncio.to_thread(call)
