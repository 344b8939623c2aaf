"""Reading an order system: what has changed there, and who has to hear from the hub once it is back from an outage."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic
from typing import Final, TypeVar

from pydantic import AwareDatetime, BaseModel
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.service import RPCError

from activities.erp_desk import Taken, take
from activities.erp_sitting import ErpDesk, Sitting
from domain.erp_reading import ErpReader, ErpReaders
from domain.erp_rounds import Backlog, Nudger, ReadingState, ReadingStates
from domain.errors import (
    CredentialsRejectedError,
    EndpointGoneError,
    HubError,
    HubUnavailableError,
    PartnerUnavailableError,
)
from domain.facts import FROZEN
from domain.ports import ConnectionSwitch

IDLE: Final = timedelta(seconds=5)
"""Between a reading that found nothing and the next: how late a clerk's change arrives."""

BREATH: Final = timedelta(seconds=1)
"""Between a reading that found something and the next, and while shipments are told that the system is back."""

WINDOW: Final = 45.0
"""Seconds after which a round begins no further reading."""

LONGEST_AWAY: Final = timedelta(seconds=30)
"""Between attempts while the system does not answer, at most: its return is to be noticed soon."""

LONGEST_ASKED_PAUSE: Final = timedelta(minutes=15)
"""No system can stop all reading for longer than this by its `Retry-After`."""

TOLD_AT_ONCE: Final = 10
"""Shipments that are told to push per reading after an outage: the order system gets them a few at a time."""

NOTHING: Final = "nothing_new"
"""The type of the failure that a reading ends with when there was nothing: the server repeats it, without a trace."""

_T = TypeVar("_T")


class ReadRequest(BaseModel):
    """Which connection to read; `backfill_from` reads once more what was made since then, `backfill` names the wish."""

    model_config = FROZEN

    tenant: str
    connection: str
    backfill: str | None = None
    backfill_from: AwareDatetime | None = None


class ReadRound(BaseModel):
    """What came of a round that found something; `stopped` says why the connection must not be read."""

    model_config = FROZEN

    registered: int = 0
    asked: int = 0
    stopped: str | None = None


@dataclass(frozen=True, slots=True)
class ErpReadingActivities:
    """Reading, bound to the readers, the ledger and the desk that acts on what was read."""

    readers: ErpReaders
    desk: ErpDesk
    states: ReadingStates
    backlog: Backlog
    nudger: Nudger
    switch: ConnectionSwitch
    idle: timedelta = IDLE

    @activity.defn(name="erp.read")
    async def read(self, request: ReadRequest) -> ReadRound:
        """Read until nothing is new, and act on what was found.

        A reading that is repeated after a crash does the same steps again, which changes nothing. A cancellation lets
        the reading under way finish.

        Raises:
            ApplicationError: benign, with the delay: nothing is new, or the system is away. It leaves no trace in the
                history.
            NotFoundError: no such connection.
        """
        return await _Round(self, request).through()


