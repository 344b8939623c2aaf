"""The code table compiled: a code leads to the fact templates of its row, or to rules that other fields decide."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from domain.axes import Direction
from domain.errors import MappingInvalidError
from domain.facts import Custody, Delivery, Fact, Hold
from domain.milestones import MILESTONES, Milestone
from mappings.access import Get, each, first
from mappings.building import defaults
from mappings.schema import CodeSpec, CustodyRow, DeliveryRow, Mapping, Paths, Row, RowTable, When
from mappings.walks import Scopes

WILDCARD: Final = "*"
MISSING: Final = "-"
MAX_PARTS: Final = 4
_MAX_KNOWN: Final = 5_000

Test = Callable[[object, Scopes], bool]


class Template(NamedTuple):
    """What one row says about one fact: ready field values, and what has to be filled in."""

    values: dict[str, Any]
    milestone: Milestone
    needs_reason: bool
    custody: CustodyRow | None


class Rule(NamedTuple):
    """A compiled rule; `number` is its place among the mapping's rules."""

    number: int
    tests: tuple[Test, ...]
    rows: tuple[Template, ...]


class Entry(NamedTuple):
    """What is known about one code; `row` None means that only rules know it, or nobody. `key` names the row."""

    row: tuple[Template, ...] | None
    rules: tuple[Rule, ...]
    key: str | None


UNKNOWN: Final = Entry(None, (), None)

_DEFAULT_CUSTODY: Final = {
    # By the meaning of the milestone itself: who must have had the goods and who must have them now.
    Milestone.PICKED_UP: CustodyRow(from_party="SHIPPER", to_party="CARRIER"),
    Milestone.DELIVERED: CustodyRow(from_party="CARRIER", to_party="RECIPIENT"),
    Milestone.RETURNED: CustodyRow(from_party="CARRIER", to_party="SHIPPER"),
}


def delivery_of(row: DeliveryRow) -> Delivery:
    """Return the domain's form of a delivery row."""
    return Delivery(mode=row.mode, place=row.place, evidence=tuple(row.evidence))


def templates(row: Row, mapping: Mapping) -> tuple[Template, ...]:
    """Compile a row and what it also says."""
    table = RowTable(milestone=row) if isinstance(row, str) else row
    return (_template(table, mapping), *(one for extra in table.also for one in templates(extra, mapping)))


def _template(row: RowTable, mapping: Mapping) -> Template:
    milestone = Milestone(row.milestone.removeprefix("~"))
    values = defaults(Fact) | {"milestone": milestone, "subject": row.subject or mapping.subject}
    values["by_context"] = row.by_context or row.milestone.startswith("~")
    if row.classifier is not None:
        values["classifier"] = row.classifier
    elif milestone is Milestone.ETA_UPDATED:
        values["classifier"] = type(values["classifier"]).EST
    values["reasons"] = tuple(row.reasons)
    values["direction"] = row.direction
    if row.hold is not None:
        values["hold"] = Hold(key=row.hold.key, authority=row.hold.authority, side=row.hold.side)
    if row.delivery is not None:
        values["delivery"] = delivery_of(row.delivery)
    returns = row.direction is Direction.RETURN
    custody = row.custody or (None if returns else _DEFAULT_CUSTODY.get(milestone))
    return Template(values, milestone, MILESTONES[milestone].needs_reason, custody)


def custody_of(row: CustodyRow, party: str) -> Custody:
    """Return the custody with `CARRIER` named."""
    names = {"CARRIER": party, "SHIPPER": "shipper", "RECIPIENT": "recipient"}
    given, taken = row.from_party, row.to_party
    return Custody(
        from_party=names.get(given, given) if given else None,
        to_party=names.get(taken, taken) if taken else None,
        side=row.side,
        intake_mode=row.intake_mode,
    )


