"""The process roles of production: a worker and a gateway, each on its own, each ending gracefully."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Final

import structlog
from fastapi import FastAPI
from temporalio.client import Client
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from activities.polling import PollingActivities
from activities.publishing import SCHEDULE
from activities.subscribing import SubscribingActivities
from domain.errors import HubUnavailableError
from gateway.acknowledging import acknowledger
from gateway.app import GatewayDeps, create_app
from gateway.commands import TemporalCommands, TemporalProbe
from gateway.dispatch import TemporalDispatcher
from gateway.options import CourierOptions, GatewayOptions
from gateway.temporal import data_converter
from ledger.store import Ledger
from mappings.detection import Detector
from worker.calling import callable_accounts, load_calls, open_trackers
from worker.carriers import CarrierWorkers
from worker.erp_connections import ReadingWorkers, ShipmentNudger, can_be_read, hint, open_reading, readable
from worker.erp_returns import Returns
from worker.late import LedgerLateFacts
from worker.serving import Served, http_server, listen, running, stop_on_signals
from worker.settings import Settings
from worker.statedir import StateDir
from worker.subscribing import open_desks
from worker.wiring import CLOCK, build_intake, check_key, load_mappings, open_ledger, open_sinks, payload_keys
from worker.workers import Role, build_workers

FIND_WITHIN: Final = timedelta(seconds=60)
"""How long a starting worker waits for a Temporal service that is not there yet."""

_RETRY: Final = 1.0

_log = structlog.get_logger(__name__)


def temporal_address(settings: Settings) -> tuple[str, str]:
    """Return address and namespace: from the settings, else of the `milepost up` that runs on the state directory.

    Raises:
        HubUnavailableError: Neither is there.
    """
    if settings.temporal.address is not None:
        return settings.temporal.address, settings.temporal.namespace
    running_here = StateDir.create(settings.state_dir).running()
    if running_here is None:
        raise HubUnavailableError(
            f"no MILEPOST_TEMPORAL__ADDRESS, and no `milepost up` runs on {settings.state_dir}: start one or set it"
        )
    return running_here.temporal, running_here.namespace


async def connect_temporal(settings: Settings, *, lazy: bool = False) -> Client:
    """Return a client of the settings' Temporal service; a lazy one connects with its first call.

    Raises:
        HubUnavailableError: It does not answer (never when lazy).
    """
    address, namespace = temporal_address(settings)
    api_key = settings.temporal.api_key
    try:
        return await Client.connect(
            address,
            namespace=namespace,
            data_converter=data_converter(payload_keys(settings)),
            tls=settings.temporal.tls,
            api_key=None if api_key is None else api_key.get_secret_value(),
            lazy=lazy,
            runtime=_runtime(settings.service.metrics),
        )
    except RuntimeError as error:
        raise HubUnavailableError(f"Temporal at {address} does not answer", address=address) from error


async def _connect_patiently(settings: Settings, stop: asyncio.Event) -> Client | None:
    deadline = asyncio.get_running_loop().time() + FIND_WITHIN.total_seconds()
    while not stop.is_set():
        try:
            return await connect_temporal(settings)
        except HubUnavailableError:
            if asyncio.get_running_loop().time() > deadline:
                raise
            _log.warning("temporal.awaited", waits_for=_RETRY)
        await asyncio.sleep(_RETRY)
    return None


def _runtime(metrics: str | None) -> Runtime | None:
    if metrics is None:
        return None
    return Runtime(telemetry=TelemetryConfig(metrics=PrometheusConfig(bind_address=metrics)))


@asynccontextmanager
async def open_workers(
    settings: Settings, ledger: Ledger, client: Client, *, roles: Iterable[Role] = tuple(Role)
) -> AsyncIterator[list[Served]]:
    """Return workers that are not yet started; what they push with is closed at the end of the block."""
    wanted = frozenset(roles)
    async with AsyncExitStack() as stack:
        sinks = await stack.enter_async_context(open_sinks(settings, ledger))
        served: list[Served] = [
            *build_workers(
                client,
                journal=ledger.journal,
                sinks=sinks,
                dead_letters=ledger.convergence,
                switch=ledger.connections,
                roles=wanted,
                schedule=settings.erp.retry_schedule or SCHEDULE,
            )
        ]
        if Role.ERP in wanted:
            reading = await stack.enter_async_context(open_reading(settings, ledger, client))
            connections = partial(readable, ledger)
            dispatcher = TemporalDispatcher(client, ledger.registry, LedgerLateFacts(ledger), ledger.journal)
            served.append(Returns(ledger, ShipmentNudger(dispatcher), can_be_read))
            served.append(ReadingWorkers(client, reading, connections, look=settings.service.accounts_every))
        if Role.CARRIERS in wanted:
            served.append(await stack.enter_async_context(_open_carriers(settings, ledger, client)))
        yield served


@asynccontextmanager
async def _open_carriers(settings: Settings, ledger: Ledger, client: Client) -> AsyncIterator[CarrierWorkers]:
    dispatcher = TemporalDispatcher(client, ledger.registry, LedgerLateFacts(ledger), ledger.journal)
    intake = build_intake(ledger, load_mappings(settings), dispatcher)
    async with open_trackers(settings, ledger) as trackers, open_desks(settings, ledger) as desks:
        yield CarrierWorkers(
            client,
            [
                PollingActivities(trackers, ledger.polling, intake).poll_batch,
                SubscribingActivities(desks, CLOCK).subscribe,
            ],
            partial(callable_accounts, ledger, load_calls(settings)),
            look=settings.service.accounts_every,
        )


def build_gateway(settings: Settings, ledger: Ledger, client: Client) -> FastAPI:
    """Return the gateway's app."""
    dispatcher = TemporalDispatcher(client, ledger.registry, LedgerLateFacts(ledger), ledger.journal)
    mappings = load_mappings(settings)
    options = GatewayOptions(
        webhook_limit=settings.gateway.body_limit,
        request_limit=settings.gateway.body_limit,
        upload_limit=settings.gateway.upload_limit,
        courier=CourierOptions(
            sweep_every=settings.service.sweep_every, sweep_older_than=settings.service.sweep_older_than
        ),
    )
    return create_app(
        GatewayDeps(
            ledger=ledger,
            intake=build_intake(ledger, mappings, dispatcher),
            dispatcher=dispatcher,
            commands=TemporalCommands(client),
            clock=CLOCK,
            temporal_probe=TemporalProbe(client),
            options=options,
            dialects=frozenset(mappings.carriers),
            acknowledge=acknowledger(mappings),
            detector=Detector.load(settings.mappings_root),
            hinter=partial(hint, client),
        )
    )


