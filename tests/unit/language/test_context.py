"""Context: what a fact means depends on the place and on what came before."""

from typing import Any

import pytest

from domain.axes import PlaceRole, Side
from domain.facts import Fact, Location
from domain.journeys import CustomsFacet, Journey
from domain.milestones import Milestone
from domain.shipments import ShipmentPlan
from domain.states import State
from tests.unit.language.building import DESTINATION, ORIGIN, TRANSIT, M, at_place, fact, flags, journey, parcel, states

CN_TO_DE = parcel()
DOMESTIC = parcel(origin_country="DE", destination_country="DE")
UNION = parcel(origin_country="FR", destination_country="DE", customs_border=False)
UNKNOWN = parcel(origin_country=None, destination_country=None)
ONLY_DESTINATION = parcel(origin_country=None)
ONLY_ORIGIN = parcel(destination_country=None)


def place(country: str | None = None, **changes: Any) -> Location:
    return Location(country=country, **changes)


def read(facts: list[Fact], shipment: ShipmentPlan = CN_TO_DE) -> list[Milestone]:
    return [step.milestone for step in journey(facts, shipment).steps]


def arrivals(*places: Location | None, milestone: Milestone = M.HUB_ARRIVED, by_context: bool = True) -> list[Fact]:
    return [fact(milestone, 10 + hour, location=here, by_context=by_context) for hour, here in enumerate(places)]


