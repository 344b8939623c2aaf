"""Which field of an event is its code, its time, its wording, its place: by values first, by names second."""

from collections.abc import Mapping, Sequence
from typing import Final

from mappings.drafting.evidence import Candidate, Proposal, UsageError, candidates, choose, named_only, words
from mappings.drafting.samples import Field, Record
from mappings.drafting.values import (
    are_countries,
    are_flags,
    clock_patterns,
    is_code,
    is_number,
    is_wording,
    time_patterns,
)

EVENT_KEYS: Final = ("code", "text", "reason_code", "time", "city", "region", "country", "postcode", "facility")

_NUMBERS: Final = frozenset(
    ["tracking", "barcode", "awb", "waybill", "consignment", "parcel", "shipment", "article", "piece", "number", "pin"]
)
_CODES: Final = frozenset(["code", "type", "status", "event", "key", "state", "scan", "action", "activity"])
_TEXTS: Final = frozenset(
    ["description", "desc", "text", "message", "words", "remark", "remarks", "title", "wording", "label", "comment"]
)
_REASONS: Final = frozenset(["reason", "why", "cause", "exception"])
_TIMES: Final = frozenset(
    ["date", "time", "timestamp", "stamp", "datetime", "when", "occurred", "zeit", "datum", "moment"]
)
_OTHER_TIMES: Final = frozenset(
    ["created", "updated", "modified", "scheduled", "estimated", "expected", "planned", "eta", "received"]
)
_PLACES: Final[Mapping[str, frozenset[str]]] = {
    "city": frozenset(["city", "town", "locality", "ort", "place", "suburb"]),
    "region": frozenset(["region", "state", "province"]),
    "country": frozenset(["country", "land", "nation"]),
    "postcode": frozenset(["postcode", "postal", "zip", "plz"]),
    "facility": frozenset(["facility", "depot", "office", "hub", "branch", "station", "terminal"]),
}


def is_time(one: Field) -> bool:
    """Tell whether all values of a field are dates or instants."""
    return bool(time_patterns(one.values))


def _is_clock(one: Field) -> bool:
    """Tell whether a field holds times of day; bare digits are some only where the name says so."""
    bare = all(map(str.isdigit, one.values))
    return bool(clock_patterns(one.values)) and (not bare or bool(words(one.name) & _TIMES))


def numbers(found: Sequence[Field], records: Sequence[Record], what: str) -> list[Candidate]:
    """Return the fields that look like a parcel's number and are called like one."""

    def fits(one: Field) -> str | None:
        plain = len(one.values) == len(records) and all(map(is_number, one.values)) and not is_time(one)
        return f"such as {one.values[0]}" if plain else None

    return named_only(candidates(found, records, names=_NUMBERS, fits=fits, what=what))


def event_fields(found: Sequence[Field], records: Sequence[Record], use: Mapping[str, str]) -> dict[str, Proposal]:
    """Return what is proposed for each key of `EVENT_KEYS`.

    Raises:
        UsageError: A choice names a field that no event has.
    """
    said = {key: _place(key, found, records) for key in _PLACES}
    said["time"] = _time(found, records)
    taken = {path for one in said.values() for path in one.paths}
    rest = [one for one in found if one.path not in taken and not is_time(one) and not _is_clock(one)]
    said["reason_code"] = choose("reason_code", _codes_like(rest, records, _REASONS, few=True))
    rest = [one for one in rest if not words(one.name) & _REASONS]
    said["text"] = choose("text", candidates(rest, records, names=_TEXTS, fits=_wording))
    rest = [one for one in rest if one.path not in said["text"].paths]
    said["code"] = _code(_codes_like(rest, records, _CODES), found, said["text"])
    return said | {key: _chosen(key, paths, found) for key, paths in use.items() if key in EVENT_KEYS}


