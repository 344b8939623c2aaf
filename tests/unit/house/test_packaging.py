"""The rooms are top-level packages of one application: nobody else may ship a package of the same name."""

from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOMS = ["activities", "connectors", "domain", "gateway", "ledger", "mappings", "worker", "workflows"]
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("room", ROOMS)
def test_no_dependency_ships_a_package_with_our_name(room: str) -> None:
    assert set(packages_distributions().get(room, [])) <= {"milepost"}


def test_no_module_is_two_rooms_in_one() -> None:
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
    }

    assert {name: size for name, size in sizes.items() if size > 400} == {}


def test_lock_names_no_host() -> None:
    assert "://" not in (ROOT / "requirements.lock").read_text()
