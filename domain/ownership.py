"""Who has to act next on a shipment in a state."""

from collections.abc import Sequence
from typing import Final

from domain.milestones import MILESTONES, Milestone
from domain.parties import Owner
from domain.reasons import REASONS, Reason
from domain.states import STATES, State

_SAYS_NOTHING: Final = frozenset({Reason.OTHER_NONE, Reason.OTHER_UNSPECIFIED})
_HOLD_DEFAULT: Final = {
    State.CUSTOMS_HOLD: MILESTONES[Milestone.CUSTOMS_HELD].owner,
    State.ON_HOLD: MILESTONES[Milestone.HELD].owner,
}
_OVER: Final = frozenset({State.DELIVERED, State.CANCELLED, State.STOCKED, State.RETURNED, State.DISPOSED})


def owner_of(state: State, reasons: Sequence[Reason]) -> Owner:
    """Return who acts: the first reason's owner where a problem is open, else the state's own.

    A reason that explains nothing decides only on a hold, whose state has no owner of its own. Nobody has to act on
    what is over, whatever the reason was.
    """
    first = reasons[0] if reasons else None
    own = STATES[state].owner
    if own is None:
        return _HOLD_DEFAULT[state] if first is None else REASONS[first].owner
    if first is None or first in _SAYS_NOTHING or state in _OVER:
        return own
    return REASONS[first].owner
