"""Reads a store's orders: those that have changed, as they are now, and which are no more.

Orders are searched by modification time, with an overlap: an order can get a time that is older than one that was read
already. What was read in the overlap is remembered. Deletions leave no trace in a search, so a few of the known orders
are looked up with every reading, in turn; that also finds a change that a search missed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from typing_extensions import override

from connectors.erps.shopify.client import ShopifyClient
from connectors.erps.shopify.levels import delivery_of
from connectors.erps.shopify.notes import Notes
from connectors.erps.shopify.orders import STAMPED, Orders
from connectors.erps.shopify.position import Position
from connectors.erps.shopify.records import ShopifyOrder
from connectors.erps.shopify.shipping import REJECT_CANCEL, answered
from domain.erp_reading import ErpPull, ErpReader
from domain.erp_records import DeliveryStatus, ErpDelivery, ErpRecord


@dataclass(frozen=True, slots=True)
class ShopifyReader(ErpReader):
    """Reads one store; `carriers` are the hub's carriers by Shopify's names for them. Its cursor is a `Position`."""

    client: ShopifyClient
    carriers: Mapping[str, str] = field(default_factory=dict)

    @override
    async def pull(self, cursor: Mapping[str, Any], known: Sequence[ErpRecord], /) -> ErpPull:
        """Return what has changed; a cursor without a position first sweeps over all orders that are open."""
        orders = Orders(self.client)
        # The position comes first: what changes during the sweep is found after it.
        position = Position.of(cursor) or Position.begun_at(await orders.newest(), since=cursor.get("since"))
        versions = {mirror.record: mirror.version for mirror in known}
        again = {str(record) for record in cursor.get("again", ())}
        stamps, page = await orders.changed(position.search, after=position.page)
        wanted = again | {one.id for one in stamps if position.is_news(one, versions)}
        # Between the pages of a search there is no time for anything else.
        turn = position.turn(sorted(versions), STAMPED) if page is None else []
        there = {one.id: one.updated_at for one in await orders.stamps(turn)}
        wanted |= {record for record, at in there.items() if at != versions[record]}
        read = await orders.read_many(sorted(wanted))
        missing = ((again & versions.keys()) - {one.id for one in read}) | (set(turn) - there.keys())
        deliveries = tuple(self._deliveries(read, versions, position))
        following = position.after(stamps, page, turn)
        return ErpPull(deliveries, tuple(sorted(missing)), following.cursor(), is_behind=not following.is_through)

    @override
    async def answer(self, mirror: ErpRecord, tag: str, text: str, /) -> None:
        """Refuse what the merchant asked the fulfilment service to cancel; say anything else in the order's note.

        An order that was deleted has nobody to tell.
        """
        order = await Orders(self.client).read(mirror.record)
        if order is None:
            return
        if tag.endswith(":cancel]"):
            asked = [part for part in order.parts if part.request == "CANCELLATION_REQUESTED"]
            for part in asked:
                await answered(self.client, REJECT_CANCEL, part, f"{tag} {text}")
            if asked or any(part.request == "CANCELLATION_REJECTED" for part in order.parts):
                return
        await Notes(self.client).add(order, tag, text)

    def _deliveries(
        self, read: Sequence[ShopifyOrder], versions: Mapping[str, str], position: Position
    ) -> list[ErpDelivery]:
        """Return the orders with something to send; one that was sent before the hub came is none of its business."""
        found = [(order, delivery_of(order, self.carriers)) for order in read if order.parts]
        return [
            delivery
            for order, delivery in found
            if order.id in versions or delivery.status is not DeliveryStatus.SENT or order.created_at > position.begun
        ]
