"""Paces of order systems: one moment per request over all who ask, pauses that bind everybody, outages and returns."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest

from domain.errors import PartnerUnavailableError, PostponedError
from domain.pacing import STRIKES
from domain.places import LEASE
from ledger.paces import FIRST_PROBE, Due
from ledger.store import Ledger
from tests.integration.ledger.conftest import START, SetClock

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def _take(ledger: Ledger, rate: float | None = 10, patience: timedelta = HOUR) -> timedelta:
    return ledger.paces.take("acme", "shop", rate=rate, patience=patience).at - START


def test_moments_are_a_rate_apart_and_never_in_the_past(ledger: Ledger, clock: SetClock):
    step = SECOND / 10

    assert [_take(ledger) for _ in range(3)] == [timedelta(), step, 2 * step]
    clock.forward(5 * SECOND)
    assert [_take(ledger) for _ in range(2)] == [5 * SECOND, 5 * SECOND + step]


def test_each_moment_is_given_once_to_threads_that_ask_together(ledger: Ledger):
    with ThreadPoolExecutor(8) as pool:
        slots = list(pool.map(lambda _: ledger.paces.take("acme", "shop", rate=40, patience=HOUR), range(40)))

    assert sorted(slot.place or 0 for slot in slots) == list(range(40))
    assert sorted(slot.at - START for slot in slots) == [index * SECOND / 40 for index in range(40)]


def test_a_place_is_free_a_window_after_its_answer(ledger: Ledger, clock: SetClock):
    first = ledger.paces.take("acme", "shop", rate=2, patience=HOUR)
    second = ledger.paces.take("acme", "shop", rate=2, patience=HOUR)
    clock.forward(SECOND / 2)
    full = ledger.paces.take("acme", "shop", rate=2, patience=HOUR)
    assert (first.place, second.place, full.place) == (0, 1, None)

    clock.forward(5 * SECOND)
    ledger.paces.answered("acme", "shop", first, rate=2)
    third = ledger.paces.take("acme", "shop", rate=2, patience=HOUR)

    assert (third.place, third.at - START) == (0, 6.5 * SECOND)
    assert ledger.paces.take("acme", "shop", rate=2, patience=HOUR).place is None


def test_the_place_of_a_killed_process_comes_back(ledger: Ledger, clock: SetClock):
    held = ledger.paces.take("acme", "shop", rate=1, patience=HOUR)
    clock.forward(timedelta(seconds=LEASE + 1))
    other = ledger.paces.take("acme", "shop", rate=1, patience=HOUR)
    ledger.paces.answered("acme", "shop", held, rate=1)

    assert other.place == 0
    assert ledger.paces.take("acme", "shop", rate=1, patience=HOUR).place is None


def test_who_cannot_wait_takes_no_moment(ledger: Ledger):
    _answered(ledger)

    with pytest.raises(PostponedError) as caught:
        _take(ledger, rate=0.5, patience=SECOND)

    assert caught.value.retry_after == 2 * SECOND
    assert _take(ledger, rate=0.5) == 2 * SECOND


def _answered(ledger: Ledger) -> None:
    slot = ledger.paces.take("acme", "shop", rate=0.5, patience=HOUR)
    ledger.paces.answered("acme", "shop", slot, rate=0.5)


def test_connections_and_tenants_do_not_wait_for_each_other(ledger: Ledger):
    _take(ledger)

    assert ledger.paces.take("acme", "books", rate=10, patience=HOUR).at == START
    assert ledger.paces.take("other", "shop", rate=10, patience=HOUR).at == START


@pytest.mark.parametrize("rate", [None, 10.0])
def test_a_pause_that_the_system_asked_for_binds_everybody(ledger: Ledger, clock: SetClock, rate: float | None):
    ledger.paces.quiet("acme", "shop", timedelta(seconds=30))
    ledger.paces.quiet("acme", "shop", timedelta(seconds=3))
    clock.forward(10 * SECOND)

    with pytest.raises(PostponedError) as caught:
        _take(ledger, rate)
    assert caught.value.retry_after == 20 * SECOND
    clock.forward(20 * SECOND)
    assert _take(ledger, rate) == 30 * SECOND


@pytest.mark.parametrize("rate", [None, 10.0])
def test_a_system_that_is_away_gets_one_probe_at_a_time(ledger: Ledger, clock: SetClock, rate: float | None):
    for _ in range(STRIKES - 1):
        ledger.paces.failed("acme", "shop")
    _take(ledger, rate)
    ledger.paces.failed("acme", "shop")
    with pytest.raises(PartnerUnavailableError):
        _take(ledger, rate)

    clock.forward(FIRST_PROBE)
    assert _take(ledger, rate) == FIRST_PROBE
    with pytest.raises(PartnerUnavailableError):
        _take(ledger, rate)

    ledger.paces.worked("acme", "shop")
    assert ledger.paces.take("acme", "shop", rate=rate, patience=HOUR).failures == 0


def test_probes_grow_rarer(ledger: Ledger, clock: SetClock):
    for _ in range(STRIKES):
        ledger.paces.failed("acme", "shop")
    made = []
    for _ in range(24 * 60):
        clock.forward(timedelta(minutes=1))
        try:
            made.append(_take(ledger, None))
        except PartnerUnavailableError:
            continue

    pauses = [after - before for before, after in pairwise(made)]
    assert pauses == sorted(pauses)
    assert set(pauses[-200:]) == {timedelta(minutes=5)}


def test_postponed_pushes_are_given_turns_one_behind_the_other(ledger: Ledger, clock: SetClock):
    waits = [ledger.paces.queue("acme", "shop", cost=SECOND) for _ in range(3)]
    clock.forward(SECOND)
    later = ledger.paces.queue("acme", "shop", cost=SECOND)

    assert (waits, later) == ([SECOND, 2 * SECOND, 3 * SECOND], 3 * SECOND)
    assert [one.postponed for one in ledger.paces.reports("acme")] == [4]


def test_turns_begin_after_the_pause_that_was_asked_for(ledger: Ledger):
    ledger.paces.quiet("acme", "shop", timedelta(minutes=2))

    assert ledger.paces.queue("acme", "shop", cost=SECOND) == timedelta(minutes=2)


def test_an_outage_asks_for_probes_and_its_end_for_telling(ledger: Ledger, clock: SetClock):
    for _ in range(STRIKES):
        ledger.paces.failed("acme", "shop")
    assert ledger.paces.due() == []
    clock.forward(FIRST_PROBE)
    probe = Due("acme", "shop", is_back=False, told_up_to=None)
    assert ledger.paces.due() == [probe]
    assert ledger.paces.due() == []

    ledger.paces.told(probe, "S1")
    ledger.paces.worked("acme", "shop")
    back = Due("acme", "shop", is_back=True, told_up_to=None)
    assert ledger.paces.due() == [back]
    ledger.paces.told(probe, "S2")
    ledger.paces.told(back, "S7")
    clock.forward(SECOND)
    assert ledger.paces.due() == [Due("acme", "shop", is_back=True, told_up_to="S7")]
    ledger.paces.told(back, None)
    clock.forward(SECOND)

    assert ledger.paces.due() == []


def test_a_person_may_try_now(ledger: Ledger):
    for _ in range(STRIKES):
        ledger.paces.failed("acme", "shop")
    ledger.paces.quiet("acme", "shop", HOUR)

    ledger.paces.forgive("acme", "shop")

    assert _take(ledger) == timedelta()
