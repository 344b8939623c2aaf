"""What a command means as facts, or why the shipment's state forbids it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from domain.axes import CustodySide, PlaceRole, Precision, Subject, Trust
from domain.commands import Command, CommandKind
from domain.deadlines import is_ended
from domain.errors import CommandRefusedError
from domain.facts import Custody, Delivery, Fact, Hold, Location, Source
from domain.ids import event_id
from domain.journeys import Journey, OpenHold
from domain.milestones import Milestone
from domain.reasons import Reason
from domain.shipments import LegRole, ShipmentPlan
from domain.states import State

SYSTEM: Final = "milepost"

_TAKES_OVER: Final = frozenset({LegRole.LINEHAUL, LegRole.LAST_MILE})
"""Roles of a leg whose carrier takes the goods over from another one."""


def facts_of(command: Command, journey: Journey, plan: ShipmentPlan) -> list[Fact]:
    """Return the facts that the command makes true; the same command id always gives the same event ids.

    Raises:
        CommandRefusedError: the state of the shipment does not allow it; the message says why.
    """
    return [_RULES[command.kind](command, journey, plan)]


def _release_hold(command: Command, journey: Journey, plan: ShipmentPlan) -> Fact:
    hold = _the_hold(command, journey)
    lifted = Hold(key=hold.key, authority=hold.authority, side=hold.side, customs=hold.customs)
    # A clock that runs behind the carrier's must not put the release before the hold.
    return _fact(command, plan, Milestone.HOLD_RESOLVED, at=max(command.at, hold.since), hold=lifted)


def _the_hold(command: Command, journey: Journey) -> OpenHold:
    """Return the one open hold that the command means."""
    if not journey.holds:
        raise _refused(command, journey, "no hold is open on this shipment")
    matching = [
        hold
        for hold in journey.holds
        if (command.hold_key is None or hold.key == command.hold_key)
        and (command.side is None or hold.side is command.side)
    ]
    if not matching:
        raise _refused(command, journey, f"no open hold matches; open are: {_named(journey.holds)}")
    if len(matching) > 1 and command.hold_key is None and command.side is None:
        # An authority's hold has to be named to be lifted.
        matching = [hold for hold in matching if not hold.customs] or matching
    if len(matching) > 1:
        raise _refused(command, journey, f"several holds match, name its key or side; open are: {_named(matching)}")
    return matching[0]


def _named(holds: tuple[OpenHold, ...] | list[OpenHold]) -> str:
    return ", ".join(
        f"{'customs' if hold.customs else 'other'} hold (key {hold.key or 'none'}, side {hold.side or 'none'})"
        for hold in holds
    )


def _reroute(command: Command, journey: Journey, plan: ShipmentPlan) -> Fact:
    _must_be_open(command, journey, "a shipment that has ended cannot be rerouted")
    reason = command.reason or Reason.RECIPIENT_REQUESTED_CHANGE
    return _fact(
        command,
        plan,
        Milestone.REROUTED if command.confirmed else Milestone.REROUTE_REQUESTED,
        reasons=(reason,),
        delivery=Delivery(pickup_point=command.pickup_point) if command.pickup_point else None,
        location=Location(country=command.country, role=PlaceRole.DESTINATION) if command.country else None,
    )


def _cancel(command: Command, journey: Journey, plan: ShipmentPlan) -> Fact:
    _must_be_open(command, journey, "a shipment that has ended cannot be cancelled")
    if journey.stage is State.RETURNING:
        raise _refused(command, journey, "the goods are already on their way back")
    if journey.stage is State.CREATED:
        return _fact(command, plan, Milestone.CANCELLED, reasons=(command.reason or Reason.SHIPPER_CANCELLED,))
    # The carrier has the goods: only an intercept can still stop them.
    return _fact(command, plan, Milestone.REROUTE_REQUESTED, reasons=(Reason.SHIPPER_CANCELLED,))


def _correct_address(command: Command, journey: Journey, plan: ShipmentPlan) -> Fact:
    _must_be_open(command, journey, "a shipment that has ended needs no address")
    return _fact(command, plan, Milestone.INFO_NOTED, reasons=(Reason.ADDRESS_CORRECTED,))


def _add_leg(command: Command, journey: Journey, plan: ShipmentPlan) -> Fact:
    leg = command.leg
    if leg is None:
        raise _refused(command, journey, "the command names no leg")
    if any((known.carrier, known.tracking_number) == (leg.carrier, leg.tracking_number) for known in plan.legs):
        raise _refused(command, journey, "this number of this carrier is already a leg of the shipment")
    # A number that is only known in advance says nothing about who has the goods.
    if command.confirmed and leg.role in _TAKES_OVER and not is_ended(journey):
        custody = Custody(to_party=leg.carrier, side=CustodySide.BOTH)
        return _fact(command, plan, Milestone.HANDED_OVER, custody=custody)
    return _fact(command, plan, Milestone.INFO_NOTED)


def _attach_proof(command: Command, journey: Journey, plan: ShipmentPlan) -> Fact:
    if not command.evidence and command.detail_ref is None:
        raise _refused(command, journey, "no evidence is named")
    return _fact(command, plan, Milestone.POD_RECEIVED, delivery=Delivery(evidence=command.evidence))


_RULES: Final[dict[CommandKind, Callable[[Command, Journey, ShipmentPlan], Fact]]] = {
    CommandKind.RELEASE_HOLD: _release_hold,
    CommandKind.REROUTE: _reroute,
    CommandKind.CANCEL: _cancel,
    CommandKind.CORRECT_ADDRESS: _correct_address,
    CommandKind.ADD_LEG: _add_leg,
    CommandKind.ATTACH_PROOF: _attach_proof,
}


def _must_be_open(command: Command, journey: Journey, why: str) -> None:
    if is_ended(journey):
        raise _refused(command, journey, why)


def _refused(command: Command, journey: Journey, why: str) -> CommandRefusedError:
    return CommandRefusedError(
        f"{command.kind} refused: {why} (state {journey.state})",
        command_id=command.command_id,
        kind=command.kind.value,
        state=journey.state.value,
    )


def _fact(
    command: Command, plan: ShipmentPlan, milestone: Milestone, *, at: datetime | None = None, **axes: Any
) -> Fact:
    leg = command.leg or (plan.legs[0] if plan.legs else None)
    return Fact(
        event_id=event_id(SYSTEM, "command", command.command_id, milestone),
        tracking_number="" if leg is None else leg.tracking_number,
        milestone=milestone,
        source=Source(
            party=command.origin, system=SYSTEM, raw_code=command.kind, raw_text=command.note, trust=Trust.OPERATOR
        ),
        recorded_at=command.at,
        occurred_at=at or command.at,
        precision=Precision.SECOND,
        subject=Subject.SHIPMENT,
        note=command.note,
        detail_ref=command.detail_ref,
        **{"reasons": () if command.reason is None else (command.reason,), **axes},
    )
