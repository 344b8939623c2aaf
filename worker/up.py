"""The whole hub in one process: embedded Temporal server, ledger, worker and gateway."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final

import structlog
from temporalio.client import Client

from ledger import migrate
from ledger.store import Ledger
from worker.devserver import DevServer, DevServerError, DevServerPlan
from worker.processes import build_gateway, connect_temporal, open_workers, settle_down
from worker.serving import http_server, listen, running, stop_on_signals
from worker.settings import Settings
from worker.statedir import Running, StateDir
from worker.wiring import check_key, open_ledger
from workflows.attributes import ATTRIBUTES

_WATCH: Final = 0.5
_log = structlog.get_logger(__name__)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Hub:
    """A running embedded hub. `url` is the gateway's base URL; `metrics` the Temporal server's counters, if ours."""

    settings: Settings
    state: StateDir
    ledger: Ledger
    client: Client
    url: str
    temporal: str
    metrics: str | None


@asynccontextmanager
async def embedded_hub(
    settings: Settings, *, stop: asyncio.Event | None = None, say: Say = lambda _: None
) -> AsyncIterator[Hub]:
    """Run everything for the length of the block; call from the main thread.

    `stop` is set when a part ends by itself. With `MILEPOST_TEMPORAL__ADDRESS` that service is used and none started.

    Raises:
        StateDirBusyError: Another process runs on the state directory.
        DevServerError: The embedded Temporal server does not come up.
        OSError: The gateway's port is taken.
    """
    state = StateDir.create(settings.state_dir)
    asked = stop or asyncio.Event()
    with state.lock(), listen(settings.gateway.host, settings.gateway.port) as bound:
        async with _temporal(settings, state, asked, say) as server, _ledger(settings, say) as ledger:
            here = settings if server is None else _reaching(settings, server)
            client = await connect_temporal(here)
            try:
                say("starting worker and gateway")
                async with (
                    open_workers(here, ledger, client) as workers,
                    running(workers, asked),
                    http_server(build_gateway(here, ledger, client), bound, grace=here.service.stop_grace) as url,
                ):
                    temporal = client.service_client.config.target_host
                    hub = Hub(here, state, ledger, client, url, temporal, server.metrics if server else None)
                    with _announced(hub):
                        yield hub
                    say("stopping gateway and worker")
            finally:
                await settle_down()


def _reaching(settings: Settings, server: DevServer) -> Settings:
    temporal = settings.temporal.model_copy(update={"address": server.address})
    return settings.model_copy(update={"temporal": temporal})


@asynccontextmanager
async def _ledger(settings: Settings, say: Say) -> AsyncIterator[Ledger]:
    say("bringing the ledger's schema up to date")
    await asyncio.to_thread(migrate.upgrade, settings.ledger_url)
    ledger = open_ledger(settings)
    try:
        await asyncio.to_thread(check_key, ledger)
        yield ledger
    finally:
        ledger.close()


@contextmanager
def _announced(hub: Hub) -> Iterator[None]:
    hub.state.announce(
        Running(
            pid=os.getpid(),
            temporal=hub.temporal,
            namespace=hub.settings.temporal.namespace,
            metrics=hub.metrics,
            gateway=hub.url,
        )
    )
    try:
        yield
    finally:
        hub.state.withdraw()


@asynccontextmanager
async def _temporal(
    settings: Settings, state: StateDir, stop: asyncio.Event, say: Say
) -> AsyncIterator[DevServer | None]:
    if settings.temporal.address is not None:
        yield None
        return
    plan = DevServerPlan(
        state,
        namespace=settings.temporal.namespace,
        port=settings.temporal.port,
        metrics_port=settings.temporal.metrics_port,
        attributes=ATTRIBUTES,
    )
    try:
        server = await DevServer.start(plan, progress=say)
    except DevServerError:
        await settle_down()
        raise
    watch = asyncio.create_task(_watch(server, stop))
    try:
        yield server
    finally:
        watch.cancel()
        say("stopping the Temporal server")
        await asyncio.to_thread(server.stop, grace=settings.temporal.stop_grace)
        await settle_down()


async def _watch(server: DevServer, stop: asyncio.Event) -> None:
    while server.is_running:  # noqa: ASYNC110 - the end of a child process sets no event on every system
        await asyncio.sleep(_WATCH)
    _log.error("temporal.ended", pid=server.pid)
    stop.set()


async def serve_up(settings: Settings, *, say: Say, ready: Callable[[Hub], None]) -> bool:
    """Run the hub until SIGINT or SIGTERM; `ready` is told when it serves. Return False when a part ended by itself."""
    asked = stop_on_signals()
    ended = asyncio.Event()
    async with embedded_hub(settings, stop=ended, say=say) as hub:
        ready(hub)
        waits = [asyncio.create_task(event.wait()) for event in (asked, ended)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in waits:
            task.cancel()
        return asked.is_set()
