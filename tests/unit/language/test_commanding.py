"""Commands become facts, or are refused with a reason."""

from datetime import timedelta
from typing import Any

import pytest

from domain.axes import Evidence, Precision, Side, Trust
from domain.commanding import facts_of
from domain.commands import Command, CommandKind
from domain.errors import CommandRefusedError
from domain.facts import Fact, Hold
from domain.milestones import Milestone
from domain.reasons import Reason
from domain.shipments import Leg, LegRole
from domain.states import State
from tests.unit.language.building import START, M, at_place, fact, flags, journey, line, parcel

PLAN = parcel(legs=(Leg(carrier="one", tracking_number="T1"),))
ON_THE_WAY = line(M.PICKED_UP, M.DEPARTED_ORIGIN)
ARRIVED = [*ON_THE_WAY, at_place(M.ARRIVED_DESTINATION, 2)]
DELIVERED = [*ARRIVED, at_place(M.DELIVERED, 9)]
HELD = at_place(M.CUSTOMS_HELD, 3, event_id="held")
KEYED = at_place(M.CUSTOMS_HELD, 4, event_id="keyed", hold=Hold(key="k", authority="customs"))
EXPORT = at_place(M.CUSTOMS_HELD, 4, event_id="export", hold=Hold(side=Side.EXPORT))
CARRIERS = fact(M.HELD, 5, event_id="carriers")


def command(kind: CommandKind, **changes: Any) -> Command:
    values = {
        "command_id": "c1",
        "kind": kind,
        "actor": "key-7",
        "origin": "user:key-7",
        "at": START + timedelta(hours=20),
    }
    return Command(**{**values, **changes})


def obey(order: Command, facts: list[Fact]) -> Fact:
    (made,) = facts_of(order, journey(facts, PLAN), PLAN)
    return made


def refusal(order: Command, facts: list[Fact]) -> str:
    with pytest.raises(CommandRefusedError) as caught:
        facts_of(order, journey(facts, PLAN), PLAN)
    assert caught.value.evidence["command_id"] == "c1"
    return str(caught.value)


def state_after(order: Command, facts: list[Fact]) -> State:
    return journey([*facts, obey(order, facts)], PLAN).state


class TestEveryFact:
    def test_it_names_its_author_and_its_command(self) -> None:
        made = obey(command(CommandKind.REROUTE, note="next door", detail_ref="private/1"), ON_THE_WAY)

        assert (made.source.party, made.source.trust, made.source.raw_code) == (
            "user:key-7",
            Trust.OPERATOR,
            "reroute",
        )
        assert (made.occurred_at, made.recorded_at, made.precision) == (
            START + timedelta(hours=20),
            START + timedelta(hours=20),
            Precision.SECOND,
        )
        assert (made.tracking_number, made.note, made.detail_ref) == ("T1", "next door", "private/1")

    def test_the_same_command_makes_the_same_fact(self) -> None:
        order = command(CommandKind.REROUTE)

        assert obey(order, ON_THE_WAY) == obey(order, ON_THE_WAY)
        assert obey(order, ON_THE_WAY).event_id != obey(command(CommandKind.REROUTE, command_id="c2"), []).event_id

    def test_a_shipment_without_a_number_can_be_commanded(self) -> None:
        plan = parcel()

        (made,) = facts_of(command(CommandKind.CANCEL), journey([], plan), plan)

        assert made.tracking_number == ""


class TestReleaseHold:
    def test_the_only_hold_is_meant(self) -> None:
        for held in (HELD, KEYED, CARRIERS):
            assert state_after(command(CommandKind.RELEASE_HOLD), [*ARRIVED, held]) is State.RESOLVED

    @pytest.mark.parametrize(
        ("choice", "left"),
        [
            ({"hold_key": "k"}, {"held", "export", "carriers"}),
            ({"side": Side.EXPORT}, {"held", "keyed", "carriers"}),
            ({}, {"held", "keyed", "export"}),
        ],
    )
    def test_exactly_the_hold_that_is_named_is_lifted(self, choice: dict[str, Any], left: set[str]) -> None:
        facts = [*ARRIVED, HELD, KEYED, EXPORT, CARRIERS]

        folded = journey([*facts, obey(command(CommandKind.RELEASE_HOLD, **choice), facts)], PLAN)

        assert {hold.event_id for hold in folded.holds} == left
        assert flags(folded) == []

    def test_several_holds_have_to_be_told_apart(self) -> None:
        said = refusal(command(CommandKind.RELEASE_HOLD, side=Side.IMPORT), [*ARRIVED, HELD, KEYED])

        assert said == (
            "release_hold refused: several holds match, name its key or side; open are: "
            "customs hold (key none, side IMPORT), customs hold (key k, side IMPORT) (state CUSTOMS_HOLD)"
        )
        assert "several" in refusal(command(CommandKind.RELEASE_HOLD), [*ARRIVED, HELD, KEYED])

    def test_no_hold_no_release(self) -> None:
        assert refusal(command(CommandKind.RELEASE_HOLD), ARRIVED) == (
            "release_hold refused: no hold is open on this shipment (state IMPORT_CUSTOMS)"
        )
        assert refusal(command(CommandKind.RELEASE_HOLD, hold_key="x"), [*ARRIVED, CARRIERS]) == (
            "release_hold refused: no open hold matches; open are: other hold (key none, side none) (state ON_HOLD)"
        )

    def test_a_slow_clock_never_puts_the_release_before_the_hold(self) -> None:
        slow = command(CommandKind.RELEASE_HOLD, at=START)

        assert obey(slow, [*ARRIVED, HELD]).occurred_at == HELD.occurred_at
        assert state_after(slow, [*ARRIVED, HELD]) is State.RESOLVED