def _chosen(key: str, paths: str, found: Sequence[Field]) -> Proposal:
    known = {one.path: one for one in found}
    parts = tuple(part.strip() for part in paths.split(","))
    missing = [part for part in parts if part not in known]
    if missing:
        raise UsageError(f"{key}={paths}: no event has {', '.join(missing)}; they have {', '.join(known)}")
    formats = _formats([known[part] for part in parts]) if key == "time" else ()
    return Proposal(key, parts, "chosen", formats=formats)


def _wording(one: Field) -> str | None:
    worded = sum(map(is_wording, one.values))
    return f"words such as {one.values[0][:40]!r}" if worded * 2 >= len(one.values) else None


def _codes_like(
    found: Sequence[Field], records: Sequence[Record], names: frozenset[str], *, few: bool = False
) -> list[Candidate]:
    def fits(one: Field) -> str | None:
        plain = all(map(is_code, one.values)) and not are_countries(one.values) and not are_flags(one.values)
        if not plain or not (few or len(one.values) * 2 >= len(records)):
            return None
        return f"{len(set(one.values))} different values such as {one.values[0]}"

    return named_only(candidates(found, records, names=names, fits=fits))


def _code(found: list[Candidate], fields: Sequence[Field], text: Proposal) -> Proposal:
    """Choose the code; among several, one that goes with the wording one to one is told from those that do not."""
    known = {one.path: one for one in fields}
    if not text.paths:
        return choose("code", found)
    said = dict(zip(known[text.paths[0]].records, known[text.paths[0]].values, strict=True))
    weighed = []
    for one in found:
        field = known[one.path]
        pairs = {(value, said.get(at)) for at, value in zip(field.records, field.values, strict=True)}
        single = len(pairs) == len({value for value, _ in pairs}) == len({words_ for _, words_ in pairs})
        why = f"{one.why}; each value has its own wording" if single else one.why
        weighed.append(Candidate(one.path, why, 2 * bool(one.strength) + single))
    return choose("code", weighed)


def _place(key: str, found: Sequence[Field], records: Sequence[Record]) -> Proposal:
    def fits(one: Field) -> str | None:
        if key == "country":
            return f"countries such as {one.values[0]}" if are_countries(one.values) else None
        return None if is_time(one) and key != "postcode" else f"such as {one.values[0][:40]}"

    kept = [
        one
        for one in found
        if words(one.name) & _PLACES[key] and not (key != "country" and "country" in words(one.name))
    ]
    return choose(key, named_only(candidates(kept, records, names=_PLACES[key], fits=fits)))


def _time(found: Sequence[Field], records: Sequence[Record]) -> Proposal:
    """Propose one field, or a date beside a time of day; a time that is of something else is left out."""

    def fits(one: Field) -> str | None:
        ways = time_patterns(one.values)
        doubt = ", day or month first is open" if len(ways) > 1 else ""
        return f"such as {one.values[0]}{doubt}" if ways else None

    usable = [one for one in found if not words(one.name) & _OTHER_TIMES and len(one.values) * 2 >= len(records)]
    dates = candidates(usable, records, names=_TIMES, fits=fits)
    said = choose("time", dates)
    clocks = [one for one in usable if _is_clock(one) and not is_time(one) and words(one.name) & _TIMES]
    known = {one.path: one for one in found}
    if not said.paths:
        return said
    parts = [known[said.paths[0]]]
    if len(clocks) == 1 and not any(":" in value for value in parts[0].values):
        parts.append(clocks[0])
    formats = _formats(parts)
    if not formats:
        doubt = Candidate(said.paths[0], said.why, 1)
        return Proposal("time", (), "the values leave open whether day or month stands first", (doubt, *said.others))
    return Proposal("time", tuple(one.path for one in parts), said.why, said.others, formats)


def _formats(parts: Sequence[Field]) -> tuple[str, ...]:
    """Return the formats of a time in one or two fields; none when day and month cannot be told apart."""
    ways = time_patterns(parts[0].values)
    if len(ways) != 1:
        return ()
    if len(parts) == 1:
        return tuple(ways[0])
    dates = ["%Y-%m-%d" if one == "iso" else one for one in ways[0]]
    return tuple(f"{date} {clock}" for date in dates for clock in clock_patterns(parts[1].values))
