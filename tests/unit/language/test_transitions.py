"""Every row of the transition table, each from a real sequence of facts."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from domain.journeys import Effect
from domain.milestones import Milestone
from domain.states import State
from tests.unit.language.building import M, at_place, journey, line

TABLE = Path(__file__).resolve().parents[4] / "shared" / "language" / "transitions.csv"

ON_THE_WAY = (M.PICKED_UP, M.DEPARTED_ORIGIN)
ARRIVED = (*ON_THE_WAY, M.ARRIVED_DESTINATION)
AT_DEPOT = (*ARRIVED, M.ARRIVED_DELIVERY_DEPOT)

WAYS: dict[State, tuple[Milestone, ...]] = {
    State.CREATED: (),
    State.FIRST_MILE: (M.PICKED_UP,),
    State.EXPORT: (M.PICKED_UP, M.EXPORT_CUSTOMS_SUBMITTED),
    State.LINEHAUL: ON_THE_WAY,
    State.IMPORT_CUSTOMS: ARRIVED,
    State.LAST_MILE: AT_DEPOT,
    State.OUT_FOR_DELIVERY: (*AT_DEPOT, M.OUT_FOR_DELIVERY),
    State.DELIVERY_ATTEMPTED: (*AT_DEPOT, M.DELIVERY_ATTEMPTED),
    State.AVAILABLE_FOR_PICKUP: (*AT_DEPOT, M.AVAILABLE_FOR_PICKUP),
    State.UNDELIVERABLE: (*AT_DEPOT, M.UNDELIVERABLE),
    State.RETURNING: (*AT_DEPOT, M.RETURN_INITIATED),
    State.CUSTOMS_HOLD: (*ARRIVED, M.CUSTOMS_HELD),
    State.ON_HOLD: (*ARRIVED, M.HELD),
    State.RESOLVED: (*ARRIVED, M.CUSTOMS_HELD, M.HOLD_RESOLVED),
    State.REROUTED: (*AT_DEPOT, M.REROUTED),
    State.DELIVERED: (*AT_DEPOT, M.DELIVERED),
    State.LOST: (*ON_THE_WAY, M.LOST),
    State.CANCELLED: (M.CANCELLED,),
    State.STOCKED: (*AT_DEPOT, M.WAREHOUSE_RECEIVED),
    State.RETURNED: (*AT_DEPOT, M.RETURN_INITIATED, M.RETURNED),
    State.DISPOSED: (*AT_DEPOT, M.DISPOSED),
}


def rows() -> list[dict[str, str]]:
    if not TABLE.is_file():
        return []
    with TABLE.open(newline="") as file:
        return list(csv.DictReader(file))


def kind_of(effect: Effect, flags: tuple[str, ...]) -> str:
    names = {Effect.KEPT: "KEEP", Effect.OBSERVED: "OBSERVATION", Effect.ILLEGAL: "ILLEGAL"}
    return names.get(effect, "LEGAL_FLAGGED" if flags else "MOVE")


@pytest.mark.skipif(not TABLE.is_file(), reason=f"the transition table is not at {TABLE}")
def test_every_row_of_the_table_holds() -> None:
    broken = []
    kinds: Counter[str] = Counter()
    for row in rows():
        way = WAYS[State(row["from_state"])]
        folded = journey([*line(*way), at_place(Milestone(row["milestone"]), 50)])
        step = folded.steps[-1]
        assert (step.state_before, step.reported) == (row["from_state"], row["milestone"])
        seen = (step.state.value, kind_of(step.effect, step.flags), ";".join(step.flags))
        kinds[seen[1]] += 1
        if seen != (row["to_state"], row["kind"], row["note"]):
            broken.append((row, seen))
        assert [anomaly.flag for anomaly in folded.anomalies if anomaly.event_id == step.event_id] == list(step.flags)

    assert broken == []
    assert kinds == {"MOVE": 196, "LEGAL_FLAGGED": 105, "KEEP": 350, "OBSERVATION": 126, "ILLEGAL": 252}
    assert sum(kinds.values()) == 1029
