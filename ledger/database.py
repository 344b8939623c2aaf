"""One door to SQLite or PostgreSQL: how connections are set up, how transactions begin, what time it is."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from sqlite3 import OperationalError
from threading import Lock
from time import monotonic, sleep
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from domain.ports import Clock
from ledger.tables import counters

_WRITES: Final = "ledger_writes"
_BUSY_TIMEOUT: Final = 15_000  # ms that a writer of another process may hold the file
_BUSY_PAUSE: Final = 0.01  # s between attempts where SQLite itself does not wait

Insert = postgresql.Insert | sqlite.Insert


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current instant, in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Database:
    """An engine with the hub's transaction rules. Blocking and safe to share between threads."""

    engine: Engine
    writer: Engine
    clock: Clock
    # SQLite lets one writer in and makes the others poll with growing sleeps; queueing them here keeps it quick.
    gate: AbstractContextManager[object] = field(default_factory=nullcontext)

    @property
    def is_postgres(self) -> bool:
        """Tell which of the two databases this is."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction for reading."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction for writing; it commits at the end of the block and rolls back on an exception."""
        with self.gate, self.writer.begin() as connection:
            yield connection

    def insert(self, table: Table) -> Insert:
        """Return the dialect's INSERT, which knows ON CONFLICT."""
        return insert_into(table, self.engine.dialect.name)

    def insert_new(self, connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
        """Insert the rows whose primary key is not there yet; callers sort them by key."""
        if rows:
            connection.execute(self.insert(table).on_conflict_do_nothing(), rows)

    def count_up(self, connection: Connection, tenant: str, name: str, by: int = 1) -> int:
        """Add to a tenant's counter and return the new value.

        The counter's row stays locked until the transaction ends: numbers become visible in their own order and
        without gaps. Take it as late as possible.
        """
        counted = _count_up(self.engine.dialect.name)
        return int(connection.execute(counted, {"tenant": tenant, "name": name, "value": by}).scalar_one())


def insert_into(table: Table, dialect: str) -> Insert:
    """Return a dialect's INSERT, which knows ON CONFLICT."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@cache
def _count_up(dialect: str) -> ReturningInsert[int]:
    # Building a statement costs more than running it on SQLite: those of the hot path are built once per dialect.
    insert = insert_into(counters, dialect)
    counted = insert.on_conflict_do_update(
        index_elements=["tenant", "name"], set_={"value": counters.c.value + insert.excluded.value}
    )
    return counted.returning(counters.c.value)


def connect(url: str, clock: Clock | None = None) -> Database:
    """Return a database for `sqlite:///path` or `postgresql+psycopg://...`; nothing is opened yet.

    Raises:
        ValueError: for any other kind of URL, and for SQLite in memory, which threads could not share.
    """
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    # hide_parameters: values of a failed statement would otherwise be in the error's text, people's data among them.
    if backend == "postgresql":
        engine = create_engine(parsed, hide_parameters=True, pool_pre_ping=True, pool_size=10, max_overflow=20)
        return Database(engine, engine, clock or SystemClock())
    if backend != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise ValueError("the ledger wants sqlite:///<file> or postgresql+psycopg://<host>/<database>")
    path = Path(parsed.database)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    engine = create_engine(parsed, hide_parameters=True, pool_size=10, max_overflow=20)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return Database(engine, engine.execution_options(**{_WRITES: True}), clock or SystemClock(), Lock())


def _set_up_sqlite(dbapi_connection: Any, _record: object) -> None:
    # The driver's own transaction handling begins too late and never IMMEDIATE.
    dbapi_connection.isolation_level = None
    for pragma in (
        f"busy_timeout={_BUSY_TIMEOUT}",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "secure_delete=ON",
    ):
        dbapi_connection.execute(f"PRAGMA {pragma}")
    _switch_to_wal(dbapi_connection)


def _switch_to_wal(dbapi_connection: Any) -> None:
    # Where several processes meet a new file, SQLite refuses the switch at once instead of waiting for the timeout.
    until = monotonic() + _BUSY_TIMEOUT / 1_000
    while True:
        try:
            dbapi_connection.execute("PRAGMA journal_mode=WAL")
        except OperationalError:
            if monotonic() > until:
                raise
            sleep(_BUSY_PAUSE)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE: a reader that turns writer later may be refused without the busy timeout being tried.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
