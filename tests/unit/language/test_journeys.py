"""Journeys: the hard cases of holds, endings, returns, the delivery loop and inbound shipments."""

from typing import Any

import pytest

from domain.axes import CustodySide, DeliveryMode, DeliveryPlace, Direction, Evidence, PlaceRole, Side, Trust
from domain.facts import Custody, Delivery, Fact, Hold, Location
from domain.journeys import CustomsFacet, Effect, Journey
from domain.milestones import Milestone
from domain.parties import Owner
from domain.reasons import Reason
from domain.shipments import Leg, LegRole
from domain.states import State
from tests.unit.language.building import (
    DESTINATION,
    ORIGIN,
    TRANSIT,
    M,
    at_place,
    fact,
    flags,
    journey,
    line,
    parcel,
    plan,
    source,
    states,
)

ON_THE_WAY = line(M.PICKED_UP, M.DEPARTED_ORIGIN)
ARRIVED = [*ON_THE_WAY, at_place(M.ARRIVED_DESTINATION, 2)]
AT_DEPOT = [*ARRIVED, at_place(M.ARRIVED_DELIVERY_DEPOT, 3)]
DELIVERED = [*AT_DEPOT, at_place(M.DELIVERED, 4)]


def held(hour: float, key: str | None = None, **changes: Any) -> Fact:
    return at_place(M.CUSTOMS_HELD, hour, **{"event_id": f"held-{hour:g}", "hold": Hold(key=key), **changes})


def resolved(hour: float, key: str | None = None, **changes: Any) -> Fact:
    return fact(M.HOLD_RESOLVED, hour, **{"hold": Hold(key=key), **changes})


def last(folded: Journey) -> tuple[Milestone, State, Effect, tuple[str, ...]]:
    step = folded.steps[-1]
    return step.milestone, step.state, step.effect, step.flags


class TestTheUsersWords:
    def test_pickup_customs_resolved_rerouted_delivered(self) -> None:
        facts = [
            *ARRIVED,
            held(3),
            resolved(4),
            fact(M.REROUTED, 5),
            at_place(M.ARRIVED_DELIVERY_DEPOT, 6),
            at_place(M.DELIVERED, 7),
        ]

        assert states(facts) == [
            "FIRST_MILE",
            "LINEHAUL",
            "IMPORT_CUSTOMS",
            "CUSTOMS_HOLD",
            "RESOLVED",
            "REROUTED",
            "LAST_MILE",
            "DELIVERED",
        ]


