"""Each import contract is seen to fail when it is violated: a contract that cannot fail protects nothing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ROOMS = ["domain", "mappings", "connectors", "ledger", "activities", "workflows", "gateway", "worker"]

VIOLATIONS = [
    ("domain", "import ledger", "Rooms point inwards"),
    ("connectors", "import ledger", "Rooms point inwards"),
    ("activities", "import mappings", "Rooms point inwards"),
    ("gateway", "import worker", "Rooms point inwards"),
    ("workflows", "import httpx", "Deterministic code never reaches I/O or mapping data"),
    ("activities", "import sqlalchemy", "Deterministic code never reaches I/O or mapping data"),
    ("workflows", "import structlog", "Workflows log through workflow.logger"),
    ("domain", "import temporalio", "The domain is pure"),
    ("mappings", "import httpx", "Mappings are data and a pure engine"),
    ("connectors", "import sqlalchemy", "Connectors speak through mappings, never into activities"),
    ("ledger", "import temporalio", "The ledger knows the domain only"),
]


def run_contracts(tree: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(tree), "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
    )


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for room in ROOMS:
        (copy / room).mkdir()
        (copy / room / "__init__.py").write_text("")
    return copy


def test_contracts_hold_on_empty_rooms(tree: Path) -> None:
    result = run_contracts(tree)

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(("room", "line", "contract"), VIOLATIONS, ids=lambda value: str(value).replace(" ", "-"))
def test_violation_breaks_its_contract(tree: Path, room: str, line: str, contract: str) -> None:
    offender = tree / room / "offender.py"
    offender.write_text(line + "\n")
    try:
        result = run_contracts(tree)
    finally:
        offender.unlink()

    assert result.returncode == 1, result.stdout + result.stderr
    assert f"{contract} BROKEN" in result.stdout
