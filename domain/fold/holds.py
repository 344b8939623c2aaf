"""Open holds: a set keyed by kind, side and key. Lifting one never lifts another."""

from enum import Enum, auto

from domain.axes import Side
from domain.facts import Fact, Hold
from domain.journeys import OpenHold
from domain.reasons import Reason

HoldKey = tuple[bool, Side | None, str | None]
"""Whether it is an authority's, the side, and the source's key; no key is the one anonymous hold."""

_ANY = Hold()


class Lifted(Enum):
    """What a lifting found."""

    NOTHING = auto()
    ONE = auto()
    ONE_OF_SEVERAL = auto()


class Holds:
    """The holds of one piece."""

    __slots__ = ("_open", "authority")

    def __init__(self) -> None:
        self._open: dict[HoldKey, OpenHold] = {}
        self.authority = 0
        """How many open holds are an authority's."""

    def __bool__(self) -> bool:
        return bool(self._open)

    def items(self) -> dict[HoldKey, OpenHold]:
        """Return the open holds by key, in the order they were placed."""
        return self._open

    def place(self, fact: Fact, *, customs: bool, side: Side | None, reasons: tuple[Reason, ...]) -> None:
        """Open a hold; news about an open one replaces its reasons, not its beginning."""
        named = fact.hold or _ANY
        key = customs, side, named.key
        assert fact.occurred_at is not None  # noqa: S101 - undated facts are set apart before
        known = self._open.get(key)
        self._open[key] = OpenHold(
            customs=customs,
            side=side,
            key=named.key,
            authority=named.authority or (known.authority if known else None),
            reasons=reasons,
            since=known.since if known else fact.occurred_at,
            event_id=known.event_id if known else fact.event_id,
        )
        if known is None and customs:
            self.authority += 1

    def lift(self, named: Hold | None, here: Side | None) -> Lifted:
        """Lift the hold that a source calls over; `here` is the customs side of the place it speaks from."""
        hold = named or _ANY
        matching = [key for key in self._open if _may_mean(hold, key)]
        if not matching:
            return Lifted.NOTHING
        if len(matching) == 1:
            self._drop(matching[0])
            return Lifted.ONE
        # An authority's release has its own words: plain ones mean somebody else's hold first.
        matching.sort(key=lambda key: (key[0], key[1] is not here))
        self._drop(matching[0])
        return Lifted.ONE_OF_SEVERAL

    def lift_customs(self, side: Side) -> bool:
        """Lift all holds of the authorities of one side; tell whether there were any."""
        return self._drop_all([key for key in self._open if key[0] and key[1] is side])

    def lift_side(self, side: Side) -> bool:
        """Lift every hold of one side, whoever placed it; tell whether there were any."""
        return self._drop_all([key for key in self._open if key[1] is side])

    def lift_all(self) -> bool:
        """Lift everything; tell whether there was anything."""
        return self._drop_all(list(self._open))

    def _drop_all(self, keys: list[HoldKey]) -> bool:
        for key in keys:
            self._drop(key)
        return bool(keys)

    def _drop(self, key: HoldKey) -> None:
        del self._open[key]
        if key[0]:
            self.authority -= 1


def _may_mean(hold: Hold, key: HoldKey) -> bool:
    customs, side, name = key
    if hold.key != name:
        return False
    if hold.side is not None and hold.side is not side:
        return False
    if hold.customs is not None:
        return hold.customs is customs
    return customs or hold.authority is None