class TestHolds:
    def test_keys_pair_placing_and_lifting(self) -> None:
        facts = [*ARRIVED, held(3, "a"), held(4, "b"), resolved(5, "a")]

        assert [hold.key for hold in journey(facts).holds] == ["b"]
        assert journey([*facts, resolved(6, "b")]).state is State.RESOLVED

    def test_a_release_without_key_does_not_lift_a_keyed_hold(self) -> None:
        folded = journey([*ARRIVED, held(3, "a"), resolved(5)])

        assert (folded.state, flags(folded)) == (State.CUSTOMS_HOLD, ["RESOLVED_WITHOUT_HOLD"])

    def test_there_is_one_anonymous_hold_per_kind_and_side(self) -> None:
        first = held(3, reasons=(Reason.CUSTOMS_INSPECTION,))
        again = held(4, reasons=(Reason.CUSTOMS_DOCS_MISSING,))

        (hold,) = journey([*ARRIVED, first, again]).holds

        assert (hold.since, hold.event_id, hold.reasons) == (
            first.occurred_at,
            "held-3",
            (Reason.CUSTOMS_DOCS_MISSING,),
        )

    def test_sides_are_different_holds(self) -> None:
        facts = [*ARRIVED, held(3, location=None, hold=Hold(side=Side.EXPORT)), held(4)]

        assert [hold.side for hold in journey(facts).holds] == [Side.EXPORT, Side.IMPORT]
        cleared = journey([*facts, at_place(M.IMPORT_CUSTOMS_CLEARED, 5)])
        assert ([hold.side for hold in cleared.holds], cleared.state) == ([Side.EXPORT], State.CUSTOMS_HOLD)

    def test_a_clearance_lifts_no_other_hold(self) -> None:
        facts = [*ARRIVED, held(3, "a"), held(3.5), fact(M.HELD, 4), at_place(M.IMPORT_CUSTOMS_CLEARED, 5)]

        assert states(facts)[-2:] == ["CUSTOMS_HOLD", "ON_HOLD"]
        assert states([*facts, resolved(6)])[-1] == "RESOLVED"

    def test_lifting_the_authoritys_hold_leaves_the_carriers(self) -> None:
        facts = [*ARRIVED, held(3, "a"), fact(M.HELD, 4), resolved(5, "a")]

        assert journey(facts).state is State.ON_HOLD

    def test_plain_words_lift_the_carriers_hold_before_the_authoritys(self) -> None:
        facts = [*ARRIVED, held(3), fact(M.HELD, 4), resolved(5)]

        folded = journey(facts)
        assert (folded.state, flags(folded)) == (State.CUSTOMS_HOLD, ["AMBIGUOUS_RELEASE"])
        assert journey([*facts, resolved(6)]).state is State.RESOLVED

    @pytest.mark.parametrize("named", [Hold(authority="customs"), Hold(customs=True), Hold(side=Side.IMPORT)])
    def test_a_release_may_name_the_authoritys_hold(self, named: Hold) -> None:
        folded = journey([*ARRIVED, held(3), fact(M.HELD, 4), fact(M.HOLD_RESOLVED, 5, hold=named)])

        assert (folded.state, flags(folded)) == (State.ON_HOLD, [])

    def test_leaving_the_origin_ends_export_holds_only(self) -> None:
        at_home = held(1, location=ORIGIN)
        other = fact(M.HELD, 1.5)

        folded = journey([at_place(M.PICKED_UP), at_home, other, at_place(M.DEPARTED_ORIGIN, 2)])

        assert (folded.state, flags(folded)) == (State.ON_HOLD, ["IMPLIED:HOLD_RESOLVED"])

    def test_a_scan_abroad_ends_export_holds_too(self) -> None:
        folded = journey([at_place(M.PICKED_UP), held(1, location=ORIGIN), at_place(M.HUB_ARRIVED, 2)])

        assert (folded.state, flags(folded)) == (State.LINEHAUL, ["IMPLIED:HOLD_RESOLVED"])

    def test_hub_scans_end_no_import_hold(self) -> None:
        facts = [*ARRIVED, held(3), at_place(M.HUB_ARRIVED, 4, location=DESTINATION), fact(M.HUB_DEPARTED, 5)]

        assert journey(facts).state is State.CUSTOMS_HOLD

    def test_depot_scans_end_every_hold_and_say_so(self) -> None:
        folded = journey([*ARRIVED, held(3, "a"), fact(M.HELD, 3.5), at_place(M.ARRIVED_DELIVERY_DEPOT, 4)])

        assert (folded.state, folded.holds, flags(folded)) == (State.LAST_MILE, (), ["IMPLIED:HOLD_RESOLVED"])

    def test_a_hold_before_custody_shows_and_a_cancellation_is_still_possible(self) -> None:
        folded = journey([held(1, location=ORIGIN), fact(M.CANCELLED, 2)])

        assert states([held(1, location=ORIGIN), fact(M.CANCELLED, 2)]) == ["CUSTOMS_HOLD", "CANCELLED"]
        assert folded.holds == ()

    def test_a_refusal_under_another_hold_shows_once_that_is_lifted(self) -> None:
        facts = [*ARRIVED, fact(M.HELD, 3), at_place(M.CUSTOMS_REFUSED, 4), resolved(5)]

        assert states(facts)[-2:] == ["ON_HOLD", "RESOLVED"]
        assert journey(facts).stage is State.UNDELIVERABLE
        assert journey(facts).facets.customs_import is CustomsFacet.REFUSED

    def test_a_lost_parcel_found_again_is_still_held(self) -> None:
        facts = [*ARRIVED, held(3), fact(M.LOST, 4)]

        assert journey(facts).holds == ()
        assert journey([*facts, fact(M.FOUND, 5)]).state is State.CUSTOMS_HOLD

    def test_the_reason_of_the_newest_hold_decides_who_acts(self) -> None:
        facts = [*ARRIVED, held(3, "a", reasons=(Reason.CUSTOMS_INSPECTION,))]

        assert journey(facts).owner is Owner.CUSTOMS
        assert journey([*facts, held(4, "b", reasons=(Reason.CUSTOMS_DUTY_TAX_UNPAID,))]).owner is Owner.RECIPIENT
        assert journey([*ARRIVED, held(3)]).owner is Owner.HUB

    def test_an_open_problem_can_be_resolved_without_a_hold(self) -> None:
        facts = [*ON_THE_WAY, fact(M.EXCEPTION_RAISED, 5, reasons=(Reason.ADDRESS_INCOMPLETE,))]

        assert (journey(facts).facets.open_problem, journey(facts).owner) == (Reason.ADDRESS_INCOMPLETE, Owner.SHIPPER)
        solved = journey([*facts, fact(M.HOLD_RESOLVED, 6)])
        assert (solved.facets.open_problem, last(solved)[2:]) == (None, (Effect.KEPT, ()))

    def test_a_transit_hold_is_its_own_side(self) -> None:
        facts = [*ON_THE_WAY, held(2, location=TRANSIT), at_place(M.IMPORT_CUSTOMS_CLEARED, 3)]

        assert [hold.side for hold in journey(facts).holds] == [Side.TRANSIT]


