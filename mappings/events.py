"""One source event into facts. Everything about the dialect is compiled before the first event is read."""

from datetime import datetime
from typing import Any, Final, NamedTuple

from domain.facts import Custody, Fact, Source
from domain.ids import event_id
from domain.milestones import Milestone
from domain.reasons import Reason
from mappings.access import first
from mappings.building import FACT_FIELDS, SOURCE_FIELDS, build, defaults
from mappings.details import ReasonReader, compile_details, compile_identity
from mappings.places import compile_place
from mappings.rows import CodeReader, Codes, Entry, Template, custody_of
from mappings.schema import Mapping, Shape
from mappings.times import TimeUnreadableError, compile_times
from mappings.walks import Scopes

MAX_CODE: Final = 120
"""Characters of a code; a longer one is not a code."""
_MAX_REMEMBERED: Final = 5_000
_UNSPECIFIED: Final = (Reason.OTHER_UNSPECIFIED,)


class RejectionError(ValueError):
    """An event that cannot become a fact; `problem` is its name."""

    def __init__(self, problem: str, detail: str, raw_code: str | None = None) -> None:
        """Keep name and words."""
        super().__init__(detail)
        self.problem = problem
        self.detail = detail
        self.raw_code = raw_code


class Envelope(NamedTuple):
    """What the payload and the shipment give to each of their events."""

    tracking_number: str
    unique_id: str | None
    received_at: datetime
    message_id: str | None
    unknown_reasons: set[str]


class Explained(NamedTuple):
    """What an event used: its code as sent and cleaned, key of its row or number of its rule, its reason code."""

    sent: str | None
    code: str | None
    key: str | None
    rule: int | None
    reason: str | None


class Reading(NamedTuple):
    """What is known about one combination of code parts: as sent, cleaned, and its entry of the table."""

    sent: str | None
    code: str | None
    entry: Entry


