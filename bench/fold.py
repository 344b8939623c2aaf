"""Speed of the fold: facts a second, and its ratio to sorting the same facts and building as many steps.

Run with `python -m bench.fold`.
"""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.axes import Precision
from domain.facts import Fact, Location, Source
from domain.fold import fold
from domain.journeys import Effect, Step
from domain.milestones import Milestone
from domain.shipments import ShipmentPlan
from domain.states import State

M = Milestone

PLAN: Final = ShipmentPlan(tenant="bench", shipment_id="B1", origin_country="CN", destination_country="DE")
START: Final = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ROUNDS: Final = 9
JOURNEYS: Final = 40

_HEAD: Final = (
    (M.LABEL_CREATED, "CN"),
    (M.PICKED_UP, "CN"),
    (M.HUB_ARRIVED, "CN"),
    (M.EXPORT_CUSTOMS_SUBMITTED, "CN"),
    (M.EXPORT_CUSTOMS_CLEARED, "CN"),
    (M.DEPARTED_ORIGIN, "CN"),
)
_HUBS: Final = ((M.HUB_ARRIVED, "AE"), (M.HUB_DEPARTED, "AE"), (M.IN_TRANSIT, "AE"), (M.ETA_UPDATED, None)) * 8
_TAIL: Final = (
    (M.ARRIVED_DESTINATION, "DE"),
    (M.CUSTOMS_HELD, "DE"),
    (M.HOLD_RESOLVED, "DE"),
    (M.IMPORT_CUSTOMS_CLEARED, "DE"),
    (M.ARRIVED_DELIVERY_DEPOT, "DE"),
    (M.OUT_FOR_DELIVERY, "DE"),
    (M.DELIVERY_ATTEMPTED, "DE"),
    (M.REROUTED, "DE"),
    (M.HUB_ARRIVED, "DE"),
    (M.AVAILABLE_FOR_PICKUP, "DE"),
    (M.DELIVERED, "DE"),
    (M.POD_RECEIVED, None),
)


def journey_facts(number: int) -> list[Fact]:
    """Return the 50 facts of one journey, newest first, as carriers tend to list them."""
    facts = [
        Fact(
            event_id=f"e_{number:04}_{place:04}",
            tracking_number="B1",
            milestone=milestone,
            source=Source(party="acme", system="acme", raw_code=milestone.value),
            recorded_at=START + timedelta(hours=place, minutes=5),
            occurred_at=START + timedelta(hours=place),
            precision=Precision.SECOND,
            location=Location(country=country) if country else None,
        )
        for place, (milestone, country) in enumerate((*_HEAD, *_HUBS, *_TAIL))
    ]
    return facts[::-1]


def floor(facts: list[Fact]) -> list[Step]:
    """Return the facts sorted by time, each as a step: what no fold can do without."""
    dated = sorted((fact.occurred_at, fact.event_id, fact) for fact in facts if fact.occurred_at is not None)
    return [
        Step(
            event_id=event_id,
            milestone=fact.milestone,
            reported=fact.milestone,
            at=at,
            precision=Precision.SECOND,
            state_before=State.CREATED,
            state=State.CREATED,
            effect=Effect.KEPT,
            reasons=fact.reasons,
            country=fact.location.country if fact.location else None,
        )
        for at, event_id, fact in dated
    ]


def measure() -> dict[str, float]:
    """Return facts a second, microseconds a fact, and the ratio of the time to the floor's, median of rounds."""
    batches = [journey_facts(number) for number in range(JOURNEYS)]
    assert fold(batches[0], PLAN).state is State.DELIVERED
    assert len(fold(batches[0], PLAN).steps) == len(floor(batches[0])) == len(batches[0])
    folding, flooring = [], []
    for _ in range(ROUNDS):
        folding.append(_seconds_per_fact(lambda facts: fold(facts, PLAN), batches))
        flooring.append(_seconds_per_fact(floor, batches))
    spent, least = statistics.median(folding), statistics.median(flooring)
    return {
        "facts_per_s": 1 / spent,
        "us_per_fact": spent * 1e6,
        "ratio_to_floor": spent / least,
    }


def _seconds_per_fact(work: Callable[[list[Fact]], object], batches: list[list[Fact]]) -> float:
    start = time.perf_counter()
    for facts in batches:
        work(facts)
    return (time.perf_counter() - start) / sum(map(len, batches))


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:32}{value:14,.2f}")
