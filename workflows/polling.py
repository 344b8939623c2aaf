"""How a carrier account's workflow lives: rounds, waits, and what cuts them short.

This is not in the workflow's own module because the sandbox executes that one anew for every execution.
"""

from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, is_cancelled_exception

from activities.polling import LEASE, PollingActivities, PollRequest, PollRound
from domain.queues import carrier_calls
from workflows.carrier_model import AccountCarried, AccountProgress, AccountStart, PollMode
from workflows.subscribing import BREATH, BROKEN, AccountSubscribing

IDLE: Final = timedelta(minutes=5)
"""The longest wait: new registrations, shipments that webhooks moved and renewed credentials are seen by then."""

ATTEMPT: Final = timedelta(minutes=15)
_PATIENT: Final = RetryPolicy(maximum_interval=timedelta(minutes=5))


class AccountPolling:
    """Everything between the signals of one execution and its commands."""

    def __init__(self, start: AccountStart) -> None:
        self._start = start
        carried = start.carried
        self._is_paused = carried.is_paused
        self._is_hurried = carried.is_hurried
        self._asked = carried.asked
        self._failed = carried.failed
        self._trouble = carried.trouble
        self._wake_at = carried.wake_at
        self._is_stopped = False
        self._is_nudged = False
        self._is_asking = False
        self._subscribing = AccountSubscribing(start)

    async def live(self) -> None:
        """Ask and wait in turns; never returns."""
        self._subscribing.begin()
        while True:
            await self._wait()
            if self._is_long:
                self._continue_as_new()
            if not self._is_paused:
                await self._look()

    def pause(self) -> None:
        """Ask nothing from now on."""
        self._is_paused = True

    def resume(self) -> None:
        """Ask again, at once."""
        self._is_paused = False
        self._nudge()

    def hurry(self) -> None:
        """Ask about everything now."""
        self._is_hurried = True
        self._nudge()

    def _nudge(self) -> None:
        self._is_nudged = True
        self._subscribing.hurry()

    @property
    def progress(self) -> AccountProgress:
        """The short answer."""
        return AccountProgress(
            account=self._start.account,
            mode=self._mode,
            asked=self._asked,
            failed=self._failed,
            runs=self._start.carried.runs,
            wake_at=self._wake_at,
            trouble=self._trouble,
            **self._subscribing.told,
        )

    @property
    def _mode(self) -> PollMode:
        if self._is_paused:
            return PollMode.PAUSED
        if self._is_asking:
            return PollMode.ASKING
        return PollMode.STOPPED if self._is_stopped else PollMode.WAITING

    @property
    def _is_long(self) -> bool:
        return workflow.info().get_current_history_length() >= self._start.events

    async def _wait(self) -> None:
        """Wait until there is something to ask, somebody wants it now, or the history has become long."""
        if self._is_paused:
            await workflow.wait_condition(lambda: not self._is_paused or self._is_long)
            return
        wake_at = self._subscribing.wake_by(self._wake_at)
        left = timedelta() if wake_at is None else wake_at - workflow.now()
        if left <= timedelta() or self._is_nudged:
            return
        try:
            await workflow.wait_condition(
                lambda: self._is_nudged or self._is_paused or self._is_long, timeout=left, timeout_summary="next look"
            )
        except TimeoutError:
            return

    async def _look(self) -> None:
        """Subscribe first: a provider that tells nothing of the past is then asked for it."""
        self._is_asking = True
        await self._subscribing.look()
        if not self._is_paused and (self._is_nudged or self._is_time):
            await self._ask()
        self._is_asking = False

    @property
    def _is_time(self) -> bool:
        return self._wake_at is None or self._wake_at <= workflow.now() + BREATH

    async def _ask(self) -> None:
        """Make one round; a signal that changes what is to be done ends it."""
        request = PollRequest(account=self._start.account, hurry=self._is_hurried)
        self._is_hurried = self._is_nudged = False
        calling = workflow.start_activity_method(
            PollingActivities.poll_batch,
            request,
            task_queue=carrier_calls(self._start.account),
            start_to_close_timeout=ATTEMPT,
            heartbeat_timeout=LEASE,
            retry_policy=_PATIENT,
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        )
        await workflow.wait_condition(lambda: calling.done() or self._is_nudged or self._is_paused)
        if not calling.done():
            calling.cancel()
        try:
            self._settle(await calling)
        except ActivityError as error:
            self._failed_round(error)

    def _settle(self, made: PollRound) -> None:
        now = workflow.now()
        self._asked += made.asked
        self._failed += made.failed
        self._trouble = made.stopped
        self._is_stopped = made.stopped is not None
        latest = now + IDLE
        self._wake_at = latest if made.next_due_at is None or self._is_stopped else min(made.next_due_at, latest)
        if not made.asked:
            self._wake_at = max(self._wake_at, now + BREATH)

    def _failed_round(self, error: ActivityError) -> None:
        if is_cancelled_exception(error):
            self._wake_at = None
            return
        self._trouble = str(error.cause)
        self._wake_at = workflow.now() + BROKEN
        workflow.logger.error("carrier.round_failed", extra={"account": self._start.account})

    def _continue_as_new(self) -> None:
        carried = AccountCarried(
            is_paused=self._is_paused,
            is_hurried=self._is_hurried,
            asked=self._asked,
            failed=self._failed,
            runs=self._start.carried.runs + 1,
            trouble=self._trouble,
            wake_at=None if self._is_nudged else self._wake_at,
            **self._subscribing.told,
        )
        workflow.continue_as_new(self._start.model_copy(update={"carried": carried}))
