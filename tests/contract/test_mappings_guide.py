"""The walk-through of docs/adding-a-carrier.md, done as it says."""

import re
import tomllib
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mappings import __main__ as command
from mappings.engine import Mappings
from mappings.expectations import RECEIVED_AT
from worker.cli import app

GUIDE = (Path(__file__).parents[2] / "docs" / "adding-a-carrier.md").read_text()
FILES = dict(re.findall(r"`([\w./]+)`\n\n```(?:json|toml|markdown)\n(.*?)```", GUIDE, re.DOTALL))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that `new` writes, with the guide's fixtures."""
    monkeypatch.setenv("MILEPOST_MAPPINGS_ROOT", str(tmp_path))
    assert milepost("new", "nordbahn", "--name", "Nordbahn Parcels").exit_code == 0
    write(tmp_path, "fixtures/")
    return tmp_path


@pytest.fixture
def judged(root: Path) -> Path:
    """The folder after the guide's step 8."""
    write(root, "")
    assert command.main(["expect", "nordbahn", "--root", str(root)]) == 0
    return root


def milepost(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["mappings", *arguments])


def write(root: Path, below: str) -> None:
    for name, body in FILES.items():
        if name.startswith(below):
            (root / "nordbahn" / name).write_text(body)


def test_the_guide_shows_every_file_of_a_folder() -> None:
    assert sorted(FILES) == [
        "README.md", "documented.toml", "fixtures/error__unknown_number.json", "fixtures/tracking__delivered.json",
        "fixtures/unmapped__new_code.json", "mapping.toml",
    ]  # fmt: skip


def test_the_draft_says_what_the_guide_shows_and_finds_the_places_of_its_mapping(root: Path) -> None:
    result = milepost("draft", "nordbahn", str(root / "nordbahn/fixtures/tracking__delivered.json"))

    [line] = re.findall(r"```text\n(.*)\n```", GUIDE)
    drafted, final = tomllib.loads((root / "nordbahn/mapping.toml").read_text()), tomllib.loads(FILES["mapping.toml"])
    assert line in result.output.splitlines()
    assert {key: drafted[key] for key in ("name", "format", "shapes", "event", "time", "place")} == {
        key: final[key] for key in ("name", "format", "shapes", "event", "time", "place")
    }
    assert drafted["shipment"] == {"tracking_number": "number"}
    assert drafted["codes"] == dict.fromkeys("DFAP", "TODO")


def test_the_walk_through_ends_in_a_good_folder(judged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert milepost("check", "nordbahn").output == "nordbahn: good\n"
    assert command.main(["check", "nordbahn", "--root", str(judged)]) == 0
    assert "nordbahn: 3 fixtures, 5 codes, good" in capsys.readouterr().out


@pytest.mark.usefixtures("judged")
def test_its_codes_are_all_judged_and_none_is_guessed() -> None:
    said = milepost("coverage", "nordbahn")

    assert said.exit_code == 0
    assert said.output.splitlines()[-1] == "1 carriers, 7 documented codes: 100 % mapped or excused, 0 guessed"


@pytest.mark.usefixtures("judged")
def test_its_codes_are_explained() -> None:
    assert milepost("explain", "nordbahn", "F").output.startswith("F: DELIVERY_ATTEMPTED, mapping.toml:")


@pytest.mark.parametrize("left_out", ["documented.toml", "README.md", "fixtures/unmapped__new_code.json"])
def test_check_misses_what_a_reader_leaves_out(judged: Path, left_out: str) -> None:
    (judged / "nordbahn" / left_out).unlink()

    assert milepost("check", "nordbahn").exit_code == 1


def test_its_parcel_is_read_as_the_guide_promises(judged: Path) -> None:
    body = (judged / "nordbahn" / "fixtures" / "tracking__delivered.json").read_bytes()

    facts = Mappings.load(judged).normalise("nordbahn", body, received_at=RECEIVED_AT).facts

    assert [(fact.milestone, fact.precision) for fact in facts] == [
        ("DELIVERED", "MINUTE"), ("DELIVERY_ATTEMPTED", "MINUTE"), ("HUB_ARRIVED", "MINUTE"), ("PICKED_UP", "DAY"),
    ]  # fmt: skip
    assert facts[0].occurred_at == datetime.fromisoformat("2026-02-03T14:10:00+01:00")
    assert facts[1].reasons == ("RECIPIENT.NOT_AVAILABLE",)


def test_the_guide_names_only_files_that_exist() -> None:
    here = Path(__file__).parents[2]

    named = [*re.findall(r"`((?:tests|docs|mappings)/[\w./]+\.(?:py|md))`", GUIDE), "docs/mapping-language.md"]

    assert [name for name in named if not (here / name).exists()] == []
