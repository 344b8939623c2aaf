"""One timer for the earliest deadline, however many messages move it."""

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow


class AlarmClock:
    """Rings at or after the time it was last armed for.

    A timer is a billed action and two events. So a deadline that moves later leaves the running timer alone: it
    rings early, the shipment looks at its deadlines again and arms the clock anew. Only an earlier one replaces it.
    """

    def __init__(self) -> None:
        self.has_rung = False
        self._armed_for: datetime | None = None
        self._timer: asyncio.Task[None] | None = None

    def arm(self, at: datetime | None) -> None:
        """Ring at that time at the latest; None asks for nothing."""
        if at is None or self.has_rung or (self._armed_for is not None and self._armed_for <= at):
            return
        self.stop()
        self._armed_for = at
        self._timer = asyncio.create_task(self._ring(at))

    def stop(self) -> None:
        """Take the timer away."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._armed_for = None

    async def _ring(self, at: datetime) -> None:
        await workflow.sleep(max(at - workflow.now(), timedelta()))
        self._timer = self._armed_for = None
        self.has_rung = True
