"""Tells a WooCommerce shop of a shipment: notes for what happened, fields and a status for how it stands.

Whatever is written was read first, so any attempt may follow any other.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from typing_extensions import override

from connectors.erps.woocommerce.client import WooClient
from connectors.erps.woocommerce.levels import Levels
from connectors.erps.woocommerce.notes import Notes
from connectors.erps.woocommerce.orders import FIELDS, Orders, WooOrder, order_of
from domain.erp_numbers import shown_leg
from domain.erp_records import ErpRecord, ErpRecords, ShipmentView, ShipmentViews
from domain.erp_status import TAGGED, StatusMap, tag_of
from domain.errors import NotKnownYetError, RequestRejectedError
from domain.ports import StatusSink
from domain.publication import Publication, PushResult
from mappings.erps import status_map

ADDRESS_KIND: Final = "erp_address"
"""The kind of personal data that addresses of order systems are kept as."""


@dataclass(frozen=True, slots=True)
class WooSink(StatusSink):
    """Pushes publications to one shop. `sendable` are statuses of plugins that mean that an order is to be sent."""

    client: WooClient
    records: ErpRecords
    views: ShipmentViews
    sendable: frozenset[str] = frozenset()
    words: StatusMap = field(default_factory=lambda: status_map("woocommerce"))

    @override
    async def push(self, publication: Publication) -> PushResult:
        """Write what the changes mean; the result names the order and the version it has afterwards.

        Raises:
            NotKnownYetError: the shop has no such order (any more).
            RequestRejectedError: the order is gone for good, or the shop refuses.
            PartnerError: what `WooClient` raises.
        """
        view = await asyncio.to_thread(self.views.view, publication.tenant, publication.shipment_id)
        mirror, order = await self._bound(publication, is_ended=view.is_ended)
        told = [(change, self.words.told(change)) for change in publication.changes]
        texts = {tag_of(change, publication.shipment_id): one.note for change, one in told if one.note}
        added = await Notes(self.client).add(order.record, _number_note(view) | texts)
        word = next((one.status for _, one in reversed(told) if one.status is not None), None)
        order = await self._written(publication, mirror, order, Levels.of(view, word, self.sendable))
        return PushResult(
            acked=True,
            revision=publication.changes[-1].revision,
            outcome=f"notes {added}, status {order.status}",
            record=order.record,
            version=order.version,
        )

    async def _written(self, publication: Publication, mirror: ErpRecord, order: WooOrder, levels: Levels) -> WooOrder:
        """Bring fields and status to what holds, in one request: the letter that a status sends has the number."""
        if levels.missing(order):
            # There is no lock: reading once more keeps the time short in which a clerk could be overwritten.
            order = await Orders(self.client).read(order.record) or order
        body = levels.missing(order)
        if not body:
            return order
        order = order_of(await self.client.put(f"/orders/{order.record}", body, _fields=FIELDS))
        status = order.delivery(self.sendable).status
        ref = await self._kept(publication, order)
        await asyncio.to_thread(self.records.wrote, mirror, version=order.version, status=status, address_ref=ref)
        return order

    async def _bound(self, publication: Publication, *, is_ended: bool) -> tuple[ErpRecord, WooOrder]:
        """Return the mirror and the order that stand for the shipment."""
        tenant, connection = publication.tenant, publication.connection
        mirror = await asyncio.to_thread(self.records.of_shipment, tenant, connection, publication.shipment_id)
        if mirror is None:
            order = await self._called(publication)
            return await self._unread(publication, order), order
        found = None if mirror.gone_at is not None else await Orders(self.client).read(mirror.record)
        if found is not None:
            return mirror, found
        if is_ended or mirror.gone_at is not None:
            raise RequestRejectedError("the order was deleted", partner=connection, record=mirror.record)
        raise NotKnownYetError("the order was deleted in the shop", partner=connection, record=mirror.record)

    async def _called(self, publication: Publication) -> WooOrder:
        name = publication.reference or publication.shipment_id
        found = await Orders(self.client).called(name)
        if not found:
            raise NotKnownYetError(f"the shop has no order {name}", partner=publication.connection)
        if len(found) > 1:
            raise RequestRejectedError(f"the shop has several orders {name}", partner=publication.connection)
        return found[0]

    async def _unread(self, publication: Publication, order: WooOrder) -> ErpRecord:
        """Keep the mirror of an order whose shipment was registered without it: what is there now is agreed."""
        delivery = order.delivery(self.sendable)
        mirror = ErpRecord(
            tenant=publication.tenant,
            connection=publication.connection,
            record=order.record,
            shipment_id=publication.shipment_id,
            number=order.number,
            order=delivery.order,
            version=order.version,
            status=delivery.status,
            address_ref=await self._kept(publication, order),
        )
        await asyncio.to_thread(self.records.settle, None, mirror)
        return mirror

    async def _kept(self, publication: Publication, order: WooOrder) -> str | None:
        return await asyncio.to_thread(
            self.views.put_details, publication.tenant, publication.shipment_id, ADDRESS_KIND, dict(order.address)
        )


def _number_note(view: ShipmentView) -> dict[str, str]:
    """Return the note that tells the number to show, once per number."""
    leg = shown_leg(view.plan.legs, None)
    if leg is None:
        return {}
    return {f"{TAGGED}number/{leg.tracking_number}]": f"Tracking number {leg.tracking_number} ({leg.carrier})."}
