"""10,000 open shipments on one account, half a day of a clock that the test moves, 40 numbers a call."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import update

from domain.polling import AskedNumber
from domain.states import State
from ledger.store import Ledger
from ledger.tables import shipments
from tests.integration.ledger.conftest import SetClock
from tests.integration.ledger.made import plan

MANY = 10_000
AT_THE_DOOR = 100
ON_THE_WAY = 3_000
STEP = timedelta(minutes=5)
HALF_A_DAY = timedelta(hours=12)
LEASE = timedelta(minutes=5)


@pytest.fixture
def url(sqlite_url: str) -> str:
    return sqlite_url


def _register(ledger: Ledger) -> None:
    """Register them all: the first are at the door, the next on the way, the rest silent on the way."""
    for n in range(MANY):
        ledger.registry.register(plan(f"S{n:05}", f"N{n:05}"))
    with ledger.database.write() as connection:
        connection.execute(update(shipments).values(state=State.LINEHAUL, stage=State.LINEHAUL))
        door = shipments.c.shipment_id < f"S{AT_THE_DOOR:05}"
        stage = {"state": State.OUT_FOR_DELIVERY, "stage": State.OUT_FOR_DELIVERY}
        connection.execute(update(shipments).where(door).values(stage))
        silent = shipments.c.shipment_id >= f"S{AT_THE_DOOR + ON_THE_WAY:05}"
        connection.execute(update(shipments).where(silent).values(is_stale=True))


def _round(ledger: Ledger, asked: dict[str, list[datetime]], clock: SetClock) -> None:
    while ledger.polling.catch_up("fx"):
        pass
    while (claim := ledger.polling.claim("fx", limit=40, lease=LEASE)) is not None:
        assert len(claim.numbers) <= 40
        for number in claim.numbers:
            asked[number].append(clock.now())
        ledger.polling.settle(claim, [AskedNumber(number) for number in claim.numbers])


def test_each_is_asked_about_at_once_and_then_as_often_as_its_stage_wants(ledger: Ledger, clock: SetClock) -> None:
    ledger.accounts.add("fx", "acme", "fedex")
    _register(ledger)
    asked: dict[str, list[datetime]] = defaultdict(list)
    start = clock.now()

    while clock.now() <= start + HALF_A_DAY:
        _round(ledger, asked, clock)
        clock.forward(STEP)

    assert len(asked) == MANY
    assert {times[0] for times in asked.values()} == {start}
    kinds: dict[str, set[int]] = {"door": set(), "way": set(), "silent": set()}
    gaps: dict[str, list[timedelta]] = {"door": [], "way": [], "silent": []}
    for number, times in asked.items():
        place = int(number[1:])
        kind = "door" if place < AT_THE_DOOR else "way" if place < AT_THE_DOOR + ON_THE_WAY else "silent"
        kinds[kind].add(len(times))
        gaps[kind] += [after - before for before, after in pairwise(times)]
    # A step rounds each wait up to the next five minutes.
    assert (min(gaps["door"]), max(gaps["door"])) == (3 * STEP, 4 * STEP)
    assert timedelta(hours=3.6) <= min(gaps["way"]) < max(gaps["way"]) <= timedelta(hours=4.4) + STEP
    assert kinds["way"] == {3, 4}
    assert kinds["silent"] == {1}
    assert ledger.polling.counts("fx").late == 0
    # Numbers that came due together do not come due together again.
    later = Counter(moment for number in asked if int(number[1:]) >= AT_THE_DOOR for moment in asked[number][1:])
    assert max(later.values()) < ON_THE_WAY / 6
