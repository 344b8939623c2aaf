"""The HTTP face of the hub: webhooks in, the API for order systems and support."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import FastAPI

from domain.intake import Intake
from domain.ports import Clock, Dispatcher, ShipmentCommands
from gateway import problems
from gateway.bodies import BodyLimit
from gateway.courier import Courier
from gateway.metrics import GatewayMetrics
from gateway.observe import Observe
from gateway.options import GatewayOptions

if TYPE_CHECKING:
    from ledger.store import Ledger  # type: ignore[import-untyped]  # until the ledger's store is there


@dataclass(frozen=True, slots=True)
class GatewayDeps:
    """Everything the gateway works with; the worker room builds it.

    `temporal_probe` returns when the workflow service answers and raises otherwise (`gateway.commands.TemporalProbe`).
    """

    ledger: "Ledger"
    intake: Intake
    dispatcher: Dispatcher
    commands: ShipmentCommands
    clock: Clock
    temporal_probe: Callable[[], Awaitable[None]]
    options: GatewayOptions = field(default_factory=GatewayOptions)


def create_app(deps: GatewayDeps) -> FastAPI:
    """Build the app; its lifespan starts and stops the courier."""
    metrics = GatewayMetrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        courier = Courier(deps.intake, metrics, deps.options.courier)
        app.state.courier = courier
        courier.start()
        try:
            yield
        finally:
            await courier.stop()

    app = FastAPI(title="Milepost", version="1", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.deps = deps
    app.state.metrics = metrics
    problems.install(app)
    options = deps.options
    app.add_middleware(
        BodyLimit,
        default=options.request_limit,
        by_prefix={"/webhooks/": options.webhook_limit, "/v1/messages/": options.upload_limit},
    )
    app.add_middleware(Observe, metrics=metrics)
    return app
