"""`python -m mappings`: what somebody who writes a mapping works with."""

import shutil
from pathlib import Path

import pytest

from mappings import __main__ as command
from mappings.loading import ROOT, schema_text


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "fedex", tmp_path / "fedex")
    return tmp_path


def test_check_is_content_with_a_good_folder(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["check", "fedex", "--root", str(root)]) == 0
    assert "good" in capsys.readouterr().out


def test_check_names_a_missing_and_a_wrong_expectation(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "fedex/fixtures/tracking__delivered.expected.json").unlink()
    (root / "fedex/fixtures/scans__bare_list.expected.json").write_text("{}")

    assert command.main(["check", "--root", str(root)]) == 1
    said = capsys.readouterr().err
    assert "tracking__delivered.json has no expectation; run expect fedex" in said
    assert "scans__bare_list.json does not become what scans__bare_list.expected.json says" in said


def test_expect_drafts_what_is_missing_and_leaves_what_differs(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = root / "fedex/fixtures/tracking__delivered.expected.json"
    before = missing.read_text()
    missing.unlink()
    wrong = root / "fedex/fixtures/scans__bare_list.expected.json"
    right = wrong.read_text()
    wrong.write_text("{}")

    assert command.main(["expect", "fedex", "--root", str(root)]) == 0
    assert (missing.read_text(), wrong.read_text()) == (before, "{}")
    assert "drafted: fedex/fixtures/tracking__delivered.expected.json" in capsys.readouterr().out
    assert command.main(["expect", "fedex", "--root", str(root), "--write"]) == 0
    assert wrong.read_text() == right


def test_gaps_name_rows_that_nothing_shows(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = root / "fedex/mapping.toml"
    path.write_text(path.read_text().replace("[codes]", '[codes]\n"N1" = "IN_TRANSIT"'))

    assert command.main(["gaps", "fedex", "--root", str(root)]) == 1
    assert "codes.N1: no fixture shows it" in capsys.readouterr().err


def test_a_declaration_that_a_fixture_has_overtaken_must_go(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = root / "fedex/mapping.toml"
    path.write_text(path.read_text().replace('"CA/*", "AP/*"', '"DL/*", "AP/*"'))

    assert command.main(["gaps", "fedex", "--root", str(root)]) == 1
    said = capsys.readouterr().err
    assert "codes.DL/*: declared unverified, but a fixture shows it" in said
    assert "codes.CA/*: no fixture shows it" in said


def test_a_bad_file_is_said(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "fedex/mapping.toml").write_text("carrier = 1")

    assert command.main(["check", "fedex", "--root", str(root)]) == 1
    assert "fedex/mapping.toml" in capsys.readouterr().err


def test_schema_writes_the_file_for_editors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "SCHEMA_FILE", tmp_path / "schema.json")

    assert command.main(["schema"]) == 0
    assert (tmp_path / "schema.json").read_text() == schema_text()
