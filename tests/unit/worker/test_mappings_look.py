"""`milepost mappings check|coverage|explain` as a shell and a program see them."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from domain.milestones import Milestone
from domain.reasons import Reason
from mappings.engine import Mappings
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
    assert "one of: royalmail; or begin with `milepost mappings new`" in result.output


def test_explain_says_why_a_file_cannot_be_read(root: Path) -> None:
    (root / "broken.json").write_text("{")

    result = run("explain", "royalmail", "broken.json")

    assert result.exit_code == 1
    assert "broken.json: not JSON" in result.output


def test_words_lists_what_a_table_may_say() -> None:
    result, document = run("words", "customs"), json.loads(run("words", "--json").stdout)

    assert "CUSTOMS_HELD *" in result.output
    assert "CUSTOMS.DOCS_MISSING" in result.output
    assert "PICKED_UP" not in result.output
    assert [one["name"] for one in document["milestones"]] == [one for one in Milestone if one != "UNMAPPED"]
    assert [one["name"] for one in document["reasons"]] == list(Reason)


def test_a_word_that_is_none_is_a_usage_error() -> None:
    result = run("words", "zzz")

    assert result.exit_code == 2
    assert "next: `milepost mappings words` lists all of them" in result.output


def test_expect_writes_what_is_missing_and_keeps_what_differs(root: Path) -> None:
    first, second = fixtures(root / "royalmail")[:2]
    first.with_suffix(".expected.json").unlink()
    second.with_suffix(".expected.json").write_text("{}\n")

    result = run("expect", "royalmail")

    assert result.exit_code == 0
    assert f"drafted: royalmail/fixtures/{first.stem}.expected.json" in result.output
    assert f"differs: royalmail/fixtures/{second.stem}.expected.json" in result.output
    assert second.with_suffix(".expected.json").read_text() == "{}\n"
    assert run("expect", "royalmail", "--write").output == f"renewed: royalmail/fixtures/{second.stem}.expected.json\n"
    assert run("expect", "royalmail").output == "royalmail: nothing to write\n"


@pytest.mark.parametrize("typed", ["RoyalMail", "royalmial", "royal_mail"])
def test_an_id_that_is_nearly_right_is_answered_with_the_right_one(typed: str) -> None:
    result = run("check", typed)

    assert (result.exit_code, result.output.splitlines()[-1]) == (2, "  next: did you mean royalmail?")


def test_a_code_that_is_nearly_right_is_answered_with_the_rows_like_it(root: Path) -> None:
    code = next(key for key in Mappings.load(root).dialect("royalmail").mapping.codes if len(key) > 3)

    result = run("explain", "royalmail", f"{code}x")

    assert result.exit_code == 1
    assert f"error: royalmail has no row for '{code}x'\n  next: rows that look like it: " in result.output
    assert code in result.output.rpartition("look like it: ")[2]


def test_a_code_that_nobody_judged_is_a_problem_with_a_place_to_judge_it() -> None:
    result = run("explain", "royalmail", "\u00e9")

    assert result.exit_code == 1
    assert result.output.endswith("next: judge it in royalmail/mapping.toml\n")


@pytest.mark.parametrize("name", ["missing.json", "folder.xml", "folder"])
def test_a_file_that_cannot_be_opened_is_no_code(root: Path, name: str) -> None:
    (root / "folder").mkdir()
    (root / "folder.xml").mkdir()

    result = run("explain", "royalmail", name)

    assert result.exit_code == 2
    assert result.output.startswith(f"error: {name}: ")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty body"),
        (b"hello", "not JSON"),
        ('{"a": "ä"}'.encode("latin-1"), "not JSON"),
        ('{"a": 1}'.encode("utf-16"), "not JSON"),
        (b"[" * 10_000, "nested deeper than"),
        (b'{"a":"' + b"a" * 5_000_000 + b'"}', "larger than"),
    ],
)
def test_a_body_that_cannot_be_read_is_named_with_what_the_mapping_reads(root: Path, body: bytes, said: str) -> None:
    (root / "body.json").write_bytes(body)

    result = run("explain", "royalmail", "body.json")

    assert result.exit_code == 1
    assert result.output.startswith(f"error: body.json: {said}")
    assert result.output.endswith("next: royalmail is read as json; give the body as the carrier sent it\n")


def test_a_body_without_events_says_where_to_look(root: Path) -> None:
    (root / "other.json").write_text('{"mailPieces": []}')

    result = run("explain", "royalmail", "other.json")

    assert result.exit_code == 1
    assert (
        "other.json: no events where the mapping looks for them\n  next: `milepost normalise other.json"
        in result.output
    )
