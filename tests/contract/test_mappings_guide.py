"""docs/adding-a-carrier.md, done as it says: its files are written and its commands run, in their order, as printed."""

import re
import shutil
import subprocess
import tomllib
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from mappings.checking.findings import findings
from mappings.engine import Mappings
from mappings.expectations import RECEIVED_AT

HERE = Path(__file__).parents[2]
GUIDE = (HERE / "docs/adding-a-carrier.md").read_text("utf-8")
FILES = dict(re.findall(r"`([\w./]+)`\n\n```(?:json|toml|markdown)\n(.*?)```", GUIDE, re.DOTALL))
STEPS = re.compile(r"`(?P<file>[\w./]+)`\n\n```(?:json|toml|markdown)\n|```console\n(?P<console>.*?)```", re.DOTALL)

# The first test to run starts a dozen processes, on a machine that may be busy.
pytestmark = pytest.mark.timeout(600)


class Said(NamedTuple):
    """A command of the guide: what the guide shows below it, what it printed, and its exit code."""

    command: str
    shown: list[str]
    printed: list[str]
    code: int


class Walk(NamedTuple):
    folder: Path
    said: list[Said]
    drafted: str


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """A copy of the tree, in which a reader has done everything that the guide says."""
    root = tmp_path_factory.mktemp("clone")
    for path in HERE.iterdir():
        if path.is_dir() and not path.name.startswith("."):
            shutil.copytree(path, root / path.name)
    shutil.copy2(HERE / "pyproject.toml", root)
    (root / ".venv/bin").mkdir(parents=True)
    for name in ("milepost", "pytest"):
        (root / ".venv/bin" / name).symlink_to(HERE / ".venv/bin" / name)
    folder, said, drafted = root / "mappings/carriers/nordbahn", list[Said](), ""
    for step in STEPS.finditer(GUIDE):
        if step["file"] is None:
            said += [run(root, block) for block in re.split(r"^\$ ", step["console"], flags=re.MULTILINE)[1:]]
            continue
        if step["file"] == "mapping.toml":
            drafted = (folder / "mapping.toml").read_text("utf-8")
        (folder / step["file"]).write_text(FILES[step["file"]], "utf-8")
    return Walk(folder, said, drafted)


def run(root: Path, block: str) -> Said:
    command, *shown = block.rstrip().splitlines()
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=root,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(root), "LANG": "C.UTF-8", "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Said(command, shown, [line.rstrip() for line in done.stdout.splitlines()], done.returncode)


def test_the_guide_shows_every_file_of_a_folder() -> None:
    assert sorted(FILES) == [
        "README.md", "documented.toml", "fixtures/error__unknown_number.json", "fixtures/tracking__delivered.json",
        "fixtures/unmapped__new_code.json", "mapping.toml",
    ]  # fmt: skip


def test_every_command_of_the_guide_prints_what_it_shows_and_ends_well(walk: Walk) -> None:
    wrong = [
        (one.command, one.code, missing, one.printed)
        for one in walk.said
        if (missing := [line for line in one.shown if line not in one.printed])
        or one.code != any(line.endswith(" to do") for line in one.shown)
    ]

    assert wrong == []
    assert {one.command.split()[2] for one in walk.said if one.command.startswith(".venv/bin/milepost mappings")} == {
        "new", "draft", "words", "check", "coverage", "explain", "expect",
    }  # fmt: skip


def test_the_contract_tests_find_the_folder(walk: Walk) -> None:
    [tests] = [one.printed[-1] for one in walk.said if one.command.startswith(".venv/bin/pytest")]

    assert re.match(r"2\d passed", tests)


def test_the_draft_says_what_the_guide_shows_and_finds_the_places_of_its_mapping(walk: Walk) -> None:
    [line] = re.findall(r"```text\n(.*)\n```", GUIDE)
    drafted, final = tomllib.loads(walk.drafted), tomllib.loads(FILES["mapping.toml"])

    assert line in walk.drafted.splitlines()
    assert {key: drafted[key] for key in ("name", "format", "shapes", "event", "time", "place")} == {
        key: final[key] for key in ("name", "format", "shapes", "event", "time", "place")
    }
    assert drafted["shipment"] == {"tracking_number": "number"}
    assert drafted["codes"] == dict.fromkeys("DFAP", "TODO")


@pytest.mark.parametrize(
    "left_out",
    ["documented.toml", "README.md", "fixtures/unmapped__new_code.json", "fixtures/error__unknown_number.json"],
)
def test_check_misses_what_a_reader_leaves_out(walk: Walk, tmp_path: Path, left_out: str) -> None:
    folder = Path(shutil.copytree(walk.folder, tmp_path / "nordbahn"))
    assert findings(folder) == []

    (folder / left_out).unlink()

    assert findings(folder)


def test_its_parcel_is_read_as_the_guide_promises(walk: Walk) -> None:
    body = (walk.folder / "fixtures/tracking__delivered.json").read_bytes()

    facts = Mappings.load(walk.folder.parent).normalise("nordbahn", body, received_at=RECEIVED_AT).facts

    assert [(fact.milestone, fact.precision) for fact in facts] == [
        ("DELIVERED", "MINUTE"), ("DELIVERY_ATTEMPTED", "MINUTE"), ("HUB_ARRIVED", "MINUTE"), ("PICKED_UP", "DAY"),
    ]  # fmt: skip
    assert facts[0].occurred_at == datetime.fromisoformat("2026-02-03T14:10:00+01:00")
    assert facts[1].reasons == ("RECIPIENT.NOT_AVAILABLE",)


def test_the_guide_names_only_files_that_exist() -> None:
    named = [*re.findall(r"`((?:tests|docs|mappings)/[\w./]+\.(?:py|md))`", GUIDE), "docs/mapping-language.md"]

    assert [name for name in named if not (HERE / name).exists()] == []
