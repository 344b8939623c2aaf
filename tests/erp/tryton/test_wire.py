from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from connectors.erps.tryton.wire import decode, encode
from domain.errors import PartnerContractError


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (
            datetime(2026, 3, 2, 10, 0, 1, 5, tzinfo=UTC),
            b'{"__class__":"datetime","year":2026,"month":3,"day":2,"hour":10,"minute":0,"second":1,"microsecond":5}',
        ),
        (date(2026, 3, 2), b'{"__class__":"date","year":2026,"month":3,"day":2}'),
        (timedelta(hours=1), b'{"__class__":"timedelta","seconds":3600.0}'),
        (Decimal("49.90"), b'{"__class__":"Decimal","decimal":"49.90"}'),
        (b"\x00label", b'{"__class__":"bytes","base64":"AGxhYmVs"}'),
        ([None, True, 1, "a"], b'[null,true,1,"a"]'),
    ],
)
def test_values_travel_in_trytons_form_and_come_back_as_they_were(value: Any, written: bytes) -> None:
    assert encode(value) == written
    assert decode(written) == value


def test_a_time_of_any_zone_is_written_in_utc() -> None:
    nine_in_shanghai = datetime(2026, 3, 2, 9, 0, tzinfo=timezone(timedelta(hours=8)))

    assert decode(encode(nine_in_shanghai)) == datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def test_a_time_without_a_zone_is_never_guessed() -> None:
    with pytest.raises(TypeError, match="without a zone"):
        encode({"planned": datetime(2026, 3, 2)})  # noqa: DTZ001 - what must be refused


def test_base64_in_lines_is_read() -> None:
    assert decode(b'{"__class__":"bytes","base64":"AGxh\\nYmVs\\n"}') == b"\x00label"


def test_a_time_of_day_is_read() -> None:
    written = b'{"__class__":"time","hour":9,"minute":30,"second":0,"microsecond":0}'

    assert decode(written) == time(9, 30)


def test_an_object_of_an_unknown_class_stays_an_object() -> None:
    assert decode(b'{"__class__":"Eval","v":1}') == {"__class__": "Eval", "v": 1}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b'{"__class__":"date","year":2026}',
        b'{"__class__":"date","year":2026,"month":13,"day":1}',
        b'{"__class__":"date","year":"2026","month":1,"day":1}',
        b'{"__class__":"Decimal","decimal":"a lot"}',
        b'{"__class__":"Decimal","decimal":null}',
        b'{"__class__":"timedelta","seconds":1e300}',
        b'{"__class__":"bytes","base64":"*"}',
        b'{"__class__":["date"]}',
        b"[" * 100_000,
    ],
)
def test_what_is_not_trytons_json_is_a_broken_contract(body: bytes) -> None:
    with pytest.raises(PartnerContractError):
        decode(body)
