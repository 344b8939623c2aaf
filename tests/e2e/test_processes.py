"""`milepost up` ends cleanly, survives a crash, and never leaves a process behind."""

import json
import socket
import sys
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import start_up, up_settings
from tests.e2e.processes import MILEPOST, Child, eventually
from worker.statedir import StateDir, is_alive

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("e2e-processes")]


def _temporal_pid(state: Path) -> int:
    return int(StateDir(state).temporal_pid.read_text())


def _is_open(address: str) -> bool:
    host, _, port = address.removeprefix("http://").rpartition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def test_sigterm_ends_everything_and_the_next_start_goes_on(tmp_path: Path):
    state = tmp_path / "state"
    for _ in range(2):
        child = start_up(state)
        places = child.announced()
        server = _temporal_pid(state)
        assert httpx.get(f"{places['gateway']}/readyz").json() == {"status": "ok", "failing": {}}

        assert child.terminate() == 0

        assert not is_alive(server)
        assert not _is_open(places["gateway"])
        assert not _is_open(places["temporal"])
        assert StateDir(state).running() is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills children with their parent")
def test_kill_leaves_nothing_and_the_next_start_recovers(tmp_path: Path):
    state = tmp_path / "state"
    child = start_up(state)
    child.announced()
    server = _temporal_pid(state)

    child.kill()

    assert eventually(lambda: not is_alive(server), within=5)
    again = start_up(state)
    places = again.announced()
    assert httpx.get(f"{places['gateway']}/readyz").status_code == 200
    assert again.terminate() == 0


def test_a_second_hub_on_the_same_directory_is_refused(tmp_path: Path):
    state = tmp_path / "state"
    child = start_up(state)
    child.announced()
    second = Child("second", [MILEPOST, "up", "--port", "0", "--json"], up_settings(state), tmp_path / "second.log")
    second.start()

    assert second.process is not None
    assert second.process.wait(timeout=30) == 2
    assert f"in use by process {child.pid}" in second.log.read_text()
    second.kill()
    assert child.terminate() == 0


def test_roles_run_apart_and_end_on_sigterm(tmp_path: Path):
    state = tmp_path / "state"
    child = start_up(state)
    places = child.announced()
    settings = up_settings(state) | {
        "MILEPOST_TEMPORAL__ADDRESS": places["temporal"],
        "MILEPOST_GATEWAY__PORT": "0",
        "MILEPOST_LOG__LEVEL": "INFO",
    }
    roles = [
        Child("worker", [MILEPOST, "worker", "--role", "shipments"], settings, tmp_path / "worker.log"),
        Child("pushes", [MILEPOST, "worker", "--role", "erp"], settings, tmp_path / "pushes.log"),
        Child("gateway", [MILEPOST, "gateway"], settings, tmp_path / "gateway.log"),
    ]
    for role in roles:
        role.start()
    started = {"worker": "worker.started", "pushes": "worker.started", "gateway": "gateway.started"}
    for role in roles:
        assert eventually(lambda role=role: started[role.name] in role.log.read_text(), within=30), role.log.read_text()
    gateway = next(
        json.loads(line)["url"] for line in (tmp_path / "gateway.log").read_text().splitlines() if "started" in line
    )
    assert httpx.get(f"{gateway}/readyz").status_code == 200

    assert [role.terminate() for role in roles] == [0, 0, 0]
    assert child.terminate() == 0
