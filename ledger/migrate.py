"""Brings a database to the schema this code wants, and back."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from ledger.database import connect

_SCRIPTS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 7_301_946_552  # any constant: processes that start together must not migrate together


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate up to the revision; does nothing where the database is already there."""
    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str) -> None:
    """Migrate down to the revision; `base` removes every table and with them all data."""
    _run(url, lambda config: command.downgrade(config, revision))


def current(url: str) -> str | None:
    """Return the database's revision; None for an empty one."""
    database = connect(url)
    try:
        with database.read() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        database.engine.dispose()


def head() -> str:
    """Return the revision that this code wants."""
    revision = ScriptDirectory(str(_SCRIPTS)).get_current_head()
    if revision is None:
        raise FileNotFoundError("the wheel holds no migrations")
    return revision


def _run(url: str, action: Callable[[Config], None]) -> None:
    database = connect(url)
    try:
        with database.write() as connection:
            _lock(connection)
            config = Config()
            config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
            config.attributes["connection"] = connection
            action(config)
    finally:
        database.engine.dispose()


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
