"""What stands in the way of reading a connection is said with the command that removes it."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.erp_rounds import ReadingState
from ledger.rows import Connection, ConnectionStatus
from worker.cli.erp_reading import Standing, advice
from workflows.erp_model import ConnectionProgress, ReadMode

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CONNECTION = Connection(
    tenant="main",
    connection_id="tryton",
    kind="tryton",
    url="https://erp.example.com/main",
    status=ConnectionStatus.ACTIVE,
    created_at=NOW,
    settings={"login": "hub"},
    credentials={"password": "quiet"},
)
FINE = ReadingState(read_at=NOW)


def lines(state: ReadingState, *, mode: ReadMode = ReadMode.READING) -> list[str]:
    progress = ConnectionProgress(tenant="main", connection="tryton", mode=mode)
    return advice(Standing(CONNECTION, state, progress), now=NOW)


def test_a_connection_that_is_read_needs_nothing():
    assert lines(FINE) == []
    assert lines(ReadingState()) == []


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (
            ReadingState(read_at=NOW, trouble="partner_contract: no number"),
            "the latest reading failed: partner_contract: no number; try it with: milepost erp test tryton",
        ),
        (
            ReadingState(read_at=NOW - timedelta(minutes=5)),
            "not read since 2026-03-02 11:55+00:00; does `milepost worker --role erp` run?",
        ),
        (
            ReadingState(read_at=NOW, failed={"d,1": "unusable: destination_country"}),
            "d,1 could not be worked off: unusable: destination_country; mend it there",
        ),
    ],
)
def test_trouble_comes_with_the_next_step(state: ReadingState, line: str):
    assert lines(state) == [line]


def test_an_outage_that_is_over_and_still_being_told_is_no_trouble():
    assert lines(ReadingState(read_at=NOW, away_since=NOW)) == []


def test_a_paused_connection_hides_what_was_wrong_before():
    state = ReadingState(read_at=NOW, trouble="partner_contract: no number")

    assert lines(state, mode=ReadMode.PAUSED) == ["paused by hand; go on with: milepost erp resume tryton"]
