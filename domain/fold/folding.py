"""The way from facts to a journey: correct, deduplicate, corroborate, order, walk.

Everything is a function of the set of facts: no clock, no arrival order.
"""

from collections.abc import Callable, Iterable

from domain.facts import Fact
from domain.fold.corrections import corrected
from domain.fold.corroboration import corroborated
from domain.fold.duplicates import by_id, without_repeats
from domain.fold.order import ordered
from domain.fold.outcome import Evidence, journey_of
from domain.fold.parcels import named_pieces
from domain.fold.piece import Piece
from domain.fold.walk import Walk
from domain.journeys import Journey
from domain.milestones import Milestone
from domain.shipments import LegRole, ShipmentPlan

Order = Callable[[Iterable[Fact]], list[Fact]]


def fold(facts: Iterable[Fact], plan: ShipmentPlan, *, order: Order = ordered) -> Journey:
    """Return the journey of a shipment: a pure function of the set of facts and the plan.

    Any permutation and any repetition of the facts gives the same journey. What facts say never raises: what does
    not fit becomes an anomaly.
    """
    known = corrected(by_id(facts))
    events: list[Fact] = []
    summaries: list[Fact] = []
    undated: list[Fact] = []
    unmapped: list[Fact] = []
    for fact in known.facts:
        if fact.milestone is Milestone.UNMAPPED:
            unmapped.append(fact)
        elif fact.occurred_at is None:
            undated.append(fact)
        else:
            (summaries if fact.summary else events).append(fact)
    names, events = named_pieces(events, plan)
    standing, confirmations = corroborated(without_repeats(events))
    walk = Walk(_pieces(names or ("",), plan))
    for fact in order(standing):
        walk.take(fact)
    evidence = Evidence(
        facts=known.facts,
        confirmations=confirmations,
        summaries=summaries,
        undated=undated,
        unmapped=unmapped,
        voided=known.voided,
        notes=known.notes,
    )
    return journey_of(walk, evidence)


def _pieces(names: tuple[str, ...], plan: ShipmentPlan) -> dict[str, Piece]:
    numbers = frozenset(leg.tracking_number for leg in plan.legs if leg.role is LegRole.RETURN)
    return {name: Piece(plan, numbers) for name in names}
