"""Corrections: VOID takes a fact away, AMEND takes it away and stands in its place.

Corrections work on ids, so a correction may come before its target. A correction that was itself voided has no
effect; one that was amended keeps its effect, because its successor stands in the same place. Of several amendments
of one fact the last recorded stands. Corrections that correct each other in a circle have no effect at all.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from domain.axes import CorrectionKind
from domain.facts import Fact
from domain.journeys import Anomaly
from domain.states import State

CORRECTS_UNKNOWN = "CORRECTS_UNKNOWN"
CORRECTION_CIRCLE = "CORRECTION_CIRCLE"


@dataclass(slots=True)
class Corrected:
    """The facts that stand, the ids that were taken away, and corrections that found nothing to correct."""

    facts: list[Fact]
    voided: tuple[str, ...] = ()
    notes: list[Anomaly] = field(default_factory=list)


def corrected(facts: dict[str, Fact]) -> Corrected:
    """Apply all corrections in a set of facts, given by event id."""
    correctors = {event_id: fact for event_id, fact in facts.items() if fact.corrects is not None}
    if not correctors:
        return Corrected(list(facts.values()))
    in_force, circles = _in_force(correctors)
    removed = {_target(fact) for fact in in_force if _target(fact) in facts}
    removed |= _outdone(in_force, removed)
    notes = [_note(fact, CORRECTS_UNKNOWN) for fact in in_force if _target(fact) not in facts]
    notes += [_note(fact, CORRECTION_CIRCLE) for fact in circles]
    standing = [fact for event_id, fact in facts.items() if event_id not in removed and not _is_void(fact)]
    return Corrected(standing, tuple(sorted(removed)), sorted(notes, key=lambda note: note.event_id))


def _in_force(correctors: dict[str, Fact]) -> tuple[list[Fact], list[Fact]]:
    """Return corrections that no effective VOID takes back, and those caught in a circle.

    Every correction names one target, so it can be judged once all corrections of itself have been.
    """
    waiting: dict[str, int] = defaultdict(int)
    for fact in correctors.values():
        waiting[_target(fact)] += 1
    ready = [fact for event_id, fact in correctors.items() if not waiting[event_id]]
    taken_back: set[str] = set()
    in_force: list[Fact] = []
    judged: set[str] = set()
    while ready:
        fact = ready.pop()
        judged.add(fact.event_id)
        target = _target(fact)
        if fact.event_id not in taken_back:
            in_force.append(fact)
            if _is_void(fact):
                taken_back.add(target)
        waiting[target] -= 1
        if not waiting[target] and target in correctors:
            ready.append(correctors[target])
    return in_force, [fact for event_id, fact in correctors.items() if event_id not in judged]


def _outdone(in_force: list[Fact], removed: set[str]) -> set[str]:
    """Return amendments of a fact that a later recorded amendment of the same fact replaces."""
    rivals: dict[str, list[Fact]] = defaultdict(list)
    for fact in in_force:
        if not _is_void(fact) and fact.event_id not in removed:
            rivals[_target(fact)].append(fact)
    outdone: set[str] = set()
    for facts in rivals.values():
        facts.sort(key=lambda fact: (fact.recorded_at, fact.event_id))
        outdone.update(fact.event_id for fact in facts[:-1])
    return outdone


def _target(fact: Fact) -> str:
    assert fact.corrects is not None  # noqa: S101 - only correcting facts get here
    return fact.corrects.event_id


def _is_void(fact: Fact) -> bool:
    return fact.corrects is not None and fact.corrects.kind is CorrectionKind.VOID


def _note(fact: Fact, flag: str) -> Anomaly:
    return Anomaly(
        event_id=fact.event_id, flag=flag, milestone=fact.milestone, state=State.CREATED, at=fact.occurred_at
    )
