"""What most commands begin with: settings, quiet logs, and the ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from ledger.store import Ledger
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
    """Return the ledger for the length of the block."""
    ledger = open_ledger(settings)
    try:
        yield ledger
    finally:
        ledger.close()


def tenant_of(settings: Settings, tenant: str | None) -> str:
    """Return the tenant that a command is about."""
    return tenant or settings.tenant
