"""The part of a carrier account's workflow that keeps its webhooks coming."""

from datetime import datetime, timedelta
from typing import Any, Final

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

from activities.polling import LEASE
from activities.subscribing import SubscribeRequest, SubscribeRound, SubscribingActivities
from domain.queues import carrier_calls
from workflows.carrier_model import AccountStart

PATCH: Final = "2026-11-subscriptions"

BREATH: Final = timedelta(seconds=10)
"""The shortest wait between looks, and what may be done early so that polling and subscribing share a wake."""

BROKEN: Final = timedelta(hours=1)
"""Before looking again after a failure that somebody has to look at first."""

AT_MOST: Final = timedelta(minutes=15)
"""For one look with all its attempts: polling waits for it."""

_PATIENT: Final = RetryPolicy(maximum_interval=timedelta(minutes=1))


class AccountSubscribing:
    """When to look, and what came of it. Runs from before the patch never look: `next_at` stays far away."""

    def __init__(self, start: AccountStart) -> None:
        carried = start.carried
        self._account = start.account
        self._subscribed = carried.subscribed
        self._unsubscribed = carried.unsubscribed
        self._trouble = carried.subscribe_trouble
        self._next_at = carried.subscribe_at
        self._is_on = False
        self._is_hurried = False

    def begin(self) -> None:
        """Find out whether this run may look: once, as its first command."""
        self._is_on = workflow.patched(PATCH)

    def hurry(self) -> None:
        """Look at once, and once more where a look is under way."""
        self._is_hurried = True
        self._next_at = None

    def wake_by(self, wake_at: datetime | None) -> datetime | None:
        """Return the earlier of a time and the next look; None: now."""
        if not self._is_on or wake_at is None:
            return wake_at
        return None if self._next_at is None else min(wake_at, self._next_at)

    async def look(self) -> None:
        """Ask for what is due, if it is time to look."""
        if not self._is_on or (self._next_at is not None and self._next_at > workflow.now() + BREATH):
            return
        self._is_hurried = False
        try:
            made = await workflow.execute_activity_method(
                SubscribingActivities.subscribe,
                SubscribeRequest(account=self._account),
                task_queue=carrier_calls(self._account),
                schedule_to_close_timeout=AT_MOST,
                heartbeat_timeout=LEASE,
                retry_policy=_PATIENT,
            )
        except ActivityError as error:
            workflow.logger.error("carrier.subscribing_failed", extra={"account": self._account})
            made = SubscribeRound(pause=BROKEN, trouble=str(error.cause))
        self._subscribed += made.subscribed
        self._unsubscribed += made.failed
        self._trouble = made.trouble
        self._next_at = None if self._is_hurried else workflow.now() + max(made.pause, BREATH)

    @property
    def told(self) -> dict[str, Any]:
        """What continue-as-new takes along and the short answer says, by the names of both."""
        return {
            "subscribed": self._subscribed,
            "unsubscribed": self._unsubscribed,
            "subscribe_at": self._next_at,
            "subscribe_trouble": self._trouble,
        }
