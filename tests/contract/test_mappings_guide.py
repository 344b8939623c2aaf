"""The walk-through of docs/adding-a-carrier.md, done as it says."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from mappings import __main__ as command
from mappings.engine import Mappings
from mappings.expectations import RECEIVED_AT

GUIDE = (Path(__file__).parents[2] / "docs" / "adding-a-carrier.md").read_text()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "nordbahn"
    (folder / "fixtures").mkdir(parents=True)
    for name, body in re.findall(r"`fixtures/([\w.]+)`\n\n```json\n(.*?)```", GUIDE, re.DOTALL):
        (folder / "fixtures" / name).write_text(body)
    [table] = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    (folder / "mapping.toml").write_text(table)
    return tmp_path


def test_the_walk_through_ends_in_a_good_folder(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["expect", "nordbahn", "--root", str(root)]) == 0
    assert command.main(["check", "nordbahn", "--root", str(root)]) == 0
    assert "nordbahn: 3 fixtures, 5 codes, good" in capsys.readouterr().out


def test_its_parcel_is_read_as_the_guide_promises(root: Path) -> None:
    body = (root / "nordbahn" / "fixtures" / "tracking__delivered.json").read_bytes()

    facts = Mappings.load(root).normalise("nordbahn", body, received_at=RECEIVED_AT).facts

    assert [(fact.milestone, fact.precision) for fact in facts] == [
        ("DELIVERED", "MINUTE"), ("DELIVERY_ATTEMPTED", "MINUTE"), ("HUB_ARRIVED", "MINUTE"), ("PICKED_UP", "DAY"),
    ]  # fmt: skip
    assert facts[0].occurred_at == datetime.fromisoformat("2026-02-03T14:10:00+01:00")
    assert facts[1].reasons == ("RECIPIENT.NOT_AVAILABLE",)


def test_the_guide_names_only_files_that_exist() -> None:
    here = Path(__file__).parents[2]

    named = [*re.findall(r"`((?:tests|docs|mappings)/[\w./]+\.(?:py|md))`", GUIDE), "docs/mapping-language.md"]

    assert [name for name in named if not (here / name).exists()] == []
