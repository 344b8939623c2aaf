"""From a finished walk to the journey."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.axes import Classifier, Trust
from domain.facts import Fact
from domain.fold.corroboration import Confirmations
from domain.fold.groups import ENDINGS
from domain.fold.parcels import partially_delivered, shown
from domain.fold.piece import Piece
from domain.fold.summaries import compared
from domain.fold.walk import Walk
from domain.journeys import Anomaly, Corroboration, Facets, Journey, OpenHold
from domain.milestones import Milestone
from domain.ownership import owner_of
from domain.parties import Owner
from domain.states import State


@dataclass(frozen=True, slots=True)
class Evidence:
    """What stood beside the walk. `facts` are all that corrections left."""

    facts: list[Fact]
    confirmations: Confirmations
    summaries: list[Fact]
    undated: list[Fact]
    unmapped: list[Fact]
    voided: tuple[str, ...]
    notes: list[Anomaly]


def journey_of(walk: Walk, evidence: Evidence) -> Journey:
    """Put the journey together."""
    pieces = list(walk.pieces.values())
    piece = shown(pieces)
    confirmed, disagreeing = compared(walk.steps, evidence.summaries, walk.state)
    custody = tuple(link for chain in walk.chains.values() for link in chain.links())
    holds = () if walk.state in ENDINGS else _open_holds(pieces)
    is_ended = walk.state in ENDINGS
    return Journey(
        state=walk.state,
        stage=piece.stage,
        owner=_owner(walk.state, holds, piece),
        holds=holds,
        facets=_facets(pieces, piece, evidence, is_delivered=walk.state is State.DELIVERED),
        steps=tuple(walk.steps),
        anomalies=(*walk.anomalies, *disagreeing, *_in_state(evidence.notes, walk.state)),
        corroborations=(
            *(Corroboration(event_id=fact.event_id, confirms=of.event_id) for fact, of in evidence.confirmations),
            *confirmed,
        ),
        voided=evidence.voided,
        undated=_ids(evidence.undated),
        unmapped=_ids(evidence.unmapped),
        custody=custody,
        custody_whole=not any(link.open or link.breaks for link in custody),
        last_at=walk.last.at if walk.last else None,
        state_since=walk.state_since,
        parcels={name: piece.state for name, piece in walk.pieces.items() if name},
        last_milestone=walk.last.milestone if walk.last else None,
        heard_at=_heard_at(evidence.facts),
        ended_at=walk.state_since if is_ended else None,
    )


def _ids(facts: Iterable[Fact]) -> tuple[str, ...]:
    return tuple(fact.event_id for fact in sorted(facts, key=lambda fact: (fact.recorded_at, fact.event_id)))


def _in_state(notes: list[Anomaly], state: State) -> list[Anomaly]:
    return [note.model_copy(update={"state": state}) for note in notes]


def _open_holds(pieces: Sequence[Piece]) -> tuple[OpenHold, ...]:
    """Return the holds of all pieces that are on their way; one on several pieces counts once."""
    holds: dict[tuple[object, ...], OpenHold] = {}
    for piece in pieces:
        if piece.ending is None:
            for key, hold in piece.holds.items().items():
                holds.setdefault(key, hold)
    return tuple(holds.values())


def _owner(state: State, holds: Sequence[OpenHold], piece: Piece) -> Owner:
    deciding = [hold for hold in holds if hold.customs is (state is State.CUSTOMS_HOLD)]
    if state in {State.CUSTOMS_HOLD, State.ON_HOLD} and deciding:
        return owner_of(state, deciding[-1].reasons)
    problem = piece.marks.problem
    return owner_of(state, () if problem is None else (problem,))


def _heard_at(facts: Iterable[Fact]) -> datetime | None:
    """Return when the newest news was recorded; what the hub or its people said is no news."""
    return max((_heard(fact) for fact in facts if _is_news(fact)), default=None)


def _heard(fact: Fact) -> datetime:
    """Return when the source told it: a stored message that a better mapping reads again was heard long before."""
    return (fact.corrects.heard_at if fact.corrects is not None else None) or fact.recorded_at


def _is_news(fact: Fact) -> bool:
    return fact.source.trust is not Trust.OPERATOR and fact.milestone is not Milestone.TRACKING_STALE


def _is_stale(evidence: Evidence) -> bool:
    """Tell whether silence was noticed after the newest news."""
    noticed = [
        fact.recorded_at
        for fact in evidence.facts
        if fact.milestone is Milestone.TRACKING_STALE and fact.classifier is Classifier.ACT
    ]
    heard = _heard_at(evidence.facts)
    return bool(noticed) and (heard is None or max(noticed) >= heard)


def _facets(pieces: Sequence[Piece], shown_piece: Piece, evidence: Evidence, *, is_delivered: bool) -> Facets:
    proven = any(
        of.milestone is Milestone.DELIVERED and fact.delivery is not None and fact.delivery.evidence
        for fact, of in evidence.confirmations
    )
    facets = shown_piece.marks.facets(is_stale=_is_stale(evidence), is_delivered=is_delivered, proven=proven)
    if len(pieces) == 1:
        return facets
    marks = [piece.marks for piece in pieces]
    expected = [mark.expected_at for mark in marks if mark.expected_at is not None]
    return facets.model_copy(
        update={
            "damaged": any(mark.damaged for mark in marks),
            "delayed": any(mark.delayed for mark in marks),
            "disputed": any(mark.disputed for mark in marks),
            "pod": proven or all(mark.pod for mark in marks),
            "attempts": max(mark.attempts for mark in marks),
            "expected_at": max(expected, default=None),
            "partially_delivered": facets.partially_delivered or partially_delivered(pieces),
            "quantities": _sum([mark.quantities for mark in marks]),
        }
    )


def _sum(quantities: list[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for counts in quantities:
        for name, count in counts.items():
            total[name] = total.get(name, 0) + count
    return total
