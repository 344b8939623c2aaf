"""How the workflow of a read connection lives: rounds of reading, and what cuts their waits short.

This is not in the workflow's own module because the sandbox executes that one anew for every execution.
"""

from datetime import datetime, timedelta
from typing import Final

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, ApplicationErrorCategory, is_cancelled_exception

from activities.erp_reading import ErpReadingActivities, ReadRequest
from domain.queues import ERP_READING
from workflows.erp_model import Backfill, ConnectionCarried, ConnectionProgress, ConnectionStart, ReadMode

ATTEMPT: Final = timedelta(minutes=15)
BEAT: Final = timedelta(minutes=2)
"""Longer than any call to an order system: the reading tells that it is alive between its calls."""

_PATIENT: Final = RetryPolicy(maximum_interval=timedelta(minutes=1))


class ConnectionReading:
    """Everything between the signals of one execution and its commands."""

    def __init__(self, start: ConnectionStart) -> None:
        self._start = start
        carried = start.carried
        self._is_paused = carried.is_paused
        self._backfill = carried.backfill
        self._rounds = carried.rounds
        self._trouble = carried.trouble
        self._mode = ReadMode.READING
        self._is_hinted = False

    async def live(self) -> None:
        """Read round after round; never returns."""
        while True:
            await self._wait()
            if self._is_long:
                self._continue_as_new()
            if not self._is_paused:
                await self._read()

    def pause(self) -> None:
        """Read nothing from now on."""
        self._is_paused = True

    def resume(self) -> None:
        """Read again, at once."""
        self._is_paused = False
        self._is_hinted = True

    def hint(self) -> None:
        """Read at once."""
        self._is_hinted = True

    def backfill(self, since: datetime | None) -> None:
        """Read what was made since then, and at once; None means everything that is to be sent."""
        self._backfill = Backfill(wish=f"{workflow.now().isoformat()}/{since}", since=since)
        self._is_hinted = True

    @property
    def progress(self) -> ConnectionProgress:
        """The short answer."""
        return ConnectionProgress(
            tenant=self._start.tenant,
            connection=self._start.connection,
            mode=ReadMode.PAUSED if self._is_paused else self._mode,
            rounds=self._rounds,
            runs=self._start.carried.runs,
            trouble=self._trouble,
            backfill_from=None if self._backfill is None else self._backfill.since,
        )

    @property
    def _is_long(self) -> bool:
        return workflow.info().get_current_history_length() >= self._start.events

    async def _wait(self) -> None:
        """Wait while there is nothing to do: by a person's wish, or because the latest round could not go on."""
        if self._is_paused:
            await workflow.wait_condition(lambda: not self._is_paused or self._is_long)
        elif self._mode is not ReadMode.READING and not self._is_hinted:
            try:
                await workflow.wait_condition(
                    lambda: self._is_hinted or self._is_paused or self._is_long,
                    timeout=self._start.look,
                    timeout_summary="next look",
                )
            except TimeoutError:
                return

    async def _read(self) -> None:
        """Make one round, which ends when it has found something; a signal begins another one."""
        self._is_hinted = False
        # A round may last for days when nothing is new: what was wrong before it is over.
        self._mode = ReadMode.READING
        self._trouble = None
        backfill = self._backfill
        reading = workflow.start_activity_method(
            ErpReadingActivities.read,
            ReadRequest(
                tenant=self._start.tenant,
                connection=self._start.connection,
                backfill=None if backfill is None else backfill.wish,
                backfill_from=None if backfill is None else backfill.since,
            ),
            task_queue=ERP_READING,
            start_to_close_timeout=ATTEMPT,
            heartbeat_timeout=BEAT,
            retry_policy=_PATIENT,
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        )
        await workflow.wait_condition(lambda: reading.done() or self._is_hinted or self._is_paused)
        if not reading.done():
            reading.cancel()
        try:
            made = await reading
        except ActivityError as error:
            self._broken_off(error)
            return
        self._rounds += 1
        if made.stopped is not None:
            self._trouble = made.stopped
            self._mode = ReadMode.STOPPED

    def _broken_off(self, error: ActivityError) -> None:
        """Go on after a round that was cut short by a signal; anything else waits."""
        cause = error.cause
        is_benign = isinstance(cause, ApplicationError) and cause.category is ApplicationErrorCategory.BENIGN
        if is_benign or is_cancelled_exception(error):
            return
        self._mode = ReadMode.FAILED
        self._trouble = str(cause)
        workflow.logger.error("erp.reading_failed", extra={"connection": self._start.connection})

    def _continue_as_new(self) -> None:
        carried = ConnectionCarried(
            is_paused=self._is_paused,
            backfill=self._backfill,
            rounds=self._rounds,
            runs=self._start.carried.runs + 1,
            trouble=self._trouble,
        )
        workflow.continue_as_new(self._start.model_copy(update={"carried": carried}))
