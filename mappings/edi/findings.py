"""What is wrong with an interchange, at which level, and where."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

MAX_FINDINGS: Final = 200
"""Findings kept of one interchange, group or message; a broken one repeats itself."""

FINDINGS: Final = "@findings"
"""Key of a header's node under which its findings stand."""

AT: Final = "@at"
"""Key of a segment's node under which its `Position` stands."""

TAG: Final = "@tag"
"""Key of a segment's node under which its name stands."""


class Level(StrEnum):
    """What a finding is about; the code of a finding belongs to its level's code list."""

    INTERCHANGE = "interchange"
    GROUP = "group"
    MESSAGE = "message"
    SEGMENT = "segment"
    ELEMENT = "element"


class Position(NamedTuple):
    """Where a segment stands: counted from 1 in the whole file and in its message (0 outside), and its first byte."""

    segment: int
    in_message: int
    offset: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault. `code` is the standard's own: X12 elements 716, 718, 720, 723 and I18, EDIFACT element 0085.

    `element` and `component` count from 1. A `fatal` finding makes the level's content worthless.
    """

    level: Level
    code: str
    detail: str
    tag: str
    at: Position
    element: int | None = None
    component: int | None = None
    value: str | None = None
    fatal: bool = False

    @property
    def where(self) -> str:
        """Say where, for a person."""
        return where(self.tag, self.at)


def where(tag: str, at: Position) -> str:
    """Say where a segment stands, for a person."""
    within = f", {at.in_message} in its message" if at.in_message else ""
    return f"segment {at.segment} ({tag}{within}) at byte {at.offset}"


def place_of(node: Any) -> str | None:
    """Say where the segment of a node stands; None for a node of another format."""
    if node.__class__ is not dict:
        return None
    at = node.get(AT)
    return where(node.get(TAG, "?"), at) if at.__class__ is Position else None


def note(node: dict[str, Any], finding: Finding) -> None:
    """Keep a finding at its header."""
    kept = node.setdefault(FINDINGS, [])
    if len(kept) < MAX_FINDINGS:
        kept.append(finding)
