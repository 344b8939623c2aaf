"""How a piece takes in its next fact: read it in context, judge it by the ending in force, then apply its rule."""

from datetime import datetime, timedelta
from typing import Final

from domain.axes import Classifier, Trust
from domain.facts import Fact
from domain.fold.endings import Gate, gate
from domain.fold.groups import OBSERVATIONS
from domain.fold.piece import Piece
from domain.fold.rules import RULES
from domain.journeys import Effect
from domain.milestones import Milestone
from domain.states import State

REOPEN_WINDOW: Final = timedelta(days=45)
"""Carriers use numbers again: what comes this long after an ending is not taken for the same goods."""


def take_in(piece: Piece, fact: Fact, at: datetime) -> tuple[Milestone, Effect]:
    """Apply the next fact, which happened `at`; return what it meant and what it did.

    `piece.flags` names what was noticed: what the fact implies, or why it does not fit.
    """
    piece.flags = []
    if fact.classifier is not Classifier.ACT:
        piece.marks.estimate(fact)
        return fact.milestone, Effect.OBSERVED
    before, ending = piece.state, piece.ending
    milestone = piece.context.read(fact, piece.stage, ending)
    observed = milestone in OBSERVATIONS
    wrong = None if ending is None else _judge(piece, fact, milestone, ending=ending, at=at)
    if wrong is None and milestone in RULES:
        wrong = RULES[milestone](piece, fact, milestone)
    if wrong is not None:
        piece.flags = [wrong]
        return milestone, Effect.ILLEGAL
    if piece.ending is not ending:
        piece.ending_at = None if piece.ending is None else at
    if milestone is Milestone.RETURNED and fact.milestone is Milestone.DELIVERED:
        piece.flags.append("DELIVERED_ON_RETURN")
    piece.context.note(fact, milestone)
    piece.marks.note(fact, milestone, at)
    if observed:
        return milestone, Effect.OBSERVED
    return milestone, Effect.KEPT if piece.state is before else Effect.MOVED


def _judge(piece: Piece, fact: Fact, milestone: Milestone, *, ending: State, at: datetime) -> str | None:
    """Return why the fact cannot follow the ending; drop an ending that the fact shows to be none."""
    # People and the hub speak of the shipment, not of a number that may have got a new life.
    if fact.source.trust is not Trust.OPERATOR and piece.ending_at is not None and at - piece.ending_at > REOPEN_WINDOW:
        return f"REUSE_SUSPECTED:{milestone}"
    if milestone in OBSERVATIONS:
        return None
    verdict, flag = gate(ending, milestone)
    if verdict is Gate.SHUT:
        piece.marks.disputed = piece.marks.disputed or flag == "NON_RECEIPT_DISPUTE"
        return flag
    if verdict is Gate.REVIVE and (milestone is not Milestone.WAREHOUSE_RECEIVED or piece.inbound):
        if ending is State.CANCELLED:
            piece.advance(State.FIRST_MILE)
        piece.ending = None
        piece.flags.append(flag)
    return None
