"""Telling one order system: a coroutine pushes the ordered list of changes since its last ack."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception

from activities.publishing import PublishingActivities
from domain.errors import EndpointGoneError
from domain.publication import Publication, PushResult, StatusChange
from domain.queues import ERP
from domain.shipments import ShipmentPlan
from workflows.model import PushMode, PushState

AT_ONCE: Final = timedelta(seconds=2)
"""A healthy order system answers within this; a slower one must not hold up the shipment's workflow task."""

ATTEMPT: Final = timedelta(seconds=30)
GIVE_UP: Final = timedelta(days=7)
"""Longer than the schedule of pauses: only reached when attempts cannot even be made."""

FIRST_PAUSE: Final = timedelta(seconds=5)
"""Before the second attempt when the first one did not say how long to wait, as after a timeout."""

UNFORESEEN: Final = RetryPolicy(initial_interval=timedelta(seconds=5), maximum_interval=timedelta(hours=1))
"""For failures that do not say when to come back, such as a ledger that is down."""

MAX_CHANGES: Final = 1_000
"""Changes kept for a connection that does not take them; far above any real journey."""

Settled = Callable[[Publication, PushResult], None]


class ConnectionPusher:
    """Pushes to one connection: at once while that works, with a growing pause while it does not.

    The first attempt is a local activity: it belongs to the workflow task that decided the change and costs nothing
    of its own. Changes that come while a retry waits join the next push, so an outage ends in one push.
    """

    def __init__(self, plan: Callable[[], ShipmentPlan], state: PushState, settled: Settled) -> None:
        self.state = state
        self.is_attempting = False
        self._plan = plan
        self._settled = settled
        self._changes: list[StatusChange] = []
        self._nudged = False

    def add(self, changes: Iterable[StatusChange]) -> None:
        """Take changes to tell; a parked connection gets another chance with each of them."""
        new = [change for change in changes if change.revision > self.state.acked]
        self._changes = [*self._changes, *new][-MAX_CHANGES:]
        if new and self.state.mode is PushMode.PARKED:
            self._become(PushMode.READY)

    def nudge(self) -> None:
        """Push now, whatever the connection waits for."""
        if self.state.mode is PushMode.RETRYING:
            self._nudged = True
        else:
            self._become(PushMode.READY)

    @property
    def pending(self) -> list[StatusChange]:
        """What the connection has not acknowledged, in order."""
        return self._changes

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to do until a change or a nudge comes."""
        return not self.is_attempting and not self._is_due and self.state.mode is not PushMode.RETRYING

    @property
    def _is_due(self) -> bool:
        return bool(self._changes) and self.state.mode is PushMode.READY

    async def run(self) -> None:
        """Push until cancelled."""
        if self.state.mode is PushMode.RETRYING:
            # The run before this one was waiting for a retry.
            await self._retry(None)
        while True:
            await workflow.wait_condition(lambda: self._is_due)
            pause = await self._push_at_once()
            if pause is not None:
                await self._retry(pause)

    async def _push_at_once(self) -> timedelta | None:
        """Make the one quick attempt; return how long to wait for the next one, None when it was settled."""
        publication = self._publication()
        self.is_attempting = True
        try:
            result = await workflow.execute_local_activity_method(
                PublishingActivities.push,
                publication,
                start_to_close_timeout=AT_ONCE,
                retry_policy=RetryPolicy(maximum_attempts=1),
            )
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            return _pause_after(error)
        finally:
            self.is_attempting = False
        self._settle(publication, result)
        return None

    async def _retry(self, pause: timedelta | None) -> None:
        """Wait, then let a regular activity try for as long as its schedule says; a nudge cuts both short."""
        self._nudged = False
        self._become(PushMode.RETRYING)
        workflow.logger.info("erp.push_postponed", extra={"connection": self.state.connection})
        if pause is not None and await self._is_nudged_within(pause):
            self._become(PushMode.READY)
            return
        publication = self._publication()
        attempts = workflow.start_activity_method(
            PublishingActivities.push,
            publication,
            task_queue=ERP,
            start_to_close_timeout=ATTEMPT,
            schedule_to_close_timeout=GIVE_UP,
            retry_policy=UNFORESEEN,
            cancellation_type=workflow.ActivityCancellationType.TRY_CANCEL,
        )
        await workflow.wait_condition(lambda: attempts.done() or self._nudged)
        if not attempts.done():
            attempts.cancel()
            self._become(PushMode.READY)
            return
        try:
            self._settle(publication, await attempts)
        except ActivityError as error:
            revision = publication.changes[-1].revision
            cause = error.cause.type if isinstance(error.cause, ApplicationError) else None
            self._settle(publication, PushResult(acked=False, revision=revision, outcome=cause or "timed_out"))

    async def _is_nudged_within(self, pause: timedelta) -> bool:
        try:
            await workflow.wait_condition(lambda: self._nudged, timeout=pause)
        except TimeoutError:
            return False
        return True

    def _publication(self) -> Publication:
        plan = self._plan()
        return Publication(
            tenant=plan.tenant,
            shipment_id=plan.shipment_id,
            connection=self.state.connection,
            reference=plan.reference,
            tracking_numbers=tuple(leg.tracking_number for leg in plan.legs),
            changes=tuple(self._changes),
        )

    def _settle(self, publication: Publication, result: PushResult) -> None:
        if result.acked:
            acked = max(self.state.acked, min(result.revision, publication.changes[-1].revision))
            self._changes = [change for change in self._changes if change.revision > acked]
            self._become(PushMode.READY, acked=acked, outcome=result.outcome)
        else:
            gone = result.outcome == EndpointGoneError.code
            workflow.logger.warning(
                "erp.push_given_up", extra={"connection": self.state.connection, "outcome": result.outcome}
            )
            newer = self._changes[-1].revision > publication.changes[-1].revision
            mode = PushMode.GONE if gone else PushMode.READY if newer else PushMode.PARKED
            self._become(mode, outcome=result.outcome)
        self._settled(publication, result)

    def _become(self, mode: PushMode, *, acked: int | None = None, outcome: str | None = None) -> None:
        self.state = PushState(
            connection=self.state.connection,
            acked=self.state.acked if acked is None else acked,
            mode=mode,
            outcome=outcome or self.state.outcome,
        )


def _pause_after(error: FailureError) -> timedelta:
    # A local activity raises its failure as it is, without an ActivityError around it.
    cause = error.cause if isinstance(error, ActivityError) else error
    pause = cause.next_retry_delay if isinstance(cause, ApplicationError) else None
    return FIRST_PAUSE if pause is None else pause