class TestEndings:
    def test_delivered_and_scanned_again_stays_delivered(self) -> None:
        folded = journey([*DELIVERED, at_place(M.OUT_FOR_DELIVERY, 5), at_place(M.DELIVERED, 6)])

        assert (folded.state, flags(folded)) == (State.DELIVERED, ["AFTER_TERMINAL:OUT_FOR_DELIVERY"])

    def test_lost_after_delivered_is_a_dispute(self) -> None:
        folded = journey([*DELIVERED, fact(M.LOST, 9, reasons=(Reason.RECIPIENT_NON_RECEIPT_CLAIM,))])

        assert (folded.state, folded.facets.disputed, flags(folded)) == (
            State.DELIVERED,
            True,
            ["NON_RECEIPT_DISPUTE"],
        )

    def test_lost_and_found(self) -> None:
        facts = [*ON_THE_WAY, fact(M.LOST, 5), fact(M.FOUND, 6), at_place(M.HUB_ARRIVED, 7)]

        assert states(facts)[-3:] == ["LOST", "RESOLVED", "LINEHAUL"]
        assert journey(facts[:3]).owner is Owner.CARRIER

    def test_a_scan_finds_what_was_lost(self) -> None:
        folded = journey([*ON_THE_WAY, fact(M.LOST, 5), at_place(M.OUT_FOR_DELIVERY, 7)])

        assert (folded.state, flags(folded), folded.ended_at) == (State.OUT_FOR_DELIVERY, ["IMPLIED:FOUND"], None)

    def test_a_zombie_label_moves_and_raises_an_alert(self) -> None:
        folded = journey([fact(M.CANCELLED, 1), at_place(M.RECEIVED_AT_ORIGIN, 5)])

        assert (folded.state, flags(folded)) == (State.FIRST_MILE, ["ZOMBIE_LABEL"])

    def test_cancelling_after_pickup_is_an_anomaly(self) -> None:
        folded = journey([*ON_THE_WAY, fact(M.CANCELLED, 5)])

        assert (folded.state, flags(folded)) == (State.LINEHAUL, ["CANCEL_AFTER_PICKUP"])

    def test_events_past_the_reopen_window_are_set_aside(self) -> None:
        inside, outside = fact(M.RETURN_INITIATED, 4 + 45 * 24), fact(M.RETURN_INITIATED, 4.1 + 45 * 24)

        assert journey([*DELIVERED, inside]).state is State.RETURNING
        late = journey([*DELIVERED, outside])
        assert (late.state, flags(late)) == (State.DELIVERED, ["REUSE_SUSPECTED:RETURN_INITIATED"])

    def test_observations_past_the_window_are_set_aside_and_those_of_people_are_not(self) -> None:
        proof = fact(M.POD_RECEIVED, 60 * 24)
        ours = proof.model_copy(update={"source": source("milepost", Trust.OPERATOR)})

        assert not journey([*DELIVERED, proof]).facets.pod
        assert journey([*DELIVERED, ours]).facets.pod

    def test_damage_is_noted_after_the_end(self) -> None:
        folded = journey([*DELIVERED, fact(M.DAMAGED, 9)])

        assert (folded.facets.damaged, last(folded)[2:]) == (True, (Effect.KEPT, ()))


