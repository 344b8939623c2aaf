"""The watched folder, with everything that partners and crashes do to one."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from domain.intake import Intake
from domain.messages import Delivery
from domain.ports import Dispatcher
from domain.shipments import ShipmentPlan
from ledger import migrate
from ledger.store import Ledger
from mappings.edi.reading import problems_of, read_x12
from mappings.engine import Mappings
from mappings.loading import ROOT
from worker.edi.folder import Folder
from worker.edi.taking import Source, Taker
from worker.edi.watching import Round, Watcher
from worker.wiring import CLOCK

CARRIER = "canadapost_x12_214"
FIXTURES = ROOT / CARRIER / "fixtures"
GOOD = (FIXTURES / "interchange__several_shipments.edi").read_bytes()
FAULTY = (FIXTURES / "error__count_and_date.edi").read_bytes()
MOST = 100_000


class Nobody(Dispatcher):
    """No workflow service: a watcher hands nothing over while it looks."""

    async def start(self, plan: ShipmentPlan) -> None:
        raise AssertionError(plan)

    async def deliver(self, delivery: Delivery) -> None:
        raise AssertionError(delivery)


@dataclass
class Hand:
    """A clock that is moved by hand."""

    at: float = 0.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Site:
    """A folder, its watcher and the ledger behind it."""

    root: Path
    ledger: Ledger
    watcher: Watcher
    clock: Hand = field(default_factory=Hand)

    def drop(self, name: str, body: bytes) -> Path:
        path = self.root / "in" / name
        path.write_bytes(body)
        return path

    def settle(self) -> Round:
        """Look, let the files settle, and look again."""
        self.watcher.look()
        self.clock.at += 2
        return self.watcher.look()

    def names(self, place: str) -> list[str]:
        return sorted(path.name for path in (self.root / place).iterdir() if path.name != ".lock")

    def report(self, place: str) -> dict[str, Any]:
        (path,) = (self.root / place).glob("*.report.json")
        found: dict[str, Any] = json.loads(path.read_bytes())
        return found


@pytest.fixture(scope="session")
def mappings() -> Mappings:
    return Mappings.load()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("edi") / "ledger.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def site(template: Path, tmp_path: Path, mappings: Mappings) -> Iterator[Site]:
    shutil.copyfile(template, tmp_path / "ledger.db")
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", master_key=b"k" * 32)
    clock, folder = Hand(), Folder(tmp_path / "edi", settle=2)
    folder.create()
    taker = Taker(Intake(ledger.inbox, mappings, Nobody(), CLOCK), mappings, Source("main", CARRIER))
    yield Site(folder.root, ledger, Watcher(folder, taker, MOST, clock), clock)
    ledger.close()


def test_an_interchange_is_stored_answered_and_put_away(site: Site):
    site.drop("day.edi", GOOD)

    (report,) = site.settle().taken

    assert (report["facts"], report["new_facts"], report["shipments"]) == (8, 8, 3)
    assert (report["problems"], report["rejected"]) == ([], [])
    assert report["acknowledgement"] == {"kind": "997", "verdict": "ACCEPTED"}
    lead = report["message_id"][2:14]
    assert site.names("done") == [f"{lead}-day.edi", f"{lead}-day.edi.report.json"]
    assert site.names("out") == [f"{lead}-day.edi.997"]
    assert [site.names(place) for place in ("in", "work", "rejected")] == [[], [], []]
    assert (site.root / report["moved_to"]).read_bytes() == GOOD
    assert site.report("done") == report
    answer = (site.root / report["answer"]).read_bytes()
    assert problems_of(read_x12(answer)) == []
    assert b"AK9*A*8*8*8~" in answer
    assert site.ledger.reads.message("main", report["message_id"]).body == GOOD


def test_a_wrong_count_and_a_bad_date_are_reported_where_they_stand_and_the_rest_is_taken(site: Site):
    site.drop("day.edi", FAULTY)

    (report,) = site.settle().taken

    assert report["moved_to"].startswith("done/")
    assert (report["new_facts"], report["acknowledgement"]["verdict"]) == (2, "WITH_ERRORS")
    assert [(one["partner_code"], one["detail"]) for one in report["problems"]] == [
        ("SE/4", "SE says 0000000099, counted 13; segment 15 (SE, 13 in its message) at byte 424"),
        ("AT7/8", "'20260231' is no date; segment 25 (AT7, 10 in its message) at byte 658"),
    ]
    assert [(one["code"], one["tracking_number"]) for one in report["rejected"]] == [
        ("time_unreadable", "4343638000042007")
    ]
    assert "segment 25 (AT7, 10 in its message) at byte 658" in report["rejected"][0]["detail"]


def test_a_file_that_grows_is_left_alone_until_it_stays_the_same(site: Site):
    path = site.drop("day.edi", GOOD[:300])
    assert site.watcher.look().taken == []
    for size in (700, 1_500, len(GOOD)):
        site.clock.at += 1.9
        path.write_bytes(GOOD[:size])
        assert site.watcher.look().taken == []

    site.clock.at += 1.9
    assert site.watcher.look().taken == []
    site.clock.at += 0.1
    assert [report["facts"] for report in site.watcher.look().taken] == [8]


def test_an_interchange_without_its_end_is_waited_for_and_in_the_end_taken_as_it_is(site: Site):
    site.drop("day.edi", FAULTY[: FAULTY.index(b"GE*")])
    assert site.settle().taken == []
    site.clock.at += 57.9
    assert site.watcher.look().taken == []
    site.clock.at += 0.1

    (report,) = site.watcher.look().taken
    assert report["facts"] == 2
    assert {one["partner_code"] for one in report["problems"]} >= {"GS/3", "ISA/023"}


@pytest.mark.parametrize("name", ["day.edi.tmp", "day.part", ".day.edi", "day.edi.filepart", "DAY.PART", "day~"])
def test_a_name_of_an_unfinished_file_is_left_alone(site: Site, name: str):
    site.drop(name, GOOD)

    assert site.settle().taken == []
    assert site.names("in") == [name]


def test_a_file_is_taken_under_its_final_name(site: Site):
    draft = site.drop("day.edi.tmp", GOOD)
    site.settle()
    draft.rename(site.root / "in" / "day.edi")

    assert [report["file"] for report in site.settle().taken] == ["day.edi"]


def test_links_directories_and_pipes_are_never_opened(site: Site, tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_bytes(GOOD)
    inbound = site.root / "in"
    (inbound / "link.edi").symlink_to(secret)
    (inbound / "loop.edi").symlink_to(inbound / "loop.edi")
    (inbound / "folder.edi").mkdir()
    os.mkfifo(inbound / "pipe.edi")
    site.drop("day.edi", FAULTY)

    assert [report["file"] for report in site.settle().taken] == ["day.edi"]
    assert site.names("in") == ["folder.edi", "link.edi", "loop.edi", "pipe.edi"]
    assert secret.read_bytes() == GOOD


def test_a_link_put_into_the_place_of_a_taken_file_is_not_followed(site: Site, tmp_path: Path):
    (site.root / "work" / "day.edi").symlink_to(tmp_path / "ledger.db")

    assert site.settle().taken == []
    assert site.names("work") == ["day.edi"]


def test_a_huge_file_is_refused_without_being_read(site: Site):
    with site.drop("huge.edi", b"").open("wb") as file:
        file.truncate(1 << 40)

    (report,) = site.settle().taken

    assert (report["message_id"], report["answer"]) == (None, None)
    assert [(one["code"], one["detail"]) for one in report["problems"]] == [
        ("payload_refused", f"more than {MOST} bytes")
    ]
    assert report["moved_to"].startswith("rejected/")
    assert (site.root / report["moved_to"]).stat().st_size == 1 << 40


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "payload_refused"),
        (b"\x00\xff" * 500, "payload_unreadable"),
        (b"<html>try again later</html>", "payload_unreadable"),
        (b'{"json": true}', "payload_unreadable"),
        (b"UNB+UNOC:3+A+B+260101:0000+1'UNZ+0+1'", "payload_unreadable"),
    ],
)
def test_what_is_no_interchange_of_the_carrier_is_rejected_without_an_answer(site: Site, body: bytes, code: str):
    site.drop("odd.edi", body)
    site.drop("day.edi", GOOD)

    reports = {report["file"]: report for report in site.settle().taken}

    assert reports["odd.edi"]["moved_to"].startswith("rejected/")
    assert [one["code"] for one in reports["odd.edi"]["problems"]] == [code]
    assert reports["odd.edi"]["answer"] is None
    assert reports["day.edi"]["new_facts"] == 8
    assert len(site.names("out")) == 1


def test_an_interchange_without_a_type_that_is_read_is_rejected_and_its_sender_told(site: Site):
    site.drop("invoice.edi", FAULTY.replace(b"ST*214*", b"ST*210*").replace(b"GS*QM*", b"GS*IM*"))

    (report,) = site.settle().taken

    assert report["moved_to"].startswith("rejected/")
    assert (report["facts"], report["acknowledgement"]) == (0, {"kind": "997", "verdict": "REJECTED"})


def test_the_same_content_again_adds_nothing_and_gets_the_same_answer(site: Site):
    site.drop("day.edi", GOOD)
    (first,) = site.settle().taken
    answer = (site.root / first["answer"]).read_bytes()
    (site.root / first["answer"]).unlink()  # the partner has collected it
    site.drop("day.edi", GOOD)
    site.drop("copy.edi", GOOD)

    again = {report["file"]: report for report in site.settle().taken}

    assert [(one["is_new"], one["new_facts"]) for one in again.values()] == [(False, 0), (False, 0)]
    assert (site.root / again["day.edi"]["answer"]).read_bytes() == answer
    assert (site.root / again["copy.edi"]["answer"]).read_bytes() == answer
    assert len(site.names("done")) == 4


def test_two_files_of_one_name_are_both_kept(site: Site):
    site.drop("day.edi", GOOD)
    site.settle()
    site.drop("day.edi", FAULTY)
    site.settle()

    kept = [(site.root / "done" / name).read_bytes() for name in site.names("done") if name.endswith(".edi")]
    assert sorted(kept) == sorted([GOOD, FAULTY])


@pytest.mark.parametrize("name", ["naïve\u202e\n;rm -rf.edi", "-rf", "x" * 250, "\udcff\udcfe.edi", "...", " "])
def test_no_name_harms(site: Site, name: str):
    site.drop(name, GOOD)

    taken = site.settle().taken

    if name.startswith("."):
        assert taken == []
        return
    assert [report["new_facts"] for report in taken] == [8]
    assert all(name.isascii() and name.isprintable() and not name.startswith("-") for name in site.names("done"))


def test_a_file_written_on_after_it_was_taken_goes_back(site: Site, monkeypatch: pytest.MonkeyPatch):
    path = site.drop("day.edi", GOOD[:900])
    writer = path.open("ab")
    site.watcher.look()
    site.clock.at += 60
    claim = Folder.claim

    def claimed(folder: Folder, one: Path) -> Any:
        found = claim(folder, one)
        writer.write(GOOD[900:])
        writer.close()
        return found

    with monkeypatch.context() as patched:
        patched.setattr(Folder, "claim", claimed)
        assert site.watcher.look().taken == []

    assert (site.names("in"), site.names("work")) == (["day.edi"], [])
    assert [report["new_facts"] for report in site.settle().taken] == [8]


@pytest.mark.parametrize("stage", ["claimed", "stored", "answered", "reported"])
def test_what_a_crash_left_in_work_is_finished_by_the_next_look(site: Site, stage: str):
    stages = ["claimed", "stored", "answered", "reported"]
    taken = site.root / "work" / "day.edi"
    taken.write_bytes(GOOD)
    (site.root / "work" / ".day.edi.draft").write_bytes(GOOD[:100])
    if stages.index(stage) >= 1:
        first = site.watcher.taker.take(GOOD)
        lead = first.report["message_id"][2:14]
    if stages.index(stage) >= 2:
        assert first.acknowledgement is not None
        (site.root / "out" / f"{lead}-day.edi.997").write_bytes(first.acknowledgement.body)
    if stages.index(stage) >= 3:
        (site.root / "done" / f"{lead}-day.edi.report.json").write_text("{}")

    (report,) = site.watcher.look().taken

    assert (report["facts"], report["is_new"]) == (8, stage == "claimed")
    assert site.names("work") == []
    assert len(site.names("done")) == 2
    assert site.names("out") == [f"{report['message_id'][2:14]}-day.edi.997"]
    assert sum(parked.facts for parked in site.ledger.reads.parked("main")) == 8


def test_a_second_watcher_stands_by_and_takes_over(site: Site):
    site.drop("day.edi", GOOD)
    other = Folder(site.root, settle=0)
    with other.held() as is_mine:
        assert is_mine
        assert site.settle().is_mine is False
        assert site.names("in") == ["day.edi"]

    assert [report["facts"] for report in site.settle().taken] == [8]


def test_a_failure_in_reading_sets_the_file_aside(site: Site):
    site.drop("day.edi", GOOD)
    broken = Taker(site.watcher.taker.intake, site.watcher.taker.mappings, Source("main", "no such dialect"))

    report = Watcher(site.watcher.folder, broken, MOST, site.clock)
    report.look()
    site.clock.at += 2

    (said,) = report.look().taken
    assert said["moved_to"].startswith("rejected/")
    assert [one["code"] for one in said["problems"]] == ["not_found"]