class Codes:
    """Looks a code up: exact, then with its last parts as wildcards."""

    def __init__(self, mapping: Mapping) -> None:
        """Compile rows and rules."""
        self._join = mapping.event.code.joined_by
        key = CodeReader(mapping.event.code).key
        self._rows = {key(code): (code, templates(row, mapping)) for code, row in mapping.codes.items()}
        if len(self._rows) < len(mapping.codes):
            raise MappingInvalidError("codes: two keys are the same code once cleaned")
        self._rules = tuple(
            (frozenset(map(key, rule.codes)), Rule(number, tuple(map(test, rule.when)), templates(rule.row, mapping)))
            for number, rule in enumerate(mapping.rules)
        )
        self.codeless = Entry(None, tuple(rule for codes, rule in self._rules if not codes), None)
        self._known: dict[str, Entry] = {}

    def entry(self, code: str) -> Entry:
        """Return what the table knows about a cleaned code."""
        known = self._known.get(code)
        if known is None:
            known = self._look_up(code)
            # Unknown codes come from outside: keep the memory bounded.
            if len(self._known) < _MAX_KNOWN:
                self._known[code] = known
        return known

    def candidates(self, code: str) -> list[str]:
        """Return the keys that stand for a code, most exact first: `A/B/C`, `A/B/*`, `A/*/C`, `A/*`, `A/*/*`."""
        parts = code.split(self._join)
        keys = []
        for kept in range(len(parts), 0, -1):
            if kept == 1 and len(parts) > 2:  # noqa: PLR2004 - a part that can be skipped stands between two others
                keys.append(self._join.join([parts[0], *[WILDCARD] * (len(parts) - 2), parts[-1]]))
            stars = range(kept < len(parts), MAX_PARTS + 1 - kept)
            keys += [self._join.join([*parts[:kept], *[WILDCARD] * count]) for count in stars]
        return keys

    def _look_up(self, code: str) -> Entry:
        """Collect row and rules; a row for the exact code is not overruled by a rule for a wildcard."""
        keys = self.candidates(code)
        best = next((place for place, key in enumerate(keys) if key in self._rows), len(keys))
        key, row = self._rows[keys[best]] if best < len(keys) else (None, None)
        near = frozenset(keys[: best + 1])
        rules = tuple(rule for codes, rule in self._rules if not codes.isdisjoint(near))
        return Entry(row, rules, key) if row is not None or rules else UNKNOWN


def test(spec: When) -> Test:
    """Compile one declared test."""
    get = first(spec.path)
    if get is None:
        raise AssertionError("a test has a path")
    if spec.present is not None:
        wanted = spec.present
        return lambda node, scopes: (get(node, scopes) is not None) is wanted
    words = tuple(word.casefold() for word in spec.equals or spec.contains or spec.starts_with or ())
    if spec.equals is not None:
        return lambda node, scopes: (get(node, scopes) or "").casefold() in words
    if spec.starts_with is not None:
        return lambda node, scopes: (get(node, scopes) or "").casefold().startswith(words)
    return lambda node, scopes: any(word in (get(node, scopes) or "").casefold() for word in words)


def _code_like(paths: Paths) -> Get | None:
    """Compile alternatives of which the first that can be a code counts: wording holds blanks or other scripts."""
    getters = each(paths) or ()

    def get(node: object, scopes: Scopes) -> str | None:
        for one in getters:
            value = one(node, scopes)
            if value is not None and value.isascii() and " " not in value:
                return value
        return None

    return get


class CodeReader:
    """Reads the code of an event: as sent, and cleaned for look-up and identity."""

    def __init__(self, spec: CodeSpec) -> None:
        """Compile the parts."""
        read = _code_like if "no_words" in spec.clean else first
        self._parts = tuple(getter for getter in (read(paths) for paths in spec.parts) if getter is not None)
        self._join = spec.joined_by
        self._upper = "upper" in spec.clean
        self._strip_zeros = "strip_zeros" in spec.clean

    def parts(self, node: object, scopes: Scopes) -> tuple[str | None, ...]:
        """Return the parts of an event's code as sent."""
        return tuple([get(node, scopes) for get in self._parts])

    def join(self, found: tuple[str | None, ...]) -> tuple[str | None, str | None]:
        """Return the code (as sent, cleaned); None when the first part is missing."""
        parts = list(found)
        while parts and parts[-1] is None:
            parts.pop()
        if not parts or parts[0] is None:
            return None, None
        sent = [part or MISSING for part in parts]
        # A part that holds the joining character itself must not pass for two parts of the table.
        clean = [self._clean(part.replace(self._join, "\x1f")) for part in sent]
        return self._join.join(sent), self._join.join(clean)

    def read(self, node: object, scopes: Scopes) -> tuple[str | None, str | None]:
        """Return an event's code (as sent, cleaned)."""
        return self.join(self.parts(node, scopes))

    def key(self, code: str) -> str:
        """Return a code of the table as `read` would give it."""
        return self._join.join([self._clean(part) for part in code.split(self._join)])

    def _clean(self, part: str) -> str:
        if self._upper:
            part = part.upper()
        if self._strip_zeros:
            part = part.lstrip("0") or part[-1:]
        return part
