"""How fast payloads become facts, beside the floor: the fastest parser there is plus building the same models.

Run as a script, or `report()` from `make bench`. Both sides run in one process, in turns, on the same bodies, in
processor time (other processes do not count), and the best of several rounds counts. Every timed result is checked
before: the facts are those of the expectations, and the floor builds models equal to them.

The floor keeps nothing, looks nothing up and decides nothing. Its parser is orjson, lxml or, for EDI, `str.split` into
segments, elements and components; its models are built by pydantic's own constructor, with the values at hand.
"""

import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import orjson
from lxml import etree
from rich.console import Console
from rich.table import Table

from domain.facts import Custody, Delivery, Fact, Hold, Location, Source
from mappings.dialect import Dialect
from mappings.engine import Mappings
from mappings.expectations import expectation_of, fixtures, outcome
from mappings.loading import ROOT
from mappings.trees import format_of

RECEIVED_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
GOAL: Final = 2.5
"""Times the floor that reading all dialects may take."""
ROUNDS: Final = 7
SECONDS: Final = 0.2
"""Processor time of one round."""
_NESTED: Final[dict[str, Any]] = {
    "source": Source, "location": Location, "hold": Hold, "custody": Custody, "delivery": Delivery,
}  # fmt: skip


def formats(dialect: Dialect) -> list[str]:
    """Return the formats that a dialect reads, its own first."""
    named = [dialect.mapping.format, *(shape.format for shape in dialect.mapping.shapes if shape.format is not None)]
    return list(dict.fromkeys(named))


def bodies(dialect: Dialect, form: str) -> list[tuple[bytes, int]]:
    """Return the tracking fixtures of one format as (body, count of facts); refuse those that are not as expected."""
    found = []
    for path in fixtures(ROOT / dialect.mapping.carrier):
        body = path.read_bytes()
        if format_of(body) != form and len(formats(dialect)) > 1:
            continue
        expected = orjson.loads(expectation_of(path).read_bytes())
        assert orjson.loads(orjson.dumps(outcome(dialect, body))) == expected, f"{path.name} is not as expected"
        count = len(expected.get("facts", []))
        if count > 1 and not expected["rejected"]:
            found.append((body, count))
    return found


def parser(form: str) -> Callable[[bytes], Any]:
    """Return the bare parser of a format."""
    if form == "json":
        return orjson.loads
    if form == "x12":
        return lambda body: _parted(body.decode("latin-1"), body[105:106], body[3:4], body[104:105])
    if form == "edifact":
        return _edifact
    shared = etree.XMLParser(resolve_entities=False, no_network=True)
    return lambda body: etree.fromstring(body, shared)


_RELEASED: Final = re.compile(r"\?(.)", re.DOTALL)


def _edifact(body: bytes) -> list[list[str | list[str]]]:
    text, marks = body.decode("latin-1"), (b"'", b"+", b":")
    if text.startswith("UNA"):
        marks = (body[8:9], body[4:5], body[3:4])
    return _parted(_RELEASED.sub("\x1a", text) if "?" in text else text, *marks)


def _parted(text: str, segment: bytes, element: bytes, component: bytes) -> list[list[str | list[str]]]:
    last, middle, inner = segment.decode(), element.decode(), component.decode()
    return [[one.split(inner) if inner in one else one for one in row.split(middle)] for row in text.split(last)]


def parts_of(fact: Fact) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return the keyword arguments of a fact and of its nested models, as said: defaults left out."""
    values = {name: getattr(fact, name) for name in Fact.model_fields if getattr(fact, name) is not None}
    nested = {
        name: {key: value for key, value in vars(values[name]).items() if value is not None}
        for name in _NESTED
        if name in values
    }
    return {name: value for name, value in values.items() if name not in _NESTED}, nested


def build(parts: list[tuple[dict[str, Any], dict[str, dict[str, Any]]]]) -> list[Fact]:
    """Build the models the ordinary way: pydantic's own constructor, which validates."""
    return [
        Fact(**values, **{name: _NESTED[name](**inner) for name, inner in nested.items()}) for values, nested in parts
    ]


def rate(work: Callable[[], object], facts: int) -> float:
    """Return facts per second of the work in one round."""
    runs, start = 0, time.process_time()
    while (spent := time.process_time() - start) < SECONDS:
        work()
        runs += 1
    return runs * facts / spent


