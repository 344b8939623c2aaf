"""Context: what a fact means depends on where the goods are and where they have been.

Which milestones are read by their place:

* arrivals (`HUB_ARRIVED`, and `RECEIVED_AT_ORIGIN`, `ARRIVED_DESTINATION` where the place contradicts them or the code
  says `by_context`): the first facility in the origin country is the origin, the first in the destination country the
  destination, everything else is a hub. This holds for plain hub codes too, since a hub is by definition neither the
  first nor the last facility;
* departures (`DEPARTED_ORIGIN`): only from the origin country and over a border, else a hub departure;
* customs news `by_context`: the country of the news decides the side, without one it is export until the goods left;
* `OUT_FOR_DELIVERY` `by_context`: only from a delivery depot, else in transit;
* `DELIVERED`: going back it is `RETURNED`; at a pickup point with nothing that shows a collection it is
  `AVAILABLE_FOR_PICKUP`.

Nothing is read from later facts: a journey never changes its past because it went on.
"""

from enum import Enum, auto
from typing import Final

from domain.axes import DeliveryMode, DeliveryPlace, Direction, Evidence, PlaceRole, Side
from domain.facts import Fact
from domain.fold.groups import FACILITY_SCANS, LINE, LOOP_SCANS, RECEIPTS, SCANS
from domain.milestones import Milestone
from domain.shipments import ShipmentPlan
from domain.states import State


class Zone(Enum):
    """What a place is to the shipment. `HOME` is origin and destination in one country."""

    ORIGIN = auto()
    DESTINATION = auto()
    HOME = auto()
    TRANSIT = auto()
    UNKNOWN = auto()


_BY_ROLE: Final = {
    PlaceRole.ORIGIN: Zone.ORIGIN,
    PlaceRole.DESTINATION: Zone.DESTINATION,
    PlaceRole.TRANSIT: Zone.TRANSIT,
}
_SIDES: Final = {Zone.ORIGIN: Side.EXPORT, Zone.DESTINATION: Side.IMPORT, Zone.TRANSIT: Side.TRANSIT}
_ARRIVALS: Final = frozenset({Milestone.HUB_ARRIVED, Milestone.RECEIVED_AT_ORIGIN, Milestone.ARRIVED_DESTINATION})
_CUSTOMS_PAIRS: Final = {
    Milestone.EXPORT_CUSTOMS_SUBMITTED: Milestone.IMPORT_CUSTOMS_SUBMITTED,
    Milestone.EXPORT_CUSTOMS_CLEARED: Milestone.IMPORT_CUSTOMS_CLEARED,
}
_TO_IMPORT: Final = {**_CUSTOMS_PAIRS, **{m: m for m in _CUSTOMS_PAIRS.values()}}
_TO_EXPORT: Final = {other: m for m, other in _TO_IMPORT.items() if m is not other} | {m: m for m in _CUSTOMS_PAIRS}
_PICKUP_PLACES: Final = frozenset({DeliveryPlace.PICKUP_POINT, DeliveryPlace.LOCKER, DeliveryPlace.DEPOT})
_COLLECTION: Final = frozenset({Evidence.SIGNATURE, Evidence.CODE, Evidence.ID})
_STARTS: Final = frozenset({Milestone.PICKED_UP, Milestone.RECEIVED_AT_ORIGIN})
_NEAR_RECIPIENT: Final = LOOP_SCANS | RECEIPTS


