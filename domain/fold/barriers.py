"""Rules of customs and holds: what stops goods, and what lets them go on."""

from domain.axes import Side
from domain.facts import Fact
from domain.fold.holds import Lifted
from domain.fold.piece import Piece
from domain.fold.reasons import reasons_of
from domain.journeys import CustomsFacet
from domain.milestones import Milestone
from domain.states import State


def submit_customs(piece: Piece, fact: Fact, milestone: Milestone) -> str | None:
    """Note a declaration; once the goods are there it starts the stage of its side."""
    side = _side(piece, fact, milestone)
    piece.marks.customs_progress(side, CustomsFacet.SUBMITTED)
    if not piece.border:
        return None
    if side is Side.EXPORT and piece.stage is State.FIRST_MILE:
        piece.advance(State.EXPORT)
    elif side is Side.IMPORT and piece.stage is State.LINEHAUL and piece.context.may_be_at_destination(fact):
        piece.advance(State.IMPORT_CUSTOMS)
    return None


def clear_customs(piece: Piece, fact: Fact, milestone: Milestone) -> str | None:
    """Note a clearance; it lifts the customs holds of its side and no others."""
    side = _side(piece, fact, milestone)
    piece.marks.customs_progress(side, CustomsFacet.CLEARED)
    if piece.holds.lift_customs(side):
        piece.resume()
    if side is Side.EXPORT and piece.stage is State.FIRST_MILE and piece.border:
        piece.advance(State.EXPORT)
    elif side is Side.IMPORT and piece.stage is State.IMPORT_CUSTOMS:
        piece.advance(State.LAST_MILE)
    return None


def _side(piece: Piece, fact: Fact, milestone: Milestone) -> Side:
    """Return the customs side: the milestone's own, unless its code leaves the side to the place."""
    if fact.by_context:
        return piece.context.customs_side(fact)
    exporting = milestone in {Milestone.EXPORT_CUSTOMS_SUBMITTED, Milestone.EXPORT_CUSTOMS_CLEARED}
    return Side.EXPORT if exporting else Side.IMPORT


def _authority_side(piece: Piece, fact: Fact) -> Side:
    named = fact.hold.side if fact.hold else None
    return named or piece.context.customs_side(fact)


def hold_by_authority(piece: Piece, fact: Fact, _milestone: Milestone) -> str | None:
    """Open an authority's hold."""
    piece.holds.place(fact, customs=True, side=_authority_side(piece, fact), reasons=reasons_of(fact))
    return None


def hold(piece: Piece, fact: Fact, _milestone: Milestone) -> str | None:
    """Open anybody else's hold."""
    side = fact.hold.side if fact.hold else None
    piece.holds.place(fact, customs=False, side=side, reasons=reasons_of(fact))
    return None


def refuse(piece: Piece, fact: Fact, _milestone: Milestone) -> str | None:
    """Stop the goods: the authority has decided, so nothing of its side is pending any more."""
    if piece.stage is State.CREATED:
        return "REFUSED_BEFORE_CUSTODY"
    side = _authority_side(piece, fact)
    piece.marks.customs_progress(side, CustomsFacet.REFUSED)
    piece.holds.lift_customs(side)
    piece.stop()
    return None


def resolve(piece: Piece, fact: Fact, _milestone: Milestone) -> str | None:
    """Lift the hold that is meant, or close an open problem."""
    lifted = piece.holds.lift(fact.hold, piece.context.customs_side(fact))
    if lifted is Lifted.NOTHING:
        return None if piece.marks.lift_problem() else "RESOLVED_WITHOUT_HOLD"
    if lifted is Lifted.ONE_OF_SEVERAL:
        piece.flags.append("AMBIGUOUS_RELEASE")
    piece.resume()
    return None
