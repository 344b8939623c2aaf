"""Real processes for benchmarks: an order system, a Temporal server, the hub's roles; each started and ended by pid."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from worker.devserver import HOST, free_port

BIN: Final = Path(sys.executable).parent
ACCOUNT: Final = "bench-17track"
CONNECTION: Final = "bench-orders"
READY_WITHIN: Final = 60.0


@dataclass(slots=True)
class Process:
    """A child that can be killed the hard way and started again with the same command."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log: Path
    child: subprocess.Popen[bytes] | None = None
    starts: int = 0

    def start(self) -> None:
        """Start it; its output is appended to the log."""
        with self.log.open("ab") as out:
            self.child = subprocess.Popen(
                self.command, env=dict(self.environment), stdout=out, stderr=out, start_new_session=True
            )
        self.starts += 1

    def kill(self) -> None:
        """End it and whatever it started with SIGKILL."""
        if self.child is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()

    def stop(self) -> None:
        """End it politely, and hard after fifteen seconds."""
        if self.child is None or self.child.poll() is not None:
            return
        self.child.terminate()
        try:
            self.child.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()


@dataclass(slots=True)
class Site:
    """A set of processes around one state directory. `url` is the gateway, `orders` the order system."""

    directory: Path
    environment: dict[str, str]
    url: str
    orders: str
    token: str = ""
    key: str = ""
    processes: dict[str, Process] = field(default_factory=dict)

    def milepost(self, *arguments: str) -> Any:
        """Run a `milepost` command with `--json` and return what it printed."""
        done = subprocess.run(
            [str(BIN / "milepost"), *arguments, "--json"],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if not done.stdout.strip():
            raise RuntimeError(f"milepost {' '.join(arguments)}: {done.returncode}: {done.stderr[-2000:]}")
        return json.loads(done.stdout)

    def add(self, name: str, *command: str) -> Process:
        """Register and start a process."""
        process = Process(name, list(command), self.environment, self.directory / f"{name}.log")
        process.start()
        self.processes[name] = process
        return process

    def order_book(self) -> dict[str, Any]:
        """Return everything the order system knows, by shipment id, with its counters under `counters`."""
        answer = httpx.get(f"{self.orders}/orders", timeout=30).json()
        return {"counters": answer["counters"], "orders": {order["shipment_id"]: order for order in answer["orders"]}}


@contextmanager
def site(*, retry_schedule: str = "[0.5, 1, 1, 2, 2, 5, 5, 5, 5, 5, 10, 10, 10, 10, 10, 20, 20, 20]") -> Iterator[Site]:
    """Make a state directory with an order system beside it; all processes end with the block."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="milepost-bench-")))
        gateway, orders = free_port(), free_port()
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")},  # noqa: TID251 - a child needs PATH and the like
            "MILEPOST_STATE_DIR": str(directory / "state"),
            "MILEPOST_GATEWAY__PORT": str(gateway),
            "MILEPOST_EGRESS__ALLOW_LOOPBACK": "true",
            "MILEPOST_LOG__FORMAT": "json",
            "MILEPOST_LOG__LEVEL": "WARNING",
            "MILEPOST_ERP__RETRY_SCHEDULE": retry_schedule,
            "MILEPOST_SERVICE__SWEEP_EVERY": "PT1S",
            "MILEPOST_SERVICE__SWEEP_OLDER_THAN": "PT2S",
        }
        here = Site(directory, environment, f"http://{HOST}:{gateway}", f"http://{HOST}:{orders}")
        stack.callback(end, here)
        here.milepost("migrate")
        secret = here.milepost("erp", "add", CONNECTION, f"{here.orders}/webhooks/milepost")["secret"]
        here.key = here.milepost("accounts", "add", ACCOUNT, "--dialect", "17track", "--secret", "bench-key")["secret"]
        here.token = here.milepost("keys", "create", "--label", "bench")["token"]
        here.add("orders", sys.executable, "-m", "bench.orders", str(orders), secret)
        wait_for(f"{here.orders}/orders")
        yield here


def end(here: Site) -> None:
    """Stop every process, the last started first."""
    for process in reversed(here.processes.values()):
        process.stop()


def wait_for(url: str, *, within: float = READY_WITHIN) -> None:
    """Wait until the address answers 200."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        with suppress(httpx.HTTPError):
            if httpx.get(url, timeout=2).status_code == httpx.codes.OK:
                return
        time.sleep(0.1)
    raise RuntimeError(f"{url} did not answer within {within:.0f} s")