async def serve_worker(settings: Settings, roles: Iterable[Role]) -> bool:
    """Run a worker until SIGINT or SIGTERM; return False when it ended by itself."""
    stop = stop_on_signals()
    ledger = open_ledger(settings)
    try:
        await asyncio.to_thread(check_key, ledger)
        client = await _connect_patiently(settings, stop)
        if client is None:
            return True
        asked = False
        async with open_workers(settings, ledger, client, roles=roles) as workers:
            async with running(workers, stop) as failed:
                _log.info("worker.started", roles=sorted(roles), address=client.service_client.config.target_host)
                await stop.wait()
            asked = not failed
        _log.info("worker.stopped")
        return asked
    finally:
        ledger.close()
        await settle_down()


async def serve_gateway(settings: Settings) -> None:
    """Run a gateway until SIGINT or SIGTERM; it starts, and keeps what comes in, also while Temporal is away."""
    stop = stop_on_signals()
    ledger = open_ledger(settings)
    try:
        await asyncio.to_thread(check_key, ledger)
        client = await connect_temporal(settings, lazy=True)
        bound = listen(settings.gateway.host, settings.gateway.port)
        async with http_server(
            build_gateway(settings, ledger, client), bound, grace=settings.service.stop_grace
        ) as url:
            _log.info("gateway.started", url=url)
            await stop.wait()
        _log.info("gateway.stopped")
    finally:
        ledger.close()
        await settle_down()


async def settle_down() -> None:
    """Let the Temporal client's last calls end: an interpreter that exits under one aborts (sdk-python issue 300)."""
    await asyncio.sleep(0.3)
    gc.collect()