class TestArrivals:
    @pytest.mark.parametrize("by_context", [True, False])
    def test_first_hub_and_last(self, by_context: bool) -> None:
        facts = arrivals(ORIGIN, place("CN", city="X"), TRANSIT, DESTINATION, DESTINATION, by_context=by_context)

        assert read(facts) == [
            M.RECEIVED_AT_ORIGIN,
            M.HUB_ARRIVED,
            M.HUB_ARRIVED,
            M.ARRIVED_DESTINATION,
            M.HUB_ARRIVED,
        ]
        assert states(facts, CN_TO_DE) == ["FIRST_MILE", "LINEHAUL", "IMPORT_CUSTOMS"]

    def test_processed_at_the_first_facility_is_still_the_first_facility(self) -> None:
        here = place("CN", city="Ningbo", facility="NGB1")
        facts = arrivals(here, here)

        assert (
            read([*facts, fact(M.HUB_DEPARTED, 20, location=here), *arrivals(here)][:2]) == [M.RECEIVED_AT_ORIGIN] * 2
        )
        again = [*facts, fact(M.HUB_DEPARTED, 20, location=here), fact(M.HUB_ARRIVED, 21, location=here)]
        assert read(again)[2:] == [M.HUB_DEPARTED, M.HUB_ARRIVED]

    def test_after_a_departure_no_facility_is_the_first(self) -> None:
        facts = [fact(M.HUB_DEPARTED, 1, location=ORIGIN), *arrivals(ORIGIN)]

        assert read(facts) == [M.HUB_DEPARTED, M.HUB_ARRIVED]

    def test_back_in_the_origin_country_after_leaving_it_is_a_hub(self) -> None:
        facts = [at_place(M.DEPARTED_ORIGIN, 1), *arrivals(ORIGIN)]

        assert read(facts) == [M.DEPARTED_ORIGIN, M.HUB_ARRIVED]

    def test_without_a_country_nothing_is_guessed(self) -> None:
        assert read(arrivals(None, place(city="Ulm"))) == [M.HUB_ARRIVED, M.HUB_ARRIVED]
        assert read(arrivals(None, milestone=M.ARRIVED_DESTINATION)) == [M.HUB_ARRIVED]
        assert read(arrivals(None, milestone=M.ARRIVED_DESTINATION, by_context=False)) == [M.ARRIVED_DESTINATION]
        assert read(arrivals(None, milestone=M.RECEIVED_AT_ORIGIN)) == [M.RECEIVED_AT_ORIGIN]
        gone = [at_place(M.DEPARTED_ORIGIN, 1), *arrivals(None, milestone=M.RECEIVED_AT_ORIGIN)]
        assert read(gone)[1:] == [M.HUB_ARRIVED]

    def test_the_role_of_a_place_stands_in_for_its_country(self) -> None:
        roles = (PlaceRole.ORIGIN, PlaceRole.TRANSIT, PlaceRole.DESTINATION)

        assert read(arrivals(*(place(role=role) for role in roles))) == [
            M.RECEIVED_AT_ORIGIN,
            M.HUB_ARRIVED,
            M.ARRIVED_DESTINATION,
        ]

    @pytest.mark.parametrize(
        ("milestone", "here", "meant"),
        [
            (M.ARRIVED_DESTINATION, ORIGIN, M.RECEIVED_AT_ORIGIN),
            (M.RECEIVED_AT_ORIGIN, DESTINATION, M.ARRIVED_DESTINATION),
            (M.RECEIVED_AT_ORIGIN, TRANSIT, M.HUB_ARRIVED),
            (M.ARRIVED_DESTINATION, TRANSIT, M.ARRIVED_DESTINATION),
            (M.RECEIVED_AT_ORIGIN, ORIGIN, M.RECEIVED_AT_ORIGIN),
        ],
    )
    def test_a_place_may_contradict_a_code(self, milestone: Milestone, here: Location, meant: Milestone) -> None:
        assert read(arrivals(here, milestone=milestone, by_context=False)) == [meant]

    def test_a_domestic_parcel_has_no_border(self) -> None:
        facts = [*arrivals(DESTINATION, DESTINATION), fact(M.ARRIVED_DESTINATION, 30, location=DESTINATION)]

        assert read(facts, DOMESTIC) == [M.RECEIVED_AT_ORIGIN, M.HUB_ARRIVED, M.ARRIVED_DESTINATION]
        assert states(facts, DOMESTIC) == ["FIRST_MILE", "LINEHAUL"]

    def test_one_customs_territory(self) -> None:
        facts = [
            fact(M.PICKED_UP, 0, location=place("FR")),
            fact(M.EXPORT_CUSTOMS_SUBMITTED, 1),
            fact(M.EXPORT_CUSTOMS_CLEARED, 1.5),
            *arrivals(DESTINATION),
            fact(M.IMPORT_CUSTOMS_SUBMITTED, 20),
        ]

        assert states(facts, UNION) == ["FIRST_MILE", "LINEHAUL"]
        assert read(facts, UNION)[3] is M.ARRIVED_DESTINATION

    def test_the_plan_decides_about_the_border(self) -> None:
        special = parcel(origin_country="DE", destination_country="DE", customs_border=True)

        assert states([fact(M.ARRIVED_DESTINATION, 1)], special) == ["IMPORT_CUSTOMS"]

    def test_the_pickup_tells_an_unknown_origin(self) -> None:
        facts = [fact(M.PICKED_UP, 0, location=ORIGIN), *arrivals(ORIGIN, TRANSIT, DESTINATION)]

        assert read(facts, ONLY_DESTINATION)[1:] == [M.RECEIVED_AT_ORIGIN, M.HUB_ARRIVED, M.ARRIVED_DESTINATION]
        at_home = [fact(M.PICKED_UP, 0, location=DESTINATION), *arrivals(DESTINATION, DESTINATION)]
        assert read(at_home, ONLY_DESTINATION)[1:] == [M.RECEIVED_AT_ORIGIN, M.HUB_ARRIVED]

    def test_without_any_known_end_places_say_nothing(self) -> None:
        assert read(arrivals(ORIGIN, DESTINATION), UNKNOWN) == [M.HUB_ARRIVED, M.HUB_ARRIVED]

    def test_other_scans_in_the_destination_country_prove_the_arrival(self) -> None:
        facts = [at_place(M.PICKED_UP), fact(M.HUB_DEPARTED, 5, location=DESTINATION)]

        assert states(facts, CN_TO_DE) == ["FIRST_MILE", "IMPORT_CUSTOMS"]


