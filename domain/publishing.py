"""What order systems still have to be told: the difference between a journey and what was told before.

The status sequence of a journey is its steps that changed the state, in journey order. Told entries stand for that
sequence; a receiver that applies all changes by revision and drops superseded ones holds exactly the sequence.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Final

from pydantic import BaseModel

from domain.facts import FROZEN
from domain.journeys import Journey, Step
from domain.milestones import Milestone
from domain.ownership import owner_of
from domain.parties import Owner
from domain.publication import ChangeKind, StatusChange
from domain.states import State

MAX_OPEN: Final = 64
"""Told entries kept word for word; older ones are kept as a digest and ranges of revisions."""


class ToldStatus(BaseModel):
    """One STATUS change that was told and holds."""

    model_config = FROZEN

    revision: int
    state: State
    event_id: str
    milestone: Milestone
    occurred_at: datetime | None = None


class Told(BaseModel):
    """What was told of one shipment; small and safe to carry over.

    `revision` is the last one used by any change. The first `settled` statuses are kept as `digest` and as
    `settled_revisions`, pairs of first and last revision; `statuses` are the ones after them.
    """

    model_config = FROZEN

    revision: int = 0
    statuses: tuple[ToldStatus, ...] = ()
    settled: int = 0
    digest: str = ""
    settled_revisions: tuple[tuple[int, int], ...] = ()


def status_sequence(journey: Journey) -> list[Step]:
    """Return the steps that changed the state, in journey order."""
    return [step for step in journey.steps if step.state is not step.state_before]


def publish(journey: Journey, told: Told, *, recorded_at: datetime) -> tuple[list[StatusChange], Told]:
    """Return the changes to tell now, in revision order, and what is told after them.

    A told past that no longer holds is named by one CORRECTION; STATUS changes for what replaces it follow.
    """
    sequence = status_sequence(journey)
    settled, kept = _still_holding(sequence, told)
    new = sequence[settled + kept :]
    superseded = _revisions_after(told, settled=settled, kept=kept)
    if not new and not superseded:
        return [], told
    changes: list[StatusChange] = []
    revision = told.revision
    if superseded:
        revision += 1
        changes.append(_correction(journey, revision, superseded, recorded_at))
    statuses = list(told.statuses[:kept]) if settled == told.settled else []
    for step in new:
        revision += 1
        changes.append(_status(step, revision, recorded_at))
        statuses.append(_told(step, revision))
    base = told if settled == told.settled else Told()
    return changes, _bounded(base.model_copy(update={"revision": revision, "statuses": tuple(statuses)}))


def raise_alarm(
    journey: Journey, told: Told, *, flag: str, note: str, event_id: str | None, recorded_at: datetime
) -> tuple[StatusChange, Told]:
    """Return an ALARM change with the next revision; it stands beside the status sequence."""
    revision = told.revision + 1
    change = StatusChange(
        revision=revision,
        kind=ChangeKind.ALARM,
        state=journey.state,
        owner=journey.owner,
        recorded_at=recorded_at,
        event_id=event_id,
        flags=(flag,),
        note=note,
    )
    return change, told.model_copy(update={"revision": revision})


def _still_holding(sequence: Sequence[Step], told: Told) -> tuple[int, int]:
    """Return how many settled and how many kept statuses are still the beginning of the sequence."""
    if told.settled and _digest("", sequence[: told.settled]) != told.digest:
        return 0, 0
    tail = sequence[told.settled :]
    kept = 0
    for status, step in zip(told.statuses, tail, strict=False):
        if not _same(status, step):
            break
        kept += 1
    return told.settled, kept


def _same(status: ToldStatus, step: Step) -> bool:
    return (status.event_id, status.state, status.milestone, status.occurred_at) == (
        step.event_id,
        step.state,
        step.milestone,
        step.at,
    )


def _revisions_after(told: Told, *, settled: int, kept: int) -> tuple[int, ...]:
    gone: list[int] = []
    if settled != told.settled:
        for first, last in told.settled_revisions:
            gone.extend(range(first, last + 1))
    gone.extend(status.revision for status in told.statuses[kept:])
    return tuple(gone)


def _correction(journey: Journey, revision: int, superseded: tuple[int, ...], recorded_at: datetime) -> StatusChange:
    return StatusChange(
        revision=revision,
        kind=ChangeKind.CORRECTION,
        state=journey.state,
        owner=journey.owner,
        recorded_at=recorded_at,
        supersedes=superseded,
        note="The past changed; what replaces these revisions follows.",
    )


def _status(step: Step, revision: int, recorded_at: datetime) -> StatusChange:
    return StatusChange(
        revision=revision,
        kind=ChangeKind.STATUS,
        state=step.state,
        milestone=step.milestone,
        reasons=step.reasons,
        owner=owner_of(step.state, step.reasons) or Owner.NONE,
        occurred_at=step.at,
        recorded_at=recorded_at,
        event_id=step.event_id,
        flags=step.flags,
    )


def _told(step: Step, revision: int) -> ToldStatus:
    return ToldStatus(
        revision=revision, state=step.state, event_id=step.event_id, milestone=step.milestone, occurred_at=step.at
    )


def _bounded(told: Told) -> Told:
    """Settle the older half once too many statuses are kept word for word."""
    if len(told.statuses) <= MAX_OPEN:
        return told
    settling, rest = told.statuses[: -MAX_OPEN // 2], told.statuses[-MAX_OPEN // 2 :]
    ranges = [*told.settled_revisions]
    for status in settling:
        if ranges and ranges[-1][1] + 1 == status.revision:
            ranges[-1] = (ranges[-1][0], status.revision)
        else:
            ranges.append((status.revision, status.revision))
    return told.model_copy(
        update={
            "statuses": rest,
            "settled": told.settled + len(settling),
            "digest": _digest(told.digest, settling),
            "settled_revisions": tuple(ranges),
        }
    )


def _digest(before: str, entries: Sequence[Step | ToldStatus]) -> str:
    """Chain the identity of status entries into one hex digest; continues from `before`."""
    digest = before
    for entry in entries:
        at = entry.at if isinstance(entry, Step) else entry.occurred_at
        stamp = "" if at is None else str(at.timestamp())
        text = f"{digest} {entry.state} {entry.milestone} {stamp} {entry.event_id}"
        digest = blake2b(text.encode(), digest_size=12).hexdigest()
    return digest
