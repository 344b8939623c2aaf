"""Duplicates: the same event told again, by its id or by what it says."""

import re
from collections.abc import Iterable

from domain.axes import Trust
from domain.facts import Fact
from domain.milestones import Milestone

_DIGITS = re.compile(r"(\d+)")


def by_id(facts: Iterable[Fact]) -> dict[str, Fact]:
    """Return one fact per event id.

    Of several readings of one event the newest mapping's stands, then one that is mapped at all, then the first
    recorded, so that `recorded_at` stays the moment from which it was known.
    """
    unique: dict[str, Fact] = {}
    for fact in facts:
        known = unique.setdefault(fact.event_id, fact)
        if known is not fact and known != fact:
            unique[fact.event_id] = max(known, fact, key=_preference)
    return unique


def without_repeats(facts: Iterable[Fact]) -> list[Fact]:
    """Drop facts that repeat source, code, time and place of another one under another id.

    Two facts read from one event differ in their milestone. What people ordered carries no source code and is never
    a repetition.
    """
    first: dict[tuple[object, ...], Fact] = {}
    for fact in facts:
        key = _content(fact)
        known = first.setdefault(key, fact)
        if known is not fact and (fact.recorded_at, fact.event_id) < (known.recorded_at, known.event_id):
            first[key] = fact
    return list(first.values())


def _content(fact: Fact) -> tuple[object, ...]:
    source = fact.source
    said = source.raw_code or source.raw_text
    if said is None or source.trust is Trust.OPERATOR:
        return (fact.event_id,)
    return (
        source.party,
        source.system,
        said,
        fact.milestone,
        fact.classifier,
        fact.occurred_at,
        fact.parcel,
        fact.location,
        fact.hold,
        fact.custody,
        fact.reasons,
    )


def _preference(fact: Fact) -> tuple[object, ...]:
    version = tuple(
        (1, int(part), "") if part.isdigit() else (0, 0, part) for part in _DIGITS.split(fact.source.mapping_version)
    )
    return version, fact.milestone is not Milestone.UNMAPPED, -fact.recorded_at.timestamp(), fact.model_dump_json()
