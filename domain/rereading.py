"""What a better mapping makes of events that were read before: amendments, never rewritten facts.

The facts of one source event form a family: the first reading under the event's own id, and corrections that lead to
it. One of them is in force, or none after a `VOID`. A new reading corrects the one in force; its id is derived from
what it corrects and from how many readings there were, so that the same correction made twice is one fact, and a
mapping that goes back to its first meaning still makes a new one.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from domain import ids
from domain.axes import CorrectionKind
from domain.facts import Correction, Fact, Source
from domain.fold.corrections import corrected

_NOT_MEANING: Final = {"event_id", "recorded_at", "corrects", "detail_ref", "source"}
_NOT_MEANING_OF_SOURCE: Final = {"mapping_version", "message_id", "index", "raw_text", "raw_time"}


class RereadKind(StrEnum):
    """`AMENDED` means something else now, `NEW` was no fact before, `GONE` is no fact any more."""

    AMENDED = "AMENDED"
    NEW = "NEW"
    GONE = "GONE"


@dataclass(frozen=True, slots=True)
class Reread:
    """One event whose reading changes: what is in force now, what will be, and the facts that make it so.

    `readings` are the ids of every fact of the event so far: whoever appends checks that there are no others.
    """

    kind: RereadKind
    event_id: str
    readings: tuple[str, ...]
    before: Fact | None
    after: Fact | None
    facts: tuple[Fact, ...]

    @property
    def shown(self) -> Fact:
        """The reading that says which event this is."""
        return self.after or self.before or self.facts[0]


def is_amendment(fact: Fact) -> bool:
    """Tell whether a mapping made this correction, and not a source or a person."""
    return fact.corrects is not None and fact.corrects.heard_at is not None


def meaning(fact: Fact) -> dict[str, Any]:
    """Return what a fact says, without its identity, its place in the message and the source's own words."""
    said: dict[str, Any] = fact.model_dump(mode="json", exclude=_NOT_MEANING)
    return said | {"source": fact.source.model_dump(mode="json", exclude=_NOT_MEANING_OF_SOURCE)}


def families(stored: Iterable[Fact]) -> dict[str, list[Fact]]:
    """Return the facts of one message by the source event that they read."""
    facts = {fact.event_id: fact for fact in stored}
    grouped: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts.values():
        grouped[_root(fact, facts)].append(fact)
    return dict(grouped)


def in_force(family: Iterable[Fact]) -> Fact | None:
    """Return the reading that holds; None after it was taken back."""
    # A source's own correction is a reading like any other here: it corrects an event of another family.
    own = {fact.event_id: fact if is_amendment(fact) else fact.model_copy(update={"corrects": None}) for fact in family}
    standing = corrected(own).facts
    return next((fact for fact in family if fact.event_id == standing[0].event_id), None) if standing else None


def reread(
    stored: Iterable[Fact], derived: Iterable[Fact], *, elsewhere: Collection[str], version: str, at: datetime
) -> list[Reread]:
    """Return every event of one message whose reading changes.

    Args:
        stored: All facts that were recorded from the message.
        derived: What the current mapping reads from it.
        elsewhere: Ids of derived facts that are recorded from another message: they are judged there.
        version: The current mapping's.
        at: When the corrections are made.
    """
    known = families(stored)
    found: list[Reread] = []
    now: set[str] = set()
    for fact in derived:
        now.add(fact.event_id)
        family = known.get(fact.event_id)
        if family is not None:
            found += _compared(fact, family, at)
        elif fact.event_id not in elsewhere:
            found.append(Reread(RereadKind.NEW, fact.event_id, (), None, fact, (fact,)))
    for event_id, family in known.items():
        if event_id not in now:
            found += _gone(event_id, family, version, at)
    return found


def _root(fact: Fact, facts: dict[str, Fact]) -> str:
    seen: set[str] = set()
    while fact.corrects is not None and is_amendment(fact) and fact.event_id not in seen:
        seen.add(fact.event_id)
        target = facts.get(fact.corrects.event_id)
        if target is None:
            return fact.corrects.event_id
        fact = target
    return fact.event_id


def _compared(fact: Fact, family: list[Fact], at: datetime) -> list[Reread]:
    holding = in_force(family)
    if holding is not None and meaning(holding) == meaning(fact):
        return []
    target = holding or _last_void(family)
    correction = Correction(event_id=target.event_id, kind=CorrectionKind.AMEND, heard_at=fact.recorded_at)
    event_id = ids.event_id("reread", target.event_id, correction.kind, len(family))
    after = fact.model_copy(update={"event_id": event_id, "corrects": correction, "recorded_at": at})
    return [Reread(RereadKind.AMENDED, fact.event_id, _ids(family), holding, after, (after,))]


def _gone(event_id: str, family: list[Fact], version: str, at: datetime) -> list[Reread]:
    holding = in_force(family)
    if holding is None:
        return []
    voids = tuple(_void(fact, len(family), version, at) for fact in _line(holding, family))
    return [Reread(RereadKind.GONE, event_id, _ids(family), holding, None, voids)]


def _ids(family: list[Fact]) -> tuple[str, ...]:
    return tuple(sorted(fact.event_id for fact in family))


def _line(holding: Fact, family: list[Fact]) -> list[Fact]:
    """Return the reading in force and those it replaced: each is voided, or an older one would come back."""
    facts = {fact.event_id: fact for fact in family}
    line = [holding]
    while line[-1].corrects is not None and is_amendment(line[-1]):
        target = facts.get(line[-1].corrects.event_id)
        if target is None or _is_void(target):
            break
        line.append(target)
    return line


def _void(target: Fact, readings: int, version: str, at: datetime) -> Fact:
    source = target.source
    return Fact(
        event_id=ids.event_id("reread", target.event_id, CorrectionKind.VOID, readings),
        tracking_number=target.tracking_number,
        milestone=target.milestone,
        source=Source(
            party=source.party,
            system=source.system,
            raw_code=source.raw_code,
            mapping_version=version,
            trust=source.trust,
            message_id=source.message_id,
            index=source.index,
        ),
        recorded_at=at,
        corrects=Correction(
            event_id=target.event_id,
            kind=CorrectionKind.VOID,
            heard_at=(target.corrects.heard_at if target.corrects else None) or target.recorded_at,
        ),
    )


def _is_void(fact: Fact) -> bool:
    return is_amendment(fact) and fact.corrects is not None and fact.corrects.kind is CorrectionKind.VOID


def _last_void(family: list[Fact]) -> Fact:
    """Return the void that a reading can take the place of: one that nothing has corrected yet."""
    taken = {fact.corrects.event_id for fact in family if fact.corrects is not None}
    open_voids = [fact for fact in family if _is_void(fact) and fact.event_id not in taken]
    return max(open_voids, key=lambda fact: (fact.recorded_at, fact.event_id))