class TestReroute:
    def test_it_is_a_request_until_the_carrier_agrees(self) -> None:
        asked = obey(command(CommandKind.REROUTE, pickup_point="locker 12"), ARRIVED)
        agreed = command(CommandKind.REROUTE, confirmed=True, country="FR", reason=Reason.RECIPIENT_REQUESTED_PICKUP)

        assert (asked.milestone, asked.reasons) == (M.REROUTE_REQUESTED, (Reason.RECIPIENT_REQUESTED_CHANGE,))
        assert asked.delivery is not None
        assert asked.delivery.pickup_point == "locker 12"
        assert (obey(agreed, ARRIVED).milestone, obey(agreed, ARRIVED).reasons) == (
            M.REROUTED,
            (Reason.RECIPIENT_REQUESTED_PICKUP,),
        )
        assert state_after(agreed, ARRIVED) is State.REROUTED

    def test_what_is_over_stays(self) -> None:
        assert refusal(command(CommandKind.REROUTE), DELIVERED) == (
            "reroute refused: a shipment that has ended cannot be rerouted (state DELIVERED)"
        )


class TestCancel:
    def test_before_custody_it_is_cancelled(self) -> None:
        assert obey(command(CommandKind.CANCEL), []).reasons == (Reason.SHIPPER_CANCELLED,)
        assert state_after(command(CommandKind.CANCEL, reason=Reason.RECIPIENT_CANCELLED), []) is State.CANCELLED

    def test_afterwards_it_is_an_intercept(self) -> None:
        made = obey(command(CommandKind.CANCEL), ON_THE_WAY)

        assert (made.milestone, made.reasons) == (M.REROUTE_REQUESTED, (Reason.SHIPPER_CANCELLED,))

    @pytest.mark.parametrize(
        ("milestone", "why"),
        [(M.DELIVERED, "a shipment that has ended"), (M.RETURN_INITIATED, "the goods are already on their way back")],
    )
    def test_not_when_it_is_too_late(self, milestone: Milestone, why: str) -> None:
        assert why in refusal(command(CommandKind.CANCEL), [*ARRIVED, fact(milestone, 9)])


class TestCorrectAddress:
    def test_it_is_noted(self) -> None:
        made = obey(command(CommandKind.CORRECT_ADDRESS, detail_ref="private/1"), ARRIVED)

        assert (made.milestone, made.reasons, made.detail_ref) == (
            M.INFO_NOTED,
            (Reason.ADDRESS_CORRECTED,),
            "private/1",
        )
        assert "needs no address" in refusal(command(CommandKind.CORRECT_ADDRESS), DELIVERED)


class TestAddLeg:
    LAST = Leg(carrier="two", tracking_number="T2", role=LegRole.LAST_MILE)

    def test_a_number_is_noted(self) -> None:
        made = obey(command(CommandKind.ADD_LEG, leg=self.LAST), ARRIVED)

        assert (made.milestone, made.tracking_number) == (M.INFO_NOTED, "T2")

    def test_a_confirmed_onward_leg_is_a_handover(self) -> None:
        made = obey(command(CommandKind.ADD_LEG, leg=self.LAST, confirmed=True), ARRIVED)

        assert made.custody is not None
        assert (made.milestone, made.custody.to_party) == (M.HANDED_OVER, "two")

    @pytest.mark.parametrize("facts", [ARRIVED, DELIVERED])
    def test_other_legs_hand_nothing_over(self, facts: list[Fact]) -> None:
        back = Leg(carrier="two", tracking_number="T2", role=LegRole.RETURN)

        assert obey(command(CommandKind.ADD_LEG, leg=back, confirmed=True), facts).milestone is M.INFO_NOTED

    def test_a_handover_after_the_end_is_only_noted(self) -> None:
        assert obey(command(CommandKind.ADD_LEG, leg=self.LAST, confirmed=True), DELIVERED).milestone is M.INFO_NOTED

    def test_a_leg_has_to_be_there_and_new(self) -> None:
        known = Leg(carrier="one", tracking_number="T1", role=LegRole.LAST_MILE)

        assert "names no leg" in refusal(command(CommandKind.ADD_LEG), ARRIVED)
        assert "already a leg" in refusal(command(CommandKind.ADD_LEG, leg=known), ARRIVED)


class TestAttachProof:
    def test_it_is_proof_and_delivers_nothing(self) -> None:
        order = command(CommandKind.ATTACH_PROOF, evidence=(Evidence.PHOTO,))
        folded = journey([*ARRIVED, obey(order, ARRIVED)], PLAN)

        assert (folded.facets.pod, folded.state) == (True, State.IMPORT_CUSTOMS)
        assert obey(command(CommandKind.ATTACH_PROOF, detail_ref="private/2"), DELIVERED).milestone is M.POD_RECEIVED

    def test_nothing_proves_nothing(self) -> None:
        assert "no evidence" in refusal(command(CommandKind.ATTACH_PROOF), DELIVERED)
