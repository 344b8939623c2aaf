"""The rounds of a watcher: every complete file is taken, answered and put away; facts are handed over afterwards.

A file leaves `work/` last. Whatever ends the process before that leaves the file there, and the next round of any
watcher takes it up again: the same bytes add nothing and get the same answer.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
import structlog
from sqlalchemy.exc import SQLAlchemyError

from domain.errors import HubBugError, HubError, PayloadRefusedError
from domain.messages import Delivery
from worker.edi import durable
from worker.edi.durable import Sign
from worker.edi.folder import Folder
from worker.edi.taking import Outcome, Taker, refusal

_HASH: Final = slice(2, 14)  # of a message id, behind its prefix

_log = structlog.get_logger()


@dataclass(slots=True)
class Round:
    """What one look at the folder did. `is_mine` is False while another watcher has the folder."""

    is_mine: bool = True
    taken: list[dict[str, Any]] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Watcher:
    """Watches one folder for one source. `most` is the bytes of a file that are still taken. Blocking."""

    folder: Folder
    taker: Taker
    most: int
    now: Callable[[], float] = time.monotonic

    def look(self) -> Round:
        """Take everything that is complete, and first what was left behind.

        Raises:
            OSError: the folder cannot be used; SQLAlchemyError: the ledger cannot. Files stay in `work/`.
        """
        done = Round()
        with self.folder.held() as is_mine:
            if not is_mine:
                return Round(is_mine=False)
            for path in self.folder.left_behind():
                _log.warning("edi.taken_up_again", file=path.name)
                self._take(path, durable.sign_of(path), done)
            for stranger in self.folder.strangers():
                _log.warning("edi.not_a_file", file=stranger.name)
            for path in self.folder.settled(self.now()):
                claimed = self.folder.claim(path)
                if claimed is not None:
                    self._take(*claimed, done)
        return done

    def _take(self, path: Path, sign: Sign | None, done: Round) -> None:
        body, after = durable.read(path, self.most)
        if after != sign:
            self.folder.give_back(path)
            return
        outcome = self._outcome(path, body)
        done.deliveries += outcome.deliveries
        done.taken.append(self._put_away(path, after, outcome))

    def _outcome(self, path: Path, body: bytes) -> Outcome:
        if not body or len(body) > self.most:
            why = f"more than {self.most} bytes" if body else "the file is empty"
            return Outcome(is_taken=False, report={"message_id": None} | refusal(PayloadRefusedError(why)))
        try:
            return self.taker.take(body)
        except (SQLAlchemyError, OSError):
            raise
        except HubError as error:
            return Outcome(is_taken=False, report={"message_id": None} | refusal(error))
        except Exception as error:  # noqa: BLE001 - one file must not stop those behind it, now and after each restart
            _log.exception("edi.reading_failed", file=path.name)
            bug = HubBugError(f"reading failed with {type(error).__name__}; the bytes are kept here")
            return Outcome(is_taken=False, report={"message_id": None} | refusal(bug))

    def _put_away(self, path: Path, sign: Sign, outcome: Outcome) -> dict[str, Any]:
        """Write the answer, then the report, and move the file last."""
        root, message_id = self.folder.root, outcome.report["message_id"]
        # By content: the same file again meets its own name, and another file of the same name never does.
        lead = message_id[_HASH] if message_id else f"x{sign.inode:x}-{sign.size:x}"
        name = f"{lead}-{path.name}"
        place = "done" if outcome.is_taken else "rejected"
        answer = outcome.acknowledgement
        sent = None if answer is None else f"out/{name}.{answer.kind.lower()}"
        if answer is not None and sent is not None:
            durable.write(root / sent, answer.body, draft=self.folder.draft(name))
        report = {"file": path.name, "moved_to": f"{place}/{name}", "answer": sent, **outcome.report}
        written = orjson.dumps(report, option=orjson.OPT_INDENT_2) + b"\n"
        durable.write(root / place / f"{name}.report.json", written, draft=self.folder.draft(name))
        durable.move(path, root / place / name)
        _log.info("edi.taken", file=path.name, place=place, answer=sent, new_facts=outcome.report.get("new_facts"))
        return report