class TestReturns:
    def test_delivered_on_the_way_back_is_returned(self) -> None:
        folded = journey([*AT_DEPOT, fact(M.RETURN_INITIATED, 5), at_place(M.DELIVERED, 9)])

        assert last(folded) == (M.RETURNED, State.RETURNED, Effect.MOVED, ("DELIVERED_ON_RETURN",))
        assert folded.steps[-1].reported is M.DELIVERED
        assert folded.facets.direction is Direction.RETURN

    def test_a_direction_told_by_the_source_starts_the_return(self) -> None:
        folded = journey([*AT_DEPOT, at_place(M.HUB_ARRIVED, 5, direction=Direction.RETURN)])

        assert (folded.state, flags(folded)) == (State.RETURNING, ["IMPLIED:RETURN_INITIATED"])

    def test_a_scan_under_the_return_number_starts_the_return(self) -> None:
        legs = (Leg(carrier="c", tracking_number="R1", role=LegRole.RETURN),)
        back = [fact(M.HELD, 4.5), at_place(M.HUB_ARRIVED, 5, tracking_number="R1")]

        folded = journey([*AT_DEPOT, *back], plan(legs=legs))

        assert (folded.state, flags(folded)) == (
            State.RETURNING,
            ["IMPLIED:RETURN_INITIATED", "IMPLIED:HOLD_RESOLVED"],
        )
        delivered = journey([*AT_DEPOT, fact(M.DELIVERED, 6, tracking_number="R1")], plan(legs=legs))
        assert last(delivered)[3] == ("IMPLIED:RETURN_INITIATED", "DELIVERED_ON_RETURN")

    def test_a_return_after_delivery_needs_a_word(self) -> None:
        folded = journey([*DELIVERED, at_place(M.PICKED_UP, 9, direction=Direction.RETURN, event_id="x")])
        back = journey([*DELIVERED, at_place(M.DELIVERED, 9, direction=Direction.RETURN)])

        assert (folded.state, flags(folded)) == (State.DELIVERED, ["AFTER_TERMINAL:PICKED_UP"])
        assert (back.state, flags(back)) == (State.RETURNED, ["IMPLIED:RETURN_INITIATED", "DELIVERED_ON_RETURN"])

    def test_holds_on_the_way_back(self) -> None:
        facts = [*AT_DEPOT, fact(M.RETURN_INITIATED, 5), held(6), resolved(7), at_place(M.HUB_ARRIVED, 8)]

        assert states(facts)[-4:] == ["RETURNING", "CUSTOMS_HOLD", "RESOLVED", "RETURNING"]

    def test_depot_scans_on_the_way_back_keep_returning(self) -> None:
        facts = [*AT_DEPOT, fact(M.RETURN_INITIATED, 5), held(6), at_place(M.ARRIVED_DELIVERY_DEPOT, 8, event_id="x")]

        assert last(journey(facts))[1:] == (State.RETURNING, Effect.MOVED, ("IMPLIED:HOLD_RESOLVED",))

    def test_a_reroute_forward_ends_the_return(self) -> None:
        back = [*AT_DEPOT, fact(M.RETURN_INITIATED, 5)]
        forward = [*back, fact(M.REROUTED, 6, direction=Direction.FORWARD), at_place(M.HUB_ARRIVED, 7)]

        assert states(forward)[-3:] == ["RETURNING", "REROUTED", "LAST_MILE"]
        assert journey(forward).facets.direction is Direction.FORWARD
        assert states([*back, fact(M.REROUTED, 6), at_place(M.HUB_ARRIVED, 7)])[-1] == "RETURNING"

    def test_a_buyers_return_is_a_shipment_of_its_own(self) -> None:
        facts = [at_place(M.PICKED_UP), at_place(M.DELIVERED, 9)]

        folded = journey(facts, parcel(direction=Direction.RETURN))

        assert last(folded) == (M.RETURNED, State.RETURNED, Effect.MOVED, ("DELIVERED_ON_RETURN",))


