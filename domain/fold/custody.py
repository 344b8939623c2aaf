"""The custody chain: it is whole when each taker is the next giver and no handover is left open."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.axes import CustodySide
from domain.facts import Custody, Fact
from domain.journeys import CustodyLink
from domain.milestones import Milestone

LINKS: Final = frozenset(
    {
        Milestone.PICKED_UP,
        Milestone.HANDED_OVER,
        Milestone.AVAILABLE_FOR_PICKUP,
        Milestone.WAREHOUSE_CHECKED_IN,
        Milestone.DELIVERED,
        Milestone.RETURNED,
    }
)
_NOBODY: Final = Custody()


@dataclass(slots=True)
class _Link:
    fact: Fact
    milestone: Milestone
    at: datetime
    custody: Custody
    open: bool = False
    breaks: bool = False

    def told_by(self, side: CustodySide) -> bool:
        return self.milestone is Milestone.HANDED_OVER and self.custody.side is side

    def is_same_handover(self, other: Custody) -> bool:
        """Tell whether two sides speak of one handover: a party in common and none in conflict."""
        mine, theirs = (self.custody.from_party, self.custody.to_party), (other.from_party, other.to_party)
        pairs = [(one, two) for one, two in zip(mine, theirs, strict=True) if one is not None and two is not None]
        return bool(pairs) and all(one == two for one, two in pairs)


class Chain:
    """The handovers of one piece, in journey order."""

    __slots__ = ("_holder", "_links")

    def __init__(self) -> None:
        self._links: list[_Link] = []
        self._holder: str | None = None

    def add(self, fact: Fact, milestone: Milestone, at: datetime) -> None:
        """Append a handover that fitted; a party that nobody named breaks nothing."""
        link = _Link(fact, milestone, at, fact.custody or _NOBODY)
        if not self._answers_last(link):
            giver = link.custody.from_party
            link.breaks = giver is not None and self._holder is not None and giver != self._holder
            self._close(giver)
            link.open = link.told_by(CustodySide.GIVEN)
        self._links.append(link)
        self._holder = link.custody.to_party or (self._holder if link.open else None)

    def _answers_last(self, link: _Link) -> bool:
        """Pair the two sides of one handover, whichever was told first; tell whether the link is such a second side."""
        last = self._links[-1] if self._links else None
        if last is None or not last.is_same_handover(link.custody):
            return False
        if link.told_by(CustodySide.TAKEN) and last.open:
            last.open = False
            return True
        return link.told_by(CustodySide.GIVEN) and last.told_by(CustodySide.TAKEN)

    def _close(self, giver: str | None) -> None:
        """Close an open handover once its taker is seen to give the goods on."""
        for link in self._links:
            if link.open and giver is not None and link.custody.to_party == giver:
                link.open = False

    def links(self) -> tuple[CustodyLink, ...]:
        """Return the finished chain."""
        return tuple(
            CustodyLink(
                event_id=link.fact.event_id,
                milestone=link.milestone,
                at=link.at,
                from_party=link.custody.from_party,
                to_party=link.custody.to_party,
                open=link.open,
                breaks=link.breaks,
            )
            for link in self._links
        )
