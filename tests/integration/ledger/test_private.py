from pathlib import Path

import pytest
from sqlalchemy import make_url, select

from domain.audit import EntryKind
from domain.errors import ConflictError, NotFoundError
from ledger.store import Ledger
from ledger.tables import private_data, private_keys
from tests.integration.ledger.made import at_once, commit, entry, plan

ADDRESS = {"name": "A. Example", "street": "1 Example Street"}


def test_data_comes_back_by_reference(ledger: Ledger) -> None:
    ref = ledger.private.put("acme", "S1", "address", ADDRESS)

    assert ledger.private.get("acme", "S1", ref) == ADDRESS
    assert ledger.private.put("acme", "S1", "address", dict(reversed(ADDRESS.items()))) == ref


def test_a_reference_tells_nothing_and_opens_nothing_elsewhere(ledger: Ledger) -> None:
    ref = ledger.private.put("acme", "S1", "address", ADDRESS)

    assert ledger.private.put("acme", "S2", "address", ADDRESS) != ref
    assert ledger.private.put("acme", "S1", "contact", ADDRESS) != ref
    for tenant, shipment_id in (("acme", "S2"), ("brio", "S1")):
        with pytest.raises(NotFoundError):
            ledger.private.get(tenant, shipment_id, ref)


def test_nothing_readable_is_stored(ledger: Ledger) -> None:
    ledger.private.put("acme", "S1", "address", ADDRESS)

    with ledger.database.read() as connection:
        kept = repr([*map(tuple, connection.execute(select(private_data)))])

    assert "Example" not in kept


def test_erasure_leaves_noise_and_a_chain_that_verifies(ledger: Ledger) -> None:
    ledger.registry.register(plan("S1"))
    ref = ledger.private.put("acme", "S1", "address", ADDRESS)
    other = ledger.private.put("acme", "S2", "address", ADDRESS)
    ledger.journal.commit(commit("S1", entry(1, EntryKind.COMMAND, command="correct_address", detail_ref=ref)))

    assert ledger.private.erase("acme", "S1") == 1

    with pytest.raises(NotFoundError):
        ledger.private.get("acme", "S1", ref)
    with ledger.database.read() as connection:
        keys = {row.shipment_id: row.sealed_key for row in connection.execute(select(private_keys))}
    assert keys["S1"] is None
    assert ledger.private.get("acme", "S2", other) == ADDRESS
    assert [row.body["detail_ref"] for row in ledger.reads.timeline("acme", "S1")] == [ref]
    assert ledger.verify().is_intact


def test_nothing_is_kept_after_an_erasure(ledger: Ledger) -> None:
    assert ledger.private.erase("acme", "S1") == 0
    assert ledger.private.erase("acme", "S1") == 0

    with pytest.raises(ConflictError, match="erased"):
        ledger.private.put("acme", "S1", "address", ADDRESS)


def test_the_first_writers_at_once_share_one_key(ledger: Ledger) -> None:
    refs = at_once(lambda place: ledger.private.put("acme", "S1", "note", {"place": place}), range(6))

    assert [ledger.private.get("acme", "S1", ref)["place"] for ref in refs] == list(range(6))


def test_an_erased_key_is_in_no_file_of_sqlite(sqlite_url: str) -> None:
    # PostgreSQL keeps old row versions until VACUUM and archived logs longer: there a master key is a must.
    plain = Ledger.open(sqlite_url)
    plain.private.put("acme", "S1", "address", ADDRESS)
    with plain.database.read() as connection:
        key = bytes(connection.execute(select(private_keys.c.sealed_key)).scalar_one())[1:]
    plain.private.erase("acme", "S1")
    path = Path(str(make_url(sqlite_url).database))

    files = sorted(path.parent.glob(path.name + "*"))
    assert not [file.name for file in files if key in file.read_bytes()]
    plain.close()
