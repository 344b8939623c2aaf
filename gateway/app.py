"""The HTTP face of the hub: webhooks in, the API for order systems and support."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI

from gateway import problems
from gateway.asking import watch_polling
from gateway.backlog import watch
from gateway.bodies import BodyLimit
from gateway.courier import Courier
from gateway.deps import Gateway, GatewayDeps
from gateway.documented import describe
from gateway.hints import Hints
from gateway.housekeeping import forget_old_answers
from gateway.linker import Linker
from gateway.metrics import GatewayMetrics
from gateway.observe import Observe
from gateway.routes import (
    carriers,
    changes,
    commands,
    erp_hooks,
    mappings,
    messages,
    operations,
    overview,
    shipments,
    webhooks,
)

__all__ = ["GatewayDeps", "create_app"]

_SUMMARY: Final = "A durable integration hub for cross-border parcels."
_DESCRIPTION: Final = """
Carriers' webhooks come in, one milestone language comes out. Register a shipment, send or let carriers send their
payloads, and read where it stands, or have every change pushed to your order system as signed CloudEvents.

* Authentication: `Authorization: Bearer mp_...`. The key decides the tenant and its scopes.
* Every write may be repeated: by content, by `Idempotency-Key` or by command id.
* Errors are problem details (RFC 9457). `code` is stable, `next_step` says what to do.
* Times are ISO 8601 with an offset; a time without one is refused.
"""


def create_app(deps: GatewayDeps) -> FastAPI:
    """Build the app; its lifespan starts and stops the courier."""
    metrics = GatewayMetrics()
    watch(metrics.registry, deps.ledger)
    watch_polling(metrics.registry, deps.ledger)
    linker = Linker(deps.ledger.links, deps.ledger.registry, deps.commands, deps.dispatcher, deps.clock)
    courier = Courier(deps.intake, metrics, deps.options.courier, starts=deps.ledger.registry, linker=linker)

    hints = Hints(deps.hinter)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        courier.start()
        chores = asyncio.create_task(forget_old_answers(deps.ledger), name="housekeeping")
        try:
            yield
        finally:
            chores.cancel()
            await hints.stop()
            await courier.stop()

    app = FastAPI(title="Milepost", version="1", lifespan=lifespan, docs_url=None, redoc_url=None)
    waiters = asyncio.Semaphore(deps.options.max_waiters)
    app.state.gateway = Gateway(deps=deps, metrics=metrics, courier=courier, waiters=waiters, hints=hints)
    for module in (
        webhooks,
        erp_hooks,
        carriers,
        messages,
        shipments,
        commands,
        changes,
        overview,
        mappings,
        operations,
    ):
        app.include_router(module.router)
    problems.install(app)
    describe(app, summary=_SUMMARY, description=_DESCRIPTION)
    by_prefix = {"/webhooks/": deps.options.webhook_limit, "/v1/messages/": deps.options.upload_limit}
    app.add_middleware(BodyLimit, default=deps.options.request_limit, by_prefix=by_prefix)
    app.add_middleware(Observe, metrics=metrics)
    return app
