"""Hints that an order system has something new, passed on at a measured pace.

A shop that changes a thousand orders at once sends a thousand hints; the workflow that reads it needs one, and another
for what came while it was being told. A hint that gets lost costs the seconds until the next reading.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

import structlog
from temporalio.service import RPCError

from domain.errors import HubError

Hinter = Callable[[str, str], Awaitable[None]]
"""Tells the workflow of a tenant's connection to read at once."""

PAUSE: Final = timedelta(seconds=1)
"""Between two hints to one connection."""

_log = structlog.get_logger()


async def unheard(tenant: str, connection: str) -> None:
    """Tell nobody: what a gateway does that reads no order systems."""
    del tenant, connection


class Hints:
    """Passes hints on, per connection one at a time. Belongs to one event loop."""

    def __init__(self, hinter: Hinter, *, pause: timedelta = PAUSE) -> None:
        self._hinter = hinter
        self._pause = pause
        self._waiting: set[tuple[str, str]] = set()
        self._telling: dict[tuple[str, str], asyncio.Task[None]] = {}

    def give(self, tenant: str, connection: str) -> None:
        """Take a hint; one that is not passed on yet stands for all that come meanwhile."""
        key = (tenant, connection)
        self._waiting.add(key)
        if key not in self._telling:
            self._telling[key] = asyncio.create_task(self._tell(key), name=f"hint-{connection}")

    async def stop(self) -> None:
        """Pass on what is waiting no more."""
        tasks = list(self._telling.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _tell(self, key: tuple[str, str]) -> None:
        try:
            while key in self._waiting:
                self._waiting.discard(key)
                try:
                    await self._hinter(*key)
                except (HubError, RPCError) as error:
                    _log.warning("erp.hint_lost", tenant=key[0], connection=key[1], failure=type(error).__name__)
                await asyncio.sleep(self._pause.total_seconds())
        finally:
            self._telling.pop(key, None)