class Context:
    """Where one piece has been, and how its next fact is to be read."""

    __slots__ = (
        "_arrived",
        "_at_depot",
        "_departed",
        "_destination",
        "_facility_seen",
        "_first_facility",
        "_origin",
        "_return_numbers",
        "_return_shipment",
    )

    def __init__(self, plan: ShipmentPlan, return_numbers: frozenset[str]) -> None:
        self._origin = plan.origin_country
        self._destination = plan.destination_country
        self._return_shipment = plan.direction is Direction.RETURN
        self._return_numbers = return_numbers
        self._departed = self._arrived = self._at_depot = self._facility_seen = False
        self._first_facility: tuple[str | None, ...] | None = None

    def zone(self, fact: Fact) -> Zone:
        """Return what the fact's place is to the shipment."""
        place = fact.location
        if place is None:
            return Zone.UNKNOWN
        country = place.country
        if country is None:
            return Zone.UNKNOWN if place.role is None else _BY_ROLE[place.role]
        if country == self._origin:
            return Zone.HOME if country == self._destination else Zone.ORIGIN
        if country == self._destination:
            return Zone.DESTINATION
        return Zone.TRANSIT if self._origin and self._destination else Zone.UNKNOWN

    def is_outside_destination(self, fact: Fact) -> bool:
        """Tell whether the place is known not to be in the destination country."""
        country = fact.location.country if fact.location else None
        return country is not None and self._destination is not None and country != self._destination

    def is_outside_origin(self, fact: Fact) -> bool:
        """Tell whether the place is known not to be in the origin country."""
        country = fact.location.country if fact.location else None
        return country is not None and self._origin is not None and country != self._origin

    def may_be_at_destination(self, fact: Fact) -> bool:
        """Tell whether import customs news is about goods that are there: papers are often lodged long before."""
        zone = self.zone(fact)
        if zone is Zone.UNKNOWN or zone is Zone.HOME:
            return self._departed and not self.is_outside_destination(fact)
        return zone is Zone.DESTINATION

    def goes_back(self, fact: Fact) -> bool:
        """Tell whether the source says that the goods are on their way back."""
        if fact.direction is not None:
            return fact.direction is Direction.RETURN
        return fact.tracking_number in self._return_numbers

    def customs_side(self, fact: Fact) -> Side:
        """Return the customs side: by the country of the news, else export until the goods left the origin."""
        return _SIDES.get(self.zone(fact)) or self._customs_side_by_progress(fact)

    def _customs_side_by_progress(self, fact: Fact) -> Side:
        if self.is_outside_origin(fact):
            return Side.IMPORT
        if not self._departed:
            return Side.EXPORT
        return Side.TRANSIT if self.is_outside_destination(fact) else Side.IMPORT

    def read(self, fact: Fact, stage: State, ending: State | None) -> Milestone:
        """Return the milestone that the fact means here."""
        milestone = fact.milestone
        if milestone is Milestone.DELIVERED:
            return self._read_delivery(fact, stage, ending)
        if milestone in _ARRIVALS:
            return self._read_arrival(fact, milestone)
        if milestone is Milestone.DEPARTED_ORIGIN:
            return self._read_departure(fact)
        if fact.by_context and milestone in _TO_IMPORT:
            return self._read_customs(fact, milestone)
        if fact.by_context and milestone is Milestone.OUT_FOR_DELIVERY:
            return self._read_round(stage)
        return milestone

    def _read_round(self, stage: State) -> Milestone:
        near = stage not in LINE or LINE[stage] >= LINE[State.LAST_MILE]
        return Milestone.OUT_FOR_DELIVERY if self._at_depot and near else Milestone.IN_TRANSIT

    def _read_delivery(self, fact: Fact, stage: State, ending: State | None) -> Milestone:
        if ending not in {None, State.LOST, State.CANCELLED, State.DELIVERED}:
            return Milestone.DELIVERED
        if ending is not State.DELIVERED and _only_put_down(fact):
            return Milestone.AVAILABLE_FOR_PICKUP
        returning = stage is State.RETURNING or self._return_shipment
        if (returning and ending is not State.DELIVERED) or self.goes_back(fact):
            return Milestone.RETURNED
        return Milestone.DELIVERED

    def _read_arrival(self, fact: Fact, milestone: Milestone) -> Milestone:
        zone = self.zone(fact)
        if not self._is_read_by_place(fact, milestone, zone):
            return milestone
        if zone is Zone.ORIGIN or zone is Zone.HOME:
            return Milestone.RECEIVED_AT_ORIGIN if self._is_first_facility(fact) else Milestone.HUB_ARRIVED
        if zone is Zone.DESTINATION and not self._arrived:
            return Milestone.ARRIVED_DESTINATION
        return Milestone.HUB_ARRIVED

    def _is_read_by_place(self, fact: Fact, milestone: Milestone, zone: Zone) -> bool:
        """Tell whether an arrival has to be read by its place: its code leaves it open, or the place contradicts it."""
        if zone is Zone.UNKNOWN:
            return fact.by_context and (milestone is Milestone.ARRIVED_DESTINATION or self._departed)
        if fact.by_context or milestone is Milestone.HUB_ARRIVED:
            return True
        if milestone is Milestone.ARRIVED_DESTINATION:
            return zone is Zone.ORIGIN
        return zone is Zone.TRANSIT or (zone is Zone.DESTINATION and self._origin is not None)

    def _read_departure(self, fact: Fact) -> Milestone:
        zone = self.zone(fact)
        left_origin = zone is Zone.ORIGIN or (zone is Zone.UNKNOWN and not fact.by_context)
        return Milestone.DEPARTED_ORIGIN if left_origin else Milestone.HUB_DEPARTED

    def _read_customs(self, fact: Fact, milestone: Milestone) -> Milestone:
        side = self.customs_side(fact)
        if side is Side.EXPORT:
            return _TO_EXPORT[milestone]
        return _TO_IMPORT[milestone] if side is Side.IMPORT else milestone

    def _is_first_facility(self, fact: Fact) -> bool:
        """Tell whether this is the first facility scan, or another one at the place of the first."""
        if self._departed:
            return False
        return not self._facility_seen or (self._first_facility is not None and self._first_facility == _place(fact))

    def note(self, fact: Fact, milestone: Milestone) -> None:
        """Remember where the goods were; only for facts that happened and fitted."""
        if milestone in FACILITY_SCANS:
            if milestone is Milestone.RECEIVED_AT_ORIGIN:
                self._first_facility = self._first_facility or _place(fact)
            elif milestone is not Milestone.HUB_ARRIVED:
                self._first_facility = None
            self._facility_seen = True
        if milestone in SCANS:
            self._note_scan(fact, milestone)
        elif milestone in RECEIPTS:
            self._departed = self._arrived = True
        elif milestone is Milestone.REROUTED:
            self._note_destination(fact)

    def _note_scan(self, fact: Fact, milestone: Milestone) -> None:
        country = fact.location.country if fact.location else None
        if country and self._origin is None and milestone in _STARTS:
            self._origin = country
        if milestone is Milestone.ARRIVED_DESTINATION or milestone in _NEAR_RECIPIENT:
            self._departed = self._arrived = True
            self._at_depot = self._at_depot or milestone is Milestone.ARRIVED_DELIVERY_DEPOT
        elif milestone is Milestone.DEPARTED_ORIGIN or self.is_outside_origin(fact):
            self._departed = True

    def _note_destination(self, fact: Fact) -> None:
        place = fact.location
        if place is not None and place.role is PlaceRole.DESTINATION and place.country is not None:
            self._destination = place.country


def _only_put_down(fact: Fact) -> bool:
    """Tell whether a delivery went to a pickup point and nothing shows that somebody collected it."""
    delivery = fact.delivery
    if delivery is None or delivery.place not in _PICKUP_PLACES:
        return False
    return delivery.mode is not DeliveryMode.COLLECTED and _COLLECTION.isdisjoint(delivery.evidence)


def _place(fact: Fact) -> tuple[str | None, ...] | None:
    place = fact.location
    if place is None or (place.facility is None and place.city is None):
        return None
    return place.country, place.city, place.facility
