"""Whether everything the gateway needs is there; each part that is not is named with what to do."""

import asyncio
from typing import Final

from fastapi.concurrency import run_in_threadpool
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from gateway.deps import Gateway, GatewayDeps
from ledger.migrate import head
from ledger.store import Ledger

PROBE_WITHIN: Final = 3.0
"""Seconds each part has to answer."""


async def failing(gateway: Gateway) -> dict[str, str]:
    """Return the parts that are not ready, with what an operator does about it; empty when all are."""
    parts = await asyncio.gather(_ledger(gateway.deps.ledger), _temporal(gateway.deps))
    problems = {name: problem for name, problem in parts if problem is not None}
    if not gateway.courier.is_running:
        problems["courier"] = "carries nothing; restart the gateway and report the failure in its log"
    return problems


async def _ledger(ledger: Ledger) -> tuple[str, str | None]:
    try:
        async with asyncio.timeout(PROBE_WITHIN):
            return "ledger", await run_in_threadpool(_schema_problem, ledger)
    except (SQLAlchemyError, TimeoutError):
        return "ledger", "does not answer; check the database and MILEPOST_LEDGER__URL"


def _schema_problem(ledger: Ledger) -> str | None:
    with ledger.database.read() as connection:
        connection.execute(text("SELECT 1"))
        if not connection.dialect.has_table(connection, "alembic_version"):
            return "has no tables; run `milepost migrate`"
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if revision == head() else "is not at this version's schema; run `milepost migrate`"


async def _temporal(deps: GatewayDeps) -> tuple[str, str | None]:
    try:
        async with asyncio.timeout(PROBE_WITHIN):
            await deps.temporal_probe()
    except Exception:  # noqa: BLE001 - whatever the reason, the part is not ready; the probe logs nothing
        return "temporal", "does not answer; check the server and MILEPOST_TEMPORAL__ADDRESS"
    return "temporal", None
