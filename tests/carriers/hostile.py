"""A carrier on loopback that answers, byte by byte, what a test tells it to."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Seen:
    """A request as it came in."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path


@dataclass(frozen=True)
class Reply:
    """An answer that is sent in one piece."""

    body: bytes = b""
    content_type: str | None = "application/json"
    status: str = "200 OK"
    headers: tuple[tuple[str, str], ...] = ()

    def raw(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status}", f"content-length: {len(self.body)}", "connection: close"]
        lines += [f"content-type: {self.content_type}"] if self.content_type else []
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


Answering = Callable[[Seen, asyncio.StreamWriter], Awaitable[None]]


def replying(make: Callable[[Seen], Reply]) -> Answering:
    """Answer every request with what `make` says."""

    async def answer(seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(make(seen).raw())
        await writer.drain()

    return answer


async def reset(_: Seen, writer: asyncio.StreamWriter) -> None:
    """Break the connection off so that the other side sees a reset and no end."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@dataclass
class HostileCarrier:
    """The server. `answering` decides; everything that came is in `seen`."""

    answering: Answering | None = None
    seen: list[Seen] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _open: dict[asyncio.Task[None], asyncio.StreamWriter] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        for _ in range(5):
            # asyncio loses a socket that was accepted just before its server closes: let those become connections.
            await asyncio.sleep(0)
        server, self._server = self._server, None
        server.close()
        left = dict(self._open)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for writer in left.values():
            # A task that was cancelled before its first step has closed nothing.
            writer.transport.abort()
        await server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is None:
            # Accepted in the moment of closing: nobody would ever end it.
            writer.transport.abort()
            return
        task = asyncio.create_task(self._serve(reader, writer))
        self._open[task] = writer
        task.add_done_callback(self._open.pop)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            method, target, _ = first.split(" ")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            seen = Seen(method, target, headers, body)
            self.seen.append(seen)
            assert self.answering is not None
            await self.answering(seen, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away, which many tests are about
        except asyncio.CancelledError:
            pass  # the test is over while this side still stalls
        finally:
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()
