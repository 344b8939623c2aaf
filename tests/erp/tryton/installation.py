"""A Tryton of our own: installed once per machine from hashed pins, its database created and filled once.

Both lie in the user's cache, keyed by what they were made from, so a fresh machine makes them and all later runs copy
a file. Whatever goes wrong while they are made fails the tests; nothing is skipped.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
LOCK: Final = HERE / "requirements.lock"
SEED: Final = HERE / "seed.py"
NAMES: Final = HERE / "seed_names.py"

DATABASE: Final = "hub"
MODULES: Final = ("sale", "stock_package_shipping")
ADMIN_PASSWORD: Final = "admin-password-1"

_PATIENCE: Final = 600
"""Seconds that one step may take on a slow machine with a cold package cache."""


@dataclass(frozen=True, slots=True)
class Installation:
    """An installed Tryton and a database that nobody has worked with; tests copy it."""

    bin: Path
    pristine: Path
    seeded: dict[str, Any]


def installation() -> Installation:
    """Return what is in the cache, after making what is missing; processes that ask together make it once.

    Raises:
        RuntimeError: a step failed; the message ends with what it printed.
    """
    environment = _cache() / f"venv-{_key(LOCK)}"
    pristine = _cache() / f"sqlite-{_key(LOCK, SEED, NAMES)}"
    with _alone("tryton"):
        if not (environment / ".ready").exists():
            _install(environment)
        if not (pristine / ".ready").exists():
            _create(environment / "bin", pristine)
    seeded = json.loads((pristine / "seeded.json").read_text())
    return Installation(environment / "bin", pristine / f"{DATABASE}.sqlite", seeded)


def configure(path: Path, *, uri: str, databases: Path, listen: str) -> Path:
    """Write a server's configuration and return its path."""
    path.write_text(
        f"[database]\nuri = {uri}\npath = {databases}\ntimezone = UTC\n\n"
        f"[web]\nlisten = {listen}\n\n[session]\nauthentications = password\n\n[queue]\nworker = False\n"
    )
    return path


def run(command: list[str], **environment: str) -> str:
    """Run a command to its end and return what it printed; raise `RuntimeError` when it failed."""
    done = subprocess.run(
        command,
        env={**os.environ, **environment},  # noqa: TID251 - a child needs its PATH and its home
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.returncode}: {(done.stderr or done.stdout)[-3000:]}")
    return done.stdout


def _install(environment: Path) -> None:
    shutil.rmtree(environment, ignore_errors=True)
    run([sys.executable, "-m", "venv", str(environment)])
    uv = str(Path(sys.executable).parent / "uv")
    run([uv, "pip", "sync", "--python", str(environment / "bin" / "python"), "--require-hashes", str(LOCK)])
    (environment / ".ready").touch()


def _create(binaries: Path, directory: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    (directory / f"{DATABASE}.sqlite").touch()
    configuration = configure(directory / "trytond.conf", uri="sqlite://", databases=directory, listen="127.0.0.1:0")
    fill(binaries, configuration, directory)
    (directory / ".ready").touch()


def fill(binaries: Path, configuration: Path, directory: Path) -> None:
    """Create Tryton's tables in an empty database, fill them, and leave `seeded.json` in the directory."""
    secret = directory / "password"
    secret.write_text(ADMIN_PASSWORD)
    administer = [str(binaries / "trytond-admin"), "-c", str(configuration), "-d", DATABASE]
    run(
        [*administer, "--email", "admin@example.com", "-u", *MODULES, "--activate-dependencies"],
        TRYTONPASSFILE=str(secret),
    )
    seeded = run([str(binaries / "python"), str(SEED), str(configuration), DATABASE])
    (directory / "seeded.json").write_text(seeded)


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")  # noqa: TID251 - not a setting of the hub
    return Path(home) / "milepost-tests" / "tryton"


def _key(*made_from: Path) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in (*made_from, Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """Let one process at a time in; the kernel frees the lock of one that dies."""
    _cache().mkdir(parents=True, exist_ok=True)
    with (_cache() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
