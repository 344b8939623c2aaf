"""One source event into facts. Everything about the dialect is compiled before the first event is read."""

from datetime import datetime
from typing import Any, Final, NamedTuple

from domain.facts import Custody, Fact, Source
from domain.ids import event_id
from domain.milestones import Milestone
from domain.reasons import Reason
from mappings.access import Scopes, each, first
from mappings.building import FACT_FIELDS, SOURCE_FIELDS, build, defaults
from mappings.details import Apply, compile_details
from mappings.places import compile_place
from mappings.rows import CodeReader, Codes, Template, custody_of
from mappings.schema import Mapping, Shape
from mappings.times import TimeUnreadableError, compile_times

MAX_CODE: Final = 120
"""Characters of a code; a longer one is not a code."""
_MAX_CUSTODY: Final = 2_000
_UNSPECIFIED: Final = (Reason.OTHER_UNSPECIFIED,)


def _known_reasons(mapping: Mapping) -> frozenset[str]:
    """Return the second codes that somebody has judged: as a reason, within a composite code, or by excuse."""
    join = mapping.event.code.joined_by
    parts = {part for code in mapping.codes for part in code.split(join)[1:]}
    return frozenset(code.upper() for code in (*mapping.reasons, *mapping.excused, *parts))


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
    parcel: str | None
    received_at: datetime
    message_id: str | None
    unknown_reasons: set[str]


class Explained(NamedTuple):
    """What an event used: its code as sent and cleaned, the key of its row or the number of its rule, reason codes."""

    sent: str | None
    code: str | None
    key: str | None
    rule: int | None
    reasons: tuple[str, ...]


class EventReader:
    """Reads events of one shape of one dialect."""

    def __init__(self, mapping: Mapping, shape: Shape, codes: Codes, version: str) -> None:
        """Compile everything that reads an event."""
        spec = shape.event or mapping.event
        self._system = mapping.carrier
        self._code = CodeReader(spec.code)
        self._codes = codes
        unmapped = defaults(Fact) | {"milestone": Milestone.UNMAPPED, "subject": mapping.subject}
        self._unmapped = (Template(unmapped, Milestone.UNMAPPED, (), needs_reason=False, custody=None),)
        self._text = first(spec.text)
        self._id = first(spec.id)
        self._party = first(spec.party)
        self._parties = mapping.parties
        self._parcel = first(spec.parcel)
        self._details = compile_details(spec, mapping)
        self._reason_code = each(spec.reason_code)
        self._reasons = _known_reasons(mapping)
        self._place = compile_place(shape.place or mapping.place, mapping.countries)
        self._time = compile_times(shape.time or mapping.time, mapping.zones)
        self._source: dict[str, Any] = defaults(Source)
        self._source |= {"party": self._system, "system": self._system, "trust": mapping.trust}
        self._source["mapping_version"] = version
        self._custody: dict[tuple[int, str], Custody] = {}

    def read(self, node: Any, scopes: Scopes, envelope: Envelope, index: int) -> list[Fact]:
        """Return the event's facts; raise `RejectionError`."""
        if node.__class__ is not dict:
            raise RejectionError("event_malformed", f"expected an object, got {type(node).__name__}")
        sent, code = self._code.read(node, scopes)
        if sent is not None and len(sent) > MAX_CODE:
            raise RejectionError("code_malformed", f"a code of {len(sent)} characters", sent[:MAX_CODE])
        location, zones, place_key = self._place(node, scopes)
        try:
            at, precision, raw_time, note = self._time(node, scopes, zones)
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
            "parcel": envelope.parcel or (self._parcel(node, scopes) if self._parcel is not None else None),
            "note": note,
        }
        # Without a code only the words can tell two events of one minute apart.
        what = code if code is not None else f"\x1e{(words or '').casefold()}"
        own_id = self._id(node, scopes) if self._id is not None else None
        identity = (self._system, envelope.tracking_number, envelope.unique_id, what, raw_time, place_key, own_id)
        details = [apply for detail in self._details if (apply := detail(node, scopes)) is not None]
        if self._reason_code is not None:
            self._note_reasons(node, scopes, envelope)
        return [
            self._fact(row, common, event_id(*identity, ordinal), details)
            for ordinal, row in enumerate(self._rows(code, node, scopes))
        ]

    def explain(self, node: Any, scopes: Scopes) -> Explained:
        """Return which row, rule and reason of the mapping an event uses."""
        sent, code = self._code.read(node, scopes)
        entry = self._codes.codeless if code is None else self._codes.entry(code)
        rule = next((one for one in entry.rules if all(test(node, scopes) for test in one.tests)), None)
        reasons = () if self._reason_code is None else self._reasons_of(node, scopes)
        return Explained(sent, code, entry.key if rule is None else None, rule.number if rule else None, reasons)

    def _rows(self, code: str | None, node: Any, scopes: Scopes) -> tuple[Template, ...]:
        entry = self._codes.codeless if code is None else self._codes.entry(code)
        for rule in entry.rules:
            if all(test(node, scopes) for test in rule.tests):
                return rule.rows
        return self._unmapped if entry.row is None else entry.row

    def _party_of(self, node: Any, scopes: Scopes) -> str:
        """Return who reports: named by [parties], otherwise the partner's own key behind the dialect's name."""
        key = self._party(node, scopes) if self._party is not None else None
        if key is None:
            return self._system
        return self._parties.get(key) or f"{self._system}:{key[:MAX_CODE]}"

    def _reasons_of(self, node: Any, scopes: Scopes) -> tuple[str, ...]:
        return tuple(code for get in self._reason_code or () if (code := get(node, scopes)) is not None)

    def _note_reasons(self, node: Any, scopes: Scopes, envelope: Envelope) -> None:
        for code in self._reasons_of(node, scopes):
            if code.upper() not in self._reasons and len(envelope.unknown_reasons) < MAX_CODE:
                envelope.unknown_reasons.add(code[:MAX_CODE])

    def _fact(self, row: Template, common: dict[str, Any], identity: str, details: list[Apply]) -> Fact:
        values = row.values.copy()
        values.update(common)
        values["event_id"] = identity
        if row.custody is not None:
            values["custody"] = self._custody_of(row, common["source"].party)
        for apply in details:
            apply(row, values)
        if row.needs_reason and not values["reasons"]:
            values["reasons"] = _UNSPECIFIED
        return build(Fact, values, FACT_FIELDS)

    def _custody_of(self, row: Template, party: str) -> Custody | None:
        key = (id(row), party)
        made = self._custody.get(key)
        if made is None and row.custody is not None:
            made = custody_of(row.custody, party)
            if len(self._custody) < _MAX_CUSTODY:
                self._custody[key] = made
        return made
