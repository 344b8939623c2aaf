"""What is where in the samples: the list of events, the shipment around it, and the fields of both."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from mappings.drafting.evidence import Candidate, Proposal, UsageError, choose, words
from mappings.drafting.fields import EVENT_KEYS, event_fields, is_time, numbers
from mappings.drafting.samples import Field, Place, Record, Steps, fields, places, relative, shown

_EVENTS: Final = frozenset(
    (
        *("event", "events", "history", "scan", "scans", "activity", "activities", "checkpoint", "checkpoints"),
        *("status", "statuses", "trace", "traces", "milestone", "milestones", "progress", "movements", "occurrence"),
    )
)


class SeenCode(NamedTuple):
    """A code of the samples: how often, in how many samples, and with which words, most frequent first."""

    code: str
    times: int
    samples: int
    words: tuple[str, ...]


class Draft(NamedTuple):
    """Everything that is proposed, by key; `shipments` and `events` are paths, None when several places may be it."""

    format: str
    samples: int
    events: Proposal
    shipments: str | None = None
    inner: str | None = None
    proposals: Mapping[str, Proposal] = {}
    codes: tuple[SeenCode, ...] = ()
    reasons: tuple[str, ...] = ()


def propose(trees: Sequence[Any], format_: str, use: Mapping[str, str] | None = None) -> Draft:
    """Return the draft for sample payloads.

    Args:
        trees: The samples, read.
        format_: The format that they were read as.
        use: Choices of a person by key: `events` as a path from the document, others as paths from the event
            (`number`: from the shipment), parts separated by commas.

    Raises:
        UsageError: A choice is not in the samples.
    """
    chosen = dict(use or {})
    known = places(trees)
    events = _events(known, chosen.pop("events", None))
    if not events.paths:
        return Draft(format_, len(trees), events)
    [place] = [one for one in known.values() if shown(one.steps, known) == events.paths[0]]
    found = fields(place.records)
    around, number = _shipment(place, known, found, chosen.pop("number", None))
    inner = "." if around == place.steps else relative(around, place.steps, known).removeprefix(".")
    proposals = event_fields(found, place.records, chosen)
    if chosen.keys() - set(EVENT_KEYS):
        raise UsageError(f"{', '.join(sorted(chosen.keys() - set(EVENT_KEYS)))}: no such key; {', '.join(EVENT_KEYS)}")
    proposals["number"] = number
    by_path = {one.path: one for one in found}
    codes = _codes(place.records, by_path, proposals["code"].paths, proposals["text"].paths)
    reasons = [value for path in proposals["reason_code"].paths for value in sorted(set(by_path[path].values))]
    shipments = shown(around, known)
    if format_ == "xml" and around and inner != "." and not shipments.endswith("[]"):
        shipments += "[]"  # one element in these samples may be several in the next
    return Draft(format_, len(trees), events, shipments, inner, proposals, codes, tuple(reasons))


def open_keys(draft: Draft) -> list[tuple[str, str]]:
    """Return the keys for which several fields may be meant, each with the first of them."""
    every = {"events": draft.events, **draft.proposals}
    return [(key, one.others[0].path) for key, one in every.items() if one.others and not one.paths]


def _events(known: Mapping[Steps, Place], chosen: str | None) -> Proposal:
    """Propose the list whose items have a time and something that tells them apart."""
    found = [one for one in known.values() if one.records]
    if chosen is not None:
        if chosen not in (shown(one.steps, known) for one in found):
            raise UsageError(f"events={chosen}: no such place; {', '.join(shown(one.steps, known) for one in found)}")
        return Proposal("events", (chosen,), "chosen")
    fitting = {one.steps: one for one in found if _looks_like_events(one)}
    fitting = {steps: one for steps, one in fitting.items() if one.many} or fitting
    # What encloses a list of events has their times in it as well: its own items are shipments.
    inner = [one for one in fitting.values() if not any(_encloses(one.steps, other) for other in fitting)]
    return choose("events", [_event_candidate(one, known) for one in inner])


def _event_candidate(place: Place, known: Mapping[Steps, Place]) -> Candidate:
    samples = len({record.sample for record in place.records})
    named = bool(place.steps) and bool(words(place.steps[-1]) & _EVENTS)
    says = "; the name says so" if named else ""
    why = f"{len(place.records)} items in {samples} samples, with a time and wording or codes{says}"
    return Candidate(shown(place.steps, known), why, int(named))


def _encloses(outer: Steps, inner: Steps) -> bool:
    return len(outer) < len(inner) and inner[: len(outer)] == outer


def _looks_like_events(place: Place) -> bool:
    found = fields(place.records)
    most = len(place.records) / 2
    return any(is_time(one) and len(one.values) >= most for one in found) and any(
        not is_time(one) and len(one.values) >= most for one in found
    )


def _shipment(
    place: Place, known: Mapping[Steps, Place], event: list[Field], chosen: str | None
) -> tuple[Steps, Proposal]:
    """Return what is around one parcel's events, and where its number is."""
    outer = [place.steps[:length] for length in range(len(place.steps) - 1, -1, -1)]
    lists = [steps for steps in outer if known[steps].many and known[steps].records]
    plain = [steps for steps in outer if not known[steps].many and known[steps].records]
    for steps in [*lists, *plain]:
        records = known[steps].records
        inside = [one for one in fields(records) if not _is_inside(one.path, steps, place.steps)]
        if chosen is not None and chosen in {one.path for one in inside}:
            return steps, Proposal("number", (chosen,), "chosen")
        found = numbers(inside, records, "shipments")
        if chosen is None and found:
            return steps, choose("number", found)
    found = numbers(event, place.records, "events")
    if chosen is not None and chosen not in {one.path for one in event}:
        raise UsageError(f"number={chosen}: neither in the events nor around them")
    if chosen is not None or found:
        # A flat list: every event is its own shipment, and its parcel is told by its number.
        return place.steps, Proposal("number", (chosen,), "chosen") if chosen else choose("number", found)
    return (lists or plain or [place.steps])[0], Proposal("number")


def _is_inside(path: str, steps: Steps, events: Steps) -> bool:
    """Tell whether a field is one of the events themselves, when a sample has only one of them."""
    return path.startswith(".".join(events[len(steps) :]) + ".")


def _codes(
    records: Sequence[Record], found: Mapping[str, Field], code: tuple[str, ...], text: tuple[str, ...]
) -> tuple[SeenCode, ...]:
    """Return every code, in the order of its first event."""
    parts = [dict(zip(found[path].records, found[path].values, strict=True)) for path in code]
    said = [dict(zip(found[path].records, found[path].values, strict=True)) for path in text[:1]]
    count: Counter[str] = Counter()
    samples: defaultdict[str, set[int]] = defaultdict(set)
    wording: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for number, record in enumerate(records):
        values = [part.get(number) for part in parts]
        while values and values[-1] is None:
            values.pop()
        if not values or values[0] is None:
            continue
        key = "/".join(value or "-" for value in values)
        count[key] += 1
        samples[key].add(record.sample)
        wording[key].update(words_[number] for words_ in said if number in words_)
    return tuple(
        SeenCode(key, many, len(samples[key]), tuple(one for one, _ in wording[key].most_common(3)))
        for key, many in count.items()
    )
