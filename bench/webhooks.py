"""How long a carrier waits for the answer to a signed webhook, with its bytes stored when the answer comes.

Every body is new. One sender by itself, then several at once, against the hub as one process over SQLite and against
the bare framework, which keeps nothing. Afterwards every body is sent again: the hub has to know each one.
"""

import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import httpx

from bench.hub import ACCOUNT, BIN, Site, site, wait_for
from bench.parcels import JOURNEY, webhook
from connectors.carrier_webhooks import TRACK17
from worker.devserver import HOST, free_port

BODIES: Final = 400
SENDERS: Final = 8
_WARM: Final = 20


def measure() -> dict[str, float]:
    """Return seconds to the answer (p50, p95, max) alone and among several senders, and the floor's beside them."""
    alone, crowd, known = _bodies(0), _bodies(BODIES), _bodies(0, 2 * BODIES)
    with site() as here:
        port = free_port()
        floor = f"http://{HOST}:{port}"
        here.add(
            "floor", sys.executable, "-m", "uvicorn", "bench.bare_webhooks:app", "--port", str(port), "--no-access-log"
        )
        wait_for(f"{floor}/readyz")
        bare = [*_send(floor, here, _bodies(0, _WARM)), *_send(floor, here, alone)][_WARM:]
        bare_crowd = _crowd(floor, here, crowd)
        here.processes["floor"].stop()
        here.add("up", str(BIN / "milepost"), "up")
        wait_for(f"{here.url}/readyz")
        _send(here.url, here, _bodies(2 * BODIES, _WARM))
        taken = _send(here.url, here, alone)
        taken_crowd = _crowd(here.url, here, crowd)
        _check_known(here, known)
    figures = {"samples": float(len(taken) + len(taken_crowd))}
    for name, seconds in (("", taken), ("floor_", bare), ("crowd_", taken_crowd), ("crowd_floor_", bare_crowd)):
        figures[f"{name}p50_s"] = statistics.median(seconds)
        figures[f"{name}p95_s"] = statistics.quantiles(seconds, n=20)[-1]
        figures[f"{name}max_s"] = max(seconds)
    return figures


def _bodies(first: int, count: int = BODIES) -> list[bytes]:
    return [webhook(index, index % len(JOURNEY)) for index in range(first, first + count)]


def _send(url: str, here: Site, bodies: Sequence[bytes]) -> list[float]:
    """Send over one connection, one after the other; each has to be accepted as new."""
    waited = []
    with httpx.Client(timeout=30) as client:
        for body in bodies:
            headers = {TRACK17.header: TRACK17.sign(body, here.key), "content-type": "application/json"}
            started = time.perf_counter()
            answer = client.post(f"{url}/webhooks/carriers/{ACCOUNT}", content=body, headers=headers)
            waited.append(time.perf_counter() - started)
            assert (answer.status_code, answer.json()["is_new"]) == (202, True), answer.text
    return waited


def _crowd(url: str, here: Site, bodies: Sequence[bytes]) -> list[float]:
    """Send from several connections at once."""
    with ThreadPoolExecutor(SENDERS) as pool:
        parts = pool.map(lambda first: _send(url, here, bodies[first::SENDERS]), range(SENDERS))
        return [seconds for part in parts for seconds in part]


def _check_known(here: Site, bodies: Sequence[bytes]) -> None:
    with httpx.Client(timeout=30) as client:
        for body in bodies:
            headers = {TRACK17.header: TRACK17.sign(body, here.key)}
            answer = client.post(f"{here.url}/webhooks/carriers/{ACCOUNT}", content=body, headers=headers)
            assert (answer.status_code, answer.json()["is_new"]) == (202, False), answer.text


if __name__ == "__main__":
    for name, value in measure().items():
        sys.stdout.write(f"{name:24} {value:.4f}\n")
