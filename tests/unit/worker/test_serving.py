import asyncio
import socket

import pytest

from worker.serving import listen


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_small_answers_are_not_held_back(host: str):
    given: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        given.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    try:
        bound = listen(host, 0)
    except OSError:
        pytest.skip(f"this machine has no {host}")
    async with await asyncio.start_server(connected, sock=bound):
        _, writer = await asyncio.open_connection(*bound.getsockname()[:2])
        has_no_delay = await given
        writer.close()

    assert has_no_delay != 0


def test_a_taken_port_is_named():
    with listen("127.0.0.1", 0) as first:
        first.listen()
        port = first.getsockname()[1]

        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port}: "):
            listen("127.0.0.1", port)
