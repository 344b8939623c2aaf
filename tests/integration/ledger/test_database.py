from collections.abc import Iterator

import pytest

from domain.errors import ConflictError
from ledger.store import Ledger
from tests.integration.ledger.made import at_once, change, commit, entry, plan


@pytest.fixture
def four(url: str) -> Iterator[list[Ledger]]:
    """Four ledgers over one database, as four processes would open it."""
    opened = [Ledger.open(url) for _ in range(4)]
    yield opened
    for ledger in opened:
        ledger.close()


def test_sqlite_runs_with_the_settings_it_needs(sqlite_url: str) -> None:
    ledger = Ledger.open(sqlite_url)
    expected = {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "busy_timeout": 15_000, "secure_delete": 1}

    with ledger.database.read() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in expected}
    ledger.close()

    assert found == expected


def test_an_exception_takes_everything_back(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1", "A1"))

    with pytest.raises(ConflictError):
        ledger.registry.register(plan("S2", "B1", "A1", connections=("shop",)))

    assert [row.shipment_id for row in ledger.reads.shipments("acme").items] == ["S1"]
    assert ledger.convergence.status("acme").total == 1
    assert ledger.registry.register(plan("S3", "B1")).is_new is True


def test_processes_share_one_database(four: list[Ledger]) -> None:
    for place in range(4):
        four[0].registry.register(plan(f"S{place}"))

    def write(place: int) -> None:
        for wake in range(1, 16):
            four[place].journal.commit(commit(f"S{place}", entry(wake), changes=[change(wake)]))

    at_once(write, range(4))

    assert [cursor for cursor, *_ in four[1].reads.changes("acme")] == list(range(1, 61))
    assert four[2].verify().is_intact
