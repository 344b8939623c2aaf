"""Files that are there whole or not at all, also after a power cut."""

import os
import stat
from pathlib import Path
from typing import NamedTuple


class Sign(NamedTuple):
    """What tells that a file is still being written: it changes."""

    device: int
    inode: int
    size: int
    changed_ns: int


def sign_of(path: Path) -> Sign | None:
    """Return the sign of a regular file; None for a link, a directory, a pipe, or nothing. Follows no link."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return _sign(found) if stat.S_ISREG(found.st_mode) else None


def read(path: Path, most: int) -> tuple[bytes, Sign]:
    """Return at most `most` + 1 bytes of a regular file and its sign after reading; raise `OSError` for a link."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        body = file.read(most + 1)
        return body, _sign(os.fstat(file.fileno()))


def part(path: Path, start: int, length: int) -> bytes:
    """Return some bytes of a regular file; raise `OSError` for a link."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        return os.pread(descriptor, length, start)
    finally:
        os.close(descriptor)


def write(path: Path, body: bytes, *, draft: Path) -> None:
    """Write a file by way of a draft on the same file system; whoever looks at `path` sees all of it or nothing."""
    with draft.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    move(draft, path)


def move(source: Path, target: Path) -> None:
    """Rename, replacing what is there, and make both directories remember it."""
    source.replace(target)
    for directory in {source.parent, target.parent}:
        _sync(directory)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sign(found: os.stat_result) -> Sign:
    return Sign(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
