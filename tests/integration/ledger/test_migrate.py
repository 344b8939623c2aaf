import stat
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, make_url
from sqlalchemy.exc import SQLAlchemyError

from ledger import migrate
from ledger.database import connect
from ledger.store import Ledger
from ledger.tables import metadata
from tests.integration.ledger.made import at_once, plan


def tables(url: str) -> set[str]:
    database = connect(url)
    with database.read() as connection:
        names = set(inspect(connection).get_table_names())
    database.engine.dispose()
    return names - {"alembic_version"}


def test_up_down_and_up_again(empty_url: str) -> None:
    assert migrate.current(empty_url) is None

    migrate.upgrade(empty_url)
    migrate.upgrade(empty_url)
    assert migrate.current(empty_url) == migrate.head()
    assert tables(empty_url) == set(metadata.tables)

    migrate.downgrade(empty_url, "base")
    assert migrate.current(empty_url) is None
    assert tables(empty_url) == set()

    migrate.upgrade(empty_url)
    ledger = Ledger.open(empty_url)
    assert ledger.registry.register(plan("S1")).is_new is True
    ledger.close()


def test_the_migrated_schema_is_the_one_the_code_wants(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    database = connect(empty_url)

    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        differences = compare_metadata(context, metadata)
        indexes = {
            name: sorted(str(index["name"]) for index in inspect(connection).get_indexes(name))
            for name in metadata.tables
        }
    database.engine.dispose()

    assert differences == []
    # Unique constraints show as indexes on one of the two databases only.
    wanted = {name: {str(index.name) for index in table.indexes} for name, table in metadata.tables.items()}
    assert {name: wanted[name] - set(found) for name, found in indexes.items() if wanted[name] - set(found)} == {}


def test_processes_that_start_together_migrate_once(empty_url: str) -> None:
    at_once(lambda _: migrate.upgrade(empty_url), range(4))

    assert migrate.current(empty_url) == migrate.head()


def test_a_ledger_without_tables_does_not_ping(empty_url: str) -> None:
    ledger = Ledger.open(empty_url)
    with pytest.raises(SQLAlchemyError):
        ledger.ping()

    migrate.upgrade(empty_url)
    ledger.ping()
    ledger.close()


def test_the_file_of_sqlite_is_its_owners_only(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'ledger.db'}"
    migrate.upgrade(url)

    assert stat.S_IMODE(Path(str(make_url(url).database)).stat().st_mode) & 0o077 == 0


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://127.0.0.1/x"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="the ledger wants"):
        Ledger.open(url)