class EventReader:
    """Reads events of one shape of one dialect."""

    def __init__(self, mapping: Mapping, shape: Shape, codes: Codes, version: str) -> None:
        """Compile everything that reads an event."""
        spec = shape.event or mapping.event
        self._system = mapping.carrier
        self._code = CodeReader(spec.code)
        self._codes = codes
        self._readings: dict[tuple[str | None, ...], Reading] = {}
        unmapped = defaults(Fact) | {"milestone": Milestone.UNMAPPED, "subject": mapping.subject}
        self._unmapped = (Template(unmapped, Milestone.UNMAPPED, needs_reason=False, custody=None),)
        self._text = first(spec.text)
        self._id = first(spec.id)
        self._party = first(spec.party)
        self._parties = mapping.parties
        self._parcel = first(spec.parcel)
        self._details = compile_details(spec, mapping)
        self._reasons = ReasonReader(spec.reason_code, mapping) if spec.reason_code is not None else None
        self._place = compile_place(shape.place or mapping.place, mapping.countries)
        self._same = compile_identity(spec.identity) if spec.identity is not None else None
        self._time = compile_times(shape.time or mapping.time, mapping.zones)
        self._source: dict[str, Any] = defaults(Source)
        self._source |= {"party": self._system, "system": self._system, "trust": mapping.trust}
        self._source["mapping_version"] = version
        self._custody: dict[tuple[int, str], Custody] = {}

    def read(self, node: Any, scopes: Scopes, envelope: Envelope, index: int) -> list[Fact]:
        """Return the event's facts; raise `RejectionError`."""
        sent, code, entry = self._reading(node, scopes)
        location, clocks, place_key = self._place(node, scopes)
        try:
            at, precision, raw_time, note = self._time(node, scopes, clocks)
        except TimeUnreadableError as error:
            raise RejectionError("time_unreadable", str(error), sent) from None
        words = self._text(node, scopes) if self._text is not None else None
        source = self._source.copy()
        source["raw_code"], source["raw_text"], source["raw_time"] = sent, words, raw_time
        source["message_id"], source["index"] = envelope.message_id, index
        if self._party is not None:
            source["party"] = self._party_of(node, scopes)
        common: dict[str, Any] = {
            "tracking_number": envelope.tracking_number,
            "source": build(Source, source, SOURCE_FIELDS),
            "recorded_at": envelope.received_at,
            "occurred_at": at,
            "precision": precision,
            "location": location,
            "parcel": self._parcel(node, scopes) if self._parcel is not None else None,
            "note": note,
        }
        # Without a code only the words can tell two events of one minute apart.
        what = code if code is not None else f"\x1e{(words or '').casefold()}"
        own_id = self._id(node, scopes) if self._id is not None else None
        when = raw_time
        if self._same is not None:
            told, place_key = self._same(node, scopes)
            when = told or raw_time
        identity = (self._system, envelope.tracking_number, envelope.unique_id, what, when, place_key, own_id)
        reason = None if self._reasons is None else self._reasons.read(node, scopes, envelope.unknown_reasons)
        rows = self._unmapped if entry.row is None else entry.row
        for rule in entry.rules:
            if all(test(node, scopes) for test in rule.tests):
                rows = rule.rows
                break
        facts = []
        for ordinal, row in enumerate(rows):
            values = row.values.copy()
            values.update(common)
            values["event_id"] = event_id(*identity, ordinal)
            self._complete(values, row, node, scopes)
            _give_reasons(values, row, reason)
            facts.append(build(Fact, values, FACT_FIELDS))
        return facts

    def explain(self, node: Any, scopes: Scopes) -> Explained | None:
        """Return which row, rule and reason of the mapping an event uses; None for what cannot be an event."""
        try:
            sent, code, entry = self._reading(node, scopes)
        except RejectionError:
            return None
        rule = next((one for one in entry.rules if all(test(node, scopes) for test in one.tests)), None)
        reason = None if self._reasons is None else self._reasons.key(node, scopes)
        return Explained(sent, code, entry.key if rule is None else None, rule.number if rule else None, reason)

    def _reading(self, node: Any, scopes: Scopes) -> Reading:
        if node.__class__ is not dict:
            raise RejectionError("event_malformed", f"expected an object, got {type(node).__name__}")
        parts = self._code.parts(node, scopes)
        reading = self._readings.get(parts)
        if reading is None:
            sent, code = self._code.join(parts)
            if sent is not None and len(sent) > MAX_CODE:
                raise RejectionError("code_malformed", f"a code of {len(sent)} characters", sent[:MAX_CODE])
            reading = Reading(sent, code, self._codes.codeless if code is None else self._codes.entry(code))
            # Unknown codes come from outside: keep the memory bounded.
            if len(self._readings) < _MAX_REMEMBERED:
                self._readings[parts] = reading
        return reading

    def _party_of(self, node: Any, scopes: Scopes) -> str:
        """Return who reports: named by [parties], otherwise the partner's own key behind the dialect's name."""
        key = self._party(node, scopes) if self._party is not None else None
        if key is None:
            return self._system
        return self._parties.get(key) or f"{self._system}:{key[:MAX_CODE]}"

    def _complete(self, values: dict[str, Any], row: Template, node: Any, scopes: Scopes) -> None:
        if row.custody is not None:
            values["custody"] = self._custody_of(row, values["source"].party)
        for milestones, detail in self._details:
            if milestones is None or row.milestone in milestones:
                detail(node, scopes, values)

    def _custody_of(self, row: Template, party: str) -> Custody | None:
        key = (id(row), party)
        made = self._custody.get(key)
        if made is None and row.custody is not None:
            made = custody_of(row.custody, party)
            if len(self._custody) < _MAX_REMEMBERED:
                self._custody[key] = made
        return made


def _give_reasons(values: dict[str, Any], row: Template, reason: Reason | None) -> None:
    """Add the second code's reason behind the row's own; a problem without any cause is unspecified (ruling 18)."""
    given = values["reasons"]
    if reason is not None and reason not in given and row.milestone is not Milestone.UNMAPPED:
        values["reasons"] = (*given, reason)
    elif row.needs_reason and not given:
        values["reasons"] = _UNSPECIFIED
