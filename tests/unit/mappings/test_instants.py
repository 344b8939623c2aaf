"""One checkpoint whose stamp is written in two ways is one event, as long as the stamp brings its own offset."""

import json

import pytest

from mappings.engine import Mappings
from mappings.expectations import RECEIVED_AT

MAPPINGS = Mappings.load()


def aftership(stamp: str) -> bytes:
    checkpoint = {"slug": "ups", "subtag": "InTransit_001", "checkpoint_time": stamp, "location": "ES, Spain"}
    return json.dumps({"msg": {"tracking_number": "1Z1", "checkpoints": [checkpoint]}}).encode()


def easypost(stamp: str) -> bytes:
    detail = {"status": "in_transit", "status_detail": "in_transit", "datetime": stamp}
    tracker = {"object": "Tracker", "id": "trk_1", "tracking_code": "1Z1", "tracking_details": [detail]}
    return json.dumps(tracker).encode()


def ids_of(dialect: str, body: bytes) -> list[str]:
    return [fact.event_id for fact in MAPPINGS.normalise(dialect, body, received_at=RECEIVED_AT).facts]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2021-03-20T15:29:27+01:00", "2021-03-20T14:29:27.000Z"),
        ("2021-03-20T15:29:27+01:00", "2021-03-20T09:29:27-05:00"),
    ],
)
def test_an_instant_written_twice_is_one_event(one: str, other: str) -> None:
    assert ids_of("aftership", aftership(one)) == ids_of("aftership", aftership(other))
    assert ids_of("easypost", easypost(one)) == ids_of("easypost", easypost(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2021-03-20T15:29:27+01:00", "2021-03-20T15:29:28+01:00"),
        ("2021-03-20T15:29:27", "2021-03-20T15:29:27Z"),
        ("2021-03-20T15:29:27", "2021-03-20T14:29:27"),
    ],
)
def test_two_instants_and_stamps_without_offset_stay_apart(one: str, other: str) -> None:
    assert ids_of("aftership", aftership(one)) != ids_of("aftership", aftership(other))
