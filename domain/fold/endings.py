"""What may still follow an ending."""

from enum import Enum, auto
from typing import Final

from domain.fold.groups import REVIVING
from domain.milestones import Milestone
from domain.states import State


class Gate(Enum):
    """Whether a milestone gets past an ending; `REVIVE` shows that the ending was none."""

    PASS = auto()
    REVIVE = auto()
    SHUT = auto()


M = Milestone

_PASSES: Final[dict[State, frozenset[Milestone]]] = {
    State.DELIVERED: frozenset(
        {
            M.DELIVERED,
            M.PARTIALLY_DELIVERED,
            M.DAMAGED,
            M.WAREHOUSE_CHECKED_IN,
            M.WAREHOUSE_RECEIVED,
            M.RETURN_INITIATED,
            M.RETURNED,
        }
    ),
    State.LOST: frozenset({M.LOST, M.FOUND, M.DISPOSED}),
    State.CANCELLED: frozenset({M.CANCELLED}),
    State.STOCKED: frozenset({M.WAREHOUSE_RECEIVED, M.DAMAGED}),
    State.RETURNED: frozenset({M.DAMAGED}),
    State.DISPOSED: frozenset({M.DAMAGED}),
}
"""What an ending lets by: repetitions of itself, news about the goods' condition, and its own ways out."""

_REVIVES: Final[dict[State, str]] = {State.LOST: "IMPLIED:FOUND", State.CANCELLED: "ZOMBIE_LABEL"}
"""Endings that goods in somebody's hands disprove, and what that is called."""

_NAMED: Final[dict[tuple[State, Milestone], str]] = {
    (State.DELIVERED, M.LOST): "NON_RECEIPT_DISPUTE",
    (State.STOCKED, M.RETURN_INITIATED): "OPEN_NEW_SHIPMENT",
}


def gate(ending: State, milestone: Milestone) -> tuple[Gate, str]:
    """Return whether the milestone gets past the ending, and the flag that says so or why not."""
    if milestone in _PASSES[ending]:
        return Gate.PASS, ""
    if milestone in REVIVING and ending in _REVIVES:
        return Gate.REVIVE, _REVIVES[ending]
    return Gate.SHUT, _NAMED.get((ending, milestone), f"AFTER_TERMINAL:{milestone}")
