"""Finds the sink of an order system's connection, and remembers it for a moment."""

import time
from collections.abc import Callable
from typing import Final, Protocol

from typing_extensions import override

from connectors.cloud_events import WebhookSink, WebhookTarget
from connectors.http import PartnerHttp
from domain.errors import EndpointGoneError
from domain.ports import Clock, StatusSink, StatusSinks
from domain.publication import Publication, PushResult

FRESH_FOR: Final = 5.0
"""Seconds for which a looked-up connection is used again: how late a changed URL or key takes effect."""


class ConnectionDirectory(Protocol):
    """What the ledger's connections offer to connectors. Blocking."""

    def target(self, tenant: str, connection: str) -> WebhookTarget:
        """Return the target; raise `NotFoundError` or, for a disabled connection, `EndpointGoneError`."""
        ...


class ConnectionSinks(StatusSinks):
    """The webhook sinks of all tenants. Threads may share it."""

    def __init__(
        self,
        directory: ConnectionDirectory,
        http: PartnerHttp,
        clock: Clock,
        *,
        ticker: Callable[[], float] = time.monotonic,
    ) -> None:
        self._directory = directory
        self._http = http
        self._clock = clock
        self._ticker = ticker
        self._known: dict[tuple[str, str], tuple[float, StatusSink]] = {}

    @override
    def sink(self, tenant: str, connection: str) -> StatusSink:
        """Return the sink; raise `NotFoundError` or, for a disabled connection, `EndpointGoneError`."""
        key = (tenant, connection)
        now = self._ticker()
        known = self._known.get(key)
        if known is not None and now - known[0] < FRESH_FOR:
            return known[1]
        self._known.pop(key, None)
        target = self._directory.target(tenant, connection)
        sink = _ForgettingSink(WebhookSink(target, self._http, self._clock), lambda: self._known.pop(key, None))
        self._known[key] = (now, sink)
        return sink


class _ForgettingSink(StatusSink):
    """A sink that is looked up anew after its receiver has answered 410: it is disabled then."""

    def __init__(self, inner: StatusSink, forget: Callable[[], object]) -> None:
        self._inner = inner
        self._forget = forget

    @override
    async def push(self, publication: Publication) -> PushResult:
        try:
            return await self._inner.push(publication)
        except EndpointGoneError:
            self._forget()
            raise
