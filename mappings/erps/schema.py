"""The vocabulary of `mappings/erps/<kind>/mapping.toml`: rows from states and milestones to an order system's words."""

from collections.abc import Iterator
from itertools import product
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.milestones import Milestone
from domain.publication import ChangeKind
from domain.states import State

Word = Annotated[str, Field(max_length=64)]
Case = tuple[ChangeKind, State, Milestone | None]

CASES: Final = tuple(product(ChangeKind, State, (*Milestone, None)))
"""Every kind of change of every state by every milestone; None where a person or the clock moved the shipment."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_Strict):
    """The words that the order system has, and where that is written down."""

    source: str = Field(min_length=10)
    status: frozenset[Word] = frozenset()
    event: frozenset[Word] = frozenset()
    button: frozenset[Word] = frozenset()


class Row(_Strict):
    """What holds for the changes that fit every list given; the first row that fits decides."""

    kinds: frozenset[ChangeKind] = frozenset(ChangeKind)
    states: frozenset[State] = frozenset(State)
    milestones: frozenset[Milestone] | None = None
    status: Word | None = None
    event: Word | None = None
    repeats: bool = False
    note: bool = True
    because: str | None = Field(default=None, min_length=3)

    def fits(self, case: Case) -> bool:
        """Tell whether the row is about a change."""
        kind, state, milestone = case
        return kind in self.kinds and state in self.states and (self.milestones is None or milestone in self.milestones)


class Button(_Strict):
    """A button that leads from one of the record's own states to another, in some stages of the hub."""

    press: Word
    stages: frozenset[State]
    when: frozenset[Word] = Field(alias="from", min_length=1)


class ErpMapping(_Strict):
    """A whole file. Every change is decided by a row, every row decides some change, every word is the system's own."""

    kind: str
    name: str
    words: Words
    rows: tuple[Row, ...]
    buttons: tuple[Button, ...] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        problems = [*self._undecided(), *self._foreign()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def decides(self, case: Case) -> int | None:
        """Return the number of the row that decides about a change, from 0; None when none does."""
        return next((number for number, row in enumerate(self.rows) if row.fits(case)), None)

    def _undecided(self) -> Iterator[str]:
        deciding = {case: self.decides(case) for case in CASES}
        open_ = [case for case, number in deciding.items() if number is None]
        if open_:
            kind, state, milestone = open_[0]
            told = f"{kind} {state} by {milestone or 'nobody'}"
            yield f"no row fits {told} and {len(open_) - 1} other changes: end with a row without lists"
        used = set(deciding.values())
        for number in range(len(self.rows)):
            if number not in used:
                yield f"row {number + 1} decides nothing: rows before it take all of its changes"

    def _foreign(self) -> Iterator[str]:
        for number, row in enumerate(self.rows, start=1):
            if row.status is not None and row.status not in self.words.status:
                yield f"row {number}: {row.status!r} is no status of {self.name}; add it to [words] with its source"
            if row.event is not None and row.event not in self.words.event:
                yield f"row {number}: {row.event!r} is no event of {self.name}; add it to [words] with its source"
            if not row.note and row.event is None and row.status is None and row.because is None:
                yield f"row {number} tells nothing: say `because`"
        for button in self.buttons:
            if button.press not in self.words.button:
                yield f"{button.press!r} is no button of {self.name}; add it to [words] with its source"