class TestDeliveryLoop:
    def test_unclaimed_goes_back(self) -> None:
        facts = [
            *AT_DEPOT,
            fact(M.AVAILABLE_FOR_PICKUP, 5),
            fact(M.UNDELIVERABLE, 6, reasons=(Reason.RECIPIENT_UNCLAIMED,)),
            fact(M.RETURN_INITIATED, 7),
            fact(M.RETURNED, 8),
        ]

        assert states(facts)[-4:] == ["AVAILABLE_FOR_PICKUP", "UNDELIVERABLE", "RETURNING", "RETURNED"]
        assert flags(journey(facts)) == []

    def test_attempts_within_half_an_hour_count_once(self) -> None:
        times = (5, 5.4, 5.9, 8)
        tries = [fact(M.DELIVERY_ATTEMPTED, hour, reasons=(Reason.RECIPIENT_NOT_AVAILABLE,)) for hour in times]

        folded = journey([*AT_DEPOT, *tries])

        assert (folded.facets.attempts, folded.owner) == (3, Owner.RECIPIENT)

    def test_a_new_address_is_a_new_attempt(self) -> None:
        tries = [fact(M.DELIVERY_ATTEMPTED, 5), fact(M.REROUTED, 5.1), fact(M.DELIVERY_ATTEMPTED, 5.2)]

        folded = journey([*AT_DEPOT, *tries])

        assert (folded.facets.attempts, folded.facets.route_version) == (2, 2)

    def test_the_source_may_count_attempts_itself(self) -> None:
        third = fact(M.DELIVERY_ATTEMPTED, 5, delivery=Delivery(attempt_no=3))

        assert journey([*AT_DEPOT, third]).facets.attempts == 3

    def test_a_reroute_takes_undeliverable_goods_back_to_their_stage(self) -> None:
        stopped = [*ON_THE_WAY, at_place(M.CUSTOMS_REFUSED, 4), fact(M.REROUTED, 5), at_place(M.HUB_ARRIVED, 6)]

        assert states(stopped)[-3:] == ["UNDELIVERABLE", "REROUTED", "LINEHAUL"]

    def test_a_new_date_ends_undeliverable_under_a_pause_too(self) -> None:
        facts = [*AT_DEPOT, fact(M.UNDELIVERABLE, 5), fact(M.DELIVERY_SCHEDULED, 6)]

        assert states(facts)[-2:] == ["UNDELIVERABLE", "LAST_MILE"]

    def test_put_down_at_a_pickup_point_is_not_delivered(self) -> None:
        put_down = fact(M.DELIVERED, 5, delivery=Delivery(place=DeliveryPlace.LOCKER, evidence=(Evidence.PHOTO,)))

        folded = journey([*AT_DEPOT, put_down])

        assert last(folded) == (M.AVAILABLE_FOR_PICKUP, State.AVAILABLE_FOR_PICKUP, Effect.MOVED, ())

    @pytest.mark.parametrize(
        "delivery",
        [
            Delivery(place=DeliveryPlace.LOCKER, mode=DeliveryMode.COLLECTED),
            Delivery(place=DeliveryPlace.PICKUP_POINT, evidence=(Evidence.CODE,)),
            Delivery(place=DeliveryPlace.ADDRESS),
            Delivery(place=DeliveryPlace.PO_BOX),
        ],
    )
    def test_collected_is_delivered(self, delivery: Delivery) -> None:
        assert journey([*AT_DEPOT, fact(M.DELIVERED, 5, delivery=delivery)]).state is State.DELIVERED

    def test_a_signature_alone_never_delivers(self) -> None:
        proof = fact(M.POD_RECEIVED, 5, delivery=Delivery(evidence=(Evidence.SIGNATURE,)))

        folded = journey([*AT_DEPOT, proof])

        assert (folded.state, folded.facets.pod, last(folded)[2]) == (State.LAST_MILE, True, Effect.OBSERVED)

    def test_the_delivery_itself_may_carry_the_proof(self) -> None:
        signed = fact(M.DELIVERED, 5, delivery=Delivery(evidence=(Evidence.SIGNATURE,)))

        assert journey([*AT_DEPOT, signed]).facets.pod


class TestInbound:
    def test_replenishment_ends_in_stock(self) -> None:
        facts = [
            *DELIVERED,
            fact(M.WAREHOUSE_CHECKED_IN, 6, quantities={"expected": 10}),
            fact(M.WAREHOUSE_RECEIVED, 7, quantities={"expected": 10, "received": 9}),
        ]

        folded = journey(facts)

        assert states(facts)[-2:] == ["DELIVERED", "STOCKED"]
        assert (folded.facets.quantities, flags(folded)) == ({"expected": 10, "received": 9}, [])

    def test_a_parcel_is_never_stocked(self) -> None:
        late = fact(M.WAREHOUSE_RECEIVED, 6)

        for facts in ([*AT_DEPOT, late], [*DELIVERED, late], [*AT_DEPOT, fact(M.LOST, 5), late]):
            folded = journey(facts, parcel())
            assert (last(folded)[2:], folded.state) == (
                (Effect.ILLEGAL, ("NOT_INBOUND:WAREHOUSE_RECEIVED",)),
                journey(facts[:-1], parcel()).state,
            )

    def test_returns_from_stock_are_new_shipments(self) -> None:
        folded = journey([*DELIVERED, fact(M.WAREHOUSE_RECEIVED, 7), fact(M.RETURN_INITIATED, 9)])

        assert (folded.state, flags(folded)) == (State.STOCKED, ["OPEN_NEW_SHIPMENT"])


