"""`milepost mappings new` as a shell sees it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from worker.cli import app


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MILEPOST_MAPPINGS_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["mappings", *arguments])


def test_it_says_what_it_wrote_and_what_comes_next(root: Path) -> None:
    result = run("new", "nordbahn", "--name", "Nordbahn Parcels", "--format", "xml")

    assert result.exit_code == 0
    assert 'name = "Nordbahn Parcels"\nformat = "xml"' in (root / "nordbahn/mapping.toml").read_text()
    lines = result.output.splitlines()
    assert lines[:4] == [
        "written: nordbahn/fixtures/",
        "written: nordbahn/mapping.toml",
        "written: nordbahn/documented.toml",
        "written: nordbahn/README.md",
    ]
    assert "milepost mappings draft nordbahn nordbahn/fixtures/tracking__*.xml" in result.output
    assert "milepost mappings check nordbahn" in result.output


@pytest.mark.parametrize(("carrier", "said"), [("Nord-Bahn", "cannot be an id"), ("nordbahn", "nordbahn exists")])
def test_what_it_refuses_is_a_usage_error_with_a_next_step(root: Path, carrier: str, said: str) -> None:
    assert run("new", "nordbahn").exit_code == 0

    result = run("new", carrier)

    assert result.exit_code == 2
    assert said in result.output
    assert "choose another id" in result.output
    assert [path.name for path in root.iterdir()] == ["nordbahn"]
