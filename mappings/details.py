"""What single fields add to a fact beside its code: second reason, direction, hold, put-down place."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from domain.facts import Delivery, Hold
from domain.milestones import Milestone
from domain.reasons import Reason
from mappings.access import Get, each, first
from mappings.rows import delivery_of
from mappings.schema import DeliveryTable, DirectionTable, EventSpec, IdentitySpec, Mapping, Paths, TimeSpec
from mappings.times import UNDATED, PlaceZones, ReadTime, TimeUnreadableError, When, compile_times
from mappings.walks import Scopes

Detail = Callable[[Any, Scopes, dict[str, Any]], None]
"""Reads its field of the event and completes the values of a fact."""

EXPECTED_UNREADABLE: Final = "no declared format reads the expected delivery; left out"

_HOLDS: Final = frozenset({Milestone.HELD, Milestone.CUSTOMS_HELD, Milestone.HOLD_RESOLVED, Milestone.CUSTOMS_REFUSED})
_PUT_DOWN: Final = frozenset({Milestone.AVAILABLE_FOR_PICKUP, Milestone.DELIVERED, Milestone.REROUTED})


def compile_details(spec: EventSpec, mapping: Mapping) -> tuple[tuple[frozenset[Milestone] | None, Detail], ...]:
    """Compile the optional keys of `[event]` and the `[[delivery]]` tables, each with the milestones it is for."""
    details: list[tuple[frozenset[Milestone] | None, Detail]] = [
        (frozenset(Milestone(name) for name in table.on), _delivery(table)) for table in mapping.delivery
    ]
    if spec.direction is not None:
        details.append((None, _direction(spec.direction)))
    if spec.hold_key is not None or spec.authority is not None:
        details.append((_HOLDS, _hold(first(spec.hold_key), first(spec.authority))))
    if spec.pickup_point is not None:
        details.append((_PUT_DOWN, _pickup_point(spec.pickup_point)))
    if mapping.expected:
        details.append((None, _expected(mapping)))
    return tuple(details)


class ReasonReader:
    """Reads the second code: the first of its fields that the table knows (a finer code may stand before a coarser)."""

    def __init__(self, paths: Paths, mapping: Mapping) -> None:
        """Compile the fields; composite codes and excuses count as judged, too."""
        self._getters = each(paths) or ()
        self._known = {code.upper(): (code, reason) for code, reason in mapping.reasons.items()}
        join = mapping.event.code.joined_by
        parts = {part for code in mapping.codes for part in code.split(join)[1:]}
        self._judged = frozenset(code.upper() for code in (*mapping.reasons, *mapping.excused, *parts))

    def read(self, node: Any, scopes: Scopes, unknown: set[str]) -> Reason | None:
        """Return the reason; note codes that nobody has judged."""
        found: Reason | None = None
        for get in self._getters:
            code = get(node, scopes)
            if code is None:
                continue
            known = self._known.get(code.upper())
            if known is not None:
                found = found or known[1]
            elif code.upper() not in self._judged and len(unknown) < _MAX_NOTED:
                unknown.add(code[:_MAX_NOTED])
        return found

    def key(self, node: Any, scopes: Scopes) -> str | None:
        """Return the entry of [reasons] that takes effect."""
        codes = (get(node, scopes) for get in self._getters)
        return next(
            (self._known[code.upper()][0] for code in codes if code is not None and code.upper() in self._known), None
        )


_MAX_NOTED: Final = 100
"""Unknown reason codes of one payload that are named, and characters of each."""


SameEvent = Callable[[Any, Scopes], tuple[str, str]]
"""Reads what stands for time and place in an event's identity."""


def compile_identity(spec: IdentitySpec) -> SameEvent:
    """Compile `[event] identity`: times whose values are absent are empty."""
    times = tuple(get for get in map(first, spec.time) if get is not None)
    places = tuple(get for get in map(first, spec.place) if get is not None)

    def read(node: Any, scopes: Scopes) -> tuple[str, str]:
        when = [_same_stamp(get(node, scopes) or "", as_instant=spec.instant) for get in times]
        where = [" ".join((get(node, scopes) or "").casefold().split()) for get in places]
        return " ".join(when).strip(), "|".join(where)

    return read


