"""What most commands begin with: settings, quiet logs, and the ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import make_url

from ledger.store import Ledger
from worker.cli.output import CommandFailedError, ExitCode
from worker.logs import configure_logging
from worker.settings import Settings
from worker.wiring import open_ledger

TenantOption = Annotated[
    str | None, typer.Option("--tenant", help="Whose rows; default: MILEPOST_TENANT, which is `main` unless set.")
]


def begin() -> Settings:
    """Return the settings; a command speaks through its output, so only warnings are logged."""
    settings = Settings.load()
    configure_logging(level="WARNING", style=settings.log.format)
    return settings


@contextmanager
def opened(settings: Settings) -> Iterator[Ledger]:
    """Return the ledger for the length of the block.

    Raises:
        CommandFailedError: It is a file that is not there; asking must not make one.
    """
    database = make_url(settings.ledger_url)
    if database.get_backend_name() == "sqlite" and not Path(database.database or "").exists():
        raise CommandFailedError(
            f"no ledger at {database.database}",
            hint="`milepost up` makes one; MILEPOST_STATE_DIR or MILEPOST_LEDGER__URL names another",
            code=ExitCode.UNREACHABLE,
        )
    ledger = open_ledger(settings)
    try:
        yield ledger
    finally:
        ledger.close()


def tenant_of(settings: Settings, tenant: str | None) -> str:
    """Return the tenant that a command is about."""
    return tenant or settings.tenant
