"""What each milestone does to a piece.

Scans only move the stage forward; the delivery loop, holds, reroutes, returns and FOUND are the ways back. A rule
returns the name of what is wrong when its milestone does not fit, and has changed nothing then.
"""

from collections.abc import Callable
from typing import Final

from domain.axes import Direction
from domain.facts import Fact
from domain.fold import barriers
from domain.fold.context import Zone
from domain.fold.groups import LOOP
from domain.fold.piece import Piece
from domain.milestones import Milestone
from domain.states import State

Rule = Callable[[Piece, Fact, Milestone], str | None]


def _first_mile(piece: Piece, fact: Fact, _milestone: Milestone) -> str | None:
    piece.advance(State.FIRST_MILE)
    piece.start_moving(fact)
    return None


def _line_scan(piece: Piece, fact: Fact, _milestone: Milestone) -> str | None:
    piece.take_custody()
    piece.start_moving(fact)
    if piece.context.is_outside_origin(fact):
        piece.leave_origin()
    in_destination = piece.context.zone(fact) is Zone.DESTINATION
    piece.advance(piece.arrival_stage() if in_destination else State.LINEHAUL)
    return None


def _leave_origin(piece: Piece, fact: Fact, _milestone: Milestone) -> str | None:
    piece.take_custody()
    piece.start_moving(fact)
    piece.leave_origin()
    piece.advance(State.LINEHAUL)
    return None


def _arrive(piece: Piece, fact: Fact, _milestone: Milestone) -> str | None:
    piece.take_custody()
    piece.start_moving(fact)
    piece.leave_origin()
    piece.advance(piece.arrival_stage())
    return None


_LOOP_STAGES: Final = {
    Milestone.ARRIVED_DELIVERY_DEPOT: State.LAST_MILE,
    Milestone.OUT_FOR_DELIVERY: State.OUT_FOR_DELIVERY,
    Milestone.DELIVERY_ATTEMPTED: State.DELIVERY_ATTEMPTED,
    Milestone.AVAILABLE_FOR_PICKUP: State.AVAILABLE_FOR_PICKUP,
}


def _loop_scan(piece: Piece, fact: Fact, milestone: Milestone) -> str | None:
    piece.take_custody()
    piece.start_moving(fact)
    piece.imply_no_holds()
    piece.advance(State.LAST_MILE)
    if piece.stage is not State.RETURNING:
        piece.stage = _LOOP_STAGES[milestone]
    return None


def _schedule(piece: Piece, _fact: Fact, _milestone: Milestone) -> str | None:
    if piece.stage in {State.DELIVERY_ATTEMPTED, State.UNDELIVERABLE}:
        piece.stage = State.LAST_MILE
    return None


def _reroute(piece: Piece, fact: Fact, _milestone: Milestone) -> str | None:
    piece.marks.route_version += 1
    if piece.stage is State.RETURNING and fact.direction is Direction.FORWARD:
        piece.stage, piece.marks.direction = piece.line, Direction.FORWARD
    elif piece.stage in LOOP:
        piece.stage = piece.line
    piece.pause = State.REROUTED
    return None


def _deliver(piece: Piece, _fact: Fact, _milestone: Milestone) -> str | None:
    piece.take_custody()
    piece.imply_no_holds()
    piece.end(State.DELIVERED)
    return None


def _check_in(piece: Piece, _fact: Fact, _milestone: Milestone) -> str | None:
    if piece.ending is State.DELIVERED or piece.stage is State.RETURNING:
        return None
    piece.take_custody()
    piece.imply_no_holds()
    piece.flags.append("IMPLIED:DELIVERED")
    piece.end(State.DELIVERED)
    return None


def _stock(piece: Piece, fact: Fact, milestone: Milestone) -> str | None:
    if not piece.inbound:
        return f"NOT_INBOUND:{milestone}"
    if piece.ending is State.STOCKED or (piece.stage is State.RETURNING and piece.ending is None):
        return None
    _check_in(piece, fact, milestone)
    piece.end(State.STOCKED)
    return None


