"""`milepost mappings check|coverage|explain` as a shell and a program see them."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mappings.expectations import fixtures
from mappings.loading import ROOT
from worker.cli import app


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "royalmail", tmp_path / "royalmail")
    monkeypatch.setenv("MILEPOST_MAPPINGS_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["mappings", *arguments])


def test_check_is_content_with_a_good_folder() -> None:
    result = run("check")

    assert (result.exit_code, result.output) == (0, "royalmail: good\n")


def test_check_names_file_line_and_next_step(root: Path) -> None:
    path = root / "royalmail/mapping.toml"
    path.write_text(path.read_text().replace("[codes]\n", '[codes]\nNEW = "TODO"\n', 1))
    line = path.read_text().splitlines().index('NEW = "TODO"') + 1

    result, document = run("check", "royalmail"), json.loads(run("check", "--json").stdout)

    assert result.exit_code == 1
    assert f"royalmail/mapping.toml:{line} NEW: TODO waits for a decision\n    judge it by" in result.output
    assert result.output.endswith("royalmail: 1 to do\n")
    assert [(one["carrier"], one["file"], one["line"]) for one in document] == [("royalmail", str(path), line)]


def test_coverage_ends_with_a_total_and_code_zero() -> None:
    result, [document] = run("coverage"), json.loads(run("coverage", "--json").stdout)

    assert result.exit_code == 0
    assert result.output.splitlines()[-1].endswith("codes: 100 % mapped or excused, 0 guessed")
    assert (document["carrier"], document["percent"], document["missing"]) == ("royalmail", 100.0, 0)
    assert document["mapped"] + document["excused"] == document["documented"] > 0


def test_coverage_names_what_is_missing(root: Path) -> None:
    path = root / "royalmail/documented.toml"
    path.write_text(path.read_text().replace("codes = [", 'codes = [\n  "NEVER",', 1))

    result = run("coverage")

    assert result.exit_code == 1
    assert ": missing NEVER" in result.output


def test_explain_takes_a_code_or_a_payload(root: Path) -> None:
    fixture = next(one for one in fixtures(root / "royalmail") if not one.name.startswith("error__"))

    events = json.loads(run("explain", "royalmail", str(fixture), "--json").stdout)
    code = next(one["sent"] for one in events if one["decided_by"].startswith("row "))
    said = json.loads(run("explain", "royalmail", code, "--json").stdout)

    assert said["where"].startswith("mapping.toml:")
    assert said["because"].startswith("shown by fixtures/")
    assert "becomes" in run("explain", "royalmail", str(fixture)).output
    assert "no row knows it" in run("explain", "royalmail", "NEVER").output


@pytest.mark.parametrize("command", [("check", "nobody"), ("coverage", "nobody"), ("explain", "nobody", "X")])
def test_a_carrier_that_is_not_there_is_a_usage_error(command: tuple[str, ...]) -> None:
    result = run(*command)

    assert result.exit_code == 2
    assert "milepost mappings new nobody" in result.output


def test_explain_says_why_a_file_cannot_be_read(root: Path) -> None:
    (root / "broken.json").write_text("{")

    result = run("explain", "royalmail", "broken.json")

    assert result.exit_code == 1
    assert "broken.json: not JSON" in result.output
