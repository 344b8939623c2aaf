"""Carries kept messages to their shipments, after the sender has had its answer.

One task per gateway. A burst is first left to settle, so that a shuffled one becomes one ordered batch and costs one
signal per shipment. Whatever goes wrong, the ledger still has it: the sweep reads what was not read and hands over
what was not handed over, at start and every few seconds.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from datetime import datetime
from typing import Final, Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from domain.errors import HubUnavailableError
from domain.intake import Intake
from domain.messages import Delivery, StoredMessage
from domain.shipments import ShipmentPlan
from gateway.handover import HandOver
from gateway.linker import Linker
from gateway.metrics import GatewayMetrics
from gateway.options import CourierOptions

MAX_READS: Final = 5
"""Attempts to read one message before it is set aside for a person."""

STOP_WITHIN: Final = 5.0
"""Seconds that the last batch may take when the process ends; the ledger has it in any case."""

_STARTS: Final = 200
_SWEPT: Final = 500

_log = structlog.get_logger()


class Starts(Protocol):
    """Finds shipments that were registered while nobody could start them. Blocking."""

    def unstarted(self, *, before: datetime, limit: int) -> list[ShipmentPlan]:
        """Return shipments registered before that time whose workflow has never written."""
        ...


class Courier:
    """Reads and delivers in the background. `submit` never blocks and never fails."""

    def __init__(
        self,
        intake: Intake,
        metrics: GatewayMetrics,
        options: CourierOptions | None = None,
        *,
        starts: Starts | None = None,
        linker: Linker | None = None,
    ) -> None:
        self._intake = intake
        self._metrics = metrics
        self._options = options or CourierOptions()
        self._hands = HandOver(intake, metrics, parallel=self._options.parallel)
        self._starts = starts
        self._linker = linker
        self._is_linking = False
        self._next_starts = 0.0
        self._waiting: list[StoredMessage] = []
        self._deliveries: list[Delivery] = []
        self._waiting_bytes = 0
        self._arrived = asyncio.Event()
        self._attempts: dict[tuple[str, str, str], int] = {}
        self._pause = 0.0
        self._task: asyncio.Task[None] | None = None
        self._is_stopping = False

    def start(self) -> None:
        """Begin, with a sweep of what an earlier process left behind."""
        self._task = asyncio.create_task(self._run(), name="courier")

    @property
    def is_running(self) -> bool:
        """Whether messages are being carried."""
        return self._task is not None and not self._task.done()

    async def stop(self) -> None:
        """Finish the batch at hand and end; what is still waiting stays in the ledger."""
        self._is_stopping = True
        self._arrived.set()
        if self._task is not None:
            # Cancelling at the limit is safe: hand-overs are repeated until the ledger has them marked.
            await asyncio.wait([self._task], timeout=STOP_WITHIN)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def submit(self, message: StoredMessage) -> None:
        """Take a kept message; when too many wait, this one is left to the sweep."""
        size = self._waiting_bytes + len(message.body)
        if len(self._waiting) >= self._options.max_waiting or size > self._options.max_waiting_bytes:
            self._metrics.read.labels("left_to_sweep").inc()
            return
        self._waiting.append(message)
        self._waiting_bytes = size
        self._metrics.waiting.set(len(self._waiting))
        self._arrived.set()

    def submit_deliveries(self, deliveries: Iterable[Delivery]) -> None:
        """Take facts that found their shipment by a registration."""
        self._deliveries.extend(deliveries)
        self._arrived.set()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        next_sweep = loop.time()
        while not self._is_stopping:
            await self._wait_until(next_sweep)
            if self._waiting or self._deliveries:
                await self._settle()
                await self._carry()
            if loop.time() >= next_sweep:
                await self._sweep()
                next_sweep = loop.time() + (self._pause or self._options.sweep_every.total_seconds())
        await self._carry()

    async def _wait_until(self, deadline: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                await self._arrived.wait()

    async def _settle(self) -> None:
        loop = asyncio.get_running_loop()
        closing = loop.time() + self._options.settle_most.total_seconds()
        while not self._is_stopping and len(self._waiting) < self._options.max_batch:
            self._arrived.clear()
            quiet = min(loop.time() + self._options.settle_quiet.total_seconds(), closing)
            await self._wait_until(quiet)
            if not self._arrived.is_set() or loop.time() >= closing:
                return

    async def _carry(self) -> None:
        batch = self._waiting[: self._options.max_batch]
        del self._waiting[: len(batch)]
        self._waiting_bytes = sum(len(message.body) for message in self._waiting)
        self._metrics.waiting.set(len(self._waiting))
        deliveries, self._deliveries = self._deliveries, []
        if self._waiting:
            self._arrived.set()
        else:
            self._arrived.clear()
        deliveries += await self._read(batch)
        # During an outage every hand-over would only run into its own timeout; the sweep finds out when it is over.
        if deliveries and not self._pause and not await self._hands.carry(deliveries):
            self._lengthen_pause()
        if self._is_linking and not self._pause:
            self._is_linking = False
            await self._link()

    async def _sweep(self) -> None:
        before = self._options.sweep_older_than
        try:
            deliveries = await self._read(await asyncio.to_thread(self._intake.left_behind, older_than=before))
            cutoff = self._intake.clock.now() - before
            deliveries += await asyncio.to_thread(self._intake.inbox.undelivered, before=cutoff, limit=_SWEPT)
            is_taken = await self._hands.carry(deliveries) and await self._start_forgotten() and await self._link()
        except Exception:  # noqa: BLE001 - the loop must outlive an absent ledger, or nothing is carried afterwards
            _log.exception("courier.sweep_failed")
            is_taken = False
        if is_taken:
            self._pause = 0.0
            self._metrics.outage.set(0)
        else:
            self._lengthen_pause()

    async def _link(self) -> bool:
        """Add legs that payloads have told of; return False when nobody is there to take them."""
        if self._linker is None:
            return True
        try:
            deliveries, counts = await self._linker.link()
        except (HubUnavailableError, RPCError) as error:
            _log.warning("courier.link_postponed", failure=type(error).__name__)
            return False
        for status, count in counts.items():
            self._metrics.links.labels(status.value).inc(count)
        return await self._hands.carry(deliveries)

    async def _start_forgotten(self) -> bool:
        """Start registered shipments that have no workflow; return False when nobody is there to start them."""
        now = asyncio.get_running_loop().time()
        if self._starts is None or now < self._next_starts:
            return True
        cutoff = self._intake.clock.now() - self._options.start_older_than
        plans = await asyncio.to_thread(self._starts.unstarted, before=cutoff, limit=_STARTS)
        if not await self._hands.start(plans):
            return False
        # Less often than other sweeps: a shipment whose worker is slow to write would be started over and over.
        self._next_starts = now + self._options.start_older_than.total_seconds()
        return True

    async def _read(self, batch: list[StoredMessage]) -> list[Delivery]:
        deliveries: list[Delivery] = []
        for message in batch:
            deliveries += await asyncio.to_thread(self._read_one, message)
        return deliveries

    def _read_one(self, message: StoredMessage) -> list[Delivery]:
        key = (message.tenant, message.account, message.message_id)
        try:
            recorded = self._intake.read(message)
        except Exception as error:  # noqa: BLE001 - one message must not sink its neighbours; the sweep brings it again
            self._count_failure(key, message, error)
            return []
        self._attempts.pop(key, None)
        self._metrics.read.labels("read").inc()
        self._metrics.facts.labels("new").inc(recorded.new_facts)
        self._metrics.facts.labels("known").inc(recorded.known_facts)
        self._metrics.facts.labels("parked").inc(recorded.parked)
        self._metrics.events.labels(message.dialect, "unmapped").inc(recorded.unmapped)
        self._metrics.events.labels(message.dialect, "mapped").inc(recorded.new_facts - recorded.unmapped)
        self._is_linking = self._is_linking or recorded.links > 0
        return list(recorded.deliveries)

    def _count_failure(self, key: tuple[str, str, str], message: StoredMessage, error: Exception) -> None:
        self._metrics.read.labels("failed").inc()
        _log.error("courier.read_failed", message_id=message.message_id, exc_info=error)
        if isinstance(error, SQLAlchemyError):
            # The database's trouble says nothing against the message.
            return
        self._attempts[key] = self._attempts.get(key, 0) + 1
        if self._attempts[key] >= MAX_READS:
            self._set_aside(message, error)

    def _set_aside(self, message: StoredMessage, error: Exception) -> None:
        with contextlib.suppress(Exception):  # still KEPT then, and tried again by the next process
            self._intake.inbox.unreadable(message, code="hub_bug", detail=f"reading failed with {type(error).__name__}")
            self._attempts.pop((message.tenant, message.account, message.message_id), None)
            self._metrics.read.labels("set_aside").inc()

    def _lengthen_pause(self) -> None:
        first, most = self._options.retry_first.total_seconds(), self._options.retry_most.total_seconds()
        self._pause = min(max(self._pause * 2, first), most)
        self._metrics.outage.set(1)
