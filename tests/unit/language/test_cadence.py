"""When a carrier is asked again: minutes at the door, hours on the way, daily in silence, never after the end."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.cadence import (
    FIRST_LOOK,
    SPREAD,
    Due,
    Standing,
    due_after_failure,
    first_due,
    interval,
    is_same_trouble,
    next_due,
)
from domain.states import STATES, State, StateClass

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LINEHAUL = Standing(State.LINEHAUL)


@pytest.mark.parametrize(
    ("stage", "wait"),
    [
        (State.CREATED, 8 * HOUR),
        (State.FIRST_MILE, 3 * HOUR),
        (State.LINEHAUL, 4 * HOUR),
        (State.IMPORT_CUSTOMS, 2 * HOUR),
        (State.LAST_MILE, HOUR),
        (State.OUT_FOR_DELIVERY, HOUR / 4),
        (State.AVAILABLE_FOR_PICKUP, 4 * HOUR),
        (State.RETURNING, 8 * HOUR),
    ],
)
def test_the_stage_decides_the_wait(stage: State, wait: timedelta) -> None:
    assert interval(Standing(stage), NOW) == wait


@pytest.mark.parametrize("stage", [state for state, spec in STATES.items() if spec.kind is StateClass.OPEN])
def test_every_open_stage_is_asked_about_within_a_day(stage: State) -> None:
    due = next_due("AB123", Standing(stage), NOW)

    assert due is not None
    assert NOW < due.due_at < due.deadline_at <= NOW + 24 * HOUR


@pytest.mark.parametrize(
    "stage", [state for state, spec in STATES.items() if spec.kind in {StateClass.SOFT, StateClass.HARD}]
)
def test_nobody_asks_after_an_ending(stage: State) -> None:
    assert next_due("AB123", Standing(stage), NOW) is None
    assert due_after_failure("AB123", Standing(stage), NOW, code="partner_unavailable", failures=1) is None


@pytest.mark.parametrize("stage", [State.OUT_FOR_DELIVERY, State.LINEHAUL])
def test_silence_makes_it_daily(stage: State) -> None:
    assert interval(Standing(stage, is_stale=True), NOW) == 24 * HOUR


def test_a_hold_within_its_agreed_time_is_looked_at_hourly_and_then_as_its_stage() -> None:
    held = Standing(State.LINEHAUL, held_until=NOW + HOUR)

    assert (interval(held, NOW), interval(held, NOW + HOUR)) == (HOUR, 4 * HOUR)


def test_a_hold_does_not_slow_down_what_is_at_the_door() -> None:
    assert interval(Standing(State.OUT_FOR_DELIVERY, held_until=NOW + HOUR), NOW) == HOUR / 4


def test_a_new_number_is_due_at_once() -> None:
    assert first_due(NOW) == Due(NOW, NOW + FIRST_LOOK)


def test_numbers_asked_together_are_not_asked_together_again() -> None:
    waits = sorted(due.due_at - NOW for n in range(1_000) if (due := next_due(f"AB{n}", LINEHAUL, NOW)))

    assert len(set(waits)) > 990
    assert 4 * HOUR * (1 - SPREAD) <= waits[0] < 4 * HOUR * (1 - 0.9 * SPREAD)
    assert 4 * HOUR * (1 + 0.9 * SPREAD) < waits[-1] < 4 * HOUR * (1 + SPREAD)


def test_the_same_number_gets_the_same_moment() -> None:
    assert next_due("AB123", LINEHAUL, NOW) == next_due("AB123", LINEHAUL, NOW)


def _waits(code: str, *, most: int) -> list[int]:
    """Return the waits after each failure in a row, in minutes, without spread, until the number is given up."""
    found = []
    for failures in range(1, most + 1):
        due = due_after_failure("AB123", LINEHAUL, NOW, code=code, failures=failures)
        if due is None:
            break
        whole = next_due("AB123", LINEHAUL, NOW)
        assert whole is not None
        found.append(round((due.due_at - NOW) / (whole.due_at - NOW) * 240))
    return found


def test_a_number_unknown_to_the_carrier_is_asked_for_less_and_less_and_then_given_up() -> None:
    waits = _waits("not_known_yet", most=100)

    assert waits[:7] == [30, 60, 120, 240, 480, 960, 1440]
    assert len(waits) == 19


def test_a_refused_number_is_given_up_after_days() -> None:
    assert _waits("request_rejected", most=100) == [360, 720, 1440, 1440]


@pytest.mark.parametrize("code", ["partner_unavailable", "rate_limited", "partner_contract"])
def test_trouble_of_the_carrier_never_gives_a_number_up(code: str) -> None:
    assert _waits(code, most=50) == [5, 10, 20, 40, 80, 160] + [240] * 44


def test_only_failures_of_one_kind_make_a_row() -> None:
    assert is_same_trouble("rate_limited", "partner_unavailable")
    assert not is_same_trouble("not_known_yet", "partner_unavailable")
    assert not is_same_trouble("request_rejected", "not_known_yet")
    assert not is_same_trouble(None, "not_known_yet")
