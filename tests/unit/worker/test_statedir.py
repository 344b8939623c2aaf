"""One process per state directory; keys for its owner alone."""

import os
import stat
from pathlib import Path

import pytest

from worker.statedir import Running, StateDir, StateDirBusyError


def test_a_second_holder_is_told_who_holds_it(tmp_path: Path):
    state = StateDir.create(tmp_path / "state")

    with state.lock(), pytest.raises(StateDirBusyError, match=f"in use by process {os.getpid()}"):
        state.lock()

    state.lock().close()


def test_the_master_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path):
    state = StateDir.create(tmp_path / "state")

    first = state.master_key()

    assert state.master_key() == first
    assert stat.S_IMODE((state.path / "master.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(state.path.stat().st_mode) == 0o700


def test_only_a_living_process_counts_as_running(tmp_path: Path):
    state = StateDir.create(tmp_path / "state")
    here = Running(pid=os.getpid(), temporal="127.0.0.1:1", gateway="http://127.0.0.1:2")

    assert state.running() is None
    state.announce(here)
    assert state.running() == here
    state.announce(here.model_copy(update={"pid": 2**22 + 1}))
    assert state.running() is None
    state.withdraw()
    assert not (state.path / "running.json").exists()
