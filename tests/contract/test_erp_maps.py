"""Status maps of order systems: whole, in the system's own words, pinned, and silent about nothing that matters."""

import re
from datetime import UTC, datetime
from itertools import groupby, product
from pathlib import Path

import pytest

from domain.erp_status import Told
from domain.errors import MappingInvalidError
from domain.milestones import Milestone
from domain.publication import ChangeKind, StatusChange
from domain.reasons import Reason
from domain.states import State
from mappings.erps import ROOT, TableMap, kinds, load, status_map
from mappings.erps.schema import CASES, Case

KINDS = kinds()
REASON = Reason.CUSTOMS_INSPECTION
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NEWS = frozenset(
    {
        State.CUSTOMS_HOLD,
        State.RESOLVED,
        State.REROUTED,
        State.DELIVERED,
        State.UNDELIVERABLE,
        State.LOST,
        State.RETURNED,
    }
)
SILENT = {
    ("shopify", ChangeKind.ALARM): "an alarm is no event on a customer's timeline",
}


def change(case: Case) -> StatusChange:
    kind, state, milestone = case
    return StatusChange(
        revision=7,
        kind=kind,
        state=state,
        milestone=milestone,
        reasons=(REASON,),
        occurred_at=NOON,
        recorded_at=NOON,
        event_id="event7",
        supersedes=(5, 6) if kind is ChangeKind.CORRECTION else (),
    )


def told(kind: str, case: Case) -> Told:
    return status_map(kind).told(change(case))


def table(kind: str) -> str:
    """Return the whole map as lines, milestones with the same outcome together."""
    lines = []
    for (what, state), cases in groupby(CASES, key=lambda case: (case[0], case[1])):
        outcomes: dict[str, list[str]] = {}
        for case in cases:
            one = told(kind, case)
            words = [
                f"status={one.status!r}" if one.status is not None else "",
                f"event={one.event}{'+' if one.repeats else ''}" if one.event else "",
                "note" if one.note else "",
            ]
            outcomes.setdefault(" ".join(word for word in words if word) or "-", []).append(case[2] or "nobody")
        most = max(outcomes, key=lambda outcome: len(outcomes[outcome]))
        for outcome, milestones in outcomes.items():
            by = "*" if outcome == most else ",".join(milestones)
            lines.append(f"{what} {state} {by}: {outcome}")
    buttons = load(ROOT / kind).buttons
    for record in sorted({state for button in buttons for state in button.when}):
        lines += [f"{state} {record}: {status_map(kind).button(state, record) or '-'}" for state in State]
    return "\n".join(lines) + "\n"


def test_every_kind_that_is_spoken_to_in_its_own_language_has_a_map() -> None:
    assert KINDS == ["erpnext", "odoo", "shopify", "tryton", "woocommerce"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_whole_map_is_as_it_was_judged(kind: str) -> None:
    assert table(kind) == (ROOT / kind / "table.expected.txt").read_text("utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_what_matters_is_told_with_milestone_and_reason(kind: str) -> None:
    for case in [case for case in CASES if case[0] is ChangeKind.STATUS and case[1] in NEWS]:
        note = told(kind, case).note or ""

        assert all(word in note for word in (case[1], case[2] or "", REASON)), case


@pytest.mark.parametrize(
    ("kind", "what"), sorted({*product(KINDS, (ChangeKind.CORRECTION, ChangeKind.ALARM))} - SILENT.keys())
)
def test_corrections_and_alarms_are_noted(kind: str, what: ChangeKind) -> None:
    assert all(told(kind, case).note for case in CASES if case[0] is what)


@pytest.mark.parametrize("kind", KINDS)
def test_a_swap_of_two_neighbouring_rows_changes_the_map(kind: str) -> None:
    mapping = load(ROOT / kind)
    for place in range(len(mapping.rows) - 1):
        rows = list(mapping.rows)
        first, second = rows[place], rows[place + 1]
        rows[place] = first.model_copy(update={"status": second.status, "event": second.event, "note": second.note})
        rows[place + 1] = second.model_copy(update={"status": first.status, "event": first.event, "note": first.note})
        swapped = TableMap(mapping.model_copy(update={"rows": tuple(rows)}))
        is_same_outcome = (first.status, first.event, first.note) == (second.status, second.event, second.note)
        differs = any(swapped.told(change(case)) != told(kind, case) for case in CASES)

        assert differs or is_same_outcome, f"rows {place + 1} and {place + 2} of {kind}"


def write(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "mapping.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ('[[rows]]\nstates = ["CREATED"]', "end with a row without lists"),
        ('[[rows]]\n[[rows]]\nstates = ["LOST"]', "row 2 decides nothing: rows before it take all of its changes"),
        ('[[rows]]\nstatus = "gone"', "row 1: 'gone' is no status of Acme; add it to [words] with its source"),
        ('[[rows]]\nstate = ["LOST"]', "rows.row 1.state: Extra inputs are not permitted"),
        ("[[rows]]\nnote = false", "row 1 tells nothing: say `because`"),
        ('[[rows]]\n[[buttons]]\npress = "do"\nstages = ["LOST"]\nfrom = ["packed"]', "'do' is no button of Acme"),
    ],
)
def test_a_map_that_cannot_be_right_is_refused_with_its_row(tmp_path: Path, rows: str, said: str) -> None:
    head = 'kind = "acme"\nname = "Acme"\n[words]\nsource = "the handbook, page 7"\nstatus = ["sent"]\n'

    with pytest.raises(MappingInvalidError) as error:
        load(write(tmp_path / "acme", head + rows))

    assert said in str(error.value)
    assert str(error.value).startswith("acme/mapping.toml: ")


def test_a_milestone_wins_over_its_state() -> None:
    label = told("shopify", (ChangeKind.STATUS, State.CREATED, Milestone.LABEL_CREATED))
    other = told("shopify", (ChangeKind.STATUS, State.CREATED, Milestone.PREADVICE_ACCEPTED))

    assert (label.event, other.event) == ("LABEL_PRINTED", "CONFIRMED")


def test_the_map_in_the_guide_is_one(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs/connecting-an-erp.md").read_text("utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)

    mapping = load(write(tmp_path / "acme", example))

    assert TableMap(mapping).told(change((ChangeKind.STATUS, State.DELIVERED, Milestone.DELIVERED))).status == "there"