def _lose(piece: Piece, _fact: Fact, _milestone: Milestone) -> str | None:
    piece.take_custody()
    piece.end(State.LOST)
    return None


def _find(piece: Piece, _fact: Fact, _milestone: Milestone) -> str | None:
    if piece.ending is not State.LOST:
        return "FOUND_WITHOUT_LOST"
    piece.ending, piece.pause = None, State.RESOLVED
    return None


def _stop(piece: Piece, _fact: Fact, _milestone: Milestone) -> str | None:
    if piece.stage is State.CREATED:
        return "UNDELIVERABLE_BEFORE_CUSTODY"
    piece.stop()
    return None


def _dispose(piece: Piece, _fact: Fact, _milestone: Milestone) -> str | None:
    piece.take_custody()
    piece.end(State.DISPOSED)
    return None


def _turn_back(piece: Piece, _fact: Fact, _milestone: Milestone) -> str | None:
    if piece.stage is State.CREATED:
        return "RETURN_BEFORE_CUSTODY"
    piece.imply_no_holds()
    piece.turn_back()
    return None


def _return(piece: Piece, _fact: Fact, _milestone: Milestone) -> str | None:
    piece.take_custody()
    if piece.stage is not State.RETURNING and not piece.is_return:
        piece.flags.append("IMPLIED:RETURN_INITIATED")
        piece.marks.direction = Direction.RETURN
    piece.end(State.RETURNED)
    return None


def _cancel(piece: Piece, _fact: Fact, _milestone: Milestone) -> str | None:
    if piece.stage is not State.CREATED:
        return "CANCEL_AFTER_PICKUP"
    piece.end(State.CANCELLED)
    return None


RULES: Final[dict[Milestone, Rule]] = {
    Milestone.CANCELLED: _cancel,
    Milestone.PICKED_UP: _first_mile,
    Milestone.RECEIVED_AT_ORIGIN: _first_mile,
    Milestone.EXPORT_CUSTOMS_SUBMITTED: barriers.submit_customs,
    Milestone.EXPORT_CUSTOMS_CLEARED: barriers.clear_customs,
    Milestone.DEPARTED_ORIGIN: _leave_origin,
    Milestone.IN_TRANSIT: _line_scan,
    Milestone.HUB_ARRIVED: _line_scan,
    Milestone.HUB_DEPARTED: _line_scan,
    Milestone.HANDED_OVER: _line_scan,
    Milestone.ARRIVED_DESTINATION: _arrive,
    Milestone.IMPORT_CUSTOMS_SUBMITTED: barriers.submit_customs,
    Milestone.IMPORT_CUSTOMS_CLEARED: barriers.clear_customs,
    Milestone.CUSTOMS_HELD: barriers.hold_by_authority,
    Milestone.CUSTOMS_REFUSED: barriers.refuse,
    Milestone.HELD: barriers.hold,
    Milestone.HOLD_RESOLVED: barriers.resolve,
    Milestone.REROUTED: _reroute,
    Milestone.ARRIVED_DELIVERY_DEPOT: _loop_scan,
    Milestone.DELIVERY_SCHEDULED: _schedule,
    Milestone.OUT_FOR_DELIVERY: _loop_scan,
    Milestone.DELIVERY_ATTEMPTED: _loop_scan,
    Milestone.AVAILABLE_FOR_PICKUP: _loop_scan,
    Milestone.DELIVERED: _deliver,
    Milestone.WAREHOUSE_CHECKED_IN: _check_in,
    Milestone.WAREHOUSE_RECEIVED: _stock,
    Milestone.LOST: _lose,
    Milestone.FOUND: _find,
    Milestone.UNDELIVERABLE: _stop,
    Milestone.DISPOSED: _dispose,
    Milestone.RETURN_INITIATED: _turn_back,
    Milestone.RETURNED: _return,
}
"""Milestones without a rule are legal and leave the state alone."""
