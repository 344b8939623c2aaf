"""Groups of milestones that a rule names together."""

from typing import Final

from domain.milestones import MILESTONES, Kind, Milestone
from domain.states import STATES, State, StateClass

M = Milestone

OBSERVATIONS: Final = frozenset(m for m, spec in MILESTONES.items() if spec.kind is Kind.OBSERVATION)
NEEDS_REASON: Final = frozenset(m for m, spec in MILESTONES.items() if spec.needs_reason)
RANK: Final[dict[Milestone, int]] = {m: spec.rank for m, spec in MILESTONES.items()}

LINE_SCANS: Final = frozenset({M.IN_TRANSIT, M.HUB_ARRIVED, M.HUB_DEPARTED, M.HANDED_OVER})
"""Scans on the way that say no more than where the goods are."""

LOOP_SCANS: Final = frozenset(
    {M.ARRIVED_DELIVERY_DEPOT, M.OUT_FOR_DELIVERY, M.DELIVERY_ATTEMPTED, M.AVAILABLE_FOR_PICKUP}
)
"""Scans near the recipient; each implies that every hold is over."""

SCANS: Final = LINE_SCANS | LOOP_SCANS | {M.PICKED_UP, M.RECEIVED_AT_ORIGIN, M.DEPARTED_ORIGIN, M.ARRIVED_DESTINATION}
"""Facts that prove somebody had the goods in hands while they were on their way."""

RECEIPTS: Final = frozenset({M.DELIVERED, M.WAREHOUSE_CHECKED_IN, M.WAREHOUSE_RECEIVED, M.RETURNED})

REVIVING: Final = SCANS | RECEIPTS | {M.UNDELIVERABLE, M.RETURN_INITIATED}
"""Facts that show goods to exist that were called lost or never sent."""

PROBLEMS: Final = frozenset(
    {
        M.PICKUP_FAILED,
        M.CUSTOMS_HELD,
        M.CUSTOMS_REFUSED,
        M.HELD,
        M.DELIVERY_ATTEMPTED,
        M.DELAYED,
        M.EXCEPTION_RAISED,
        M.LOST,
        M.UNDELIVERABLE,
    }
)
"""Facts that open a problem; its first reason says who acts."""

FACILITY_SCANS: Final = frozenset(
    {
        M.RECEIVED_AT_ORIGIN,
        M.HUB_ARRIVED,
        M.HUB_DEPARTED,
        M.DEPARTED_ORIGIN,
        M.ARRIVED_DESTINATION,
        M.ARRIVED_DELIVERY_DEPOT,
    }
)

ONE_OFF: Final = frozenset(
    {
        M.SHIPMENT_CREATED,
        M.LABEL_CREATED,
        M.CANCELLED,
        M.PICKED_UP,
        M.RECEIVED_AT_ORIGIN,
        M.DEPARTED_ORIGIN,
        M.ARRIVED_DESTINATION,
        M.DELIVERED,
        M.WAREHOUSE_RECEIVED,
        M.RETURN_INITIATED,
        M.RETURNED,
        M.DISPOSED,
    }
)
"""Milestones that happen once on a way: two sources may differ by hours and still mean the same event."""

ENDINGS: Final = frozenset(s for s, spec in STATES.items() if spec.kind in {StateClass.SOFT, StateClass.HARD})
HARD: Final = frozenset(s for s, spec in STATES.items() if spec.kind is StateClass.HARD)

LINE: Final[dict[State, int]] = {
    state: place
    for place, state in enumerate(
        (
            State.CREATED,
            State.FIRST_MILE,
            State.EXPORT,
            State.LINEHAUL,
            State.IMPORT_CUSTOMS,
            State.LAST_MILE,
            State.OUT_FOR_DELIVERY,
        )
    )
}
"""The way forward; a stage on it never goes back by a scan."""

LOOP: Final = frozenset(
    {
        State.OUT_FOR_DELIVERY,
        State.DELIVERY_ATTEMPTED,
        State.AVAILABLE_FOR_PICKUP,
        State.UNDELIVERABLE,
    }
)
"""Stages of the delivery loop beside LAST_MILE; all of them are reachable from each other."""
