"""The directory in which one embedded hub lives: databases, keys, logs, and who is running there now."""

import fcntl
import os
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from pydantic import BaseModel, ConfigDict, ValidationError


class StateDirBusyError(Exception):
    """Another process holds the directory; the message says which."""


class StateDirUnusableError(Exception):
    """The directory cannot be made or written to; the message says why."""


class Running(BaseModel):
    """Where a running `milepost up` can be reached; read by the commands of other terminals."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    pid: int
    temporal: str
    namespace: str = "default"
    metrics: str | None = None
    gateway: str


@dataclass(frozen=True, slots=True)
class StateDir:
    """Paths and small files of one embedded hub. Nothing in it is meant for other users: mode 0700."""

    path: Path

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make the directory if it is not there.

        Raises:
            StateDirUnusableError: It cannot be made, or this user may not write there.
        """
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StateDirUnusableError(f"the state directory {path} cannot be made: {error.strerror}") from error
        if not os.access(path, os.W_OK | os.X_OK):
            raise StateDirUnusableError(f"the state directory {path} cannot be written to")
        return cls(path.resolve())

    @property
    def temporal_db(self) -> Path:
        """The embedded Temporal server's store."""
        return self.path / "temporal.db"

    @property
    def temporal_log(self) -> Path:
        """What the embedded Temporal server said."""
        return self.path / "temporal.log"

    @property
    def temporal_pid(self) -> Path:
        """The embedded Temporal server's process id."""
        return self.path / "temporal.pid"

    def lock(self) -> IO[str]:
        """Hold the directory for this process; the kernel lets go when the process ends, however it ends.

        Raises:
            StateDirBusyError: Another process holds it.
        """
        file = (self.path / "lock").open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            file.close()
            raise StateDirBusyError(f"{self.path} is in use by process {holder}") from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        return file

    def running(self) -> Running | None:
        """Return what runs here now; None when nothing does."""
        try:
            running = Running.model_validate_json((self.path / "running.json").read_bytes())
        except (OSError, ValidationError):
            return None
        return running if is_alive(running.pid) else None

    def announce(self, running: Running) -> None:
        """Say where this process can be reached."""
        draft = self.path / "running.json.new"
        draft.write_text(running.model_dump_json(), encoding="utf-8")
        draft.replace(self.path / "running.json")

    def withdraw(self) -> None:
        """Say that nothing runs here any more."""
        (self.path / "running.json").unlink(missing_ok=True)

    def master_key(self) -> str:
        """Return the key that seals personal data and secrets here; made on first use, readable by its owner alone."""
        path = self.path / "master.key"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text(encoding="ascii").strip()
        key = urlsafe_b64encode(secrets.token_bytes(32)).decode()
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(key)
        return key


def is_alive(pid: int) -> bool:
    """Tell whether a process with this id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
