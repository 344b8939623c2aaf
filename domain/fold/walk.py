"""The walk through ordered facts: each becomes a step, and whatever does not fit an anomaly."""

from collections.abc import Sequence
from datetime import datetime

from domain.axes import Precision
from domain.facts import Fact
from domain.fold.custody import LINKS, Chain
from domain.fold.machine import take_in
from domain.fold.parcels import shown_state
from domain.fold.piece import Piece
from domain.fold.reasons import reasons_of
from domain.journeys import Anomaly, Effect, Step
from domain.milestones import Milestone
from domain.states import State


class Walk:
    """The steps of a shipment. `pieces` is by parcel name; a shipment without named pieces has one, named ""."""

    __slots__ = ("anomalies", "chains", "last", "pieces", "state", "state_since", "steps")

    def __init__(self, pieces: dict[str, Piece]) -> None:
        self.pieces = pieces
        self.chains = {name: Chain() for name in pieces}
        self.steps: list[Step] = []
        self.anomalies: list[Anomaly] = []
        self.state = State.CREATED
        self.state_since: datetime | None = None
        self.last: Step | None = None
        """The last actual milestone that fitted."""

    def take(self, fact: Fact) -> None:
        """Take the next step."""
        assert fact.occurred_at is not None  # noqa: S101 - undated facts are set apart before
        at, before = fact.occurred_at, self.state
        if len(self.pieces) == 1:
            ((name, piece),) = self.pieces.items()
            milestone, effect = self._move(name, piece, fact, at)
            flags = tuple(piece.flags)
            self.state = piece.state
        else:
            milestone, effect, flags = self._move_pieces(fact, at)
            self.state = shown_state(list(self.pieces.values()))
        location = fact.location
        step = Step(
            event_id=fact.event_id,
            milestone=milestone,
            reported=fact.milestone,
            at=at,
            precision=fact.precision or Precision.SECOND,
            state_before=before,
            state=self.state,
            effect=effect,
            flags=flags,
            reasons=reasons_of(fact),
            parcel=fact.parcel,
            country=location.country if location is not None else None,
        )
        self._record(step)

    def _move(self, name: str, piece: Piece, fact: Fact, at: datetime) -> tuple[Milestone, Effect]:
        milestone, effect = take_in(piece, fact, at)
        if milestone in LINKS and effect in {Effect.MOVED, Effect.KEPT}:
            self.chains[name].add(fact, milestone, at)
        return milestone, effect

    def _move_pieces(self, fact: Fact, at: datetime) -> tuple[Milestone, Effect, tuple[str, ...]]:
        """Move the piece that the fact names, or all of them; a fact fits if it fits any piece."""
        names: Sequence[str] = list(self.pieces) if fact.parcel is None else [fact.parcel]
        outcomes = [(*self._move(name, self.pieces[name], fact, at), tuple(self.pieces[name].flags)) for name in names]
        fitting = [outcome for outcome in outcomes if outcome[1] is not Effect.ILLEGAL] or outcomes
        moved = [outcome for outcome in fitting if outcome[1] is Effect.MOVED]
        milestone, effect, _ = (moved or fitting)[0]
        flags = dict.fromkeys(flag for _, _, flags in fitting for flag in flags)
        return milestone, effect, tuple(flags)

    def _record(self, step: Step) -> None:
        self.steps.append(step)
        if step.state is not step.state_before:
            self.state_since = step.at
        for flag in step.flags:
            self.anomalies.append(
                Anomaly(event_id=step.event_id, flag=flag, milestone=step.milestone, state=step.state, at=step.at)
            )
        if step.effect in {Effect.MOVED, Effect.KEPT}:
            self.last = step
