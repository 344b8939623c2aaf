"""Corroboration: a fact that another source has told already confirms it and is no second event.

Facts confirm each other when they name the same milestone about the same thing, come from different sources, do not
contradict each other about the country, and lie close together: minutes for scans, a day for milestones that happen
once. The most trusted source's fact stands and gives the time.
"""

from collections import defaultdict
from datetime import timedelta
from typing import Final

from domain.axes import Classifier, Precision, Trust
from domain.facts import Fact, Location
from domain.fold.groups import OBSERVATIONS, ONE_OFF
from domain.fold.order import span, stamp

SCAN_TOLERANCE: Final = timedelta(minutes=10).total_seconds()
ONE_OFF_TOLERANCE: Final = timedelta(days=1).total_seconds()

_TRUST: Final = {trust: place for place, trust in enumerate(Trust)}

Confirmations = list[tuple[Fact, Fact]]
"""Pairs of a confirming fact and the fact it confirms."""


def corroborated(facts: list[Fact]) -> tuple[list[Fact], Confirmations]:
    """Split dated facts into those that stand and those that confirm one of them."""
    first = facts[0].source if facts else None
    if first is None or all(_same_source(fact, first.party, first.system) for fact in facts):
        return facts, []
    standing: list[Fact] = []
    confirmations: Confirmations = []
    groups: dict[tuple[object, ...], list[Fact]] = defaultdict(list)
    for fact in facts:
        if fact.classifier is not Classifier.ACT or fact.milestone in OBSERVATIONS:
            standing.append(fact)
        else:
            groups[_subject(fact)].append(fact)
    for group in groups.values():
        group.sort(key=lambda fact: (_TRUST[fact.source.trust], stamp(fact), fact.event_id))
        told: list[Fact] = []
        for fact in group:
            confirmed = _confirmed_by(fact, told)
            if confirmed is None:
                told.append(fact)
            else:
                confirmations.append((fact, confirmed))
        standing += told
    confirmations.sort(key=lambda pair: pair[0].event_id)
    return standing, confirmations


def _same_source(fact: Fact, party: str, system: str) -> bool:
    return fact.source.party == party and fact.source.system == system


def _subject(fact: Fact) -> tuple[object, ...]:
    """Return what two facts must agree on to be the same event."""
    hold, custody = fact.hold, fact.custody
    return (
        fact.milestone,
        fact.parcel,
        fact.direction,
        (hold.key, hold.side) if hold else None,
        custody.side if custody else None,
    )


def _confirmed_by(fact: Fact, told: list[Fact]) -> Fact | None:
    """Return the nearest told fact that this one repeats, if any."""
    near = [
        (distance, other.event_id, other)
        for other in told
        if not _same_source(fact, other.source.party, other.source.system)
        and (distance := _distance(fact, other)) <= _tolerance(fact)
        and _same_place(fact, other)
    ]
    return min(near)[2] if near else None


def _tolerance(fact: Fact) -> float:
    return ONE_OFF_TOLERANCE if fact.milestone in ONE_OFF else SCAN_TOLERANCE


def _distance(one: Fact, other: Fact) -> float:
    """Return the seconds between two facts; none where a day covers the other."""
    (start, end), (other_start, other_end) = span(one), span(other)
    return max(other_start - end, start - other_end, 0.0)


def _same_place(one: Fact, other: Fact) -> bool:
    here, there = one.location or Location(), other.location or Location()
    if here.country and there.country and here.country != there.country:
        return False
    if one.milestone in ONE_OFF or Precision.DAY not in {one.precision, other.precision}:
        return True
    # Within a day goods pass many facilities: a scan known by its day has to name the city.
    return bool(here.city and there.city and here.city.casefold() == there.city.casefold())
