"""Does what an approved plan says, one shipment per transaction; can be interrupted anywhere and started again."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import structlog

from domain.errors import HubError
from domain.intake import Intake, merged
from domain.messages import Delivery, MessageStatus
from ledger.amending import WorldMovedError
from ledger.renormalisations import ApprovedPlan
from ledger.rereading import message_of
from ledger.store import Ledger
from worker.renormalise.items import Item
from worker.renormalise.plan import Plan

PARALLEL: Final = 20
"""Hand-overs at one time."""

_PARTS: Final = 50  # shipments between two hand-overs

_log = structlog.get_logger(__name__)


class PlanMovedError(HubError):
    """The ledger or the mapping is not what it was when the plan was approved; nothing was written."""

    code = "plan_moved"
    retryable = False


@dataclass(slots=True)
class Applied:
    """What was done. `moved` shipments were changed by others meanwhile and left alone; a new plan takes them.

    `left_to_sweep` facts are recorded; their shipments could not be reached and get them from the sweep.
    """

    digest: str
    resumed: bool = False
    messages: int = 0
    facts: int = 0
    shipments: int = 0
    parked: int = 0
    handed_over: int = 0
    left_to_sweep: int = 0
    moved: int = 0


@dataclass(slots=True)
class Applying:
    """One run over a plan."""

    ledger: Ledger
    intake: Intake
    plan: Plan
    done: Applied = field(init=False)
    progress: Callable[[int, int], None] = lambda _done, _total: None

    def approve(self, digest: str) -> ApprovedPlan:
        """Remember the approval, or find the interrupted run that the digest names.

        Raises:
            PlanMovedError: the plan is not the one that was approved.
        """
        self.done = Applied(digest)
        known = self.ledger.renormalisations.get(digest)
        if known is not None and known.mapping_version == self.plan.mapping_version:
            self.done.resumed = True
            return known
        if digest != self.plan.digest:
            raise PlanMovedError(f"the plan is {self.plan.digest} now and not {digest}", digest=self.plan.digest)
        approved = ApprovedPlan(
            digest=digest,
            dialect=self.plan.scope.dialect,
            mapping_version=self.plan.mapping_version,
            items=self.plan.totals.events,
            shipments=self.plan.totals.shipments,
            approved_at=self.ledger.database.clock.now(),
        )
        return self.ledger.renormalisations.approve(approved, self.plan.spool.digests())

    async def run(self, digest: str) -> Applied:
        """Approve and apply; return what was done.

        Raises:
            PlanMovedError: the plan is not the one that was approved.
        """
        approved = await asyncio.to_thread(self.approve, digest)
        if approved.finished_at is not None:
            return self.done
        deliveries = await asyncio.to_thread(self._read_messages)
        await self._hand_over(deliveries)
        deliveries = []
        for parts, items in enumerate(self.plan.spool.parts(), start=1):
            deliveries += await asyncio.to_thread(self._append, items)
            self.progress(parts, self.plan.totals.shipments + self.plan.totals.parked_numbers)
            if parts % _PARTS == 0:
                await self._hand_over(deliveries)
                deliveries = []
        await self._hand_over(deliveries)
        if not self.done.moved:
            await asyncio.to_thread(self.ledger.renormalisations.finish, digest)
        return self.done

    def _read_messages(self) -> list[Delivery]:
        """Read messages that could not be read when they came; each is recorded as a whole."""
        deliveries: list[Delivery] = []
        for tenant, account, message_id in self.plan.spool.readable():
            with self.ledger.database.read() as connection:
                message = message_of(connection, tenant, account, message_id)
            if message.status is MessageStatus.READ:
                continue
            normalised = self.intake.normaliser.normalise(
                message.dialect, message.body, received_at=message.received_at, message_id=message_id
            )
            recorded = self.ledger.amendments.read(message, normalised)
            self.done.messages += 1
            self.done.facts += recorded.new_facts
            self.done.parked += recorded.parked
            deliveries += recorded.deliveries
        return deliveries

    def _append(self, items: list[Item]) -> list[Delivery]:
        wanted = [item for item in items if not item.by_reading]
        if not wanted:
            return []
        allowed = self.ledger.renormalisations.allowed(self.done.digest, [item.digest for item in wanted])
        if len(allowed) < len({item.digest for item in wanted}):
            return self._moved(wanted, "not what was approved")
        try:
            recorded = self.ledger.amendments.append(
                [item.amendment for item in wanted], version=self.plan.mapping_version
            )
        except WorldMovedError as error:
            return self._moved(wanted, str(error))
        self.done.facts += recorded.new_facts
        self.done.parked += recorded.parked
        self.done.shipments += bool(recorded.deliveries)
        return list(recorded.deliveries)

    def _moved(self, items: list[Item], why: str) -> list[Delivery]:
        self.done.moved += 1
        _log.warning("renormalise.moved", shipment_id=items[0].shipment_id, why=why)
        return []

    async def _hand_over(self, deliveries: Iterable[Delivery]) -> None:
        slots = asyncio.Semaphore(PARALLEL)

        async def one(delivery: Delivery) -> None:
            async with slots:
                try:
                    await self.intake.dispatcher.deliver(delivery)
                    await asyncio.to_thread(self.intake.inbox.delivered, delivery)
                except Exception as error:  # noqa: BLE001 - the facts are recorded; the sweep brings them
                    self.done.left_to_sweep += len(delivery.facts)
                    _log.warning(
                        "renormalise.left_to_sweep", shipment_id=delivery.shipment_id, failure=type(error).__name__
                    )
                else:
                    self.done.handed_over += len(delivery.facts)

        await asyncio.gather(*(one(delivery) for delivery in merged(deliveries)))
