"""One piece on its way: its stage, holds, pause and ending, and the moves that rules are made of.

The visible state is the ending, else CUSTOMS_HOLD or ON_HOLD while a hold is open, else the pause, else the stage.
"""

from datetime import datetime
from typing import Final

from domain.axes import Direction, Side
from domain.facts import Fact
from domain.fold.context import Context
from domain.fold.facets import Marks
from domain.fold.groups import HARD, LINE
from domain.fold.holds import Holds
from domain.journeys import CustomsFacet
from domain.shipments import ShipmentKind, ShipmentPlan
from domain.states import State

_LAST_MILE: Final = LINE[State.LAST_MILE]


class Piece:
    """The state of one piece while it is folded. `line` is the furthest stage it reached before any delivery round."""

    __slots__ = (
        "border",
        "context",
        "ending",
        "ending_at",
        "flags",
        "holds",
        "inbound",
        "is_return",
        "line",
        "marks",
        "pause",
        "stage",
    )

    def __init__(self, plan: ShipmentPlan, return_numbers: frozenset[str]) -> None:
        self.context = Context(plan, return_numbers)
        self.is_return = plan.direction is Direction.RETURN
        self.marks = Marks(plan.direction)
        self.holds = Holds()
        self.border = crosses_border(plan)
        self.inbound = plan.kind is ShipmentKind.INBOUND
        self.stage = self.line = State.CREATED
        self.pause: State | None = None
        self.ending: State | None = None
        self.ending_at: datetime | None = None
        self.flags: list[str] = []

    @property
    def state(self) -> State:
        """The visible state."""
        if self.ending is not None:
            return self.ending
        if self.holds:
            return State.CUSTOMS_HOLD if self.holds.authority else State.ON_HOLD
        return self.pause or self.stage

    def advance(self, target: State) -> None:
        """Move the stage forward on the line, never back; on the way back there is no line."""
        if self.stage is State.RETURNING:
            return
        place = LINE[target]
        if place > LINE[self.line]:
            self.line = target if place <= _LAST_MILE else State.LAST_MILE
        here = LINE.get(self.stage)
        if here is not None and here < place:
            self.stage = target

    def take_custody(self) -> None:
        """Note that somebody must have picked the goods up."""
        if self.stage is State.CREATED:
            self.advance(State.FIRST_MILE)
            self.flags.append("IMPLIED:PICKED_UP")

    def start_moving(self, fact: Fact) -> None:
        """Take a scan as movement: it ends a pause, and in the other direction it starts the return."""
        self.pause = None
        if self.stage is not State.RETURNING and not self.is_return and self.context.goes_back(fact):
            self.flags.append("IMPLIED:RETURN_INITIATED")
            self.imply_no_holds()
            self.turn_back()

    def turn_back(self) -> None:
        """Set the goods on their way back."""
        self.stage, self.pause, self.ending = State.RETURNING, None, None
        self.marks.direction = Direction.RETURN

    def imply_no_holds(self) -> None:
        """Note that every hold must be over."""
        if self.holds.lift_all():
            self.flags.append("IMPLIED:HOLD_RESOLVED")

    def leave_origin(self) -> None:
        """Note that every export hold must be over."""
        if self.holds.lift_side(Side.EXPORT):
            self.flags.append("IMPLIED:HOLD_RESOLVED")

    def resume(self) -> None:
        """Show RESOLVED once the last hold is lifted."""
        if not self.holds:
            self.pause = State.RESOLVED
            self.marks.settle()

    def end(self, ending: State) -> None:
        """Set the ending. Goods that are lost or cancelled may come back, and their holds with them."""
        self.ending, self.pause = ending, None
        if ending in HARD:
            self.holds.lift_all()

    def stop(self) -> None:
        """Stop the delivery until somebody decides, unless the goods are going back anyway."""
        if self.stage is not State.RETURNING:
            self.stage, self.pause = State.UNDELIVERABLE, None

    def arrival_stage(self) -> State:
        """Return the stage of goods in the destination country."""
        if not self.border:
            return State.LINEHAUL
        cleared = self.marks.customs.get(Side.IMPORT) is CustomsFacet.CLEARED
        return State.LAST_MILE if cleared else State.IMPORT_CUSTOMS


def crosses_border(plan: ShipmentPlan) -> bool:
    """Tell whether a customs border is crossed: as the plan says, else unless both ends are one country."""
    if plan.customs_border is not None:
        return plan.customs_border
    return plan.origin_country is None or plan.origin_country != plan.destination_country
