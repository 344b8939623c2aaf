"""Several pieces under one shipment: each folds by itself, the shipment shows the least advanced open one."""

from collections.abc import Iterable, Sequence
from typing import Final

from domain.facts import Fact
from domain.fold.groups import ENDINGS
from domain.fold.piece import Piece
from domain.shipments import ShipmentPlan
from domain.states import STATES, State

_SHOWN_FIRST: Final = {State.CUSTOMS_HOLD: 0, State.ON_HOLD: 1, State.RESOLVED: 2, State.REROUTED: 3}
"""Among pieces equally far, one that needs attention is shown."""

_RECEIVED: Final = frozenset({State.DELIVERED, State.STOCKED})


def named_pieces(facts: list[Fact], plan: ShipmentPlan) -> tuple[tuple[str, ...], list[Fact]]:
    """Return the names of all pieces, and the facts with the piece named that their tracking number belongs to.

    Pieces of the plan come first, then those that only facts name, sorted. One planned piece and one other name in
    the facts are two names of the same piece: the plan's stands. Without any name there is no piece to name.
    """
    by_number = {leg.tracking_number: leg.parcel for leg in plan.legs if leg.parcel is not None}
    planned = tuple(dict.fromkeys((*plan.parcels, *by_number.values())))
    told = {fact.parcel for fact in facts if fact.parcel is not None}
    if not planned and not told:
        return (), facts
    others = sorted(told.difference(planned))
    alias = {others[0]: planned[0]} if len(planned) == len(others) == 1 and told.isdisjoint(planned) else {}
    return (*planned, *(name for name in others if name not in alias)), [
        _named(fact, by_number, alias) for fact in facts
    ]


def _named(fact: Fact, by_number: dict[str, str], alias: dict[str, str]) -> Fact:
    name = by_number.get(fact.tracking_number) if fact.parcel is None else alias.get(fact.parcel, fact.parcel)
    return fact if name == fact.parcel else fact.model_copy(update={"parcel": name})


def shown(pieces: Sequence[Piece]) -> Piece:
    """Return the piece whose stage the shipment shows."""
    counted = [piece for piece in pieces if piece.ending is not State.CANCELLED] or pieces
    still_open = [piece for piece in counted if piece.ending is None]
    if still_open:
        return min(still_open, key=_progress)
    lost = [piece for piece in counted if piece.ending is State.LOST]
    if lost:
        return min(lost, key=_progress)
    return min(counted, key=_finality)


def shown_state(pieces: Sequence[Piece]) -> State:
    """Return the state of a shipment of several pieces.

    A cancelled piece does not count beside others. DELIVERED needs every piece; a piece that is lost beside others
    shows the stage it was lost in, since the shipment is neither lost nor delivered.
    """
    piece = shown(pieces)
    if piece.ending is not State.LOST:
        return piece.state
    all_lost = all(other.ending in {State.LOST, State.CANCELLED} for other in pieces)
    return State.LOST if all_lost else piece.stage


def partially_delivered(pieces: Iterable[Piece]) -> bool:
    """Tell whether some pieces were received and some were not."""
    received = [piece.ending in _RECEIVED for piece in pieces]
    return any(received) and not all(received)


def _progress(piece: Piece) -> tuple[int, int]:
    order = STATES[piece.stage].order
    assert order is not None  # noqa: S101 - stages are never overlays
    return order, _SHOWN_FIRST.get(piece.state, len(_SHOWN_FIRST))


def _finality(piece: Piece) -> tuple[bool, int]:
    """Order ended pieces: what was not received before what was, then by how advanced the ending is."""
    assert piece.ending in ENDINGS  # noqa: S101 - only ended pieces are compared
    order = STATES[piece.ending].order
    assert order is not None  # noqa: S101 - endings are never overlays
    return piece.ending in _RECEIVED, order
