"""Asking providers for webhooks about the numbers that are due."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Final, TypeVar

from pydantic import BaseModel
from temporalio import activity

from activities.polling import BATCHES, WINDOW
from domain.errors import PartnerError
from domain.facts import FROZEN
from domain.ports import Clock
from domain.subscribing import SubscriptionDesk, SubscriptionDesks

LOOK: Final = timedelta(minutes=5)
"""Between looks: new numbers, credentials and secrets are seen by then. Also the pause of a provider that is away."""

IMPOSSIBLE: Final = timedelta(days=1)
"""Between looks where the provider takes no subscriptions: an upgrade may bring it."""

LONGEST_PAUSE: Final = timedelta(hours=1)
"""No provider can hold up its own renewals for longer."""

_T = TypeVar("_T")


class SubscribeRequest(BaseModel):
    """Whose numbers to ask for."""

    model_config = FROZEN

    account: str


class SubscribeRound(BaseModel):
    """What came of one look: numbers confirmed and not, and the pause before the next look.

    `trouble` says why numbers that are due could not be asked for.
    """

    model_config = FROZEN

    subscribed: int = 0
    failed: int = 0
    pause: timedelta = LOOK
    trouble: str | None = None


@dataclass(slots=True)
class _Tally:
    subscribed: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class SubscribingActivities:
    """Subscribing, bound to the desks of all accounts; `executor` carries blocking calls, None is the loop's own."""

    desks: SubscriptionDesks
    clock: Clock
    executor: Executor | None = None

    @activity.defn(name="carrier.subscribe")
    async def subscribe(self, request: SubscribeRequest) -> SubscribeRound:
        """Ask for what is due, 30 batches or 45 seconds at most; what is left is due at once.

        Trouble of the provider is an outcome and no failure: the account's polling must not wait for it. What was asked
        before a crash and not recorded is asked again, which providers answer as if it were new.

        Raises:
            NotFoundError: no such account.
        """
        account, tally = request.account, _Tally()
        try:
            desk = await self._blocking(partial(self.desks.desk, account))
            if desk is None:
                return SubscribeRound(pause=IMPOSSIBLE)
            await self._blocking(desk.retire)
            is_done = await self._ask(desk, tally)
            pause = await self._blocking(partial(self._pause, desk)) if is_done else timedelta()
        except PartnerError as error:
            activity.logger.warning(
                "carrier.subscriptions_held_up", extra={"account": account, "failure": error.code, "reason": str(error)}
            )
            pause = min(error.retry_after or LOOK, LONGEST_PAUSE)
            return SubscribeRound(subscribed=tally.subscribed, failed=tally.failed, pause=pause, trouble=str(error))
        return SubscribeRound(subscribed=tally.subscribed, failed=tally.failed, pause=pause)

    def _pause(self, desk: SubscriptionDesk) -> timedelta:
        next_at = desk.next_at()
        return LOOK if next_at is None else min(max(next_at - self.clock.now(), timedelta()), LOOK)

    async def _ask(self, desk: SubscriptionDesk, tally: _Tally) -> bool:
        """Ask batch by batch; return False when the time was over before the numbers were."""
        most = BATCHES * desk.batch_size
        numbers = await self._blocking(partial(desk.due, most))
        until = monotonic() + WINDOW
        asked = 0
        async for told in desk.ask(numbers):
            await self._blocking(partial(desk.keep, told))
            tally.subscribed += len(told.taken)
            tally.failed += len(told.failures)
            asked += desk.batch_size
            activity.heartbeat()
            if monotonic() > until:
                break
        return asked >= len(numbers) and len(numbers) < most

    async def _blocking(self, call: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self.executor, call)
