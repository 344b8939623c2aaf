"""Asks shipments for what people in an order system have decided, and tells them there what came of it."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from activities.erp_sitting import Sitting
from domain.commands import Command, CommandAnswer, CommandKind
from domain.erp_reading import legs_of
from domain.erp_records import ErpDelivery, ErpRecord
from domain.errors import CommandRefusedError, ConflictError, NotFoundError
from domain.reasons import Reason
from domain.shipments import Leg
from domain.states import State

INTERCEPT: Final = "CANCELLATION CAME AFTER THE HANDOVER: an intercept was requested; what comes of it follows here."
REVIVED: Final = "TO BE SENT AFTER ALL: the shipment had not ended and goes on; was an intercept requested, stop it."
OVER: Final = "NOT SENT AGAIN: the shipment has ended as {state}. A new delivery gets a new shipment."
MOVED_LATE: Final = (
    "ADDRESS CHANGED AFTER THE HANDOVER: noted; the parcel goes where its label says until it is rerouted."
)

_LEG: Final = "leg:"
_LONGEST_ID: Final = 128


@dataclass(frozen=True, slots=True)
class Asking:
    """Brings the wishes of one order system's people to shipments.

    A step may be repeated: the id of a wish is the same until the record's mirror is settled, and with it the answer.
    """

    sitting: Sitting

    async def cancel(self, mirror: ErpRecord) -> None:
        """Cancel the shipment; one that was handed over is asked for an intercept, and a refusal is answered."""
        answer = await self._ask(mirror, "cancel", CommandKind.CANCEL, reason=Reason.SHIPPER_CANCELLED)
        if not isinstance(answer, CommandAnswer):
            await self.answer(mirror, "cancel", f"NOT CANCELLED: {answer}")
        elif answer.state != State.CANCELLED.value:
            await self.answer(mirror, "cancel", INTERCEPT)

    async def correct(self, mirror: ErpRecord, delivery: ErpDelivery, ref: str | None) -> None:
        """Hand over another address, which the label does not have once the goods are with the carrier."""
        wish = f"address:{(ref or '')[-12:]}"
        answer = await self._ask(mirror, wish, CommandKind.CORRECT_ADDRESS, detail_ref=ref, country=delivery.country)
        if not isinstance(answer, CommandAnswer):
            await self.answer(mirror, wish, f"ADDRESS NOT CHANGED: {answer}")
            return
        view = await self.sitting.view(mirror.shipment_id)
        if view.stage is not State.CREATED:
            await self.answer(mirror, wish, MOVED_LATE)

    async def numbers(self, mirror: ErpRecord, delivery: ErpDelivery) -> None:
        """Take the carrier's numbers from the order system while the hub has no other: labels may be printed there."""
        wanted = {leg.tracking_number: leg for leg in legs_of(delivery)}
        if not wanted:
            return
        registry = self.sitting.desk.registry
        plan = await self.sitting.blocking(lambda: registry.plan(self.sitting.tenant, mirror.shipment_id))
        known = {leg.tracking_number for leg in plan.legs}
        if not known <= wanted.keys():
            # The hub owns the numbers: the next push puts right what the order system has.
            return
        for leg in (leg for number, leg in wanted.items() if number not in known):
            answer = await self._ask(mirror, f"{_LEG}{leg.tracking_number}", CommandKind.ADD_LEG, leg=leg)
            # A refusal because the workflow has it already comes of an attempt that broke off here.
            if isinstance(answer, CommandAnswer):
                await self._route(mirror, leg)

    async def answer(self, mirror: ErpRecord, wish: str, text: str) -> None:
        """Note for the people there what became of a wish, once."""
        await self.sitting.reader.answer(mirror, f"[hub:{wish_id(mirror, wish)}]", text)

    async def _ask(
        self, mirror: ErpRecord, wish: str, kind: CommandKind, **what: object
    ) -> CommandAnswer | CommandRefusedError | ConflictError:
        """Ask the shipment on the order system's behalf; a refusal is an answer, too."""
        origin = f"erp:{mirror.connection}"
        at = self.sitting.desk.intake.clock.now()
        asked = {"command_id": wish_id(mirror, wish), "kind": kind, "actor": origin, "origin": origin, "at": at}
        command = Command.model_validate({**asked, **what})
        self.sitting.asked += 1
        try:
            return await self._executed(mirror, command)
        except (CommandRefusedError, ConflictError) as refusal:
            return refusal

    async def _executed(self, mirror: ErpRecord, command: Command) -> CommandAnswer:
        desk, tenant, shipment_id = self.sitting.desk, self.sitting.tenant, mirror.shipment_id
        try:
            return await desk.commands.execute(tenant, shipment_id, command)
        except NotFoundError:
            # Registered but without a workflow: the workflow service was away then, or the shipment has ended.
            plan = await self.sitting.blocking(lambda: desk.registry.plan(tenant, shipment_id))
        view = await self.sitting.view(shipment_id)
        if view.is_ended:
            raise CommandRefusedError(f"the shipment has ended as {view.state}")
        await desk.intake.dispatcher.start(plan)
        try:
            return await desk.commands.execute(tenant, shipment_id, command)
        except NotFoundError as error:
            raise CommandRefusedError("the shipment has ended") from error

    async def _route(self, mirror: ErpRecord, leg: Leg) -> None:
        """Lead the number's facts to the shipment, after its consent; one that leads elsewhere stays there."""
        desk = self.sitting.desk
        try:
            added = await self.sitting.blocking(
                lambda: desk.registry.add_leg(self.sitting.tenant, mirror.shipment_id, leg)
            )
        except ConflictError as error:
            await self.answer(mirror, f"{_LEG}{leg.tracking_number}", f"TRACKING NUMBER NOT TAKEN: {error}.")
            return
        await desk.intake.hand_over(added.deliveries)


def wish_id(mirror: ErpRecord, wish: str) -> str:
    """Return the id of what a record asks for next: the same until its mirror is settled."""
    # A number is asked for once, whatever else the record asks for meanwhile.
    turn = "" if wish.startswith(_LEG) else f"{mirror.asked + 1}:"
    text = f"{mirror.connection}:{mirror.record}:{turn}{wish}"
    if len(text) <= _LONGEST_ID:
        return text
    return f"{text[: _LONGEST_ID - 17]}:{blake2b(text.encode(), digest_size=8).hexdigest()}"
