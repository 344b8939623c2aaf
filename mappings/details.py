"""What single fields add to a fact beside its code: second reason, direction, hold key and authority, put-down place.

A detail reads its field once per event and returns what to do to each fact of the event, or None for nothing.
"""

from collections.abc import Callable
from typing import Any, Final

from domain.facts import Delivery, Hold
from domain.milestones import Milestone
from domain.reasons import Reason
from mappings.access import Get, Scopes, each, first
from mappings.rows import Template, delivery_of
from mappings.schema import DeliveryTable, DirectionTable, EventSpec, Mapping, Paths

Apply = Callable[[Template, dict[str, Any]], None]
Detail = Callable[[Any, Scopes], Apply | None]

_HOLDS: Final = frozenset({Milestone.HELD, Milestone.CUSTOMS_HELD, Milestone.HOLD_RESOLVED, Milestone.CUSTOMS_REFUSED})
_PUT_DOWN: Final = frozenset({Milestone.AVAILABLE_FOR_PICKUP, Milestone.DELIVERED, Milestone.REROUTED})


def compile_details(spec: EventSpec, mapping: Mapping) -> tuple[Detail, ...]:
    """Compile the optional keys of `[event]` and the `[[delivery]]` tables; most dialects use few of them."""
    details = [_delivery(table) for table in mapping.delivery]
    if spec.reason_code is not None:
        details.append(_reason(spec.reason_code, mapping.reasons))
    if spec.direction is not None:
        details.append(_direction(spec.direction))
    if spec.hold_key is not None or spec.authority is not None:
        details.append(_hold(first(spec.hold_key), first(spec.authority)))
    if spec.pickup_point is not None:
        details.append(_pickup_point(spec.pickup_point))
    return tuple(details)


def _value(get: Get | None, node: Any, scopes: Scopes) -> str | None:
    return get(node, scopes) if get is not None else None


def _reason(paths: Paths, reasons: dict[str, Reason]) -> Detail:
    """Take the first field whose value the table knows: a finer code may stand before a coarser one."""
    getters = each(paths) or ()
    known = {code.upper(): reason for code, reason in reasons.items()}

    def detail(node: Any, scopes: Scopes) -> Apply | None:
        for get in getters:
            code = get(node, scopes)
            reason = known.get(code.upper()) if code is not None else None
            if reason is not None:
                return _add_reason(reason)
        return None

    return detail


def _add_reason(reason: Reason) -> Apply:
    def apply(row: Template, values: dict[str, Any]) -> None:
        if row.milestone is not Milestone.UNMAPPED and reason not in row.reasons:
            values["reasons"] = (*row.reasons, reason)

    return apply


def _direction(table: DirectionTable) -> Detail:
    get = first(table.path)
    values_of = {value.casefold(): direction for value, direction in table.values.items()}

    def detail(node: Any, scopes: Scopes) -> Apply | None:
        value = _value(get, node, scopes)
        direction = values_of.get(value.casefold()) if value is not None else None
        if direction is None:
            return None

        def apply(_row: Template, values: dict[str, Any]) -> None:
            values["direction"] = values["direction"] or direction

        return apply

    return detail


def _hold(key_of: Get | None, authority_of: Get | None) -> Detail:
    def detail(node: Any, scopes: Scopes) -> Apply | None:
        key, authority = _value(key_of, node, scopes), _value(authority_of, node, scopes)
        if key is None and authority is None:
            return None

        def apply(row: Template, values: dict[str, Any]) -> None:
            if row.milestone in _HOLDS:
                hold: Hold = values["hold"] or Hold()
                values["hold"] = Hold(key=key or hold.key, authority=authority or hold.authority, side=hold.side)

        return apply

    return detail


def _pickup_point(paths: Paths) -> Detail:
    get = first(paths)

    def detail(node: Any, scopes: Scopes) -> Apply | None:
        point = _value(get, node, scopes)
        if point is None:
            return None

        def apply(row: Template, values: dict[str, Any]) -> None:
            if row.milestone in _PUT_DOWN:
                given: Delivery = values["delivery"] or Delivery()
                values["delivery"] = given.model_copy(update={"pickup_point": point})

        return apply

    return detail


def _delivery(table: DeliveryTable) -> Detail:
    get = first(table.path)
    milestones = frozenset(Milestone(name) for name in table.on)
    known = {value.casefold(): delivery_of(row) for value, row in table.values.items()}

    def detail(node: Any, scopes: Scopes) -> Apply | None:
        value = _value(get, node, scopes)
        found = (known.get(value.casefold()) or known.get("*")) if value is not None else None
        if found is None:
            return None

        def apply(row: Template, values: dict[str, Any]) -> None:
            if row.milestone in milestones:
                values["delivery"] = _joined(values["delivery"], found)

        return apply

    return detail


def _joined(given: Delivery | None, found: Delivery) -> Delivery:
    """Add what a field says to what the row says; the row wins on mode and place."""
    if given is None:
        return found
    evidence = tuple(dict.fromkeys((*given.evidence, *found.evidence)))
    return given.model_copy(
        update={"mode": given.mode or found.mode, "place": given.place or found.place, "evidence": evidence}
    )
