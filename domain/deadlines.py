"""The one next moment at which the hub has to raise its voice about a shipment, if nothing changes before."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import BaseModel

from domain.facts import FROZEN
from domain.journeys import Journey
from domain.shipments import ShipmentPlan
from domain.states import STATES, State, StateClass

MAX_RAISED: Final = 200
"""Deadlines remembered as raised; the oldest are forgotten first."""


class DeadlineKind(StrEnum):
    """What is overdue."""

    SILENCE = "SILENCE"
    HOLD_SLA = "HOLD_SLA"
    PROMISE_AT_RISK = "PROMISE_AT_RISK"
    PROOF_GRACE = "PROOF_GRACE"
    HANDOVER_OPEN = "HANDOVER_OPEN"
    ENDING_GRACE = "ENDING_GRACE"


class Deadline(BaseModel):
    """One moment, and what it is about. `subject` is the key under which it fires once."""

    model_config = FROZEN

    kind: DeadlineKind
    at: datetime
    subject: str
    event_ids: tuple[str, ...] = ()


class Raised(BaseModel):
    """Deadlines that have fired; small and safe to carry over."""

    model_config = FROZEN

    subjects: tuple[str, ...] = ()

    def including(self, deadline: Deadline) -> "Raised":
        """Return a memory that also knows this deadline."""
        if deadline.subject in self.subjects:
            return self
        return Raised(subjects=(*self.subjects, deadline.subject)[-MAX_RAISED:])


def next_deadline(journey: Journey, plan: ShipmentPlan, raised: Raised) -> Deadline | None:
    """Return the earliest deadline that has not fired yet, or None when there is nothing to wait for.

    Its time may lie in the past: then it is due at once. Times are absolute and depend on facts alone.
    """
    known = set(raised.subjects)
    waiting = [deadline for deadline in _deadlines(journey, plan) if deadline.subject not in known]
    return min(waiting, key=lambda deadline: (deadline.at, deadline.kind, deadline.subject), default=None)


def _deadlines(journey: Journey, plan: ShipmentPlan) -> Iterator[Deadline]:
    if is_ended(journey):
        yield from _after_ending(journey, plan)
        return
    yield from _silence(journey, plan)
    yield from _holds(journey, plan)
    yield from _promise(journey, plan)
    yield from _handovers(journey, plan)


def is_ended(journey: Journey) -> bool:
    """Tell whether an ending is in force, soft ones included."""
    return STATES[journey.state].kind in {StateClass.SOFT, StateClass.HARD}


def _news_at(journey: Journey, plan: ShipmentPlan) -> datetime | None:
    """Return when something was last heard of the shipment, its registration included."""
    times = [at for at in (journey.heard_at, journey.last_at) if at is not None]
    return max(times) if times else plan.registered_at


def _silence(journey: Journey, plan: ShipmentPlan) -> Iterator[Deadline]:
    since = _news_at(journey, plan)
    if since is None:
        return
    limit = plan.levels.silence_linehaul if journey.stage is State.LINEHAUL else plan.levels.silence
    yield _deadline(
        DeadlineKind.SILENCE, since + limit, since.isoformat(), journey.steps[-1].event_id if journey.steps else None
    )


def _holds(journey: Journey, plan: ShipmentPlan) -> Iterator[Deadline]:
    for hold in journey.holds:
        yield _deadline(DeadlineKind.HOLD_SLA, hold.since + plan.levels.hold_sla, hold.event_id, hold.event_id)


def _handovers(journey: Journey, plan: ShipmentPlan) -> Iterator[Deadline]:
    """Goods that one carrier gave away and nobody has taken: between two carriers is where parcels get lost."""
    # Plans of before this clock have no level for it: replay: branch in ShipmentWorkflow.
    limit = plan.levels.handover
    if limit is None:
        return
    for link in journey.custody:
        if link.open:
            yield _deadline(DeadlineKind.HANDOVER_OPEN, link.at + limit, link.event_id, link.event_id)


def _promise(journey: Journey, plan: ShipmentPlan) -> Iterator[Deadline]:
    if plan.promised_at is None:
        return
    at = plan.promised_at - plan.levels.promise_margin
    expected, known = journey.facets.expected_at, _news_at(journey, plan)
    if expected is not None and known is not None and expected > plan.promised_at:
        at = min(at, known)
    yield _deadline(DeadlineKind.PROMISE_AT_RISK, at, plan.promised_at.isoformat(), None)


def _after_ending(journey: Journey, plan: ShipmentPlan) -> Iterator[Deadline]:
    times = [at for at in (journey.ended_at, _news_at(journey, plan)) if at is not None]
    if not times:
        return
    since = max(times)
    event = next((step.event_id for step in reversed(journey.steps) if step.state is not step.state_before), "")
    if journey.state is State.DELIVERED and not journey.facets.pod:
        yield _deadline(DeadlineKind.PROOF_GRACE, since + plan.levels.proof_grace, event, event)
    yield _deadline(DeadlineKind.ENDING_GRACE, since + plan.levels.ending_grace, f"{journey.state}:{event}", event)


def _deadline(kind: DeadlineKind, at: datetime, subject: str, event_id: str | None) -> Deadline:
    return Deadline(kind=kind, at=at, subject=f"{kind}:{subject}", event_ids=(event_id,) if event_id else ())
