"""Forgets what need not be kept for ever."""

import asyncio
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ledger.store import Ledger

KEEP_ANSWERS: Final = timedelta(days=7)
"""How long a repeated `Idempotency-Key` gets its first answer."""

_EVERY: Final = timedelta(hours=1)

_log = structlog.get_logger()


async def forget_old_answers(ledger: Ledger) -> None:
    """Drop idempotency keys older than `KEEP_ANSWERS`, every hour, until cancelled."""
    while True:
        await asyncio.sleep(_EVERY.total_seconds())
        try:
            forgotten = await asyncio.to_thread(ledger.idempotency.expire, KEEP_ANSWERS)
        except SQLAlchemyError as error:
            _log.warning("housekeeping.failed", failure=type(error).__name__)
        else:
            _log.info("housekeeping.done", forgotten=forgotten)