async def _finished(work: Awaitable[_T]) -> _T:
    """Let work come to its end before a cancellation is heard: a stream of hints must not starve it."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


class _Round:
    """One attempt of the activity."""

    def __init__(self, parts: ErpReadingActivities, request: ReadRequest) -> None:
        self._parts = parts
        self._request = request
        self._tenant = request.tenant
        self._connection = request.connection
        self._state = ReadingState()

    async def through(self) -> ReadRound:
        self._state = await self._begun()
        before = (self._state.registered, self._state.asked)
        try:
            reader = await self._blocking(lambda: self._parts.readers.reader(self._tenant, self._connection))
            await self._read_on(reader)
        except (CredentialsRejectedError, EndpointGoneError) as error:
            return await self._stopped(error)
        except (HubError, RPCError) as error:
            await self._troubled(error)
            raise
        registered, asked = self._state.registered - before[0], self._state.asked - before[1]
        if not registered and not asked:
            busy = self._state.away_since is not None or bool(set(self._state.again) - self._state.failed.keys())
            raise _benign("nothing new", NOTHING, BREATH if busy else self._parts.idle)
        return ReadRound(registered=registered, asked=asked)

    async def _begun(self) -> ReadingState:
        """Return the state, at the beginning of a backfill that was not begun before."""
        state = await self._blocking(lambda: self._parts.states.state(self._tenant, self._connection))
        wanted = self._request.backfill
        if wanted is None or wanted == state.backfill:
            return state
        since = self._request.backfill_from
        return replace(state, backfill=wanted, cursor={} if since is None else {"since": since.isoformat()})

    async def _read_on(self, reader: ErpReader) -> None:
        until = monotonic() + WINDOW
        while (pause := await _finished(self._once(reader))) is not None:
            if monotonic() > until:
                return
            await asyncio.sleep(pause.total_seconds())

    async def _once(self, reader: ErpReader) -> timedelta | None:
        """Read once; return how soon to read on, None when there is no reason to."""
        activity.heartbeat()
        state, parts = self._state, self._parts
        known = await self._blocking(lambda: parts.desk.records.open(self._tenant, self._connection))
        pull = await reader.pull({**state.cursor, "again": list(state.again)}, known)
        sitting = Sitting(parts.desk, self._tenant, self._connection, reader, beat=activity.heartbeat)
        taken = await take(sitting, pull, known)
        told = await self._told(state)
        self._state = _after(replace(told, cursor=pull.cursor, read_at=parts.desk.intake.clock.now()), taken)
        await self._keep()
        if pull.is_behind:
            return timedelta()
        return BREATH if taken.registered or taken.asked else None

    async def _told(self, state: ReadingState) -> ReadingState:
        """Tell the next few shipments that fell behind during an outage that it is over."""
        if state.away_since is None:
            return state
        parts = self._parts
        behind = await self._blocking(
            lambda: parts.backlog.behind(self._tenant, self._connection, after=state.told_up_to, limit=TOLD_AT_ONCE)
        )
        for shipment_id in behind:
            await parts.nudger.nudge(self._tenant, shipment_id, self._connection)
        if len(behind) < TOLD_AT_ONCE:
            return replace(state, away_since=None, told_up_to=None)
        return replace(state, told_up_to=behind[-1])

    async def _stopped(self, error: CredentialsRejectedError | EndpointGoneError) -> ReadRound:
        """Switch the connection off: the system would lock out a hub that tries on."""
        reason = error.evidence.get("reason")
        if reason is None:
            # Else it was off already, for the reason that it has.
            reason = f"{error.code}: {error}"
            switch = self._parts.switch
            await self._blocking(lambda: switch.disable(self._tenant, self._connection, reason=reason))
        activity.logger.error("erp.connection_stopped", extra={"connection": self._connection, "reason": reason})
        self._state = replace(self._state, trouble=str(reason))
        await self._keep()
        return ReadRound(stopped=str(reason))

    async def _troubled(self, error: HubError | RPCError) -> None:
        """Note what was wrong; raise the benign failure when it is no more than a reason to wait."""
        code = error.code if isinstance(error, HubError) else HubUnavailableError.code
        now = self._parts.desk.intake.clock.now()
        is_away = isinstance(error, PartnerUnavailableError)
        away_since = self._state.away_since or (now if is_away else None)
        # From the first shipment on: those that were told before this outage may be behind again.
        told_up_to = None if is_away else self._state.told_up_to
        self._state = replace(self._state, trouble=f"{code}: {error}", away_since=away_since, told_up_to=told_up_to)
        await self._keep()
        if isinstance(error, HubError) and not error.retryable:
            return
        asked = error.retry_after if isinstance(error, HubError) else None
        lasted = timedelta() if away_since is None else now - away_since
        pause = max(min(lasted / 4, LONGEST_AWAY), self._parts.idle, min(asked or timedelta(), LONGEST_ASKED_PAUSE))
        raise _benign(str(error), code, pause) from error

    async def _keep(self) -> None:
        state = self._state
        await self._blocking(lambda: self._parts.states.keep(self._tenant, self._connection, state))

    async def _blocking(self, call: Callable[[], _T]) -> _T:
        return await self._parts.desk.blocking(call)


def _after(state: ReadingState, taken: Taken) -> ReadingState:
    return replace(
        state,
        again=taken.again,
        failed=taken.failed,
        trouble=None,
        registered=state.registered + taken.registered,
        asked=state.asked + taken.asked,
    )


def _benign(message: str, code: str, pause: timedelta) -> ApplicationError:
    """Return the failure that lets the server wait: no history, no alarm."""
    return ApplicationError(message, type=code, category=ApplicationErrorCategory.BENIGN, next_retry_delay=pause)
