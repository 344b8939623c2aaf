"""`milepost mappings draft` as a shell sees it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from worker.cli import app

EVENT = {"type": "P", "words": "Collected from sender", "stamp": "31.01.2026 09:00"}


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MILEPOST_MAPPINGS_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    run("new", "nordbahn", "--name", "Nordbahn Parcels")
    (tmp_path / "a.json").write_text(json.dumps({"parcels": [{"number": "NB0000000017", "history": [EVENT]}]}))
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["mappings", *arguments])


def test_the_draft_takes_the_place_of_the_skeleton_and_of_an_earlier_draft(root: Path) -> None:
    result = run("draft", "nordbahn", "a.json")

    assert result.exit_code == 0
    assert "written: nordbahn/mapping.toml" in result.output
    assert 'name = "Nordbahn Parcels"' in (root / "nordbahn/mapping.toml").read_text()
    assert run("draft", "nordbahn", "a.json", "--use", "reason_code=type").exit_code == 0
    assert 'reason_code = "type" # chosen' in (root / "nordbahn/mapping.toml").read_text()
    assert not (root / "nordbahn/mapping.draft.toml").exists()


def test_what_somebody_has_worked_on_stays(root: Path) -> None:
    mine = (root / "nordbahn/mapping.toml").read_text().replace("EXAMPLE", "P")
    (root / "nordbahn/mapping.toml").write_text(mine)

    result = run("draft", "nordbahn", "a.json")

    assert "written: nordbahn/mapping.draft.toml" in result.output
    assert (root / "nordbahn/mapping.toml").read_text() == mine


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("elsewhere", "a.json"), "milepost mappings new elsewhere"),
        (("nordbahn", "a.json", "b.xml"), "one format at a time: a.json is json, b.xml is xml"),
        (("nordbahn", "a.json", "--use", "code=kind"), "no event has kind"),
        (("nordbahn", "a.json", "--use", "code"), "KEY=PATH expected"),
        (("nordbahn", "c.edi"), "x12 needs no draft"),
    ],
)
def test_what_it_cannot_use_is_a_usage_error(root: Path, arguments: tuple[str, ...], said: str) -> None:
    (root / "b.xml").write_text("<a/>")
    (root / "c.edi").write_text(
        "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*0000*U*00401*000000001*0*P*>~"
    )

    result = run("draft", *arguments)

    assert result.exit_code == 2
    assert said in result.output
    assert not (root / "nordbahn/mapping.draft.toml").exists()


def test_a_broken_sample_is_named(root: Path) -> None:
    (root / "broken.json").write_text('{"parcels": [')

    result = run("draft", "nordbahn", "broken.json")

    assert result.exit_code == 1
    assert "broken.json: not JSON" in result.output
