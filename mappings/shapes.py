"""The forms a payload can take, and what shipments and bodies say beside their events."""

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from domain.axes import Direction
from domain.normalised import PartnerNumber, Problem, ShipmentHint
from domain.shipments import LegRole
from mappings.access import Get, first
from mappings.countries import country_code
from mappings.events import MAX_CODE, EventReader
from mappings.lines import splitter
from mappings.rows import Codes, Test, test
from mappings.schema import ErrorSpec, Mapping, Shape, ShipmentSpec
from mappings.walks import Scopes, Walk, walker

MAX_NUMBER: Final = 100
"""Characters of a tracking number; a longer one is none."""


class Shipment(NamedTuple):
    """One shipment of a payload and where it was found."""

    node: Any
    scopes: Scopes
    number: str | None
    unique_id: str | None


class ShapeReader:
    """One form of the payload, compiled."""

    def __init__(self, mapping: Mapping, shape: Shape, codes: Codes, version: str) -> None:
        """Compile paths and the reader of its events."""
        spec = shape.shipment or mapping.shipment
        self._when: Test | None = test(shape.when) if shape.when else None
        self._find: Walk = walker(shape.shipments)
        paths = [shape.events] if isinstance(shape.events, str) else shape.events
        self._events = _every(paths)
        self._around = [walker(outer) for path in paths for outer in _outer(path)]
        self._split = splitter(mapping.lines) if mapping.lines else None
        self._number: Get | None = first(spec.tracking_number)
        self._unique_id = first(spec.unique_id)
        self.hint = _hints(spec, mapping)
        self.reader = EventReader(mapping, shape, codes, version)

    def shipments_of(self, tree: Any) -> list[Shipment] | None:
        """Return the shipments, or None when the payload has another shape."""
        if self._when is not None and not self._when(tree, ()):
            return None
        found = self._find(tree, ())
        if found is None or _is_prose(found):
            return None
        return [
            Shipment(
                node,
                scopes,
                number(self._number, node, scopes),
                self._unique_id(node, scopes) if self._unique_id is not None else None,
            )
            for node, scopes in found
        ]

    def events_of(self, shipment: Shipment) -> list[tuple[Any, Scopes]]:
        """Return the events of a shipment in document order; words in the place of a list around them are one."""
        found = self._events(shipment.node, shipment.scopes) or []
        if not found:
            around = (item for walk in self._around for item in walk(shipment.node, shipment.scopes) or ())
            found = [(node, scopes) for node, scopes in around if node and node.__class__ is str]
        if self._split is None:
            return found
        return [(self._split(node), scopes) for node, scopes in found]


def _is_prose(found: list[tuple[Any, Scopes]]) -> bool:
    """Tell shipments from words in their place: a text that holds no field is an answer of another form."""
    return bool(found) and all(node and node.__class__ is str for node, _ in found)


def _outer(path: str) -> list[str]:
    """Return the paths to the lists around the innermost one."""
    parts = path.split("[]")
    return ["[]".join([*parts[:count], ""]) for count in range(1, len(parts) - 1)]


def _every(paths: list[str]) -> Walk:
    """Compile several paths into one walk over the items of all."""
    walks = [walker(path) for path in paths]
    if len(walks) == 1:
        return walks[0]

    def walk(node: Any, scopes: Scopes) -> list[tuple[Any, Scopes]]:
        return [item for one in walks for item in one(node, scopes) or ()]

    return walk


def number(get: Get | None, node: Any, scopes: Scopes) -> str | None:
    """Return a tracking number without blanks; None for none and for what is too long to be one."""
    found = get(node, scopes) if get is not None else None
    found = "".join(found.split()) if found is not None else None
    return found if found is None or len(found) <= MAX_NUMBER else None


def _hints(spec: ShipmentSpec, mapping: Mapping) -> Callable[[Shipment], ShipmentHint]:
    origin, destination = first(spec.origin_country), first(spec.destination_country)
    turn = first(spec.direction.path) if spec.direction else None
    turns: dict[str, Direction] = (
        {key.casefold(): value for key, value in spec.direction.values.items()} if spec.direction else {}
    )
    partners = tuple((first(one.carrier), first(one.number), one.role or LegRole.WHOLE) for one in spec.partner_numbers)
    names = {name.casefold(): code for name, code in mapping.countries.items()}

    def country(get: Get | None, shipment: Shipment) -> str | None:
        value = get(shipment.node, shipment.scopes) if get is not None else None
        return None if value is None else names.get(value.casefold()) or country_code(value)

    def partner_numbers(shipment: Shipment) -> Iterator[PartnerNumber]:
        for carrier_of, number_of, role in partners:
            carrier = carrier_of(shipment.node, shipment.scopes) if carrier_of is not None else None
            own = number(number_of, shipment.node, shipment.scopes)
            if carrier is not None and own is not None:
                yield PartnerNumber(mapping.parties.get(carrier, carrier[:MAX_CODE]), own, role)

    def hint(shipment: Shipment) -> ShipmentHint:
        turned = turn(shipment.node, shipment.scopes) if turn is not None else None
        return ShipmentHint(
            tracking_number=shipment.number or "",
            origin_country=country(origin, shipment),
            destination_country=country(destination, shipment),
            direction=turns.get(turned.casefold()) if turned is not None else None,
            partner_numbers=tuple(partner_numbers(shipment)),
        )

    return hint


class ErrorReader:
    """One `[[errors]]` table, compiled."""

    def __init__(self, spec: ErrorSpec, mapping: Mapping) -> None:
        """Compile the paths and the table of codes."""
        self.per_shipment = spec.scope == "shipment"
        self._each = walker(spec.each)
        self._code, self._text, self._number = first(spec.code), first(spec.text), first(spec.number)
        self._codes = {code.casefold(): problem for code, problem in mapping.error_codes.items()}
        self._ok = frozenset(code.casefold() for code in spec.ok)
        self._only_listed = spec.only_listed

    def read(self, node: Any, scopes: Scopes, own_number: str | None) -> Iterator[Problem]:
        """Yield the failures told below a node."""
        for entry, around in self._each(node, scopes) or []:
            code = self._code(entry, around) if self._code is not None else None
            if code is None or code.casefold() in self._ok:
                continue
            named = self._codes.get(code.casefold())
            if named is None and self._only_listed:
                continue
            detail = self._text(entry, around) if self._text is not None else None
            told = number(self._number, entry, around) or own_number
            yield Problem(named or "partner_error", detail or code, told, code[:MAX_CODE])
