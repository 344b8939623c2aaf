"""Acts on what a reading of an order system brought: registers, asks shipments, and answers the clerk.

Every step may be repeated. The mirror is settled last and only if it is still what it was before the reading, so a
crash or a push at the same time means doing the step again: with the same ids, and so with the same answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import ValidationError
from temporalio import activity

from activities.erp_asking import OVER, REVIVED, Asking
from activities.erp_registering import Registering
from activities.erp_sitting import Sitting
from domain.erp_reading import ErpPull, News, news_of, settled
from domain.erp_records import DeliveryStatus, ErpDelivery, ErpRecord
from domain.errors import CredentialsRejectedError, EndpointGoneError, HubError
from domain.states import State


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a reading.

    `again` are records to be read once more: a push wrote to them meanwhile, or they were in `failed`. `failed` has
    what was wrong, by record: one that makes trouble holds up nobody else.
    """

    again: tuple[str, ...]
    failed: dict[str, str]
    registered: int
    asked: int


async def take(sitting: Sitting, pull: ErpPull, known: Sequence[ErpRecord]) -> Taken:
    """Act on one reading. `known` are the mirrors as they were before it.

    Raises:
        HubError: a part of the hub or the order system does not answer; take the same reading, or a newer one, again.
    """
    return await _Work(sitting, pull, known).through()


class _Work:
    """One reading, record by record."""

    def __init__(self, sitting: Sitting, pull: ErpPull, known: Sequence[ErpRecord]) -> None:
        self._sitting = sitting
        self._pull = pull
        self._known = {mirror.record: mirror for mirror in known}
        self._asking = Asking(sitting)
        self._registering = Registering(sitting)
        self._failed: dict[str, str] = {}

    async def through(self) -> Taken:
        # Deletions first: what takes a deleted record's place must not be registered beside it.
        for record in self._pull.gone:
            await self._guarded(record, None)
        for delivery in self._pull.deliveries:
            await self._guarded(delivery.record, delivery)
        again = tuple(sorted(self._sitting.again | self._failed.keys()))
        return Taken(again, self._failed, self._sitting.registered, self._sitting.asked)

    async def _guarded(self, record: str, delivery: ErpDelivery | None) -> None:
        self._sitting.beat()
        try:
            await (self._gone(self._known[record]) if delivery is None else self._delivery(delivery))
        except (CredentialsRejectedError, EndpointGoneError):
            raise
        except HubError as error:
            if error.retryable:
                raise
            self._fail(record, f"{error.code}: {error}")
        except ValidationError as error:
            # The names of the fields only: what is in them may be personal data.
            self._fail(record, f"unusable: {', '.join(str(one['loc'][0]) for one in error.errors() if one['loc'])}")

    def _fail(self, record: str, reason: str) -> None:
        activity.logger.error("erp.record_failed", extra={"connection": self._sitting.connection, "record": record})
        self._failed[record] = reason

    async def _delivery(self, delivery: ErpDelivery) -> None:
        mirror = await self._sitting.mirror(delivery.record)
        before = self._known.get(delivery.record)
        if before is not None and before != mirror:
            # The hub wrote to it while it was read: what was read may be older than what is known.
            self._sitting.again.add(delivery.record)
            return
        if mirror is not None and mirror.number != delivery.number:
            # A technical key that was given out twice: the record that the hub knows under it is gone.
            await self._gone(mirror)
            mirror = await self._sitting.mirror(delivery.record)
        if mirror is not None and mirror.number == delivery.number:
            await self._known_one(mirror, delivery)
        elif News.APPEARED in news_of(None, delivery, None):
            await self._registering.appeared(delivery, instead_of=mirror)

    async def _known_one(self, mirror: ErpRecord, delivery: ErpDelivery) -> None:
        ref = await self._sitting.address(mirror.shipment_id, delivery)
        news = news_of(mirror, delivery, ref)
        if News.REVIVED in news:
            await self._revived(mirror, delivery, ref)
            return
        if News.CANCELLED in news:
            await self._asking.cancel(mirror)
        if News.MOVED in news:
            await self._asking.correct(mirror, delivery, ref)
        await self._asking.numbers(mirror, delivery)
        await self._sitting.settle(mirror, settled(mirror, delivery, ref, asked=len(news)))

    async def _revived(self, mirror: ErpRecord, delivery: ErpDelivery, ref: str | None) -> None:
        """Send what was called off after all: as a new shipment, unless the old one was never cancelled."""
        view = await self._sitting.view(mirror.shipment_id)
        if view.state is State.CANCELLED:
            await self._registering.anew(mirror, delivery)
            return
        await self._asking.answer(mirror, "revive", OVER.format(state=view.state) if view.is_ended else REVIVED)
        await self._sitting.settle(mirror, settled(mirror, delivery, ref, asked=1))

    async def _gone(self, known: ErpRecord) -> None:
        """Let the delivery that took its place stand for the shipment, or take the deletion as a calling off."""
        mirror = await self._sitting.mirror(known.record)
        if mirror is None or mirror.gone_at is not None:
            return
        view = await self._sitting.view(mirror.shipment_id)
        is_over = view.is_ended or mirror.status is DeliveryStatus.CANCELLED
        is_untouched = view.stage is State.CREATED and mirror.status is DeliveryStatus.OPEN and not is_over
        successor = await self._successor(mirror) if is_untouched else None
        if successor is not None and successor.record == mirror.record:
            await self._sitting.settle(mirror, replace(mirror, number=successor.number))
            return
        if successor is not None:
            await self._sitting.settle(None, replace(mirror, record=successor.record, number=successor.number))
        gone = replace(mirror, gone_at=self._sitting.desk.intake.clock.now())
        if successor is None and not is_over:
            await self._asking.cancel(mirror)
            gone = replace(gone, status=DeliveryStatus.CANCELLED, asked=mirror.asked + 1)
        await self._sitting.settle(mirror, gone)

    async def _successor(self, mirror: ErpRecord) -> ErpDelivery | None:
        """Return the one new delivery of the same order; two of them would be a guess."""
        if mirror.order is None:
            return None
        new = [one for one in self._pull.deliveries if await self._is_successor(one, mirror)]
        return new[0] if len(new) == 1 else None

    async def _is_successor(self, delivery: ErpDelivery, mirror: ErpRecord) -> bool:
        if delivery.order != mirror.order or delivery.status is not DeliveryStatus.OPEN:
            return False
        if delivery.record == mirror.record:
            return delivery.number != mirror.number
        known = await self._sitting.mirror(delivery.record)
        # One that was bound to this shipment is the successor of an attempt that broke off.
        return known is None or known.shipment_id == mirror.shipment_id