def _same_stamp(sent: str, *, as_instant: bool) -> str:
    """Return what stays of a stamp however it is written; only an offset of its own makes it an instant."""
    if as_instant:
        try:
            at = datetime.fromisoformat(sent)
        except ValueError:
            return sent
        if at.tzinfo is not None:
            return at.astimezone(UTC).isoformat()
    return sent.lstrip("0")


def _direction(table: DirectionTable) -> Detail:
    get = first(table.path)
    values_of = {value.casefold(): direction for value, direction in table.values.items()}

    def detail(node: Any, scopes: Scopes, values: dict[str, Any]) -> None:
        value = get(node, scopes) if get is not None else None
        if value is not None and values["direction"] is None:
            values["direction"] = values_of.get(value.casefold())

    return detail


def _hold(key_of: Get | None, authority_of: Get | None) -> Detail:
    def detail(node: Any, scopes: Scopes, values: dict[str, Any]) -> None:
        key = key_of(node, scopes) if key_of is not None else None
        authority = authority_of(node, scopes) if authority_of is not None else None
        if key is not None or authority is not None:
            hold: Hold = values["hold"] or Hold()
            update = {"key": key or hold.key, "authority": authority or hold.authority}
            values["hold"] = hold.model_copy(update=update)

    return detail


def _expected(mapping: Mapping) -> Detail:
    """Read the carrier's estimate of the delivery. The place of an event says nothing about the clocks at the door."""
    ways = tuple(_estimate(spec, mapping) for spec in mapping.expected)

    def detail(node: Any, scopes: Scopes, values: dict[str, Any]) -> None:
        try:
            for way in ways:
                found = way(node, scopes, tuple)
                if found.raw is not None:
                    values["expected_at"] = found.at
                    return
        except TimeUnreadableError:
            values["note"] = values["note"] or EXPECTED_UNREADABLE

    return detail


def _estimate(spec: TimeSpec, mapping: Mapping) -> ReadTime:
    """Compile one way to read the estimate; what stands outside the events is read once for all of them."""
    read = compile_times([spec], mapping.zones)
    paths = [path for field in spec.fields for path in ([field] if isinstance(field, str) else field)]
    if not all(path.startswith("^") for path in paths):
        return read
    # One reference: readers in several threads see an item with its own estimate, never with another's.
    known: tuple[object, When] = (None, UNDATED)

    def remembered(node: object, scopes: Scopes, place_zones: PlaceZones) -> When:
        nonlocal known
        item, found = known
        if not scopes or item is not scopes[-1]:
            found = read(node, scopes, place_zones)
            known = (scopes[-1] if scopes else None, found)
        return found

    return remembered


def _pickup_point(paths: Paths) -> Detail:
    get = first(paths)

    def detail(node: Any, scopes: Scopes, values: dict[str, Any]) -> None:
        point = get(node, scopes) if get is not None else None
        if point is not None:
            given: Delivery = values["delivery"] or Delivery()
            values["delivery"] = given.model_copy(update={"pickup_point": point})

    return detail


def _delivery(table: DeliveryTable) -> Detail:
    get = first(table.path)
    known = {value.casefold(): delivery_of(row) for value, row in table.values.items()}

    def detail(node: Any, scopes: Scopes, values: dict[str, Any]) -> None:
        value = get(node, scopes) if get is not None else None
        found = (known.get(value.casefold()) or known.get("*")) if value is not None else None
        if found is not None:
            values["delivery"] = _joined(values["delivery"], found)

    return detail


def _joined(given: Delivery | None, found: Delivery) -> Delivery:
    """Add what a field says to what the row says; the row wins on mode and place."""
    if given is None:
        return found
    evidence = tuple(dict.fromkeys((*given.evidence, *found.evidence)))
    return given.model_copy(
        update={"mode": given.mode or found.mode, "place": given.place or found.place, "evidence": evidence}
    )