class TestDepartures:
    @pytest.mark.parametrize(
        ("here", "by_context", "meant"),
        [
            (ORIGIN, True, M.DEPARTED_ORIGIN),
            (ORIGIN, False, M.DEPARTED_ORIGIN),
            (TRANSIT, False, M.HUB_DEPARTED),
            (DESTINATION, True, M.HUB_DEPARTED),
            (None, True, M.HUB_DEPARTED),
            (None, False, M.DEPARTED_ORIGIN),
        ],
    )
    def test_only_the_origin_can_be_left(self, here: Location | None, by_context: bool, meant: Milestone) -> None:
        assert read([fact(M.DEPARTED_ORIGIN, 1, location=here, by_context=by_context)]) == [meant]

    def test_nothing_leaves_a_country_at_home(self) -> None:
        assert read([fact(M.DEPARTED_ORIGIN, 1, location=DESTINATION)], DOMESTIC) == [M.HUB_DEPARTED]

    def test_leaving_the_first_facility_inside_the_country_is_a_hub_departure(self) -> None:
        assert read([*arrivals(ORIGIN), fact(M.HUB_DEPARTED, 20, location=ORIGIN)]) == [
            M.RECEIVED_AT_ORIGIN,
            M.HUB_DEPARTED,
        ]


def customs(hour: float, here: Location | None, milestone: Milestone = M.IMPORT_CUSTOMS_CLEARED) -> Fact:
    return fact(milestone, hour, location=here, by_context=True)


class TestCustoms:
    @pytest.mark.parametrize(
        ("milestone", "here", "meant"),
        [
            (M.IMPORT_CUSTOMS_CLEARED, ORIGIN, M.EXPORT_CUSTOMS_CLEARED),
            (M.EXPORT_CUSTOMS_CLEARED, DESTINATION, M.IMPORT_CUSTOMS_CLEARED),
            (M.EXPORT_CUSTOMS_SUBMITTED, DESTINATION, M.IMPORT_CUSTOMS_SUBMITTED),
            (M.IMPORT_CUSTOMS_SUBMITTED, ORIGIN, M.EXPORT_CUSTOMS_SUBMITTED),
            (M.EXPORT_CUSTOMS_SUBMITTED, ORIGIN, M.EXPORT_CUSTOMS_SUBMITTED),
            (M.IMPORT_CUSTOMS_CLEARED, None, M.EXPORT_CUSTOMS_CLEARED),
        ],
    )
    def test_the_country_decides_the_side(self, milestone: Milestone, here: Location | None, meant: Milestone) -> None:
        assert read([customs(1, here, milestone)]) == [meant]

    def test_without_a_country_it_is_import_once_the_goods_left(self) -> None:
        assert read([at_place(M.DEPARTED_ORIGIN), customs(1, None, M.EXPORT_CUSTOMS_CLEARED)])[1] is (
            M.IMPORT_CUSTOMS_CLEARED
        )
        assert read([at_place(M.ARRIVED_DELIVERY_DEPOT), customs(1, None)])[1] is M.IMPORT_CUSTOMS_CLEARED

    def test_a_third_country_sets_a_facet_only(self) -> None:
        folded = journey([at_place(M.PICKED_UP), at_place(M.DEPARTED_ORIGIN, 1), customs(2, TRANSIT)], CN_TO_DE)

        assert (folded.state, folded.steps[-1].milestone) == (State.LINEHAUL, M.IMPORT_CUSTOMS_CLEARED)
        assert (folded.facets.customs_transit, folded.facets.customs_import) == (
            CustomsFacet.CLEARED,
            CustomsFacet.NONE,
        )

    @pytest.mark.parametrize(
        ("shipment", "way", "side"),
        [
            (ONLY_ORIGIN, [], Side.IMPORT),
            (ONLY_DESTINATION, [], Side.EXPORT),
            (ONLY_DESTINATION, [M.DEPARTED_ORIGIN], Side.TRANSIT),
            (UNKNOWN, [M.DEPARTED_ORIGIN], Side.IMPORT),
        ],
    )
    def test_with_one_end_unknown(self, shipment: ShipmentPlan, way: list[Milestone], side: Side) -> None:
        before = [fact(milestone, 1) for milestone in way]

        folded = journey([*before, fact(M.CUSTOMS_HELD, 2, location=TRANSIT)], shipment)

        assert [hold.side for hold in folded.holds] == [side]

    def test_news_before_custody_sets_the_facet_only(self) -> None:
        folded = journey([at_place(M.EXPORT_CUSTOMS_CLEARED), at_place(M.IMPORT_CUSTOMS_SUBMITTED, 1)], CN_TO_DE)

        assert (folded.state, folded.facets.customs_export) == (State.CREATED, CustomsFacet.CLEARED)

    def test_a_clearance_in_the_air_opens_the_last_mile_on_arrival(self) -> None:
        facts = [
            at_place(M.PICKED_UP),
            at_place(M.DEPARTED_ORIGIN, 1),
            at_place(M.IMPORT_CUSTOMS_CLEARED, 2),
            at_place(M.ARRIVED_DESTINATION, 3),
        ]

        assert states(facts, CN_TO_DE) == ["FIRST_MILE", "LINEHAUL", "LAST_MILE"]

    @pytest.mark.parametrize(
        ("way", "here", "state"),
        [
            (M.DEPARTED_ORIGIN, DESTINATION, State.IMPORT_CUSTOMS),
            (M.DEPARTED_ORIGIN, None, State.IMPORT_CUSTOMS),
            (M.DEPARTED_ORIGIN, TRANSIT, State.LINEHAUL),
            (M.HUB_DEPARTED, None, State.LINEHAUL),
        ],
    )
    def test_a_declaration_lodged_early_or_elsewhere_proves_no_arrival(
        self, way: Milestone, here: Location | None, state: State
    ) -> None:
        facts = [at_place(M.PICKED_UP), fact(way, 1), fact(M.IMPORT_CUSTOMS_SUBMITTED, 2, location=here)]

        assert journey(facts, CN_TO_DE).state is state

    def test_an_inner_border_is_crossed_once_the_goods_left(self) -> None:
        special = parcel(origin_country="DE", destination_country="DE", customs_border=True)
        facts = [fact(M.IN_TRANSIT, 1), fact(M.IMPORT_CUSTOMS_SUBMITTED, 3, location=DESTINATION)]

        assert journey(facts, special).state is State.LINEHAUL
        gone = [*facts, fact(M.IN_TRANSIT, 2, location=ORIGIN)]
        assert journey(gone, special).state is State.IMPORT_CUSTOMS


