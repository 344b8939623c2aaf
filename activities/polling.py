"""Asking a carrier about the numbers that are due."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Final, TypeVar

from pydantic import AwareDatetime, BaseModel
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.service import RPCError

from domain.carriers import CarrierTracker, CarrierTrackers, Fetched
from domain.errors import CredentialsRejectedError, HubError, PartnerError, PartnerUnavailableError, RateLimitedError
from domain.facts import FROZEN
from domain.intake import Intake
from domain.messages import IncomingMessage
from domain.polling import AskedNumber, Claim, PollLedger

BATCHES: Final = 30
"""Calls of one round at most: a round is one activity, whatever the carrier's batch size."""

WINDOW: Final = 45.0
"""Seconds after which a round begins no further call."""

LEASE: Final = timedelta(minutes=5)
"""How long a claim lasts: longer than any call, so that a crash frees its numbers soon."""

FIRST_PAUSE: Final = timedelta(seconds=30)
"""After a carrier did not answer or asked for a pause without saying how long; doubling."""

LONGEST_PAUSE: Final = timedelta(minutes=15)
LONGEST_ASKED_PAUSE: Final = timedelta(hours=1)
"""No carrier can stop all asking for longer than this by its `Retry-After`."""

_DOUBLINGS: Final = 10
_OF_THE_CARRIER: Final = frozenset({PartnerUnavailableError.code, RateLimitedError.code})

_T = TypeVar("_T")


class PollRequest(BaseModel):
    """Whose numbers to ask about; `hurry` makes all of them due first."""

    model_config = FROZEN

    account: str
    hurry: bool = False


class PollRound(BaseModel):
    """What came of one round: numbers asked about and failed, and when the next one is due.

    `stopped` says why the account may not call.
    """

    model_config = FROZEN

    asked: int = 0
    failed: int = 0
    next_due_at: AwareDatetime | None = None
    stopped: str | None = None


@dataclass(slots=True)
class _Tally:
    asked: int = 0
    failed: int = 0

    def count(self, asked: list[AskedNumber]) -> None:
        self.asked += len(asked)
        self.failed += sum(one.failure is not None for one in asked)


@dataclass(frozen=True, slots=True)
class PollingActivities:
    """Polling, bound to the trackers, the ledger and the one way in.

    `executor` carries the blocking ledger calls; None means the event loop's own pool.
    """

    trackers: CarrierTrackers
    ledger: PollLedger
    intake: Intake
    executor: Executor | None = None

    @activity.defn(name="carrier.poll_batch")
    async def poll_batch(self, request: PollRequest) -> PollRound:
        """Ask about due numbers, batch by batch and no faster than the account may, until none is due.

        A round that is repeated after a crash asks again what was not settled; the same answer twice is one message.

        Raises:
            ApplicationError: benign, with the delay: the carrier is away or wants a pause. It leaves no trace in the
                history.
            NotFoundError: no such account, or its carrier cannot be asked.
        """
        account = request.account
        if request.hurry and activity.info().attempt == 1:
            await self._blocking(lambda: self.ledger.hurry(account))
        while await self._blocking(lambda: self.ledger.catch_up(account)):
            activity.heartbeat()
        tally = _Tally()
        try:
            tracker = await self._blocking(lambda: self.trackers.tracker(account))
            await self._ask(account, tracker, tally)
        except CredentialsRejectedError as error:
            activity.logger.error("carrier.account_stopped", extra={"account": account, "reason": str(error)})
            return PollRound(asked=tally.asked, failed=tally.failed, stopped=str(error))
        next_due_at = await self._blocking(lambda: self.ledger.next_due(account))
        return PollRound(asked=tally.asked, failed=tally.failed, next_due_at=next_due_at)

    async def _ask(self, account: str, tracker: CarrierTracker, tally: _Tally) -> None:
        until = monotonic() + WINDOW
        for _ in range(BATCHES):
            activity.heartbeat()
            claim = await self._blocking(lambda: self.ledger.claim(account, limit=tracker.batch_size, lease=LEASE))
            if claim is None:
                return
            asked = await self._ask_about(claim, tracker)
            tally.count(asked)
            trouble = next((one.failure for one in asked if one.failure in _OF_THE_CARRIER), None)
            if trouble is not None:
                raise _pause(trouble, None)
            # The queue limits how often rounds begin; within a round the pace is kept here.
            await asyncio.sleep(1 / tracker.requests_per_second)
            if monotonic() > until:
                return

    async def _ask_about(self, claim: Claim, tracker: CarrierTracker) -> list[AskedNumber]:
        """Ask once, keep the answers, and plan the next ask of each number; a claim never outlives this call."""
        asked: list[AskedNumber] = []
        try:
            try:
                fetched = await tracker.fetch(claim.numbers)
            except CredentialsRejectedError:
                raise
            except (PartnerUnavailableError, RateLimitedError) as error:
                raise _pause(error.code, error) from error
            except PartnerError as error:
                asked = [AskedNumber(number, error.code) for number in claim.numbers]
                return asked
            await self._take_in(claim, fetched)
            tracker.stored(fetched)
            asked = _outcomes(claim, fetched)
            return asked
        finally:
            await self._blocking(lambda: self.ledger.settle(claim, asked))

    async def _take_in(self, claim: Claim, fetched: Fetched) -> None:
        for answer in fetched.answers:
            message = IncomingMessage(
                tenant=claim.tenant,
                account=claim.account,
                dialect=claim.carrier,
                body=answer.body,
                content_type=answer.content_type,
                received_at=self.intake.clock.now(),
            )
            kept = await self._blocking(partial(self.intake.keep, message))
            try:
                recorded = await self._blocking(partial(self.intake.read, kept))
                await self.intake.hand_over(recorded.deliveries)
            except (HubError, RPCError) as error:
                # What is kept is never lost: the gateway's sweep reads and hands over what was left behind.
                activity.logger.warning(
                    "carrier.answer_left_to_the_sweep",
                    extra={"account": claim.account, "failure": type(error).__name__, "message_id": kept.message_id},
                )

    async def _blocking(self, call: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self.executor, call)


def _outcomes(claim: Claim, fetched: Fetched) -> list[AskedNumber]:
    failures = {failure.number: failure.code for failure in fetched.failures}
    return [AskedNumber(number, failures.get(number)) for number in claim.numbers]


def _pause(code: str, error: PartnerError | None) -> ApplicationError:
    """Return the benign failure that lets the server wait: no history, no alarm."""
    retries = min(activity.info().attempt - 1, _DOUBLINGS)
    delay = min(FIRST_PAUSE * (1 << retries), LONGEST_PAUSE)
    if error is not None and error.retry_after is not None:
        delay = min(error.retry_after, LONGEST_ASKED_PAUSE)
    return ApplicationError(
        str(error) if error is not None else f"the carrier answered a part of the batch: {code}",
        type=code,
        category=ApplicationErrorCategory.BENIGN,
        next_retry_delay=delay,
    )
