"""The demonstration: everyone agrees at the end, and nothing stays behind."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.e2e.processes import MILEPOST, environment, eventually
from worker.statedir import StateDir, is_alive

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("e2e")]


def test_everyone_agrees(tmp_path: Path):
    shown = subprocess.run(
        [MILEPOST, "demo", "--keep", str(tmp_path / "demo"), "--json"],
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )

    assert shown.returncode == 0, shown.stdout + shown.stderr
    outcome = json.loads(shown.stdout)
    assert (outcome["ok"], outcome["faults"]) == (True, [])
    assert outcome["erp"] == {"total": 10, "divergent": 0}
    assert outcome["audit"]["rederived"] == outcome["audit"]["facts"] == 81
    assert outcome["unknown_codes"] == [{"dialect": "fedex", "code": "QX"}]
    assert [one["state"] for one in outcome["shipments"]] == [
        *("DELIVERED", "DELIVERED", "RETURNED", "DELIVERED", "DELIVERED"),
        *("DELIVERED", "DELIVERED", "DELIVERED", "DELIVERED", "CUSTOMS_HOLD"),
    ]
    assert not StateDir(tmp_path / "demo").temporal_pid.exists()


def test_ctrl_c_leaves_nothing(tmp_path: Path):
    state = StateDir(tmp_path / "demo")
    demo = subprocess.Popen(
        [MILEPOST, "demo", "--keep", str(state.path)],
        env=environment({}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert demo.stdout is not None
    # In the middle of the play: the second round is over.
    for line in demo.stdout:
        if "round 2" in line:
            break
    server = int(state.temporal_pid.read_text())

    os.kill(demo.pid, signal.SIGINT)
    rest = demo.stdout.read()
    demo.stdout.close()

    assert demo.wait(timeout=40) == 1, rest
    assert eventually(lambda: not is_alive(server), within=2)
    assert state.running() is None
