"""Long-running parts of a process: an HTTP server on a known socket, Temporal workers, and one way to stop them."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Protocol

import uvicorn
from fastapi import FastAPI
from typing_extensions import override


class Served(Protocol):
    """What runs until it is shut down: a Temporal worker, or several under one name."""

    @property
    def task_queue(self) -> str:
        """The name under which it is known."""
        ...

    async def run(self) -> None:
        """Serve until shut down; a failure comes out."""
        ...

    async def shutdown(self) -> None:
        """Let what runs finish, and stop."""
        ...


class _QuietServer(uvicorn.Server):
    """Leaves signals to the process: several servers and workers have to end in an order of their own."""

    @contextlib.contextmanager
    @override
    def capture_signals(self) -> Iterator[None]:
        yield


def stop_on_signals() -> asyncio.Event:
    """Return an event that SIGINT and SIGTERM set; a second signal ends the process the hard way."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask(number: signal.Signals) -> None:
        stop.set()
        loop.remove_signal_handler(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask, number)
    return stop


def listen(host: str, port: int) -> socket.socket:
    """Return a bound socket; port 0 takes a free one.

    Raises:
        OSError: The port is taken or not allowed.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol has to be named: asyncio switches Nagle's algorithm off only then, and with it every answer that goes
    # out in two writes waits 40 ms for the other side's delayed acknowledgement.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from error
    return bound


@asynccontextmanager
async def http_server(app: FastAPI, bound: socket.socket, *, grace: timedelta) -> AsyncIterator[str]:
    """Serve the app on the socket for the length of the block; the value is its base URL."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=max(1, int(grace.total_seconds())),
    )
    server = _QuietServer(config)
    serving = asyncio.create_task(server.serve(sockets=[bound]), name="http")
    try:
        while not server.started:
            if serving.done():
                await serving
                raise RuntimeError("the HTTP server did not start")
            await asyncio.sleep(0.02)
        host, port = bound.getsockname()[:2]
        yield f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def running(workers: Sequence[Served], stop: asyncio.Event) -> AsyncIterator[list[str]]:
    """Run workers for the length of the block.

    The value fills with the names of workers that ended by themselves; when one does, `stop` is set. A failure comes
    out at the end of the block.
    """
    failed: list[str] = []
    is_closing = asyncio.Event()
    tasks = [asyncio.create_task(worker.run(), name=f"worker:{worker.task_queue}") for worker in workers]

    def ended(task: asyncio.Task[None]) -> None:
        if not is_closing.is_set() and not stop.is_set():
            failed.append(task.get_name())
            stop.set()

    for task in tasks:
        task.add_done_callback(ended)
    try:
        yield failed
    finally:
        # From here on an end is no failure.
        is_closing.set()
        pairs = zip(workers, tasks, strict=True)
        await asyncio.gather(*(worker.shutdown() for worker, task in pairs if not task.done()))
        await asyncio.gather(*tasks)
