"""Simulated order systems on loopback, for the length of a block."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
from fastapi import FastAPI

from worker.serving import http_server, listen


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the app on a free port; the value is a client whose base URL is the system's address."""
    async with (
        http_server(app, listen("127.0.0.1", 0), grace=timedelta(seconds=2)) as url,
        httpx.AsyncClient(base_url=url, timeout=10) as client,
    ):
        yield client
