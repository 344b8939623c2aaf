"""Pushing status changes to order systems."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar
from zlib import crc32

from pydantic import BaseModel
from temporalio import activity

from domain.errors import CredentialsRejectedError, EndpointGoneError, HubError, PostponedError
from domain.facts import FROZEN
from domain.pacing import BUDGET
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

AT_ONCE: Final = timedelta(seconds=2)
"""A healthy order system answers within this; a slower one must not hold up the shipment it is told about."""

_SPREAD: Final = 0.1
"""Pauses are lengthened by up to this share, differently per message, so that a recovered system is not stormed."""

_T = TypeVar("_T")


class PushOutcome(BaseModel):
    """What became of a quick attempt: the receiver's answer, or how long to wait before the next attempt."""

    model_config = FROZEN

    connection: str
    result: PushResult | None = None
    pause: timedelta | None = None


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

        A quick attempt was made before, so the first attempt here is the second one of the schedule.

        Raises:
            PartnerError: Worth another attempt; `retry_after` says when.
        """
        before = activity.info().heartbeat_details
        postponed = before[0] if before else 0
        try:
            return await self._attempt(publication, failed_before=activity.info().attempt - postponed)
        except PostponedError:
            # The service counts attempts, and the schedule those that failed; only details outlive an attempt.
            activity.heartbeat(postponed + 1)
            raise

    async def push_at_once(self, publication: Publication) -> PushOutcome:
        """Make the one quick attempt; whatever goes wrong with a receiver is only a reason to wait."""
        connection = publication.connection
        outside = BUDGET.set(AT_ONCE.total_seconds() / 2)
        try:
            async with asyncio.timeout(AT_ONCE.total_seconds()):
                return PushOutcome(connection=connection, result=await self._attempt(publication, failed_before=0))
        except HubError as error:
            return PushOutcome(connection=connection, pause=error.retry_after or self.schedule[0])
        except TimeoutError:
            return PushOutcome(connection=connection, pause=self.schedule[0])
        except Exception:  # noqa: BLE001 - a connector's bug must not stop the ledger; `erp.push` will raise it
            activity.logger.exception("erp.push_failed", extra={"connection": connection})
            return PushOutcome(connection=connection, pause=self.schedule[0])
        finally:
            BUDGET.reset(outside)

    async def _attempt(self, publication: Publication, *, failed_before: int) -> PushResult:
        try:
            sink = await self.blocking(lambda: self.sinks.sink(publication.tenant, publication.connection))
            result = await sink.push(publication)
        except (EndpointGoneError, CredentialsRejectedError) as error:
            return await self._gone(publication, error)
        except PostponedError:
            raise
        except HubError as error:
            if not error.retryable or failed_before >= len(self.schedule):
                return await self._bury(publication, error)
            pause = self._pause(publication, failed_before)
            error.retry_after = max(pause, min(error.retry_after or timedelta(), LONGEST_PAUSE))
            raise
        await self.blocking(lambda: self.journal.acked(publication, result))
        return result

    def _pause(self, publication: Publication, failed_before: int) -> timedelta:
        spread = crc32(publication.message_id.encode()) / 2**32 * _SPREAD
        return self.schedule[failed_before] * (1 + spread)

    async def _gone(self, publication: Publication, error: HubError) -> PushResult:
        """Switch the connection off: its receiver wants no more, or would lock out a hub that tries on."""
        tenant, connection = publication.tenant, publication.connection
        if isinstance(error, CredentialsRejectedError):
            reason = f"{error.code}: {error}"
            await self.blocking(lambda: self.switch.disable(tenant, connection, reason=reason))
        elif "reason" not in error.evidence:
            # Else it was off already, for the reason that it has.
            await self.blocking(lambda: self.switch.disable(tenant, connection, reason=error.code))
        return await self._bury(publication, error, outcome=EndpointGoneError.code)

    async def _bury(self, publication: Publication, error: HubError, *, outcome: str | None = None) -> PushResult:
        reason = f"{error.code}: {error}"
        letter = await self.blocking(lambda: self.dead_letters.bury(publication, reason))
        revision = publication.changes[-1].revision
        result = PushResult(acked=False, revision=revision, outcome=outcome or error.code, dead_letter=letter)
        await self.blocking(lambda: self.journal.acked(publication, result))
        return result

    async def blocking(self, call: Callable[[], _T]) -> _T:
        """Run a ledger call in the pool."""
        return await asyncio.get_running_loop().run_in_executor(self.executor, call)
