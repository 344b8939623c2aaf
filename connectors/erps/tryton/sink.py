"""Tells Tryton of a shipment: notes for what happened, fields and buttons for how it stands.

Whatever is written was read first, so any attempt may follow any other: after a timeout, a crash or a refusal the next
one finds what is there already.
"""

from dataclasses import dataclass, field

from typing_extensions import override

from connectors.erps.tryton.client import TrytonClient
from connectors.erps.tryton.notes import Notes
from connectors.erps.tryton.shipments import SALE, Shipments, TrytonShipment, id_of
from connectors.erps.tryton.writing import ADDRESS_KIND, Writing, blocking
from domain.erp_records import DeliveryStatus, ErpRecord, ErpRecords, ShipmentViews
from domain.erp_status import StatusMap, tag_of
from domain.errors import NotKnownYetError, RequestRejectedError
from domain.ports import StatusSink
from domain.publication import Publication, PushResult
from mappings.erps import status_map


@dataclass(frozen=True, slots=True)
class TrytonSink(StatusSink):
    """Pushes publications to one Tryton connection."""

    client: TrytonClient
    records: ErpRecords
    views: ShipmentViews
    words: StatusMap = field(default_factory=lambda: status_map("tryton"))

    @override
    async def push(self, publication: Publication) -> PushResult:
        """Write what the changes mean; the result names the record and the version it has afterwards.

        Raises:
            NotKnownYetError: Tryton has no shipment of that name yet.
            RecordChangedError: somebody else wrote to the shipment each time.
            RequestRejectedError: the reference names several shipments, or Tryton refuses.
            PartnerError: what `TrytonClient.call` raises.
        """
        view = await blocking(lambda: self.views.view(publication.tenant, publication.shipment_id))
        mirror, shipment = await self._bound(publication, is_ended=view.is_ended)
        if shipment is None:
            resource = await self._order_of(publication, mirror)
        else:
            resource = shipment.record
        notes = Notes(self.client)
        texts = self._missing(publication, await notes.there(resource))
        if shipment is None:
            await notes.add(resource, texts)
            return _acked(publication, f"notes {len(texts)}, on the order", resource, None)
        agreed = mirror or await self._unread(publication, shipment)
        writing = Writing(self.client, self.records, self.views, publication, agreed, view, self.words)
        try:
            # Fields first: the note of a reroute says that its address has been dealt with.
            shipment = await writing.fields(shipment, news=texts.keys())
            await notes.add(resource, texts)
            # Buttons last: what Tryton refuses there must not keep anybody from reading what happened.
            shipment = await writing.buttons(shipment)
        except RequestRejectedError as error:
            if await Shipments(self.client).there([shipment.id]):
                raise
            # Not what was asked for was wrong: somebody deleted the shipment meanwhile. The next attempt finds that.
            gone = NotKnownYetError(
                "the shipment was deleted while the hub wrote to it", partner=publication.connection
            )
            raise gone from error
        return _acked(publication, f"notes {len(texts)}, state {shipment.state}", resource, shipment.stamp)

    def _missing(self, publication: Publication, there: set[str]) -> dict[str, str]:
        texts = {}
        for change in publication.changes:
            tag = tag_of(change, publication.shipment_id)
            text = self.words.told(change).note
            if tag not in there and text is not None:
                texts[tag] = text
        return texts

    async def _bound(
        self, publication: Publication, *, is_ended: bool
    ) -> tuple[ErpRecord | None, TrytonShipment | None]:
        """Return the mirror and the record that stand for the shipment; no record when it was deleted for good."""
        tenant, connection = publication.tenant, publication.connection
        mirror = await blocking(lambda: self.records.of_shipment(tenant, connection, publication.shipment_id))
        shipments = Shipments(self.client)
        if mirror is None:
            return None, await self._called(publication, shipments)
        if mirror.gone_at is not None:
            return mirror, None
        found = await shipments.read([id_of(mirror.record)], with_orders=False)
        if not found or found[0].number != mirror.number:
            if is_ended:
                return mirror, None
            # What takes its place is for the reading side to say: it knows what the order has become.
            raise NotKnownYetError("the shipment was deleted in Tryton", partner=connection, record=mirror.record)
        return mirror, found[0]

    async def _called(self, publication: Publication, shipments: Shipments) -> TrytonShipment:
        name = publication.reference or publication.shipment_id
        found = await shipments.called(name)
        open_ = [one for one in found if one.status is not DeliveryStatus.CANCELLED] or found
        if not open_:
            raise NotKnownYetError(f"Tryton has no shipment or order {name}", partner=publication.connection)
        if len(open_) > 1:
            listed = ", ".join(one.number for one in open_)
            raise RequestRejectedError(
                f"order {name} has several shipments ({listed}); register with a shipment's number as reference",
                partner=publication.connection,
            )
        return open_[0]

    async def _unread(self, publication: Publication, shipment: TrytonShipment) -> ErpRecord:
        """Keep the mirror of a shipment that was registered without Tryton: what is there now is agreed."""
        tenant, shipment_id = publication.tenant, publication.shipment_id
        ref = await blocking(lambda: self.views.put_details(tenant, shipment_id, ADDRESS_KIND, shipment.address))
        mirror = ErpRecord(
            tenant=tenant,
            connection=publication.connection,
            record=shipment.record,
            shipment_id=shipment_id,
            number=shipment.number,
            order=shipment.order,
            version=shipment.stamp,
            status=shipment.status,
            address_ref=ref,
        )
        await blocking(lambda: self.records.settle(None, mirror))
        return mirror

    async def _order_of(self, publication: Publication, mirror: ErpRecord | None) -> str:
        """Return the order of a deleted shipment: the parcel is on its way all the same, and that is read there."""
        order = None if mirror is None else mirror.order
        sale = None if order is None else await Shipments(self.client).sale(order)
        if sale is None:
            raise RequestRejectedError("the shipment and its order were deleted", partner=publication.connection)
        return f"{SALE},{sale}"


def _acked(publication: Publication, outcome: str, record: str, version: str | None) -> PushResult:
    revision = publication.changes[-1].revision
    return PushResult(acked=True, revision=revision, outcome=outcome, record=record, version=version)
