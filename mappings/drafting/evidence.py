"""Candidates for a key of the mapping, what speaks for each, and the choice where the evidence leaves one."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from mappings.drafting.samples import Field, Record

_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A field that may be what is looked for. `strength` orders candidates; `why` says what speaks for it."""

    path: str
    why: str
    strength: int = 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for a key: `paths` (none when the evidence leaves several, or nothing), and what else may be."""

    key: str
    paths: tuple[str, ...] = ()
    why: str = "no field looks like it"
    others: tuple[Candidate, ...] = ()
    formats: tuple[str, ...] = field(default=())


class UsageError(ValueError):
    """What somebody asked to use is not in the samples."""


def words(name: str) -> frozenset[str]:
    """Return the words of a field's name: `eventDateTime` holds event, date and time."""
    return frozenset(one.lower() for one in _WORDS.findall(name))


def borne(one: Field, records: Sequence[Record], what: str) -> str:
    """Return how many records and samples bear a field."""
    samples = len({record.sample for record in records})
    return f"in {len(one.values)} of {len(records)} {what}, {len(one.samples)} of {samples} samples"


def choose(key: str, candidates: Iterable[Candidate]) -> Proposal:
    """Propose the strongest candidate if no other is as strong; otherwise none, and all are listed."""
    ranked = sorted(candidates, key=lambda one: -one.strength)
    if not ranked:
        return Proposal(key)
    best = [one for one in ranked if one.strength == ranked[0].strength]
    if len(best) > 1:
        return Proposal(key, (), f"{len(best)} fields look like it", tuple(ranked))
    return Proposal(key, (best[0].path,), best[0].why, tuple(ranked[1:]))


def candidates(
    found: Iterable[Field], records: Sequence[Record], *, names: frozenset[str], fits: Callable[[Field], str | None],
    what: str = "events",
) -> list[Candidate]:  # fmt: skip
    """Return the fields whose values fit, those stronger whose name says so too.

    Args:
        found: The fields to look at.
        records: The records that they are of.
        names: Words of a name that speak for the field.
        fits: Says in words how the values fit; None when they do not.
        what: What a record is called in the evidence.
    """
    kept = []
    for one in found:
        how = fits(one)
        if how is None:
            continue
        named = sorted(words(one.name) & names) or sorted(words(one.path) & names)
        says = f"; the name says {', '.join(named)}" if named else ""
        strength = 2 * bool(words(one.name) & names) + bool(named)
        kept.append(Candidate(one.path, f"{borne(one, records, what)}; {how}{says}", strength))
    return kept


def named_only(found: Iterable[Candidate]) -> list[Candidate]:
    """Return the candidates whose names speak for them."""
    return [one for one in found if one.strength]
