"""Finds the sink of an order system's connection, and stops calling one that is gone."""

import asyncio
import time
from collections.abc import Callable
from typing import Final, Protocol

import structlog
from typing_extensions import override

from connectors.cloud_events import WebhookSink, WebhookTarget
from connectors.http import PartnerHttp
from domain.errors import EndpointGoneError
from domain.ports import Clock, StatusSink, StatusSinks
from domain.publication import Publication, PushResult

FRESH_FOR: Final = 5.0
"""Seconds for which a looked-up connection is used again: how late a changed URL or key takes effect."""

_log = structlog.get_logger()


class ConnectionDirectory(Protocol):
    """What the ledger's connections offer to connectors. Blocking."""

    def target(self, tenant: str, connection: str) -> WebhookTarget:
        """Return the target; raise `NotFoundError` or, for a disabled connection, `EndpointGoneError`."""
        ...

    def disable(self, tenant: str, connection: str, *, reason: str) -> None:
        """Stop pushes to the connection until a person enables it again."""
        ...


class ConnectionSinks(StatusSinks):
    """The webhook sinks of all tenants; looks connections up and remembers them for `FRESH_FOR` seconds."""

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
        sink = _DisablingSink(WebhookSink(target, self._http, self._clock), self, key)
        self._known[key] = (now, sink)
        return sink

    async def disable(self, key: tuple[str, str]) -> None:
        """Record that the receiver is gone and forget its sink."""
        self._known.pop(key, None)
        await asyncio.to_thread(self._directory.disable, *key, reason="the receiver answered 410 Gone")
        _log.warning("connection.disabled", tenant=key[0], connection=key[1])


class _DisablingSink(StatusSink):
    """A sink that reports its receiver's 410 before passing it on."""

    def __init__(self, inner: StatusSink, owner: ConnectionSinks, key: tuple[str, str]) -> None:
        self._inner = inner
        self._owner = owner
        self._key = key

    @override
    async def push(self, publication: Publication) -> PushResult:
        try:
            return await self._inner.push(publication)
        except EndpointGoneError:
            await self._owner.disable(self._key)
            raise