class TestFacets:
    def test_a_possible_delay_is_an_estimate(self) -> None:
        expected = at_place(M.DELIVERED, 99).occurred_at
        folded = journey([*ON_THE_WAY, fact(M.ETA_UPDATED, 5, classifier="EST", expected_at=expected)])

        assert (folded.facets.expected_at, folded.facets.delayed) == (expected, False)

    def test_the_last_recorded_estimate_stands(self) -> None:
        first = fact(M.DELIVERED, 50, classifier="EST", recorded_at=fact(M.DELIVERED, 5).occurred_at)
        last_one = fact(M.DELIVERED, 40, classifier="EST", recorded_at=fact(M.DELIVERED, 6).occurred_at)

        folded = journey([*ON_THE_WAY, first, last_one])

        assert (folded.facets.expected_at, folded.state) == (last_one.occurred_at, State.LINEHAUL)

    def test_facts_may_carry_an_estimate_beside_what_happened(self) -> None:
        expected = fact(M.DELIVERED, 60).occurred_at

        assert journey([at_place(M.PICKED_UP, expected_at=expected)]).facets.expected_at == expected

    def test_delay_with_a_cause_nobody_can_help(self) -> None:
        folded = journey([*ON_THE_WAY, fact(M.DELAYED, 5, reasons=(Reason.EXTERNAL_WEATHER,))])

        assert (folded.facets.delayed, folded.owner, folded.state) == (True, Owner.NONE, State.LINEHAUL)
        moved = journey([*ON_THE_WAY, fact(M.DELAYED, 5), at_place(M.HUB_ARRIVED, 6)])
        assert (moved.facets.delayed, moved.facets.open_problem) == (True, None)

    def test_a_problem_without_a_cause_says_so(self) -> None:
        folded = journey([*AT_DEPOT, fact(M.DELIVERY_ATTEMPTED, 5)])

        assert folded.steps[-1].reasons == (Reason.OTHER_UNSPECIFIED,)
        assert folded.owner is Owner.RECIPIENT

    def test_silence_ends_with_news_even_if_the_news_is_old(self) -> None:
        stale = fact(M.TRACKING_STALE, 100, source=source("milepost", Trust.OPERATOR))
        old_news = at_place(M.HUB_ARRIVED, 5, recorded_at=fact(M.HUB_ARRIVED, 120).occurred_at)

        assert journey([*ON_THE_WAY, stale]).facets.stale
        assert not journey([*ON_THE_WAY, stale, old_news]).facets.stale
        assert journey([stale]).facets.stale

    def test_several_stops_tell_the_customs_progress(self) -> None:
        facts = [
            at_place(M.EXPORT_CUSTOMS_CLEARED, -5),
            at_place(M.EXPORT_CUSTOMS_SUBMITTED, -4),
            *ARRIVED,
            at_place(M.IMPORT_CUSTOMS_SUBMITTED, 3),
        ]

        facets = journey(facts).facets

        assert (facets.customs_export, facets.customs_import) == (CustomsFacet.CLEARED, CustomsFacet.SUBMITTED)

    def test_what_was_last_and_when(self) -> None:
        folded = journey(
            [*ARRIVED, fact(M.CANCELLED, 7), fact(M.INFO_NOTED, 8), fact(M.DELIVERED, 9, classifier="PLN")]
        )

        assert (folded.last_milestone, folded.last_at) == (M.ARRIVED_DESTINATION, ARRIVED[-1].occurred_at)
        assert folded.heard_at == fact(M.DELIVERED, 9).recorded_at

    def test_an_empty_journey(self) -> None:
        folded = journey([])

        assert (folded.state, folded.stage, folded.owner, folded.steps) == (
            State.CREATED,
            State.CREATED,
            Owner.SHIPPER,
            (),
        )
        assert (folded.last_at, folded.heard_at, folded.custody_whole) == (None, None, True)


def handover(milestone: Milestone, hour: float, *parties: str | None, side: CustodySide | None = None) -> Fact:
    giver, taker = parties
    return at_place(milestone, hour, custody=Custody(from_party=giver, to_party=taker, side=side))