class TestDeliveryRound:
    def test_on_the_way_to_delivery_counts_from_the_depot_only(self) -> None:
        on_the_way = fact(M.OUT_FOR_DELIVERY, 9, by_context=True)

        assert read([at_place(M.PICKED_UP), on_the_way])[1] is M.IN_TRANSIT
        assert read([at_place(M.ARRIVED_DELIVERY_DEPOT), on_the_way])[1] is M.OUT_FOR_DELIVERY
        assert read([at_place(M.ARRIVED_DELIVERY_DEPOT), fact(M.DELIVERY_ATTEMPTED, 5), on_the_way])[2] is (
            M.OUT_FOR_DELIVERY
        )

    def test_a_step_keeps_what_the_mapping_said(self) -> None:
        (step,) = journey(arrivals(ORIGIN), CN_TO_DE).steps

        assert (step.milestone, step.reported, step.country) == (M.RECEIVED_AT_ORIGIN, M.HUB_ARRIVED, "CN")


def test_a_journey_never_changes_its_past_because_it_went_on() -> None:
    facts = [
        at_place(M.PICKED_UP),
        *arrivals(ORIGIN, place("CN", city="X"), TRANSIT, DESTINATION),
        customs(20, None),
        at_place(M.ARRIVED_DELIVERY_DEPOT, 30),
        at_place(M.DELIVERED, 31),
    ]

    steps: Journey = journey(facts)
    for count in range(len(facts)):
        assert journey(facts[:count]).steps == steps.steps[:count]
    assert flags(steps) == []
