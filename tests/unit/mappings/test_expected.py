"""When the carrier expects to deliver: read beside the event, never an event, and never a reason to lose one."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from domain.facts import Fact
from domain.milestones import Milestone
from mappings.details import EXPECTED_UNREADABLE
from mappings.dialect import Dialect
from mappings.expectations import RECEIVED_AT
from mappings.loading import load

M = Milestone
TOML = """
carrier = "foreteller"
name = "Foreteller"
format = "json"

[[shapes]]
shipments = "$.parcels[]"
events = "scans[]"

[shipment]
tracking_number = "no"

[event]
code = { parts = ["code"] }

[[time]]
fields = ["at"]
formats = ["iso"]

[[expected]]
fields = ["until"]
formats = ["iso"]

[[expected]]
fields = [["^.dates[kind=new].day", "^.dates[kind=first].day"], "^.hour"]
formats = ["%Y%m%d", "%Y%m%d %H%M"]

[codes]
A = { milestone = "IN_TRANSIT", also = ["ARRIVED_DELIVERY_DEPOT"] }
"""


def fact_of(tmp_path: Path, *, parcel: dict[str, object], scan: dict[str, object] | None = None) -> list[Fact]:
    folder = tmp_path / "foreteller"
    folder.mkdir()
    (folder / "mapping.toml").write_text(TOML)
    scans = [{"code": "A", "at": "2026-05-01T10:00:00+02:00"} | (scan or {})]
    body = orjson.dumps({"parcels": [{"no": "F1", "scans": scans} | parcel]})
    found = Dialect(*load(folder)).normalise(body, received_at=RECEIVED_AT)
    assert found.rejected == []
    return found.facts


def test_an_estimate_stands_on_every_fact_of_the_event(tmp_path: Path) -> None:
    facts = fact_of(tmp_path, parcel={"dates": [{"kind": "first", "day": "20260504"}]})

    assert [(fact.milestone, fact.expected_at) for fact in facts] == [
        (M.IN_TRANSIT, datetime(2026, 5, 4, tzinfo=UTC)),
        (M.ARRIVED_DELIVERY_DEPOT, datetime(2026, 5, 4, tzinfo=UTC)),
    ]


def test_the_first_field_with_a_value_counts(tmp_path: Path) -> None:
    dates = [{"kind": "first", "day": "20260504"}, {"kind": "new", "day": "20260506"}]

    assert fact_of(tmp_path, parcel={"dates": dates})[0].expected_at == datetime(2026, 5, 6, tzinfo=UTC)


def test_an_instant_of_the_event_itself_goes_before(tmp_path: Path) -> None:
    parcel: dict[str, object] = {"dates": [{"kind": "new", "day": "20260506"}]}

    (fact, _) = fact_of(tmp_path, parcel=parcel, scan={"until": "2026-05-05T18:00:00+02:00"})

    assert fact.expected_at == datetime(2026, 5, 5, 16, tzinfo=UTC)


def test_each_parcel_has_its_own_estimate(tmp_path: Path) -> None:
    folder = tmp_path / "foreteller"
    folder.mkdir()
    (folder / "mapping.toml").write_text(TOML)
    scans = [{"code": "A", "at": f"2026-05-0{day}T10:00:00+02:00"} for day in (1, 2)]
    days: tuple[str | None, ...] = ("20260504", None, "20260506")
    body = orjson.dumps(
        {
            "parcels": [
                {"no": f"F{n}", "scans": scans, "dates": {"kind": "new", "day": day}} for n, day in enumerate(days)
            ]
        }
    )

    facts = Dialect(*load(folder)).normalise(body, received_at=RECEIVED_AT).facts

    told = [(fact.tracking_number, fact.expected_at.day if fact.expected_at is not None else None) for fact in facts]
    assert told == [*[("F0", 4)] * 4, *[("F1", None)] * 4, *[("F2", 6)] * 4]


def test_an_hour_without_a_zone_is_not_believed(tmp_path: Path) -> None:
    parcel: dict[str, object] = {"dates": [{"kind": "new", "day": "20260506"}], "hour": "1800"}

    assert fact_of(tmp_path, parcel=parcel)[0].expected_at == datetime(2026, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize("day", ["soon", "20261399", "00010101"])
def test_an_unreadable_estimate_is_left_out_and_named(tmp_path: Path, day: str) -> None:
    (fact, _) = fact_of(tmp_path, parcel={"dates": [{"kind": "new", "day": day}]})

    assert (fact.milestone, fact.expected_at, fact.note) == (M.IN_TRANSIT, None, EXPECTED_UNREADABLE)


def test_without_an_estimate_nothing_is_said(tmp_path: Path) -> None:
    (fact, _) = fact_of(tmp_path, parcel={})

    assert (fact.expected_at, fact.note) == (None, None)
