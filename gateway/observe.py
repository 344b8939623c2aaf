"""What surrounds every request: its id, one log line, metrics, security headers and the last safety net."""

import re
import time
from typing import Final
from uuid import uuid4

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.metrics import GatewayMetrics
from gateway.problems import respond

_SAFE_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-frame-options": "DENY",
}
_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})

_log = structlog.get_logger()


class Observe:
    """ASGI middleware; outermost, so that refusals of the others are counted too."""

    def __init__(self, app: ASGIApp, *, metrics: GatewayMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; every other protocol passes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope["milepost.request_id"] = request_id
        status = 0

        async def outgoing(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, outgoing)
            except Exception:
                _log.exception("http.request_failed", method=scope["method"], route=_route(scope))
                if status:
                    raise
                failure = respond("internal", "The hub failed to serve this request.", request_id=request_id)
                await failure(scope, receive, outgoing)
            finally:
                self._account(scope, status, time.perf_counter() - started)

    def _account(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        method = scope["method"] if route != _UNMATCHED else "ANY"
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.latency.labels(method, route).observe(seconds)
        if route not in _QUIET:
            _log.info("http.answered", method=method, route=route, status=status, ms=round(seconds * 1000, 1))


_UNMATCHED: Final = "unmatched"


def _route(scope: Scope) -> str:
    """Return the route's template: paths themselves hold ids and are without number."""
    return str(getattr(scope.get("route"), "path", _UNMATCHED))


def _request_id(scope: Scope) -> str:
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"").decode("latin-1")
    return given if _SAFE_ID.fullmatch(given) else uuid4().hex
