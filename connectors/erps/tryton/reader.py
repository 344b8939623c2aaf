"""Reads Tryton's customer shipments: those that may have changed, as they are now, and which are no more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from typing_extensions import override

from connectors.erps.tryton.client import TrytonClient
from connectors.erps.tryton.feed import Feed, Position
from connectors.erps.tryton.notes import Notes
from connectors.erps.tryton.shipments import SALE, SHIPMENT, Shipments, TrytonShipment, id_of
from domain.erp_reading import ErpPull, ErpReader
from domain.erp_records import ErpDelivery, ErpRecord

SWEPT: Final = 100
"""Shipments that one step of a sweep reads."""

_TO_BE_SENT: Final = ("waiting", "assigned", "picked", "packed", "shipped")


@dataclass(frozen=True, slots=True)
class TrytonReader(ErpReader):
    """Reads one database. `carriers` says which of the hub's carriers stands behind a carrier's name in Tryton.

    Its cursor: `log`, `read` and `written_at` are the position in the change log; `sweep` is the last shipment of a
    sweep that is under way, and `since` the time from which that one reads.
    """

    client: TrytonClient
    carriers: Mapping[str, str] = field(default_factory=dict)

    @override
    async def pull(self, cursor: Mapping[str, Any], known: Sequence[ErpRecord], /) -> ErpPull:
        """Return what has changed; a cursor without a position first sweeps over all that is to be sent."""
        asked_for = {id_of(record) for record in cursor.get("again", ())}
        if "log" not in cursor:
            # The position comes first: what changes during the sweep is in the log after it.
            position = await Feed(self.client).top()
            cursor = {**position.cursor(), "sweep": 0, "since": cursor.get("since")}
        if cursor.get("sweep") is not None:
            return await self._sweep(cursor, known, asked_for)
        versions = {id_of(mirror.record): mirror.version for mirror in known}
        hints = await Feed(self.client).since(Position.of(cursor), versions)
        deliveries = await self._deliveries(sorted(hints.shipments | asked_for))
        is_missing = len(asked_for - {id_of(one.record) for one in deliveries}) > 0
        gone = await self._gone(known) if hints.has_deletions or is_missing else ()
        return ErpPull(deliveries, gone, hints.position.cursor(), is_behind=hints.is_behind)

    @override
    async def answer(self, mirror: ErpRecord, tag: str, text: str, /) -> None:
        """Note the answer on the shipment, or on its order once the shipment is deleted; a repetition adds nothing."""
        resource = mirror.record
        if not await Shipments(self.client).there([id_of(mirror.record)]):
            sale = None if mirror.order is None else await Shipments(self.client).sale(mirror.order)
            if sale is None:
                return
            resource = f"{SALE},{sale}"
        notes = Notes(self.client)
        if tag not in await notes.there(resource):
            await notes.add(resource, {tag: text})

    async def _sweep(self, cursor: Mapping[str, Any], known: Sequence[ErpRecord], asked_for: set[int]) -> ErpPull:
        """Read the next shipments that are to be sent, and after the last of them what is gone."""
        after: int = cursor["sweep"]
        domain: list[Any] = [["id", ">", after], ["state", "in", list(_TO_BE_SENT)]]
        if cursor.get("since") is not None:
            domain.append(["create_date", ">=", datetime.fromisoformat(cursor["since"])])
        ids = await self.client.call(f"model.{SHIPMENT}.search", domain, 0, SWEPT, [["id", "ASC"]])
        is_last = len(ids) < SWEPT
        if is_last:
            # What was known before may have changed in a way that took it out of the sweep.
            asked_for |= {id_of(mirror.record) for mirror in known}
        deliveries = await self._deliveries(sorted({*ids, *asked_for}))
        gone = await self._gone(known) if is_last else ()
        following = {name: cursor[name] for name in ("log", "read", "written_at")}
        if not is_last:
            following |= {"sweep": ids[-1], "since": cursor.get("since")}
        return ErpPull(deliveries, gone, following, is_behind=not is_last)

    async def _deliveries(self, ids: Sequence[int]) -> tuple[ErpDelivery, ...]:
        read: list[TrytonShipment] = []
        for start in range(0, len(ids), SWEPT):
            read += await Shipments(self.client).read(ids[start : start + SWEPT])
        return tuple(self._delivery(shipment) for shipment in read)

    def _delivery(self, shipment: TrytonShipment) -> ErpDelivery:
        delivery = shipment.delivery()
        return replace(delivery, carrier=None if delivery.carrier is None else self._carrier(delivery.carrier))

    def _carrier(self, name: str) -> str | None:
        """Return the hub's carrier: a carrier is shown as its party and its product, `DHL - Express to Europe`."""
        named = [one for one in self.carriers if name == one or name.startswith(f"{one} - ")]
        return self.carriers[max(named, key=len)] if named else None

    async def _gone(self, known: Sequence[ErpRecord]) -> tuple[str, ...]:
        there: set[int] = set()
        ids = [id_of(mirror.record) for mirror in known]
        for start in range(0, len(ids), SWEPT):
            there |= await Shipments(self.client).there(ids[start : start + SWEPT])
        return tuple(mirror.record for mirror in known if id_of(mirror.record) not in there)


def carriers_of(text: str) -> dict[str, str]:
    """Return the hub's carriers by Tryton's names for them: `DHL=dhl; DHL - Parcel=dhl_parcel_de`.

    An entry of another form is left out: a number without a known carrier is never taken, so nothing can go wrong.
    """
    pairs = (entry.partition("=") for entry in text.split(";"))
    return {name.strip(): carrier.strip() for name, _, carrier in pairs if name.strip() and carrier.strip()}