class TestCustody:
    def test_a_whole_chain(self) -> None:
        folded = journey(
            [
                handover(M.PICKED_UP, 0, "shipper", "one"),
                handover(M.HANDED_OVER, 5, "one", "two", side=CustodySide.BOTH),
                handover(M.DELIVERED, 9, "two", "recipient"),
            ]
        )

        assert [(link.from_party, link.to_party, link.open, link.breaks) for link in folded.custody] == [
            ("shipper", "one", False, False),
            ("one", "two", False, False),
            ("two", "recipient", False, False),
        ]
        assert folded.custody_whole

    def test_given_and_not_taken_is_open(self) -> None:
        given = [
            handover(M.PICKED_UP, 0, "shipper", "one"),
            handover(M.HANDED_OVER, 5, "one", "two", side=CustodySide.GIVEN),
        ]

        assert [link.open for link in journey(given).custody] == [False, True]
        assert not journey(given).custody_whole
        taken = at_place(
            M.HANDED_OVER, 6, event_id="t", custody=Custody(from_party="one", to_party="two", side=CustodySide.TAKEN)
        )
        assert journey([*given, taken]).custody_whole

    def test_taken_may_be_told_before_given(self) -> None:
        taken = handover(M.HANDED_OVER, 5, None, "two", side=CustodySide.TAKEN)
        given = handover(M.HANDED_OVER, 5.5, "one", "two", side=CustodySide.GIVEN)

        folded = journey([handover(M.PICKED_UP, 0, "shipper", "one"), taken, given])

        assert ([link.open for link in folded.custody], folded.custody_whole) == ([False, False, False], True)

    def test_the_next_act_of_the_taker_closes_it(self) -> None:
        given = handover(M.HANDED_OVER, 5, "one", "two", side=CustodySide.GIVEN)

        assert journey([given, handover(M.DELIVERED, 9, "two", "recipient")]).custody_whole

    def test_a_stranger_breaks_the_chain(self) -> None:
        folded = journey([handover(M.PICKED_UP, 0, "shipper", "one"), handover(M.DELIVERED, 9, "three", "recipient")])

        assert ([link.breaks for link in folded.custody], folded.custody_whole) == ([False, True], False)

    def test_parties_nobody_named_break_nothing(self) -> None:
        folded = journey([handover(M.PICKED_UP, 0, "shipper", "one"), *line(M.HANDED_OVER, M.DELIVERED, start=3)])

        assert (len(folded.custody), folded.custody_whole) == (3, True)

    def test_what_does_not_fit_is_no_handover(self) -> None:
        folded = journey([*DELIVERED, at_place(M.HANDED_OVER, 9)])

        assert [link.milestone for link in folded.custody] == [M.PICKED_UP, M.DELIVERED]


