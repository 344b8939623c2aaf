"""How a shipment workflow lives: works off what comes, writes, tells, waits, and knows when it is over.

This is not in the workflow's own module because the sandbox executes that one anew for every execution.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

from activities.journal import JournalActivities, Told, Wake
from domain.audit import LedgerCommit
from domain.commanding import facts_of
from domain.commands import Command, CommandAnswer
from domain.errors import CommandRefusedError
from domain.facts import FactBatch
from domain.journeys import Journey
from domain.publication import Publication, PushResult
from workflows.alarm_clock import AlarmClock
from workflows.attributes import ATTENTION, Attention, attention_of
from workflows.model import Progress, ShipmentStart
from workflows.publisher import Publisher
from workflows.record import ShipmentRecord

COMMIT: Final = timedelta(seconds=10)
"""For one attempt to write to the ledger and to tell quick order systems; it is repeated until the ledger has it."""

LONG_PAUSE: Final = timedelta(seconds=10)
"""A ledger that stays away longer than this is waited for by timer and no longer inside the workflow task."""

REFUSED_PAUSE: Final = timedelta(hours=1)
"""Before asking again a ledger that refused a commit: somebody has to look first."""


@dataclass(slots=True)
class _Request:
    """A command that waits for its turn."""

    command: Command
    answer: CommandAnswer | None = None
    refusal: CommandRefusedError | None = None


class ShipmentLife:
    """Everything between the messages of one execution and its commands."""

    def __init__(self, start: ShipmentStart) -> None:
        self._start = start
        self._record = ShipmentRecord(start)
        self._inbox = list(start.carried.inbox)
        self._requests: list[_Request] = []
        self._messages = 0
        self._clock = AlarmClock()
        self._publisher = Publisher(
            lambda: self._record.plan,
            states=start.carried.pushes,
            changes=start.carried.changes,
            settled=self._pushed,
        )
        attention = workflow.info().typed_search_attributes.get(ATTENTION)
        self._attention = Attention.NONE if attention is None else Attention(attention)

    async def live(self) -> None:
        """Serve until the shipment has ended."""
        self._publisher.start()
        while not await self._is_over():
            await self._wake()
            if self._is_long:
                await self._continue_as_new()
            self._clock.arm(self._deadline_at)
            await workflow.wait_condition(lambda: self._has_work or self._may_close or self._publisher.is_broken)
            self._publisher.raise_if_broken()
        self._clock.stop()

    def take(self, batch: FactBatch) -> None:
        """Keep facts for the next wake."""
        self._messages += 1
        self._inbox.append(batch)

    def nudge(self, connection: str) -> None:
        """Push to a connection now."""
        self._messages += 1
        self._publisher.nudge(connection)

    def check(self, command: Command) -> None:
        """Refuse a command that the state forbids; one that was answered before is never refused."""
        if self._record.answer(command.command_id) is not None:
            return
        try:
            facts_of(command, self._record.journey, self._record.plan)
        except CommandRefusedError as refusal:
            raise _as_failure(refusal) from refusal

    async def obey(self, command: Command) -> CommandAnswer:
        """Queue a command and return its answer once the ledger has it."""
        self._messages += 1
        request = _Request(command)
        self._requests.append(request)
        await workflow.wait_condition(lambda: request.answer is not None or request.refusal is not None)
        if request.answer is None:
            raise _as_failure(request.refusal)
        return request.answer

    @property
    def journey(self) -> Journey:
        """The folded history."""
        return self._record.journey

    @property
    def progress(self) -> Progress:
        """The short answer."""
        return Progress(
            state=self._record.journey.state,
            stage=self._record.journey.stage,
            revision=self._record.told.revision,
            seq=self._record.seq,
            facts=self._record.facts,
            messages=self._messages,
            runs=self._start.carried.runs,
            next_deadline=self._deadline_at,
            pushes=self._publisher.states,
        )

    async def _wake(self) -> None:
        """Work off everything that has come, and let everybody know."""
        while True:
            inbox, self._inbox = self._inbox, []
            for batch in inbox:
                self._record.take(batch)
            born_before = workflow.info().get_current_history_length()
            await self._commit(self._record.commit(born_before=born_before), locally=True)
            if self._requests:
                await self._answer(self._requests.pop(0))
            elif self._clock.has_rung:
                self._clock.has_rung = False
                self._record.ring(workflow.now())
                await self._commit(self._record.commit(born_before=None), locally=False)
            elif not self._inbox:
                break
        attention = attention_of(self._record.journey)
        if attention is not self._attention:
            self._attention = attention
            workflow.upsert_search_attributes([ATTENTION.value_set(attention.value)])

    async def _answer(self, request: _Request) -> None:
        try:
            answer = self._record.obey(request.command)
        except CommandRefusedError as refusal:
            # It was allowed when it was accepted; facts that came with it changed that.
            request.refusal = refusal
            return
        await self._commit(self._record.commit(born_before=None), locally=False)
        request.answer = answer

    async def _commit(self, commit: LedgerCommit | None, *, locally: bool) -> None:
        """Write to the ledger, however long that takes, and then tell order systems."""
        if commit is None:
            return
        wake = Wake(commit=commit, publications=self._publisher.publications(commit.changes))
        try:
            told = await (self._commit_locally(wake) if locally else self._commit_durably(wake))
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            workflow.logger.exception("ledger.commit_refused", extra={"seq": commit.entries[-1].seq})
            told = await self._commit_again(wake)
        self._publisher.settle(wake.publications, told.outcomes)

    async def _commit_locally(self, wake: Wake) -> Told:
        return await workflow.execute_local_activity_method(
            JournalActivities.commit, wake, start_to_close_timeout=COMMIT, local_retry_threshold=LONG_PAUSE
        )

    async def _commit_durably(self, wake: Wake) -> Told:
        return await workflow.execute_activity_method(JournalActivities.commit, wake, start_to_close_timeout=COMMIT)

    async def _commit_again(self, wake: Wake) -> Told:
        """Ask a ledger that refused, from time to time, until somebody has put it right."""
        while True:
            await workflow.sleep(REFUSED_PAUSE, summary="the ledger refused a commit")
            try:
                return await self._commit_durably(wake)
            except FailureError as error:
                if is_cancelled_exception(error):
                    raise

    def _pushed(self, publication: Publication, result: PushResult) -> None:
        born = workflow.info().get_current_history_length()
        self._record.note_push(publication, result, at=workflow.now(), born=born)

    @property
    def _deadline_at(self) -> datetime | None:
        deadline = self._record.deadline
        return None if deadline is None else deadline.at

    @property
    def _has_work(self) -> bool:
        return bool(self._inbox or self._requests or self._clock.has_rung)

    @property
    def _may_close(self) -> bool:
        return self._record.may_end and self._publisher.is_settled and workflow.all_handlers_finished()

    async def _is_over(self) -> bool:
        """Close the chain when everything is done; news that comes meanwhile is worked off first."""
        if self._has_work or not self._may_close:
            return False
        self._record.end(workflow.now())
        await self._commit(self._record.commit(born_before=None), locally=False)
        return not self._has_work

    @property
    def _is_long(self) -> bool:
        return self._messages >= self._start.limits.messages or workflow.info().is_continue_as_new_suggested()

    async def _continue_as_new(self) -> None:
        """Begin a new run with everything that is known, after the last handler."""
        while self._has_work or not workflow.all_handlers_finished():
            await workflow.wait_condition(lambda: self._has_work or workflow.all_handlers_finished())
            await self._wake()
        carried = self._record.carried().model_copy(
            update={
                "pushes": self._publisher.states,
                "changes": self._publisher.pending,
                "runs": self._start.carried.runs + 1,
            }
        )
        workflow.logger.info("shipment.continued_as_new", extra={"messages": self._messages})
        workflow.continue_as_new(self._start.model_copy(update={"plan": self._record.plan, "carried": carried}))


def _as_failure(refusal: CommandRefusedError | None) -> ApplicationError:
    if refusal is None:
        return ApplicationError("the command was not answered", type="hub_bug", non_retryable=True)
    return ApplicationError(str(refusal), refusal.evidence, type=refusal.code, non_retryable=True)
