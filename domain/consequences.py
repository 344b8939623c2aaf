"""What more facts would change for a shipment and for its order systems, worked out without doing it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.facts import Fact
from domain.fold import fold
from domain.journeys import Journey
from domain.milestones import Milestone
from domain.publication import ChangeKind, StatusChange
from domain.publishing import Told, ToldStatus, publish
from domain.shipments import ShipmentPlan


@dataclass(frozen=True, slots=True)
class Consequence:
    """The journey before and after, and the changes that order systems would be told."""

    before: Journey
    after: Journey
    changes: tuple[StatusChange, ...]

    @property
    def supersedes(self) -> tuple[int, ...]:
        """Revisions that would no longer hold."""
        return tuple(revision for change in self.changes for revision in change.supersedes)

    @property
    def corrections(self) -> int:
        """How many corrections would be told: one, or none."""
        return sum(change.kind is ChangeKind.CORRECTION for change in self.changes)


def consequence(
    plan: ShipmentPlan, known: Iterable[Fact], added: Iterable[Fact], told: Told, *, at: datetime
) -> Consequence:
    """Return what adding facts would do."""
    facts = list(known)
    after = fold([*facts, *added], plan)
    changes, _ = publish(after, told, recorded_at=at)
    return Consequence(fold(facts, plan), after, tuple(changes))


def told_of(changes: Iterable[StatusChange]) -> Told:
    """Return what was told, from every change in the order of revisions; nothing is settled in it."""
    statuses: dict[int, ToldStatus] = {}
    revision = 0
    for change in changes:
        revision = max(revision, change.revision)
        for gone in change.supersedes:
            statuses.pop(gone, None)
        if change.kind is ChangeKind.STATUS and change.event_id is not None:
            statuses[change.revision] = ToldStatus(
                revision=change.revision,
                state=change.state,
                event_id=change.event_id,
                milestone=change.milestone or Milestone.UNMAPPED,
                occurred_at=change.occurred_at,
            )
    return Told(revision=revision, statuses=tuple(statuses.values()))
