"""The limit on request bodies: too big is known from the header, or else while the bytes still come in."""

import asyncio
from contextlib import suppress
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.problems import BodyTooLargeError, respond

DRAIN: Final = 64 * 1024
"""Bytes beyond the limit that are read and dropped, so that a sender can finish and read the refusal.

A connection that is closed under a sender is reset, and the reset may overtake the answer.
"""

DRAIN_WITHIN: Final = 2.0
"""Seconds; a sender that dawdles is cut off."""


class BodyLimit:
    """ASGI middleware: cuts a request off as soon as its body exceeds the limit of its path."""

    def __init__(self, app: ASGIApp, *, default: int, by_prefix: dict[str, int]) -> None:
        self._app = app
        self._default = default
        # The longest prefix decides.
        self._by_prefix: Final = sorted(by_prefix.items(), key=lambda item: len(item[0]), reverse=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; every other protocol passes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit(scope["path"])
        if _announced(scope) > limit:
            await _drain(receive, limit + DRAIN)
            refusal = respond(
                "too_large",
                f"The body has more than {limit} bytes.",
                request_id=scope.get("milepost.request_id"),
            )
            await refusal(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                if message.get("more_body"):
                    await _drain(receive, DRAIN)
                raise BodyTooLargeError(limit)
            return message

        await self._app(scope, counted, send)

    def _limit(self, path: str) -> int:
        return next((limit for prefix, limit in self._by_prefix if path.startswith(prefix)), self._default)


async def _drain(receive: Receive, most: int) -> None:
    left = most
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_WITHIN):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body"):
                    return


def _announced(scope: Scope) -> int:
    value = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(value) if value.isdigit() else 0
