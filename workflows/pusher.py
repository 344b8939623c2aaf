"""Telling one order system: the ordered list of changes since its last ack, at once or after a pause."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

from activities.publishing import PublishingActivities, PushOutcome
from domain.errors import EndpointGoneError
from domain.publication import Publication, PushResult, StatusChange
from domain.queues import ERP
from domain.shipments import ShipmentPlan
from workflows.model import PushMode, PushState

ATTEMPT: Final = timedelta(seconds=30)
GIVE_UP: Final = timedelta(days=7)
"""Longer than the schedule of pauses: only reached when attempts cannot even be made."""

UNFORESEEN: Final = RetryPolicy(initial_interval=timedelta(seconds=5), maximum_interval=timedelta(hours=1))
"""For failures that do not say when to come back, such as a ledger that is down."""

MAX_CHANGES: Final = 1_000
"""Changes of one push, oldest first; what is left over follows in the next one. Far above any real journey."""

Settled = Callable[[Publication, PushResult], None]


class ConnectionPusher:
    """One connection: told within each wake while that works, by a regular activity with pauses while it does not.

    The quick attempt is part of the wake's commit and costs nothing of its own. Changes that come while a retry
    waits join the next push, so an outage ends in one push.
    """

    def __init__(self, plan: Callable[[], ShipmentPlan], state: PushState, settled: Settled) -> None:
        self.state = state
        self._plan = plan
        self._settled = settled
        self._pending: list[StatusChange] = []
        self._pause: timedelta | None = None
        self._nudged = False

    @property
    def pending(self) -> list[StatusChange]:
        """What the connection has not acknowledged, in order."""
        return self._pending

    @property
    def is_retrying(self) -> bool:
        """Whether a retry is due or waits."""
        return self.state.mode is PushMode.RETRYING

    def keep(self, changes: Iterable[StatusChange]) -> None:
        """Remember changes that the connection has still to be told."""
        new = [change for change in changes if change.revision > self.state.acked]
        self._pending = [*self._pending, *new]

    def publication(self, changes: Iterable[StatusChange]) -> Publication | None:
        """Take new changes and return what to push at once, None when there is nothing or the connection waits.

        A parked connection gets another chance with every change.
        """
        before = len(self._pending)
        self.keep(changes)
        if self.state.mode is PushMode.PARKED and len(self._pending) > before:
            self._become(PushMode.READY)
        return self._publication() if self._pending and self.state.mode is PushMode.READY else None

    def settle(self, publication: Publication, outcome: PushOutcome) -> None:
        """Take in what became of the quick attempt."""
        if outcome.result is not None:
            self._settle(publication, outcome.result)
        else:
            workflow.logger.info("erp.push_postponed", extra={"connection": self.state.connection})
            self._pause = outcome.pause
            self._become(PushMode.RETRYING)

    def nudge(self) -> None:
        """Push now, whatever the connection waits for."""
        if self._pending:
            self._nudged = True
            self._become(PushMode.RETRYING)
        elif self.state.mode is not PushMode.RETRYING:
            self._become(PushMode.READY)

    async def run(self) -> None:
        """Retry whenever that is due, until cancelled."""
        while True:
            await workflow.wait_condition(lambda: self.is_retrying)
            await self._pause_unless_nudged()
            if self._pending:
                await self._retry()
            else:
                self._become(PushMode.READY)

    async def _pause_unless_nudged(self) -> None:
        pause, self._pause = self._pause, None
        if pause is not None and not self._nudged:
            try:
                await workflow.wait_condition(lambda: self._nudged, timeout=pause)
            except TimeoutError:
                return

    async def _retry(self) -> None:
        """Let a regular activity try for as long as its schedule says; a nudge begins anew with all there is."""
        self._nudged = False
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
            return
        try:
            self._settle(publication, await attempts)
        except ActivityError as error:
            cause = error.cause.type if isinstance(error.cause, ApplicationError) else None
            revision = publication.changes[-1].revision
            self._settle(publication, PushResult(acked=False, revision=revision, outcome=cause or "timed_out"))

    def _publication(self) -> Publication:
        plan = self._plan()
        return Publication(
            tenant=plan.tenant,
            shipment_id=plan.shipment_id,
            connection=self.state.connection,
            reference=plan.reference,
            tracking_numbers=tuple(leg.tracking_number for leg in plan.legs),
            changes=tuple(self._pending[:MAX_CHANGES]),
        )

    def _settle(self, publication: Publication, result: PushResult) -> None:
        last = publication.changes[-1].revision
        if result.acked:
            acked = max(self.state.acked, min(result.revision, last))
            self._pending = [change for change in self._pending if change.revision > acked]
            # What came during a retry goes the same way, without waiting for the next wake.
            mode = PushMode.RETRYING if self._pending else PushMode.READY
            self._become(mode, acked=acked, outcome=result.outcome)
        else:
            extra = {"connection": self.state.connection, "outcome": result.outcome}
            workflow.logger.warning("erp.push_given_up", extra=extra)
            is_gone = result.outcome == EndpointGoneError.code
            has_newer = any(change.revision > last for change in self._pending)
            mode = PushMode.GONE if is_gone else PushMode.RETRYING if has_newer else PushMode.PARKED
            self._become(mode, outcome=result.outcome)
        self._settled(publication, result)

    def _become(self, mode: PushMode, *, acked: int | None = None, outcome: str | None = None) -> None:
        self.state = PushState(
            connection=self.state.connection,
            acked=self.state.acked if acked is None else acked,
            mode=mode,
            outcome=outcome or self.state.outcome,
        )
