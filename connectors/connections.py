"""Finds the sink of an order system's connection, and remembers it for a moment."""

import time
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from typing_extensions import override

from connectors.cloud_events import WebhookSink, WebhookTarget
from connectors.http import PartnerHttp
from connectors.pacing import PacedSink, PaceGate
from domain.erps import WEBHOOK, ErpTarget
from domain.errors import CredentialsRejectedError, EndpointGoneError, HubBugError
from domain.pacing import Paces
from domain.ports import Clock, StatusSink, StatusSinks
from domain.publication import Publication, PushResult

FRESH_FOR: Final = 5.0
"""Seconds for which a looked-up connection is used again: how late a changed URL or key takes effect."""


SinkMaker = Callable[[ErpTarget, PartnerHttp, Clock], StatusSink]
"""Builds the sink of one kind of order system."""


def webhook_sink(target: ErpTarget, http: PartnerHttp, clock: Clock) -> StatusSink:
    """Return the sink of a system that takes signed webhooks."""
    return WebhookSink(WebhookTarget(target.connection, target.url, target.keys), http, clock)


class ConnectionDirectory(Protocol):
    """What the ledger's connections offer to connectors. Blocking."""

    def target(self, tenant: str, connection: str) -> ErpTarget:
        """Return the target; raise `NotFoundError` or, for a disabled connection, `EndpointGoneError`."""
        ...


class ConnectionSinks(StatusSinks):
    """The sinks of all tenants' connections, each made by the maker of its kind. Threads may share it.

    A sink lives as long as its connection stays as it is: it may hold a session with the order system.
    """

    def __init__(
        self,
        directory: ConnectionDirectory,
        http: PartnerHttp,
        clock: Clock,
        *,
        makers: Mapping[str, SinkMaker] | None = None,
        paces: Paces | None = None,
        ticker: Callable[[], float] = time.monotonic,
    ) -> None:
        self._directory = directory
        self._http = http
        self._clock = clock
        self._makers = {WEBHOOK: webhook_sink, **(makers or {})}
        self._paces = paces
        self._ticker = ticker
        self._known: dict[tuple[str, str], tuple[float, ErpTarget, StatusSink]] = {}

    @override
    def sink(self, tenant: str, connection: str) -> StatusSink:
        """Return the sink; raise `NotFoundError` or, for a disabled connection, `EndpointGoneError`."""
        key = (tenant, connection)
        now = self._ticker()
        known = self._known.get(key)
        if known is not None and now - known[0] < FRESH_FOR:
            return known[2]
        self._known.pop(key, None)
        target = self._directory.target(tenant, connection)
        sink = known[2] if known is not None and known[1] == target else self._made(target)
        self._known[key] = (now, target, sink)
        return sink

    def _made(self, target: ErpTarget) -> StatusSink:
        maker = self._makers.get(target.kind)
        if maker is None:
            raise HubBugError(f"nothing speaks to order systems of kind {target.kind}", connection=target.connection)
        key = (target.tenant, target.connection)
        return _ForgettingSink(self._paced(target, maker), lambda: self._known.pop(key, None))

    def _paced(self, target: ErpTarget, maker: SinkMaker) -> StatusSink:
        if self._paces is None:
            return maker(target, self._http, self._clock)
        gate = PaceGate(target, self._paces, self._clock)
        return PacedSink(maker(target, self._http.through(gate), self._clock), target, gate, self._paces)


class _ForgettingSink(StatusSink):
    """A sink that is looked up anew after 410 or refused credentials: its connection is disabled then."""

    def __init__(self, inner: StatusSink, forget: Callable[[], object]) -> None:
        self._inner = inner
        self._forget = forget

    @override
    async def push(self, publication: Publication) -> PushResult:
        try:
            return await self._inner.push(publication)
        except (EndpointGoneError, CredentialsRejectedError):
            self._forget()
            raise
