"""Keeps every request to one order system within its pace: its rate, its own wish for a pause, and its outages.

The pace is in the ledger, so all processes share it. How many pushes are under way at a time is each process's own.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic
from typing import Final

from typing_extensions import override

from connectors.http import Answer, Gate, parse_retry_after
from domain.erps import ErpTarget
from domain.errors import PartnerUnavailableError, PostponedError
from domain.pacing import BUDGET, Paces, Slot
from domain.ports import Clock, StatusSink
from domain.publication import Publication, PushResult

PATIENCE: Final = timedelta(seconds=8)
"""The longest that a request waits for its moment here; a longer wait is the caller's, who holds no worker for it."""

LANES: Final = 4
"""Pushes to one connection that a process has under way: more would only wait for each other's requests."""

LONGEST_QUIET: Final = timedelta(hours=1)
"""No system can stop its connection for longer by one `Retry-After`; the hub asks again and is told again."""

SLOW: Final = 1.0
"""Seconds without an answer after which a push that gives up counts as a failure of the system."""

_BUSY: Final = frozenset({429, 503})
_DOWN: Final = 500
_UNPACED: Final = timedelta(milliseconds=20)
_LEARN: Final = 0.1


class PaceGate(Gate):
    """Lets requests of one connection through, one per moment, and notes how the system does."""

    def __init__(self, target: ErpTarget, paces: Paces, clock: Clock) -> None:
        self._key = (target.tenant, target.connection)
        self._rate = target.requests_per_second
        self._paces = paces
        self._clock = clock
        self.requests = 0

    @override
    async def send(self, attempt: Callable[[], Awaitable[Answer]]) -> Answer:
        slot = await self._moment()
        try:
            return await self._made(attempt, slot)
        finally:
            if self._rate is not None:
                rate = self._rate
                await asyncio.shield(asyncio.to_thread(lambda: self._paces.answered(*self._key, slot, rate=rate)))

    async def _made(self, attempt: Callable[[], Awaitable[Answer]], slot: Slot) -> Answer:
        self.requests += 1
        begun = monotonic()
        try:
            answer = await attempt()
        except PartnerUnavailableError:
            await self._note(self._paces.failed)
            raise
        except asyncio.CancelledError:
            # A quick push gives up long before the request would: without this, a system that hangs looks well.
            if monotonic() - begun >= SLOW:
                await asyncio.shield(self._note(self._paces.failed))
            raise
        await self._judge(answer, slot)
        return answer

    async def _moment(self) -> Slot:
        patience = self._patience()
        until = self._clock.now() + patience
        while True:
            slot = await asyncio.to_thread(lambda: self._paces.take(*self._key, rate=self._rate, patience=patience))
            await asyncio.sleep(max((slot.at - self._clock.now()).total_seconds(), 0.0))
            if slot.place is not None or self._rate is None:
                return slot
            if self._clock.now() > until:
                raise PostponedError("all places are taken by requests under way", retry_after=patience)

    def _patience(self) -> timedelta:
        budget = BUDGET.get()
        return PATIENCE if budget is None else min(timedelta(seconds=budget), PATIENCE)

    async def _judge(self, answer: Answer, slot: Slot) -> None:
        pause = parse_retry_after(answer.headers.get("retry-after"), now=self._clock.now(), cap=LONGEST_QUIET)
        if answer.status in _BUSY and pause is not None:
            await asyncio.to_thread(self._paces.quiet, *self._key, pause)
        elif answer.status >= _DOWN:
            await self._note(self._paces.failed)
        elif slot.failures:
            await self._note(self._paces.worked)

    async def _note(self, what: Callable[[str, str], None]) -> None:
        await asyncio.to_thread(what, *self._key)


class PacedSink(StatusSink):
    """Pushes a few at a time; one that would have to wait gets its turn in a queue and is made later."""

    def __init__(self, inner: StatusSink, target: ErpTarget, gate: PaceGate, paces: Paces) -> None:
        self._inner = inner
        self._target = target
        self._gate = gate
        self._paces = paces
        self._lanes = asyncio.Semaphore(LANES)
        self._waiting = 0
        self._requests = 1.0

    @override
    async def push(self, publication: Publication) -> PushResult:
        """Push within the pace.

        Raises:
            PostponedError: not now; `retry_after` is this push's own turn.
            HubError: what the sink raises.
        """
        try:
            async with self._lane():
                before = self._gate.requests
                result = await self._inner.push(publication)
                if self._lanes._value == LANES - 1:  # noqa: SLF001 - alone, else the count is of several pushes
                    self._requests += (self._gate.requests - before - self._requests) * _LEARN
                return result
        except PostponedError:
            raise PostponedError(
                f"{self._target.connection} has others to hear of first", retry_after=await self._turn()
            ) from None

    @asynccontextmanager
    async def _lane(self) -> AsyncIterator[None]:
        is_quick = BUDGET.get() is not None
        if self._lanes.locked() and (is_quick or self._waiting >= LANES):
            raise PostponedError(f"{self._target.connection} is busy")
        self._waiting += 1
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                await self._lanes.acquire()
        except TimeoutError:
            raise PostponedError(f"{self._target.connection} is busy") from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._lanes.release()

    async def _turn(self) -> timedelta:
        rate = self._target.requests_per_second
        cost = _UNPACED if rate is None else timedelta(seconds=max(self._requests, 1.0) / rate)
        return await asyncio.to_thread(
            lambda: self._paces.queue(self._target.tenant, self._target.connection, cost=cost)
        )
