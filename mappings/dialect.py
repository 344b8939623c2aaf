"""One dialect, compiled from its mapping file: a body in, facts and named problems out."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, NamedTuple

from domain.errors import PayloadRefusedError
from domain.facts import Fact
from domain.milestones import MILESTONES, Kind, Milestone
from domain.normalised import Normalised, Problem, Rejected, ShipmentHint
from mappings.edi.findings import place_of
from mappings.edi.reading import problems_of
from mappings.events import Envelope, Explained, RejectionError
from mappings.rows import CodeReader, Codes, test
from mappings.schema import Mapping
from mappings.shapes import ErrorReader, ShapeReader, Shipment
from mappings.shared_numbers import Result, told_apart
from mappings.trees import EDI, READERS, format_of

MAX_EVENTS: Final = 10_000
"""Events of one payload; about a hundred times what carriers send."""


_ON_THE_WAY: Final = frozenset({"PRE", "FIRST_MILE", "EXPORT", "LINEHAUL", "IMPORT", "ANY"})
"""Phases that a summary of "in transit" covers."""


class Delivery(NamedTuple):
    """When and as which message a payload came."""

    received_at: datetime
    message_id: str | None


class Form(NamedTuple):
    """The shapes of one format and how its bytes are read."""

    read: Callable[[bytes], Any]
    shapes: tuple[ShapeReader, ...]
    is_edi: bool


class Outcome:
    """Collects the outcome of one payload."""

    def __init__(self) -> None:
        """Start empty."""
        self.facts: dict[str, Fact] = {}
        self.rejected: list[Rejected] = []
        self.problems: list[Problem] = []
        self.hints: list[ShipmentHint] = []
        self.unknown_reasons: set[str] = set()
        self.index = 0

    def keep(self, fact: Fact) -> None:
        """Keep a fact; an identical one was kept before, another meaning under the same id is named."""
        known = self.facts.setdefault(fact.event_id, fact)
        if known is fact or known.milestone is fact.milestone:
            return
        # Order of arrival must not decide: the earlier rank stays, in whichever order they came.
        kept, left = (fact, known) if _tie(fact) < _tie(known) else (known, fact)
        self.facts[fact.event_id] = kept
        detail = f"{left.milestone} with code, time and place of event {kept.source.index}"
        self.rejected.append(
            Rejected(
                left.source.index or 0, "identity_shared", detail, left.tracking_number or None, left.source.raw_code
            )
        )


def _tie(fact: Fact) -> tuple[int, str]:
    return MILESTONES[fact.milestone].rank, fact.source.raw_text or ""


def _forms(mapping: Mapping, codes: Codes, version: str) -> dict[str, Form]:
    """Compile the shapes, by format; a partner that answers in two formats has a form for each."""
    formats = list(dict.fromkeys(shape.format or mapping.format for shape in mapping.shapes))
    return {
        name: Form(
            READERS[name],
            tuple(
                ShapeReader(mapping, shape, codes, version)
                for shape in mapping.shapes
                if (shape.format or mapping.format) == name
            ),
            is_edi=name in EDI,
        )
        for name in formats
    }


class Dialect:
    """Reads payloads of one partner. Holds no state between payloads but bounded caches."""

    def __init__(self, mapping: Mapping, version: str) -> None:
        """Compile the mapping; `version` is the short hash of its file."""
        self.mapping = mapping
        self.version = version
        self.codes = Codes(mapping)
        self._forms = _forms(mapping, self.codes, version)
        self._only = next(iter(self._forms.values())) if len(self._forms) == 1 else None
        errors = [ErrorReader(spec, mapping) for spec in mapping.errors]
        self._body_errors = tuple(one for one in errors if not one.per_shipment)
        self._shipment_errors = tuple(one for one in errors if one.per_shipment)
        self._skips = tuple((test(skip.when), skip.because) for skip in mapping.skip)
        self._header = CodeReader(mapping.header.code) if mapping.header else None

    @property
    def formats(self) -> frozenset[str]:
        """Return the formats that the partner's payloads come in: `json`, `xml`, `x12`, `edifact`."""
        return frozenset(self._forms)

    def normalise(self, body: bytes, *, received_at: datetime, message_id: str | None = None) -> Normalised:
        """Return facts and named problems; raise `PayloadError` when nothing in the bytes can be read."""
        form = self._only or self._form_of(body)
        tree = form.read(body)
        outcome = Outcome()
        if form.is_edi:
            outcome.problems.extend(problems_of(tree))
        for errors in self._body_errors:
            outcome.problems.extend(errors.read(tree, (), None))
        self._read_shapes(form, tree, outcome, Delivery(received_at, message_id))
        return Normalised(
            dialect=self.mapping.carrier,
            mapping_version=self.version,
            facts=list(outcome.facts.values()),
            rejected=outcome.rejected,
            problems=outcome.problems,
            hints=outcome.hints,
        )

    def knows(self, code: str) -> bool:
        """Tell whether a row gives the code, as sent, a meaning in every event; rules decide by event and do not."""
        return self.codes.entry(CodeReader(self.mapping.event.code).key(code)).row is not None

    def explain(self, body: bytes) -> list[Explained | None]:
        """Return, in document order, what each event of a payload uses of the mapping; None for what is no event."""
        form = self._only or self._form_of(body)
        tree = form.read(body)
        for shape in form.shapes:
            shipments = shape.shipments_of(tree)
            if shipments is not None:
                events = (event for shipment in shipments for event in shape.events_of(shipment))
                return [shape.reader.explain(node, scopes) for node, scopes in events]
        return []

    def _form_of(self, body: bytes) -> Form:
        """Return the form that the body looks like; one that no shape has is tried as the first and refused by it."""
        return self._forms.get(format_of(body)) or next(iter(self._forms.values()))

    def _read_shapes(self, form: Form, tree: Any, outcome: Outcome, delivery: Delivery) -> None:
        for shape in form.shapes:
            shipments = shape.shipments_of(tree)
            if shipments is not None:
                self._read_shipments(shape, shipments, outcome, delivery)
                return
        if not outcome.problems:
            outcome.problems.append(Problem("partner_contract", f"no shipment of {self.mapping.name} in it"))

    def _read_shipments(
        self, shape: ShapeReader, shipments: list[Shipment], outcome: Outcome, delivery: Delivery
    ) -> None:
        results: list[Result] = []
        for shipment in shipments:
            for errors in self._shipment_errors:
                outcome.problems.extend(errors.read(shipment.node, shipment.scopes, shipment.number))
            envelope = Envelope(
                tracking_number=shipment.number or "",
                unique_id=shipment.unique_id,
                received_at=delivery.received_at,
                message_id=delivery.message_id,
                unknown_reasons=outcome.unknown_reasons,
            )
            facts = self._read_events(shape, shipment, envelope, outcome)
            if shipment.number is not None:
                outcome.hints.append(shape.hint(shipment))
            elif facts:
                outcome.problems.append(Problem("partner_contract", "a shipment without tracking number"))
            if self._header is not None and facts:
                self._compare_header(self._header, shipment, facts, outcome)
            results.append(Result(shipment, facts))
        if len(results) > 1:
            outcome.problems.extend(told_apart(results, outcome.facts))
        for code in sorted(outcome.unknown_reasons):
            outcome.problems.append(Problem("unknown_reason", "reason code without entry in [reasons]", None, code))

    def _read_events(self, shape: ShapeReader, shipment: Shipment, envelope: Envelope, outcome: Outcome) -> list[Fact]:
        skipped: Counter[str] = Counter()
        facts: list[Fact] = []
        read, skips = shape.reader.read, self._skips
        for node, scopes in shape.events_of(shipment):
            index = outcome.index
            outcome.index += 1
            if index >= MAX_EVENTS:
                raise PayloadRefusedError(f"more than {MAX_EVENTS} events", limit=MAX_EVENTS)
            if skips and node.__class__ is dict:  # what is no event is refused, whatever its fields would say
                reason = next((because for holds, because in skips if holds(node, scopes)), None)
                if reason is not None:
                    skipped[reason] += 1
                    continue
            try:
                facts += read(node, scopes, envelope, index)
            except RejectionError as error:
                position = place_of(node)
                detail = error.detail if position is None else f"{error.detail}; {position}"
                outcome.rejected.append(Rejected(index, error.problem, detail, shipment.number, error.raw_code))
        for fact in facts:
            outcome.keep(fact)
        for because, count in skipped.items():
            outcome.problems.append(Problem("ignored", f"{count} rows: {because}", shipment.number))
        return facts

    def _compare_header(self, header: CodeReader, shipment: Shipment, facts: list[Fact], outcome: Outcome) -> None:
        sent, code = header.read(shipment.node, shipment.scopes)
        row = self.codes.entry(code).row if code is not None else None
        if row is None or any(fact.milestone is row[0].milestone for fact in facts):
            return
        if MILESTONES[row[0].milestone].kind is not Kind.MILESTONE:
            return
        if row[0].milestone is Milestone.IN_TRANSIT and all(
            MILESTONES[f.milestone].phase in _ON_THE_WAY for f in facts
        ):
            return
        newest = max(facts, key=lambda fact: (fact.occurred_at is not None, fact.occurred_at or fact.recorded_at))
        detail = f"the summary says {row[0].milestone}, the newest event {newest.milestone}; events win"
        outcome.problems.append(Problem("conflict", detail, shipment.number, sent))


def milestones_of(dialect: Dialect, code: str | None) -> set[Milestone]:
    """Return every milestone that the tables can give for a cleaned code; `UNMAPPED` is always possible."""
    entry = dialect.codes.codeless if code is None else dialect.codes.entry(code)
    found = {one.milestone for one in entry.row or ()}
    return found | {one.milestone for rule in entry.rules for one in rule.rows} | {Milestone.UNMAPPED}
