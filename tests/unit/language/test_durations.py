"""Time in states."""

from datetime import timedelta

from domain.axes import Precision
from domain.durations import time_in_states
from domain.states import State
from tests.unit.language.building import START, M, at_place, fact, journey, line

HOUR = timedelta(hours=1)


def test_time_is_counted_from_the_first_fact_to_now() -> None:
    facts = [fact(M.LABEL_CREATED, -2), at_place(M.PICKED_UP, 0), at_place(M.DEPARTED_ORIGIN, 5)]

    assert time_in_states(journey(facts), START + 9 * HOUR) == {
        State.CREATED: 2 * HOUR,
        State.FIRST_MILE: 5 * HOUR,
        State.LINEHAUL: 4 * HOUR,
    }


def test_the_clock_stops_with_the_ending() -> None:
    facts = [at_place(M.PICKED_UP), at_place(M.DELIVERED, 3)]

    assert time_in_states(journey(facts), START + 99 * HOUR) == {State.CREATED: 0 * HOUR, State.FIRST_MILE: 3 * HOUR}


def test_an_ending_that_was_left_is_counted() -> None:
    facts = [*line(M.PICKED_UP, M.LOST, M.FOUND), at_place(M.HUB_ARRIVED, 5)]

    spent = time_in_states(journey(facts), START + 6 * HOUR)

    assert (spent[State.LOST], spent[State.RESOLVED], spent[State.LINEHAUL]) == (HOUR, 3 * HOUR, HOUR)


def test_a_state_entered_twice_is_one_sum() -> None:
    facts = line(M.OUT_FOR_DELIVERY, M.DELIVERY_ATTEMPTED, M.OUT_FOR_DELIVERY, M.DELIVERED)

    assert time_in_states(journey(facts), START + 9 * HOUR)[State.OUT_FOR_DELIVERY] == 2 * HOUR


def test_days_never_make_time_run_backwards() -> None:
    day = fact(M.DELIVERED, occurred_at=START.replace(hour=0), precision=Precision.DAY)

    assert time_in_states(journey([at_place(M.OUT_FOR_DELIVERY, 2), day]), START + 9 * HOUR) == {
        State.CREATED: timedelta(),
        State.OUT_FOR_DELIVERY: timedelta(),
    }


def test_estimates_do_not_start_the_clock() -> None:
    facts = [fact(M.DELIVERED, -9, classifier="EST"), at_place(M.PICKED_UP, 0)]

    assert time_in_states(journey(facts), START - HOUR) == {State.CREATED: timedelta(), State.FIRST_MILE: timedelta()}
    assert time_in_states(journey([]), START) == {}
