"""What is remembered beside the state."""

from datetime import datetime, timedelta
from typing import Final

from domain.axes import Classifier, Direction, Side
from domain.facts import Fact
from domain.fold.groups import PROBLEMS, RECEIPTS, SCANS
from domain.fold.reasons import reasons_of
from domain.journeys import CustomsFacet, Facets
from domain.milestones import Milestone
from domain.reasons import Reason

ATTEMPT_WINDOW: Final = timedelta(minutes=30)
"""Attempts this close together at one address are one attempt."""

_LIFTABLE: Final = frozenset({Milestone.EXCEPTION_RAISED, Milestone.DELAYED})
_SETTLES: Final = (SCANS - PROBLEMS) | RECEIPTS | {Milestone.FOUND, Milestone.RETURN_INITIATED, Milestone.DISPOSED}


class Marks:
    """The facets of one piece while it is folded."""

    __slots__ = (
        "_attempt",
        "_estimate",
        "attempts",
        "customs",
        "damaged",
        "delayed",
        "direction",
        "disputed",
        "expected_at",
        "liftable",
        "partial",
        "pod",
        "problem",
        "quantities",
        "route_version",
    )

    def __init__(self, direction: Direction) -> None:
        self.customs: dict[Side, CustomsFacet] = {}
        self.damaged = self.delayed = self.disputed = self.partial = self.pod = False
        self.attempts = 0
        self.route_version = 1
        self.direction = direction
        self.problem: Reason | None = None
        self.liftable = False
        self.quantities: dict[str, int] = {}
        self.expected_at: datetime | None = None
        self._estimate: datetime | None = None
        self._attempt: tuple[datetime, int] | None = None

    def note(self, fact: Fact, milestone: Milestone, at: datetime) -> None:
        """Take in a fact that happened and fitted."""
        if fact.expected_at is not None:
            self.estimate(fact)
        if milestone in PROBLEMS:
            self.problem = reasons_of(fact)[0]
            self.liftable = milestone in _LIFTABLE
        elif milestone in _SETTLES:
            self.problem = None
        match milestone:
            case Milestone.DELIVERY_ATTEMPTED:
                self._count_attempt(fact, at)
            case Milestone.DAMAGED:
                self.damaged = True
            case Milestone.DELAYED:
                self.delayed = True
            case Milestone.PARTIALLY_DELIVERED:
                self.partial = True
            case Milestone.WAREHOUSE_CHECKED_IN | Milestone.WAREHOUSE_RECEIVED:
                self.quantities = fact.quantities or self.quantities
            case Milestone.DELIVERED | Milestone.POD_RECEIVED | Milestone.RETURNED:
                self.prove(fact, milestone)
            case _:
                pass

    def prove(self, fact: Fact, milestone: Milestone) -> None:
        """Take in evidence of delivery."""
        if milestone is Milestone.POD_RECEIVED or (fact.delivery is not None and fact.delivery.evidence):
            self.pod = True

    def estimate(self, fact: Fact) -> None:
        """Take in an estimate of the delivery; the last recorded one stands."""
        expected = fact.expected_at
        if expected is None and fact.classifier is not Classifier.ACT and fact.milestone is Milestone.DELIVERED:
            expected = fact.occurred_at
        if expected is not None and (self._estimate is None or self._estimate <= fact.recorded_at):
            self.expected_at, self._estimate = expected, fact.recorded_at

    def customs_progress(self, side: Side, facet: CustomsFacet) -> None:
        """Set how far one customs side got; a submission after the clearance is an old one."""
        if not (facet is CustomsFacet.SUBMITTED and self.customs.get(side) is CustomsFacet.CLEARED):
            self.customs[side] = facet

    def settle(self) -> None:
        """Forget the open problem."""
        self.problem = None

    def lift_problem(self) -> bool:
        """Close a problem that a plain "resolved" can mean; tell whether there was one."""
        if self.problem is None or not self.liftable:
            return False
        self.problem = None
        return True

    def _count_attempt(self, fact: Fact, at: datetime) -> None:
        last = self._attempt
        if last is None or at - last[0] > ATTEMPT_WINDOW or last[1] != self.route_version:
            self.attempts += 1
            self._attempt = at, self.route_version
        if fact.delivery is not None and fact.delivery.attempt_no is not None:
            self.attempts = max(self.attempts, fact.delivery.attempt_no)

    def facets(self, *, is_stale: bool, is_delivered: bool, proven: bool) -> Facets:
        """Return the finished facets; `proven` is evidence that came with a confirmation."""
        customs = self.customs
        return Facets(
            customs_export=customs.get(Side.EXPORT, CustomsFacet.NONE),
            customs_import=customs.get(Side.IMPORT, CustomsFacet.NONE),
            customs_transit=customs.get(Side.TRANSIT, CustomsFacet.NONE),
            damaged=self.damaged,
            attempts=self.attempts,
            route_version=self.route_version,
            direction=self.direction,
            open_problem=self.problem,
            delayed=self.delayed,
            stale=is_stale,
            partially_delivered=self.partial and not is_delivered,
            disputed=self.disputed,
            pod=self.pod or proven,
            expected_at=self.expected_at,
            quantities=self.quantities,
        )
