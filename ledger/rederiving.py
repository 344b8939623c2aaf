"""Derives stored facts again from the bytes that they came from, each by the mapping that read it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from domain import ids
from domain.axes import CorrectionKind
from domain.errors import PayloadError
from domain.facts import Fact
from domain.messages import StoredMessage
from domain.normalised import Normalised
from domain.rereading import families, is_amendment
from ledger.findings import Finding

Rederive = Callable[[StoredMessage], Normalised]
"""Reads a message with the current mapping; raises `PayloadError`."""

Earlier = Callable[[StoredMessage, str], Normalised | None]
"""Reads a message with an earlier version of its mapping; None when that version is not kept or cannot be used."""

Derived = dict[str, Fact]

_NOTHING: Final[Derived] = {}


@dataclass(slots=True)
class Rederivation:
    """One message read again, by the current mapping and by those that its facts name."""

    message: StoredMessage
    rederive: Rederive
    earlier: Earlier | None = None
    current: str | None = None
    _by_version: dict[str, Derived | None] = field(default_factory=dict)

    def findings(self, bodies: dict[str, str]) -> Iterator[tuple[str, Finding | None]]:
        """Yield each stored fact's id with what is wrong with it, given the bodies of all facts of the message."""
        now = self._now()
        parsed = {event_id: _parsed(event_id, body) for event_id, body in bodies.items()}
        kept = {event_id: fact for event_id, fact in parsed.items() if fact is not None}
        for root, family in families(kept.values()).items():
            for fact in family:
                yield fact.event_id, self._judge(fact, root, family, now)
        yield from ((event_id, Finding.FACT_CHANGED) for event_id, fact in parsed.items() if fact is None)

    def _now(self) -> Derived:
        try:
            normalised = self.rederive(self.message)
        except PayloadError:
            return _NOTHING
        self.current = next((one.source.mapping_version for one in normalised.facts), normalised.mapping_version)
        return {fact.event_id: fact for fact in normalised.facts}

    def _judge(self, fact: Fact, root: str, family: list[Fact], now: Derived) -> Finding | None:
        version = fact.source.mapping_version
        derived = now if version == self.current else self._by(version)
        if derived is None:
            # The mapping that read it is not kept: any reading of the same event will do, as will a later correction.
            is_known = root in now or any(one.source.mapping_version == self.current for one in family)
            return None if is_known else Finding.FACT_NOT_REDERIVED
        if not is_amendment(fact):
            found = derived.get(fact.event_id)
            return Finding.FACT_NOT_REDERIVED if found is None else None if found == fact else Finding.FACT_CHANGED
        return _amendment(fact, derived.get(root), family)

    def _by(self, version: str) -> Derived | None:
        if version not in self._by_version:
            try:
                normalised = self.earlier(self.message, version) if self.earlier is not None else None
            except PayloadError:
                self._by_version[version] = _NOTHING
            else:
                facts = None if normalised is None else {fact.event_id: fact for fact in normalised.facts}
                self._by_version[version] = facts
        return self._by_version[version]


def _parsed(event_id: str, body: str) -> Fact | None:
    try:
        fact = Fact.model_validate_json(body)
    except ValueError:
        return None
    return fact if fact.event_id == event_id else None


def _amendment(fact: Fact, derived: Fact | None, family: list[Fact]) -> Finding | None:
    """Judge a correction: its id, what it corrects, and that its mapping says what it says."""
    correction = fact.corrects
    if correction is None:
        return Finding.FACT_CHANGED
    target = next((one for one in family if one.event_id == correction.event_id), None)
    if target is None:
        return Finding.FACT_MISSING
    own_ids = {ids.event_id("reread", target.event_id, correction.kind, count) for count in range(1, len(family) + 1)}
    if fact.event_id not in own_ids:
        return Finding.FACT_CHANGED
    if correction.kind is CorrectionKind.VOID:
        is_same = (fact.milestone, fact.tracking_number) == (target.milestone, target.tracking_number)
        return None if derived is None and is_same else Finding.FACT_CHANGED
    if derived is None:
        return Finding.FACT_NOT_REDERIVED
    own = {"event_id": fact.event_id, "corrects": correction, "recorded_at": fact.recorded_at}
    is_same = correction.heard_at == derived.recorded_at and derived.model_copy(update=own) == fact
    return None if is_same else Finding.FACT_CHANGED