class TestPieces:
    PLAN = parcel(parcels=("A", "B"))

    def piece(self, name: str | None, *milestones: Milestone, start: float = 0) -> list[Fact]:
        return [
            item.model_copy(update={"parcel": name, "event_id": f"{name}-{item.event_id}"})
            for item in line(*milestones, start=start)
        ]

    def test_the_least_advanced_open_piece_is_shown(self) -> None:
        facts = [
            *self.piece("A", M.PICKED_UP, M.DEPARTED_ORIGIN),
            *self.piece("B", M.PICKED_UP, M.ARRIVED_DELIVERY_DEPOT),
        ]

        folded = journey(facts, self.PLAN)

        assert (folded.state, folded.parcels) == (State.LINEHAUL, {"A": State.LINEHAUL, "B": State.LAST_MILE})

    def test_delivered_only_when_all_are(self) -> None:
        both = self.piece(None, M.PICKED_UP, M.DEPARTED_ORIGIN, M.ARRIVED_DELIVERY_DEPOT)
        first, second = self.piece("A", M.DELIVERED, start=5), self.piece("B", M.DELIVERED, start=6)

        some = journey([*both, *first], self.PLAN)
        assert (some.state, some.facets.partially_delivered) == (State.LAST_MILE, True)
        every = journey([*both, *first, *second], self.PLAN)
        assert (every.state, every.facets.partially_delivered) == (State.DELIVERED, False)
        assert states([*both, *first, *second], self.PLAN) == ["FIRST_MILE", "LINEHAUL", "LAST_MILE", "DELIVERED"]

    def test_facts_of_the_whole_shipment_move_every_piece_that_they_fit(self) -> None:
        facts = [
            *self.piece("A", M.PICKED_UP, M.DELIVERED),
            *self.piece("B", M.PICKED_UP),
            *self.piece(None, M.OUT_FOR_DELIVERY, start=5),
        ]

        folded = journey(facts, self.PLAN)

        assert (folded.parcels, flags(folded)) == ({"A": State.DELIVERED, "B": State.OUT_FOR_DELIVERY}, [])

    def test_facts_that_fit_no_piece_are_anomalies(self) -> None:
        facts = [*self.piece(None, M.PICKED_UP, M.DELIVERED), *self.piece(None, M.OUT_FOR_DELIVERY, start=5)]

        assert flags(journey(facts, self.PLAN)) == ["AFTER_TERMINAL:OUT_FOR_DELIVERY"]

    @pytest.mark.parametrize(
        ("first", "second", "expected", "partial"),
        [
            (M.LOST, M.DELIVERED, State.FIRST_MILE, True),
            (M.LOST, M.LOST, State.LOST, False),
            (M.LOST, M.IN_TRANSIT, State.LINEHAUL, False),
            (M.DELIVERED, M.RETURNED, State.RETURNED, True),
            (M.DISPOSED, M.DELIVERED, State.DISPOSED, True),
            (M.RETURNED, M.DISPOSED, State.RETURNED, False),
        ],
    )
    def test_mixed_endings(self, first: Milestone, second: Milestone, expected: State, partial: bool) -> None:
        facts = [*self.piece("A", M.PICKED_UP, first), *self.piece("B", M.PICKED_UP, second)]

        folded = journey(facts, self.PLAN)

        assert (folded.state, folded.facets.partially_delivered) == (expected, partial)

    def test_a_cancelled_piece_does_not_hold_the_others_back(self) -> None:
        facts = [*self.piece("A", M.CANCELLED), *self.piece("B", M.PICKED_UP, M.DELIVERED)]

        assert journey(facts, self.PLAN).state is State.DELIVERED
        assert journey([*self.piece(None, M.CANCELLED)], self.PLAN).state is State.CANCELLED

    def test_inbound_pieces_at_the_dock_and_in_stock_are_delivered(self) -> None:
        facts = [*self.piece(None, M.PICKED_UP, M.DELIVERED), *self.piece("A", M.WAREHOUSE_RECEIVED, start=5)]

        assert journey(facts, plan(parcels=("A", "B"))).state is State.DELIVERED

    def test_holds_and_facets_of_all_pieces_are_seen(self) -> None:
        facts = [
            *self.piece(None, M.PICKED_UP, M.DEPARTED_ORIGIN, M.ARRIVED_DESTINATION, M.CUSTOMS_HELD),
            *self.piece("A", M.DAMAGED, M.DELIVERY_ATTEMPTED, start=5),
            *self.piece("B", M.DELAYED, start=8),
        ]
        counted = fact(M.WAREHOUSE_CHECKED_IN, 9, parcel="A", quantities={"received": 2})
        more = fact(M.WAREHOUSE_CHECKED_IN, 9.5, parcel="B", quantities={"received": 3})

        folded = journey(facts, self.PLAN)

        assert (folded.state, len(folded.holds), folded.facets.attempts) == (State.CUSTOMS_HOLD, 1, 1)
        assert (folded.facets.damaged, folded.facets.delayed, folded.facets.pod) == (True, True, False)
        assert journey([*facts, counted, more], self.PLAN).facets.quantities == {"received": 5}

    def test_a_held_piece_is_shown_among_pieces_equally_far(self) -> None:
        facts = [*self.piece(None, M.PICKED_UP), *self.piece("B", M.HELD, start=4)]

        assert journey(facts, self.PLAN).state is State.ON_HOLD

    def test_numbers_of_legs_name_pieces(self) -> None:
        legs = (
            Leg(carrier="c", tracking_number="TA", parcel="A"),
            Leg(carrier="c", tracking_number="TB", parcel="B"),
        )
        facts = [fact(M.PICKED_UP, 0, tracking_number="TA"), fact(M.DELIVERED, 5, tracking_number="TB")]

        folded = journey(facts, parcel(legs=legs))

        assert folded.parcels == {"A": State.FIRST_MILE, "B": State.DELIVERED}
        assert [step.parcel for step in folded.steps] == ["A", "B"]

    def test_pieces_that_only_facts_name(self) -> None:
        facts = [fact(M.PICKED_UP, 0, parcel="2"), fact(M.PICKED_UP, 1, parcel="1")]

        assert list(journey(facts, parcel()).parcels) == ["1", "2"]

    def test_one_piece_may_have_two_names(self) -> None:
        folded = journey([fact(M.PICKED_UP, 0, parcel="003404")], parcel(parcels=("box-1",)))

        assert folded.parcels == {"box-1": State.FIRST_MILE}


class TestLegs:
    def test_several_numbers_are_one_journey(self) -> None:
        legs = (
            Leg(carrier="one", tracking_number="T1", role=LegRole.FIRST_MILE),
            Leg(carrier="two", tracking_number="T2", role=LegRole.LAST_MILE),
        )
        second = [
            item.model_copy(update={"tracking_number": "T2", "source": source("two")})
            for item in line(M.LABEL_CREATED, M.PICKED_UP, M.ARRIVED_DELIVERY_DEPOT, M.DELIVERED, start=20)
        ]

        assert states([*ARRIVED, *second], parcel(legs=legs)) == [
            "FIRST_MILE",
            "LINEHAUL",
            "IMPORT_CUSTOMS",
            "LAST_MILE",
            "DELIVERED",
        ]

    def test_a_reroute_to_another_country_moves_the_destination(self) -> None:
        there = Location(country="FR", role=PlaceRole.DESTINATION)
        facts = [*ON_THE_WAY, fact(M.REROUTED, 3, location=there), fact(M.HUB_ARRIVED, 4, location=there)]

        assert last(journey(facts))[:2] == (M.ARRIVED_DESTINATION, State.IMPORT_CUSTOMS)
