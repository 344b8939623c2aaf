"""What the audit chain and the read model say. Free text stays out: it may name people, and a chain is for ever."""

from datetime import datetime
from typing import Any, Final

from domain.audit import ShipmentSnapshot
from domain.commands import Command
from domain.deadlines import Deadline, DeadlineKind, is_ended
from domain.facts import Fact
from domain.journeys import Anomaly, Journey
from domain.publication import Publication, PushResult, StatusChange
from domain.shipments import ShipmentPlan

Body = dict[str, Any]

ALARM_NOTES: Final = {
    DeadlineKind.HOLD_SLA: "A hold has lasted longer than agreed.",
    DeadlineKind.PROMISE_AT_RISK: "The promised date is at risk.",
    DeadlineKind.PROOF_GRACE: "No proof of delivery has come.",
    DeadlineKind.HANDOVER_OPEN: "One carrier gave the goods away and no other has taken them.",
}

_WORDS: Final[Any] = {"note": True, "source": {"raw_text", "raw_time"}}


def registered(plan: ShipmentPlan) -> Body:
    """Return what a chain begins with."""
    return {
        "kind": plan.kind.value,
        "legs": [leg.model_dump(mode="json", exclude_none=True) for leg in plan.legs],
        "connections": list(plan.connections),
    }


def fact(item: Fact) -> Body:
    """Return the fact with its origin, without anybody's own words."""
    body: Body = item.model_dump(mode="json", exclude_none=True, exclude_defaults=True, exclude=_WORDS)
    source = body.pop("source")
    return {**source, **body}


def anomaly(item: Anomaly) -> Body:
    """Return the fact that does not fit and why."""
    return item.model_dump(mode="json", exclude_none=True)


def state(change: StatusChange) -> Body:
    """Return a change of the state, or the correction of earlier ones."""
    return change.model_dump(mode="json", exclude_defaults=True, exclude={"recorded_at", "note"})


def alarm(change: StatusChange, deadline: Deadline) -> Body:
    """Return who was told what, and which deadline it was."""
    return {**state(change), "deadline": deadline.kind.value, "due_at": deadline.at.isoformat()}


def commanded(command: Command, event_ids: tuple[str, ...]) -> Body:
    """Return who asked for what, and which facts it became."""
    body: Body = command.model_dump(mode="json", exclude_defaults=True, exclude={"at", "note"})
    # "kind" is what the entry itself is.
    return {"command": body.pop("kind"), **body, "event_ids": list(event_ids)}


def published(publication: Publication, result: PushResult) -> Body:
    """Return what an order system was sent and what it said."""
    return {
        "connection": publication.connection,
        "first": publication.changes[0].revision,
        "last": publication.changes[-1].revision,
        **result.model_dump(mode="json", exclude_none=True),
    }


def snapshot(journey: Journey, plan: ShipmentPlan, *, revision: int, facts: int, at: datetime) -> ShipmentSnapshot:
    """Return the row of the read model."""
    facets = journey.facets
    return ShipmentSnapshot(
        state=journey.state,
        stage=journey.stage,
        owner=journey.owner.value,
        revision=revision,
        last_milestone=journey.last_milestone.value if journey.last_milestone else None,
        last_at=journey.last_at,
        state_since=journey.state_since,
        expected_at=facets.expected_at,
        promised_at=plan.promised_at,
        open_holds=len(journey.holds),
        anomalies=len(journey.anomalies),
        facts=facts,
        attempts=facets.attempts,
        is_stale=facets.stale,
        is_damaged=facets.damaged,
        is_ended=is_ended(journey),
        updated_at=at,
    )
