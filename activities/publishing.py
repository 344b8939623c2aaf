"""Pushing status changes to order systems."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar
from zlib import crc32

from temporalio import activity

from domain.errors import EndpointGoneError, HubError
from domain.ports import ConnectionSwitch, DeadLetters, Journal, StatusSinks
from domain.publication import Publication, PushResult

SCHEDULE: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Pauses after the first, second, ... failed attempt: ten attempts over a little more than 75 hours."""

LONGEST_PAUSE: Final = timedelta(hours=24)
"""No receiver can park a push for longer than this by its `Retry-After`."""

_SPREAD: Final = 0.1
"""Pauses are lengthened by up to this share, differently per message, so that a recovered system is not stormed."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class PublishingActivities:
    """Pushes, bound to the sinks and the ledger the worker was given.

    `executor` carries the blocking ledger calls; None means the event loop's own pool.
    """

    sinks: StatusSinks
    journal: Journal
    dead_letters: DeadLetters
    switch: ConnectionSwitch
    schedule: tuple[timedelta, ...] = SCHEDULE
    executor: Executor | None = None

    @activity.defn(name="erp.push")
    async def push(self, publication: Publication) -> PushResult:
        """Deliver the changes and record the receiver's answer; a lasting refusal is a result, not a failure.

        The first attempt is a local activity of the shipment's own workflow task; the later ones belong to a
        regular activity, whose first attempt follows the first pause of the schedule.

        Raises:
            PartnerError: Worth another attempt; `retry_after` says when.
        """
        try:
            sink = await self._blocking(lambda: self.sinks.sink(publication.tenant, publication.connection))
            result = await sink.push(publication)
        except EndpointGoneError as error:
            return await self._gone(publication, error)
        except HubError as error:
            pause = self._pause(publication) if error.retryable else None
            if pause is None:
                return await self._bury(publication, error)
            error.retry_after = max(pause, min(error.retry_after or timedelta(), LONGEST_PAUSE))
            raise
        await self._blocking(lambda: self.journal.acked(publication, result))
        return result

    def _pause(self, publication: Publication) -> timedelta | None:
        """Return how long to wait after this attempt, or None when it was the last one."""
        info = activity.info()
        failed_before = 0 if info.is_local else info.attempt
        if failed_before >= len(self.schedule):
            return None
        spread = crc32(publication.message_id.encode()) / 2**32 * _SPREAD
        return self.schedule[failed_before] * (1 + spread)

    async def _gone(self, publication: Publication, error: EndpointGoneError) -> PushResult:
        tenant, connection = publication.tenant, publication.connection
        await self._blocking(lambda: self.switch.disable(tenant, connection, reason=error.code))
        return await self._bury(publication, error)

    async def _bury(self, publication: Publication, error: HubError) -> PushResult:
        reason = f"{error.code}: {error}"
        letter = await self._blocking(lambda: self.dead_letters.bury(publication, reason))
        revision = publication.changes[-1].revision
        result = PushResult(acked=False, revision=revision, outcome=error.code, dead_letter=letter)
        await self._blocking(lambda: self.journal.acked(publication, result))
        return result

    async def _blocking(self, call: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self.executor, call)
