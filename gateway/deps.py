"""What the gateway works with, and how a route gets at it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from domain.intake import Intake
from domain.ports import Clock, Dispatcher, ShipmentCommands
from gateway.acknowledging import Acknowledger, nothing
from gateway.courier import Courier
from gateway.hints import Hinter, Hints, unheard
from gateway.metrics import GatewayMetrics
from gateway.options import GatewayOptions
from ledger.store import Ledger
from mappings.counted import CodeCounts, counted
from mappings.detection import Detector


@dataclass(frozen=True, slots=True)
class GatewayDeps:
    """Everything the gateway works with; the worker room builds it.

    `temporal_probe` returns when the workflow service answers and raises otherwise (`gateway.commands.TemporalProbe`).
    `dialects` names the carriers whose payloads may be uploaded; None accepts any name and lets the reading decide.
    `acknowledge` answers interchanges. `documented_codes` counts the codes that carriers document.
    `detector` knows the formats of tracking numbers. `hinter` has an order system read at once.
    """

    ledger: Ledger
    intake: Intake
    dispatcher: Dispatcher
    commands: ShipmentCommands
    clock: Clock
    temporal_probe: Callable[[], Awaitable[None]]
    dialects: Collection[str] | None = None
    acknowledge: Acknowledger = nothing
    documented_codes: Callable[[], Mapping[str, CodeCounts | None]] = counted
    detector: Detector = field(default_factory=Detector.load)
    hinter: Hinter = unheard
    options: GatewayOptions = field(default_factory=GatewayOptions)


@dataclass(frozen=True, slots=True)
class Gateway:
    """One running gateway: its parts, counters, courier and hints, and the seats for callers who wait for changes."""

    deps: GatewayDeps
    metrics: GatewayMetrics
    courier: Courier
    waiters: asyncio.Semaphore
    hints: Hints


def _gateway(request: Request) -> Gateway:
    gateway: Gateway = request.app.state.gateway
    return gateway


InGateway = Annotated[Gateway, Depends(_gateway)]
