"""Hub processes as an operator runs them: started by command, watched by pid, ended by signal."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from worker import leash

MILEPOST = str(Path(sys.executable).parent / "milepost")


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with these `MILEPOST_` settings and no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")}  # noqa: TID251
    return kept | dict(settings)


def milepost(settings: Mapping[str, str], *arguments: str) -> tuple[int, Any]:
    """Run a command to its end; return its exit code and the JSON it printed, or the error it named."""
    done = subprocess.run(
        [MILEPOST, *arguments, "--json"],
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if not done.stdout.strip():
        if "Traceback" in done.stderr or done.returncode < 0:
            raise RuntimeError(f"milepost {' '.join(arguments)}: {done.returncode}: {done.stderr[-3000:]}")
        return done.returncode, done.stderr
    return done.returncode, json.loads(done.stdout)


@dataclass(slots=True)
class Child:
    """A process that dies with this one at the latest. Standard output is read, standard error goes to `log`."""

    name: str
    command: list[str]
    settings: Mapping[str, str]
    log: Path
    process: subprocess.Popen[str] | None = field(default=None)

    def start(self) -> None:
        """Start the process in a session of its own: signals to the group of the tests are not for it."""
        with self.log.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), *self.command],
                env=environment(self.settings),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._running().pid

    def announced(self) -> dict[str, Any]:
        """Wait for the process's first line and return it as JSON; raise `RuntimeError` when it ends without one."""
        output = self._running().stdout
        line = output.readline() if output else ""
        if not line:
            raise RuntimeError(f"{self.name} did not start; see {self.log}: {self.log.read_text()[-800:]}")
        document: dict[str, Any] = json.loads(line)
        return document

    def kill(self) -> None:
        """End the process without a chance to say goodbye."""
        if self.process is not None:
            self.process.kill()
            self._reap()

    def terminate(self, *, within: float = 40.0) -> int:
        """Ask the process to end and return its exit code; kill it when it takes longer."""
        process = self._running()
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(timeout=within)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        finally:
            self._reap()

    def _running(self) -> subprocess.Popen[str]:
        if self.process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self.process

    def _reap(self) -> None:
        process = self._running()
        process.wait()
        if process.stdout is not None:
            with suppress(OSError):
                process.stdout.close()


def eventually(holds: Callable[[], object], *, within: float, every: float = 0.1) -> bool:
    """Return whether the condition came to hold in time."""
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
