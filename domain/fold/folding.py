"""The way from facts to a journey."""

from collections.abc import Iterable

from domain.facts import Fact
from domain.journeys import Journey
from domain.shipments import ShipmentPlan


def fold(facts: Iterable[Fact], plan: ShipmentPlan) -> Journey:
    """Return the journey."""
    _ = list(facts), plan
    raise NotImplementedError
