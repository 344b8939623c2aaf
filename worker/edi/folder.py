"""A folder that partners drop interchanges into: which file is complete, who has it, and where it goes.

`in/` is the partner's, `work/` what is being taken, `out/` holds the answers, `done/` and `rejected/` the files
themselves with a report beside each. A file is in exactly one of them.
"""

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from worker.edi import durable
from worker.edi.durable import Sign, move, sign_of

PLACES: Final = ("in", "work", "out", "done", "rejected")

UNFINISHED: Final = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp", "~")
"""Endings by which senders say that they are still writing; a leading full stop says it, too."""

STALLED: Final = 60.0
"""Seconds after which an interchange without its end is taken as it is; until then its sender may only be slow."""

_ENDS: Final = {b"ISA": b"IEA", b"UNA": b"UNZ", b"UNB": b"UNZ"}
_TAIL: Final = 2_000  # bytes in which the last trailer must stand

_STRANGE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST: Final = 100  # characters of a name, so that what is put around it fits 255 bytes


@dataclass(slots=True)
class Folder:
    """One watched folder. `settle` is how many seconds a file must look the same before it is taken."""

    root: Path
    settle: float
    _seen: dict[Path, tuple[Sign, float]] = field(default_factory=dict)
    _strangers: set[Path] = field(default_factory=set)

    def create(self) -> None:
        """Make the places that are not there."""
        for name in PLACES:
            (self.root / name).mkdir(parents=True, exist_ok=True)

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Hold the folder against other watchers; False when one has it. The kernel lets go when a process ends."""
        with (self.root / "work" / ".lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def left_behind(self) -> list[Path]:
        """Return what an earlier process had taken and not finished; call it only while holding the folder."""
        for draft in (self.root / "work").glob(".*.draft"):
            draft.unlink()
        return sorted(path for path in (self.root / "work").iterdir() if path.name != ".lock" and sign_of(path))

    def settled(self, now: float) -> list[Path]:
        """Return files that have looked the same for `settle` seconds of the clock behind `now`, oldest first."""
        found: dict[Path, tuple[Sign, float]] = {}
        for path in (self.root / "in").iterdir():
            sign = sign_of(path)
            if sign is None or is_unfinished(path.name):
                continue
            known = self._seen.get(path)
            found[path] = known if known is not None and known[0] == sign else (sign, now)
        self._seen = found
        ready = []
        for path, (sign, since) in found.items():
            age = now - since
            if age >= self.settle and (age >= STALLED or not is_cut_off(path, sign.size)):
                ready.append((sign.changed_ns, path))
        return [path for _, path in sorted(ready)]

    @property
    def is_waiting(self) -> bool:
        """Whether the last look saw a file that may be complete later."""
        return bool(self._seen)

    def strangers(self) -> list[Path]:
        """Return what can never be taken and was not named before: links, directories, pipes."""
        now = {path for path in (self.root / "in").iterdir() if sign_of(path) is None and not is_unfinished(path.name)}
        fresh = now - self._strangers
        self._strangers = now
        return sorted(fresh)

    def claim(self, path: Path) -> tuple[Path, Sign] | None:
        """Take a file into `work/`; None when its sender took it back or goes on writing it."""
        known = self._seen.pop(path, None)
        if known is None or sign_of(path) != known[0]:
            return None
        taken = self._free(plain(path.name))
        with suppress(FileNotFoundError):
            move(path, taken)
            return taken, known[0]
        return None

    def give_back(self, taken: Path) -> None:
        """Put a file back that turned out to be unfinished."""
        back = self.root / "in" / taken.name
        if back.exists():
            back = self.root / "in" / f"again-{taken.stat().st_ino}-{taken.name}"
        move(taken, back)

    def draft(self, name: str) -> Path:
        """Return where a file is written before it is put into its place."""
        return self.root / "work" / f".{name}.draft"

    def _free(self, name: str) -> Path:
        """Return a name in `work/` that no other file has; the folder is held, so it stays free."""
        path, count = self.root / "work" / name, 1
        while path.exists():
            count += 1
            path = self.root / "work" / f"{count}-{name}"
        return path


def is_unfinished(name: str) -> bool:
    """Tell whether the name says that the file is not complete."""
    return name.startswith(".") or name.lower().endswith(UNFINISHED)


def is_cut_off(path: Path, size: int) -> bool:
    """Tell whether a file begins as an interchange and does not end as one; False for anything else."""
    try:
        head = durable.part(path, 0, _TAIL).lstrip()[:3]
        tail = durable.part(path, max(size - _TAIL, 0), _TAIL)
    except OSError:
        return False
    return head in _ENDS and _ENDS[head] not in tail


def plain(name: str) -> str:
    """Return a name without anything that a shell, a terminal or a report could trip over."""
    return _STRANGE.sub("_", name.encode("ascii", "replace").decode()).lstrip(".-")[-_LONGEST:] or "unnamed"
