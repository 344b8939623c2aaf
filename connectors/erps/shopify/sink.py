"""Tells a Shopify store of a shipment: fulfilments and holds for how it stands, events for what happened.

Whatever is written was read first, so any attempt may follow any other: after a timeout, a crash or a refusal the next
one finds what is there already. Shopify itself lets goods be fulfilled only once; events it takes as often as they
are sent, so attempts for one shipment wait for each other.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar
from weakref import WeakValueDictionary

from typing_extensions import override

from connectors.erps.shopify.client import ShopifyClient
from connectors.erps.shopify.events import Events
from connectors.erps.shopify.failures import HeldElsewhereError, UserErrorsError
from connectors.erps.shopify.levels import status_of
from connectors.erps.shopify.orders import Orders
from connectors.erps.shopify.records import Fulfilment, ShopifyOrder
from connectors.erps.shopify.shipping import BEFORE_HANDOVER, Shipping
from domain.erp_records import ErpRecord, ErpRecords, ShipmentView, ShipmentViews
from domain.erp_status import StatusMap
from domain.errors import NotKnownYetError, RequestRejectedError
from domain.ports import StatusSink
from domain.publication import Publication, PushResult
from mappings.erps import status_map

ROUNDS: Final = 3
"""How often one attempt reads again and decides again when somebody else changes the order at the same time."""

ADDRESS_KIND: Final = "erp_address"
"""The kind of personal data that addresses of order systems are kept as."""

_T = TypeVar("_T")
_TURNS: Final[WeakValueDictionary[tuple[int, str, str, str], asyncio.Lock]] = WeakValueDictionary()


@dataclass(frozen=True, slots=True)
class ShopifySink(StatusSink):
    """Pushes publications to one store. `companies` are Shopify's names of carriers by the hub's ids."""

    client: ShopifyClient
    records: ErpRecords
    views: ShipmentViews
    companies: Mapping[str, str] = field(default_factory=dict)
    notify: bool = False
    words: StatusMap = field(default_factory=lambda: status_map("shopify"))

    @override
    async def push(self, publication: Publication) -> PushResult:
        """Write what the changes mean; the result names the order and its modification time afterwards.

        Raises:
            NotKnownYetError: the store has no order of that name yet.
            HeldElsewhereError: somebody else holds what the carrier has.
            RequestRejectedError: the reference names several orders, or Shopify refuses.
            PartnerError: what `ShopifyClient.query` raises.
        """
        async with _turn(publication):
            return await self._push(publication)

    async def _push(self, publication: Publication) -> PushResult:
        view = await _blocking(lambda: self.views.view(publication.tenant, publication.shipment_id))
        mirror, found = await self._bound(publication, is_ended=view.is_ended)
        if found is None:
            return _acked(publication, "the order was deleted", None)
        agreed = mirror or await self._unread(publication, found)
        shipping = Shipping(self.client, view, self.companies, self.notify)
        order = await self._settled(shipping, found)
        if order.updated_at != found.updated_at:
            await self._wrote(agreed, order)
        if view.stage in BEFORE_HANDOVER:
            return _acked(publication, "nothing was sent yet", order)
        events = Events(self.client, self.words, publication.shipment_id)
        sent = shipping.carried(order)
        count = 0
        for one in sent:
            count += await events.tell(one.id, publication.changes, expected_at=_expected(view))
        _raise_for_unsent(shipping, order, sent)
        return _acked(publication, f"events {count}, fulfilments {len(sent)}", order)

    async def _settled(self, shipping: Shipping, order: ShopifyOrder) -> ShopifyOrder:
        """Bring the order to what holds; a refusal because it has changed meanwhile is read again and decided again."""
        for left in reversed(range(ROUNDS)):
            try:
                for step in (shipping.requests, shipping.holds, shipping.fulfilments, shipping.tracking):
                    if await step(order):
                        order = await self._again(order)
            except UserErrorsError:
                before, order = order, await self._again(order)
                if not left or order == before:
                    raise
            else:
                return order
        return order

    async def _again(self, order: ShopifyOrder) -> ShopifyOrder:
        found = await Orders(self.client).read(order.id)
        if found is None:
            raise NotKnownYetError("the order was deleted in Shopify", record=order.id)
        return found

    async def _bound(self, publication: Publication, *, is_ended: bool) -> tuple[ErpRecord | None, ShopifyOrder | None]:
        """Return the mirror and the order that stand for the shipment; no order when it was deleted for good."""
        tenant, connection = publication.tenant, publication.connection
        mirror = await _blocking(lambda: self.records.of_shipment(tenant, connection, publication.shipment_id))
        if mirror is None:
            return None, await self._called(publication)
        found = None if mirror.gone_at is not None else await Orders(self.client).read(mirror.record)
        if found is None and mirror.gone_at is None and not is_ended:
            raise NotKnownYetError("the order was deleted in Shopify", partner=connection, record=mirror.record)
        return mirror, found

    async def _called(self, publication: Publication) -> ShopifyOrder:
        name, connection = publication.reference or publication.shipment_id, publication.connection
        found = await Orders(self.client).called(name)
        if not found:
            raise NotKnownYetError(f"Shopify has no order {name}", partner=connection)
        if len(found) > 1:
            raise RequestRejectedError(
                f"{len(found)} orders are called {name}; register with an order's id as reference", partner=connection
            )
        return found[0]

    async def _unread(self, publication: Publication, order: ShopifyOrder) -> ErpRecord:
        """Keep the mirror of an order whose shipment was registered without it: what is there now is agreed."""
        tenant, shipment_id = publication.tenant, publication.shipment_id
        ref = await _blocking(lambda: self.views.put_details(tenant, shipment_id, ADDRESS_KIND, order.address))
        mirror = ErpRecord(
            tenant=tenant,
            connection=publication.connection,
            record=order.id,
            shipment_id=shipment_id,
            number=order.name,
            order=order.name,
            version=order.updated_at,
            status=status_of(order),
            address_ref=ref,
        )
        await _blocking(lambda: self.records.settle(None, mirror))
        return mirror

    async def _wrote(self, mirror: ErpRecord, order: ShopifyOrder) -> None:
        """Let the mirror have what the hub did to the order, and nothing else."""
        status = status_of(order)
        ref = await _blocking(
            lambda: self.views.put_details(mirror.tenant, mirror.shipment_id, ADDRESS_KIND, order.address)
        )
        await _blocking(lambda: self.records.wrote(mirror, version=order.updated_at, status=status, address_ref=ref))


def _raise_for_unsent(shipping: Shipping, order: ShopifyOrder, sent: tuple[Fulfilment, ...]) -> None:
    """Say why goods that the carrier has could not be fulfilled; an order that was called off needs nothing."""
    if not order.parts:
        raise RequestRejectedError(
            "the app sees no fulfilment orders; it needs an access scope such as"
            " read_merchant_managed_fulfillment_orders"
        )
    if shipping.waiting(order):
        raise HeldElsewhereError("what the carrier has is on hold in Shopify", record=order.id)
    if not sent and any(part.sent for part in order.parts):
        raise RequestRejectedError("several fulfilments, and none has the shipment's number", record=order.id)


def _expected(view: ShipmentView) -> datetime | None:
    return None if view.is_ended else view.expected_at


def _acked(publication: Publication, outcome: str, order: ShopifyOrder | None) -> PushResult:
    return PushResult(
        acked=True,
        revision=publication.changes[-1].revision,
        outcome=outcome,
        record=None if order is None else order.id,
        version=None if order is None else order.updated_at,
    )


def _turn(publication: Publication) -> asyncio.Lock:
    """Return the lock of a shipment's attempts in this event loop."""
    key = (
        id(asyncio.get_running_loop()),
        publication.tenant,
        publication.connection,
        publication.shipment_id,
    )
    return _TURNS.setdefault(key, asyncio.Lock())


async def _blocking(call: Callable[[], _T]) -> _T:
    """Run a ledger call in a thread."""
    return await asyncio.to_thread(call)
