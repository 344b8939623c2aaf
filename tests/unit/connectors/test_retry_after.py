from datetime import UTC, datetime, timedelta

import pytest

from connectors.http import parse_retry_after

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "pause"),
    [
        ("0", timedelta(0)),
        ("7", timedelta(seconds=7)),
        (" 120 ", timedelta(minutes=2)),
        ("86400", timedelta(minutes=15)),
        ("9" * 500, timedelta(minutes=15)),
        ("Mon, 02 Mar 2026 10:00:30 GMT", timedelta(seconds=30)),
        ("Mon, 02 Mar 2026 09:00:00 GMT", timedelta(0)),
        ("Tue, 03 Mar 2026 10:00:00 GMT", timedelta(minutes=15)),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_a_pause_is_read_in_seconds_or_as_a_date_and_capped(value: str | None, pause: timedelta | None):
    assert parse_retry_after(value, now=NOW) == pause
