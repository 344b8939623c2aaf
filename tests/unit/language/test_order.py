"""Order: time, rank, id; a day ties with its whole day."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from domain.axes import Precision
from domain.facts import Fact
from domain.fold.order import ordered
from domain.milestones import Milestone
from tests.unit.language.building import START, M, at_place, fact, journey, states

EAST, WEST = timezone(timedelta(hours=8)), timezone(timedelta(hours=-8))


def day(milestone: Milestone, date: int = 2, zone: timezone | None = None, **changes: Any) -> Fact:
    at = datetime(2026, 3, date, tzinfo=zone or START.tzinfo)
    return fact(milestone, **{"occurred_at": at, "precision": Precision.DAY, "event_id": f"d-{milestone}", **changes})


def milestones(*facts: Fact) -> list[Milestone]:
    forward = [item.milestone for item in ordered(facts)]
    assert forward == [item.milestone for item in ordered(facts[::-1])]
    return forward


def test_time_comes_before_rank() -> None:
    assert milestones(fact(M.DELIVERED, 1), fact(M.PICKED_UP, 2)) == [M.DELIVERED, M.PICKED_UP]


def test_rank_decides_at_one_moment() -> None:
    assert milestones(fact(M.CUSTOMS_HELD), fact(M.ARRIVED_DESTINATION)) == [M.ARRIVED_DESTINATION, M.CUSTOMS_HELD]


def test_the_id_decides_at_one_moment_and_rank() -> None:
    first, second = fact(M.HUB_ARRIVED, event_id="a"), fact(M.HUB_ARRIVED, event_id="b")

    assert ordered([second, first]) == [first, second]


def test_offsets_are_read_as_instants() -> None:
    early = fact(M.HUB_DEPARTED, occurred_at=datetime(2026, 3, 2, 9, tzinfo=EAST))
    late = fact(M.HUB_ARRIVED, occurred_at=datetime(2026, 3, 2, 3, tzinfo=START.tzinfo))

    assert milestones(late, early) == [M.HUB_DEPARTED, M.HUB_ARRIVED]


@pytest.mark.parametrize(
    ("milestone", "expected"),
    [
        (M.PICKED_UP, [M.PICKED_UP, M.ARRIVED_DELIVERY_DEPOT, M.DELIVERY_ATTEMPTED]),
        (M.OUT_FOR_DELIVERY, [M.ARRIVED_DELIVERY_DEPOT, M.OUT_FOR_DELIVERY, M.DELIVERY_ATTEMPTED]),
        (M.DELIVERED, [M.ARRIVED_DELIVERY_DEPOT, M.DELIVERY_ATTEMPTED, M.DELIVERED]),
    ],
)
def test_a_day_finds_its_place_by_rank(milestone: Milestone, expected: list[Milestone]) -> None:
    assert milestones(fact(M.ARRIVED_DELIVERY_DEPOT, 1), fact(M.DELIVERY_ATTEMPTED, 3), day(milestone)) == expected


def test_a_day_stands_before_the_first_moment_of_higher_rank_even_if_lower_ones_follow() -> None:
    evening_depot = fact(M.ARRIVED_DELIVERY_DEPOT, 9)

    found = milestones(fact(M.DELIVERY_ATTEMPTED, 3), evening_depot, day(M.OUT_FOR_DELIVERY))

    assert found == [M.OUT_FOR_DELIVERY, M.DELIVERY_ATTEMPTED, M.ARRIVED_DELIVERY_DEPOT]


def test_a_day_never_leaves_its_day() -> None:
    found = milestones(fact(M.HUB_ARRIVED, 24), day(M.DELIVERED), fact(M.LABEL_CREATED, -12))

    assert found == [M.LABEL_CREATED, M.DELIVERED, M.HUB_ARRIVED]


def test_the_day_is_the_local_one() -> None:
    # 2 March in the west ends at 08:00 UTC on 3 March, in the east at 16:00 UTC on 2 March.
    scan = fact(M.HUB_DEPARTED, 12)

    assert milestones(day(M.HUB_ARRIVED, zone=EAST), scan) == [M.HUB_ARRIVED, M.HUB_DEPARTED]
    assert milestones(day(M.DELIVERED, zone=EAST), scan) == [M.DELIVERED, M.HUB_DEPARTED]
    assert milestones(day(M.DELIVERED, zone=WEST), scan) == [M.HUB_DEPARTED, M.DELIVERED]


def test_days_follow_date_then_rank() -> None:
    found = milestones(day(M.DELIVERED), day(M.PICKED_UP, 3), day(M.HUB_ARRIVED), day(M.LABEL_CREATED, zone=WEST))

    assert found == [M.LABEL_CREATED, M.HUB_ARRIVED, M.DELIVERED, M.PICKED_UP]


def test_a_day_written_with_a_clock_time_is_still_its_day() -> None:
    noon = day(M.DELIVERED, occurred_at=START.replace(hour=12))

    assert milestones(noon, fact(M.OUT_FOR_DELIVERY, 10)) == [M.OUT_FOR_DELIVERY, M.DELIVERED]


def test_late_facts_slot_in_where_they_belong() -> None:
    on_time = [at_place(M.PICKED_UP, 0), at_place(M.DEPARTED_ORIGIN, 10), at_place(M.ARRIVED_DELIVERY_DEPOT, 40)]
    late = at_place(M.ARRIVED_DESTINATION, 30, recorded_at=START + timedelta(days=9))

    assert states(on_time) == ["FIRST_MILE", "LINEHAUL", "LAST_MILE"]
    assert states([*on_time, late]) == ["FIRST_MILE", "LINEHAUL", "IMPORT_CUSTOMS", "LAST_MILE"]


def test_facts_without_a_time_are_kept_and_not_folded() -> None:
    timeless = fact(M.DELIVERED, event_id="timeless", occurred_at=None)

    folded = journey([at_place(M.PICKED_UP), timeless])

    assert (folded.state, folded.undated, len(folded.steps)) == ("FIRST_MILE", ("timeless",), 1)
