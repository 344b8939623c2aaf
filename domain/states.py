"""The 21 lifecycle states. A state is always computed by the fold, never stored by a fact."""

from enum import StrEnum
from typing import Final, NamedTuple

from domain.parties import Owner


class State(StrEnum):
    """Where a shipment stands."""

    CREATED = "CREATED"
    FIRST_MILE = "FIRST_MILE"
    EXPORT = "EXPORT"
    LINEHAUL = "LINEHAUL"
    IMPORT_CUSTOMS = "IMPORT_CUSTOMS"
    LAST_MILE = "LAST_MILE"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    DELIVERY_ATTEMPTED = "DELIVERY_ATTEMPTED"
    AVAILABLE_FOR_PICKUP = "AVAILABLE_FOR_PICKUP"
    UNDELIVERABLE = "UNDELIVERABLE"
    RETURNING = "RETURNING"
    CUSTOMS_HOLD = "CUSTOMS_HOLD"
    ON_HOLD = "ON_HOLD"
    RESOLVED = "RESOLVED"
    REROUTED = "REROUTED"
    DELIVERED = "DELIVERED"
    LOST = "LOST"
    CANCELLED = "CANCELLED"
    STOCKED = "STOCKED"
    RETURNED = "RETURNED"
    DISPOSED = "DISPOSED"


class StateClass(StrEnum):
    """How a state ends."""

    OPEN = "OPEN"
    OVERLAY = "OVERLAY"
    SOFT = "SOFT"
    HARD = "HARD"


class StateSpec(NamedTuple):
    """One row of the state table. `order` says how advanced a state is; overlays have none.

    `owner` is None where the reason of the open hold decides who acts.
    """

    kind: StateClass
    order: int | None
    owner: Owner | None
    meaning: str


STATES: Final[dict[State, StateSpec]] = {
    State.CREATED: StateSpec(StateClass.OPEN, 10, Owner.SHIPPER, "Announced, nobody has taken the goods."),
    State.FIRST_MILE: StateSpec(StateClass.OPEN, 20, Owner.CARRIER, "With the carrier, still where it came from."),
    State.EXPORT: StateSpec(StateClass.OPEN, 30, Owner.CUSTOMS, "With the carrier, in export formalities."),
    State.LINEHAUL: StateSpec(StateClass.OPEN, 40, Owner.CARRIER, "On the long way, or between two facilities of it."),
    State.IMPORT_CUSTOMS: StateSpec(StateClass.OPEN, 50, Owner.CUSTOMS, "Arrived, and import has not released it yet."),
    State.LAST_MILE: StateSpec(StateClass.OPEN, 60, Owner.CARRIER, "In the delivering network, nothing in the way."),
    State.OUT_FOR_DELIVERY: StateSpec(StateClass.OPEN, 70, Owner.CARRIER, "On a delivery round."),
    State.DELIVERY_ATTEMPTED: StateSpec(StateClass.OPEN, 72, Owner.RECIPIENT, "The latest try failed."),
    State.AVAILABLE_FOR_PICKUP: StateSpec(StateClass.OPEN, 74, Owner.RECIPIENT, "Ready to be collected."),
    State.UNDELIVERABLE: StateSpec(StateClass.OPEN, 76, Owner.SHIPPER, "Stopped; somebody has to decide."),
    State.RETURNING: StateSpec(StateClass.OPEN, 85, Owner.CARRIER, "On the way back."),
    State.CUSTOMS_HOLD: StateSpec(StateClass.OVERLAY, None, None, "Held by an authority, whoever else holds it."),
    State.ON_HOLD: StateSpec(StateClass.OVERLAY, None, None, "Held, but by no authority."),
    State.RESOLVED: StateSpec(StateClass.OVERLAY, None, Owner.CARRIER, "The last hold is over; nothing has moved yet."),
    State.REROUTED: StateSpec(StateClass.OVERLAY, None, Owner.CARRIER, "The route is new; nothing has moved yet."),
    State.DELIVERED: StateSpec(StateClass.SOFT, 80, Owner.NONE, "Received."),
    State.LOST: StateSpec(StateClass.SOFT, 82, Owner.CARRIER, "Given up as lost."),
    State.CANCELLED: StateSpec(StateClass.SOFT, 15, Owner.NONE, "Called off before anyone took the goods."),
    State.STOCKED: StateSpec(StateClass.HARD, 83, Owner.NONE, "Booked into the warehouse's stock."),
    State.RETURNED: StateSpec(StateClass.HARD, 90, Owner.NONE, "Back with the sender."),
    State.DISPOSED: StateSpec(StateClass.HARD, 95, Owner.NONE, "Destroyed or given up for good."),
}
