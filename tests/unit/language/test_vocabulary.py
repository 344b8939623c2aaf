"""The tables of the language against the specification."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from domain.milestones import MILESTONES, Kind, Milestone
from domain.reasons import REASONS, Reason
from domain.states import STATES, State

SPECIFICATION = Path(__file__).resolve().parents[4] / "shared" / "language" / "milestones.json"

needs_specification = pytest.mark.skipif(
    not SPECIFICATION.is_file(), reason=f"the specification is not at {SPECIFICATION}"
)


def specified(table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(SPECIFICATION.read_text())[table]
    return rows


@needs_specification
def test_milestones_are_the_specified_ones() -> None:
    ours = [
        {
            "id": milestone.value,
            "kind": spec.kind.lower(),
            "phase": spec.phase,
            "rank": spec.rank,
            "next_action_owner": spec.owner.value,
            "reason_required": spec.needs_reason,
            "custody_change": spec.moves_custody,
            "terminal": spec.ending.lower(),
        }
        for milestone, spec in MILESTONES.items()
        if milestone is not Milestone.UNMAPPED
    ]

    theirs = [
        {key: value for key, value in row.items() if key != "definition"}
        | {"terminal": row["terminal"].removesuffix(" (inbound only)")}
        for row in specified("milestones")
    ]
    assert sorted(ours, key=lambda row: str(row["id"])) == sorted(theirs, key=lambda row: str(row["id"]))


@needs_specification
def test_reasons_are_the_specified_ones() -> None:
    ours = {reason.value: spec.owner.value for reason, spec in REASONS.items()}

    assert ours == {row["id"]: row["next_action_owner"] for row in specified("reasons")}


@needs_specification
def test_states_are_the_specified_ones() -> None:
    ours = {
        state.value: (spec.kind.lower(), "-" if spec.order is None else str(spec.order))
        for state, spec in STATES.items()
    }

    assert ours == {row["id"]: (row["class"], row["order"]) for row in specified("states")}


@needs_specification
def test_state_owners_are_the_specified_ones() -> None:
    ours = {state.value: "by reason" if spec.owner is None else spec.owner.value for state, spec in STATES.items()}

    assert ours == {row["id"]: row["owner"] for row in specified("states")}


def test_counts() -> None:
    kinds = [spec.kind for spec in MILESTONES.values()]

    assert (kinds.count(Kind.MILESTONE), kinds.count(Kind.OBSERVATION), kinds.count(Kind.UNKNOWN)) == (43, 6, 1)
    assert (len(REASONS), len(STATES)) == (88, 21)
    assert (set(MILESTONES), set(REASONS), set(STATES)) == (set(Milestone), set(Reason), set(State))


def meanings() -> Iterable[str]:
    for table in (MILESTONES, REASONS, STATES):
        yield from (spec.meaning for spec in table.values())


def test_every_row_has_a_short_meaning_of_its_own() -> None:
    texts = list(meanings())

    assert all(text.endswith(".") and 5 <= len(text) <= 90 and text[0].isupper() for text in texts)
    assert len(set(texts)) == len(texts)


def test_ranks_are_unique() -> None:
    ranks = [spec.rank for spec in MILESTONES.values()]

    assert len(set(ranks)) == len(ranks)
