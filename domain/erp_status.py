"""What an order system is told of a change: its own words for the state, and a note for its people."""

from dataclasses import dataclass
from datetime import UTC
from typing import Final, Protocol

from domain.publication import ChangeKind, StatusChange
from domain.states import State

TAGGED: Final = "[hub:"
"""What every tag begins with: the mark of the hub's own notes."""

_AT: Final = "%Y-%m-%d %H:%M UTC"


@dataclass(frozen=True, slots=True)
class Told:
    """One change in the words of one kind of order system.

    `status` is the word for how the shipment stands from now on, None where the kind has none or keeps what it has.
    `event` is the word for an entry of a timeline, None where there is none to make; `repeats` tells that it is made
    even after an entry with the same word. `note` is what people read: every change has one that they have to know of.
    """

    status: str | None = None
    event: str | None = None
    repeats: bool = False
    note: str | None = None


class StatusMap(Protocol):
    """Translates the hub's states into the words of one kind of order system."""

    def told(self, change: StatusChange, /) -> Told:
        """Return what the change means there."""
        ...

    def button(self, stage: State, record_state: str, /) -> str | None:
        """Return the button that brings a record in that state of its own to the hub's stage, None for none."""
        ...


def tag_of(change: StatusChange, shipment_id: str) -> str:
    """Return what a change's note begins with, by which it is found again.

    A status that is told anew after a correction is another change.
    """
    return f"{TAGGED}{change.event_id or shipment_id}/{change.revision}]"


def note_of(change: StatusChange) -> str:
    """Return a change in words: state, time, milestone and reasons, as ids that the documentation explains."""
    if change.kind is ChangeKind.CORRECTION:
        gone = ", ".join(f"/{revision}" for revision in change.supersedes)
        return f"CORRECTION: what was noted under {gone} does not hold. The state is {change.state}."
    said = [change.milestone.value] if change.milestone is not None else [*change.flags]
    said += [reason.value for reason in change.reasons]
    at = "" if change.occurred_at is None else f" at {change.occurred_at.astimezone(UTC):{_AT}}"
    kind = "ALARM in state " if change.kind is ChangeKind.ALARM else ""
    note = f" {change.note}" if change.kind is ChangeKind.ALARM and change.note else ""
    return f"{kind}{change.state}{at}: {', '.join(said)}.{note}"
