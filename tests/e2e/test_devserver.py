"""The embedded Temporal server starts fast, stops cleanly, and never outlives its parent."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from worker.devserver import DevServer, DevServerPlan, answers, stop_stale
from worker.statedir import StateDir, is_alive

pytestmark = pytest.mark.temporal

_PARENT = """
import asyncio, sys
from pathlib import Path
from worker.devserver import DevServer, DevServerPlan
from worker.statedir import StateDir

async def main():
    server = await DevServer.start(DevServerPlan(StateDir.create(Path(sys.argv[1]))))
    print(server.pid, server.address, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


def _gone(pid: int, *, within: timedelta) -> bool:
    deadline = time.monotonic() + within.total_seconds()
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_alive(pid)


async def test_starts_twice_on_one_directory_and_leaves_nothing(tmp_path: Path):
    plan = DevServerPlan(StateDir.create(tmp_path), attributes={"MilepostTest": "Keyword"})

    for _ in range(2):
        server = await DevServer.start(plan)
        assert await answers(server.address, namespace="default")
        server.stop()
        assert not server.is_running
        assert not await answers(server.address, namespace="default")
        assert not plan.state.temporal_pid.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills children with their parent")
def test_a_killed_parent_takes_the_server_along(tmp_path: Path):
    parent = subprocess.Popen([sys.executable, "-c", _PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline().split()[0])

    parent.kill()
    parent.wait()
    parent.stdout.close()

    assert _gone(pid, within=timedelta(seconds=5))


def test_a_server_left_behind_is_found_by_its_pid_file(tmp_path: Path):
    state = StateDir.create(tmp_path)
    # Stands for a server: what counts is that its command line names the store.
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", str(state.temporal_db)])
    state.temporal_pid.write_text(str(left.pid))

    stop_stale(state, grace=timedelta(seconds=1))

    assert left.wait(timeout=5) in {-signal.SIGTERM, -signal.SIGKILL}
    assert not state.temporal_pid.exists()


def test_a_stranger_with_the_same_pid_is_left_alone(tmp_path: Path):
    state = StateDir.create(tmp_path)
    state.temporal_pid.write_text(str(os.getpid()))

    stop_stale(state)

    assert is_alive(os.getpid())
