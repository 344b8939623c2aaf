"""How fast payloads become facts, beside the floor: the fastest parser there is plus building the same models.

Run as a script, or `measure()` from `make bench`. Both sides run in one process, in turns, on the same bodies, in
processor time (other processes do not count), and the best of several rounds counts. Every timed result is checked
before: the facts are those of the expectations, and the floor builds models equal to them.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from lxml import etree

from domain.facts import Custody, Delivery, Fact, Hold, Location, Source
from mappings.dialect import Dialect
from mappings.engine import Mappings
from mappings.expectations import expectation_of, fixtures, outcome
from mappings.loading import ROOT
from mappings.trees import format_of

RECEIVED_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
ROUNDS: Final = 7
SECONDS: Final = 0.25
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
        return lambda body: [segment.split("*") for segment in body.decode("latin-1").split(chr(body[105]))]
    if form == "edifact":
        return lambda body: [segment.split("+") for segment in body.decode("latin-1").split("'")]
    shared = etree.XMLParser(resolve_entities=False, no_network=True)
    return lambda body: etree.fromstring(body, shared)


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


def of_dialect(dialect: Dialect, form: str) -> tuple[float, float]:
    """Return (facts per second, facts per second of the floor) in one format, best of the rounds."""
    payloads = bodies(dialect, form)
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


def measure() -> dict[str, float]:
    """Return events/s and the ratio to the floor per dialect and format, and in all.

    A ratio says how many times as long as the floor the engine takes. The aggregate is over equal numbers of events of
    each dialect; JSON, XML and EDI dialects are also given apart.
    """
    mappings = Mappings.load()
    figures: dict[str, float] = {}
    kinds = {"json": "json", "xml": "xml", "x12": "edi", "edifact": "edi"}
    times: dict[str, list[tuple[float, float]]] = {"json": [], "xml": [], "edi": [], "all": []}
    dialects = [mappings.dialect(name) for name in mappings.carriers]
    for dialect, form in [(one, form) for one in dialects for form in formats(one)]:
        name = dialect.mapping.carrier if form == dialect.mapping.format else f"{dialect.mapping.carrier}_{form}"
        engine, floor = of_dialect(dialect, form)
        figures[f"{name}_events_per_s"] = round(engine)
        figures[f"{name}_ratio_to_floor"] = round(floor / engine, 2)
        for group in (kinds[form], "all"):
            times[group].append((1 / engine, 1 / floor))
    for group, label in (("json", "json_"), ("xml", "xml_"), ("edi", "edi_"), ("all", "")):
        if not times[group]:
            continue
        engine_time, floor_time = (sum(column) for column in zip(*times[group], strict=True))
        figures[f"{label}events_per_s"] = round(len(times[group]) / engine_time)
        figures[f"{label}ratio_to_floor"] = round(engine_time / floor_time, 2)
    return figures


def main() -> None:
    """Print the figures."""
    for name, value in measure().items():
        print(f"{name:50} {value:>12,}")


if __name__ == "__main__":
    main()