def of_dialect(dialect: Dialect, payloads: list[tuple[bytes, int]], form: str) -> tuple[float, float]:
    """Return (facts per second, facts per second of the floor) for the payloads, best of the rounds."""
    parse = parser(form)
    floor = []
    for body, count in payloads:
        facts = dialect.normalise(body, received_at=RECEIVED_AT).facts
        parts = [parts_of(fact) for fact in facts]
        assert len(facts) == count
        assert build(parts) == facts
        floor.append((body, parts))

    def engine() -> None:
        for body, _ in payloads:
            dialect.normalise(body, received_at=RECEIVED_AT)

    def ground() -> None:
        for body, parts in floor:
            parse(body)
            build(parts)

    total = sum(count for _, count in payloads)
    rounds = [(rate(engine, total), rate(ground, total)) for _ in range(ROUNDS)]
    return max(one for one, _ in rounds), max(other for _, other in rounds)


class Row(NamedTuple):
    """What was measured of one dialect in one format; rates are events per second."""

    name: str
    form: str
    bodies: int
    events: int
    engine: float
    floor: float


class Sum(NamedTuple):
    """Several dialects over equal numbers of events of each."""

    title: str
    prefix: str
    rows: list[Row]

    @property
    def engine(self) -> float:
        """Return events per second."""
        return len(self.rows) / sum(1 / row.engine for row in self.rows)

    @property
    def floor(self) -> float:
        """Return events per second of the floor."""
        return len(self.rows) / sum(1 / row.floor for row in self.rows)


_KINDS: Final = {"JSON": ("json",), "XML": ("xml",), "EDI": ("x12", "edifact")}


def rows(carriers: Sequence[str] = ()) -> list[Row]:
    """Measure the dialects named, otherwise all, each in every format that it reads."""
    mappings = Mappings.load()
    found = []
    for name in carriers or mappings.carriers:
        dialect = mappings.dialect(name)
        for form in formats(dialect):
            payloads = bodies(dialect, form)
            if payloads:
                events = sum(count for _, count in payloads)
                found.append(Row(name, form, len(payloads), events, *of_dialect(dialect, payloads, form)))
    return found


def sums(measured: list[Row]) -> list[Sum]:
    """Return JSON, XML and EDI apart and all together."""
    apart = [(kind, [row for row in measured if row.form in forms]) for kind, forms in _KINDS.items()]
    found = [Sum(kind, f"{kind.lower()}_", among) for kind, among in apart if among]
    return [*found, Sum("all", "", measured)]


def figures(measured: list[Row]) -> dict[str, float]:
    """Return events/s and the ratio to the floor: how many times as long as the floor the engine takes."""
    own = Counter(row.name for row in measured)
    told: dict[str, float] = {}
    for row in measured:
        name = row.name if own[row.name] == 1 else f"{row.name}_{row.form}"
        told[f"{name}_events_per_s"] = round(row.engine)
        told[f"{name}_ratio_to_floor"] = round(row.floor / row.engine, 2)
    for one in sums(measured):
        told[f"{one.prefix}events_per_s"] = round(one.engine)
        told[f"{one.prefix}ratio_to_floor"] = round(one.floor / one.engine, 2)
    return told


def table(measured: list[Row]) -> Table:
    """Return the figures for people, JSON, XML and EDI apart, the sum of all last."""
    shown = Table("dialect", "format", "bodies", "events", "events/s", "floor events/s", "times the floor", "goal")
    for column in shown.columns[2:]:
        column.justify = "right"
    *kinds, everything = sums(measured)
    for kind in kinds:
        for row in kind.rows:
            cells = (row.name, row.form, str(row.bodies), str(row.events))
            shown.add_row(*cells, *_rates(row))
        shown.add_row(f"[bold]{kind.title}[/bold]", "", "", "", *_rates(kind), end_section=True)
    ratio = everything.floor / everything.engine
    verdict = f"<= {GOAL:g} {'met' if ratio <= GOAL else '[bold]MISSED[/bold]'}"
    shown.add_row("[bold]all[/bold]", "", "", "", *_rates(everything), verdict)
    return shown


def _rates(one: Row | Sum) -> tuple[str, str, str]:
    return f"{one.engine:,.0f}", f"{one.floor:,.0f}", f"{one.floor / one.engine:.2f}"


def report() -> tuple[dict[str, float], Table]:
    """Return the figures and the table for people."""
    measured = rows()
    return figures(measured), table(measured)


def main(carriers: list[str]) -> None:
    """Print the table."""
    Console(width=None if sys.stdout.isatty() else 120).print(table(rows(carriers)))


if __name__ == "__main__":
    main(sys.argv[1:])
