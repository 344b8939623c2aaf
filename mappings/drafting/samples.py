"""Sample payloads as lists of records: which paths hold several items, and which scalar fields those have."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from mappings.scalars import text

Steps = tuple[str, ...]

_UNSAYABLE: Final = frozenset(".[]@^$*= \t\n")
"""Characters that a path cannot hold in a name; `@` may stand in front."""
_MAX_DEPTH: Final = 12


class Record(NamedTuple):
    """One item of a place: the sample it is of, its node, and the nodes around it, outermost first."""

    sample: int
    node: Any
    around: tuple[tuple[Steps, Any], ...]


@dataclass(slots=True)
class Place:
    """All records under one path of the samples. `many` says that some sample has several, or a list of them."""

    steps: Steps
    many: bool = False
    records: list[Record] = field(default_factory=list)


@dataclass(slots=True)
class Field:
    """A scalar field of records: its values, and which records and samples bear it."""

    path: str
    values: list[str] = field(default_factory=list)
    records: list[int] = field(default_factory=list)
    samples: set[int] = field(default_factory=set)

    @property
    def name(self) -> str:
        """Return the field's own name, without what is around it."""
        return self.path.rpartition(".")[2].removeprefix("@")


def places(trees: Sequence[Any]) -> dict[Steps, Place]:
    """Return every place of the samples whose items are records."""
    found: dict[Steps, Place] = {}
    for number, tree in enumerate(trees):
        _gather(found, (), tree, Record(number, tree, ()))
    return found


def _gather(found: dict[Steps, Place], steps: Steps, value: Any, record: Record) -> None:
    if len(steps) > _MAX_DEPTH:
        return
    place = found.setdefault(steps, Place(steps))
    items = value if isinstance(value, list) else [value]
    place.many = place.many or isinstance(value, list)
    for item in items:
        if not isinstance(item, dict):
            continue
        own = record._replace(node=item)
        place.records.append(own)
        inside = Record(record.sample, item, (*record.around, (steps, item)))
        for name, child in item.items():
            if isinstance(child, dict | list) and is_sayable(name):
                _gather(found, (*steps, name), child, inside)


def fields(records: Sequence[Record]) -> list[Field]:
    """Return the scalar fields of records, of inner records too, but not of inner lists."""
    found: dict[str, Field] = {}
    for number, record in enumerate(records):
        for path, value in _scalars(record.node, ""):
            one = found.setdefault(path, Field(path))
            one.values.append(value)
            one.records.append(number)
            one.samples.add(record.sample)
    return list(found.values())


def _scalars(node: dict[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, child in node.items():
        if not is_sayable(name) or name == "#text":
            continue
        value = None if isinstance(child, list) else text(child)
        if value is not None:
            yield f"{prefix}{name}", value
        if isinstance(child, dict) and prefix.count(".") < _MAX_DEPTH:
            yield from _scalars(child, f"{prefix}{name}.")


def is_sayable(name: str) -> bool:
    """Tell whether a path can name this field."""
    return bool(name) and _UNSAYABLE.isdisjoint(name.removeprefix("@"))


def shown(steps: Steps, known: Mapping[Steps, Place]) -> str:
    """Return a place as a path from the document: `$.output.results[]`."""
    return ("$[]" if known[()].many else "$") + relative((), steps, known)


def relative(start: Steps, steps: Steps, known: Mapping[Steps, Place]) -> str:
    """Return the way from one place to a deeper one; it begins with a dot."""
    names = range(len(start), len(steps))
    return "".join(f".{steps[at]}{'[]' if known[steps[: at + 1]].many else ''}" for at in names)
