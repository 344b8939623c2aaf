"""Workflow code loads in the sandbox, and neither it nor what it decides with can see the world outside."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from temporalio import workflow

from worker.workers import SANDBOX, WORKFLOWS

ROOT = Path(__file__).parents[2]
DETERMINISTIC = sorted(
    [*ROOT.glob("workflows/**/*.py"), *ROOT.glob("domain/**/*.py")], key=lambda path: path.as_posix()
)

FORBIDDEN_IMPORTS = {
    "os",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "time",
    "threading",
    "uuid",
    "pathlib",
    "tomllib",
}
FORBIDDEN_CALLS = {"now", "utcnow", "today", "uuid4", "uuid1", "open", "getenv"}
ALLOWED_CALLS = {"workflow.now", "clock.now", "self.clock.now", "Clock.now"}


def _load(kind: type) -> None:
    # What a worker does with each workflow when it starts; neither Worker nor Replayer gets there without a server.
    SANDBOX.prepare_workflow(workflow._Definition.must_from_class(kind))


@pytest.mark.parametrize("kind", WORKFLOWS, ids=lambda kind: kind.__name__)
async def test_every_workflow_loads_in_the_sandbox(kind: type):
    _load(kind)


async def test_the_policy_notices_a_forgotten_pass_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    source = """
from temporalio import workflow
from domain.facts import FactBatch

@workflow.defn(name="Careless")
class Careless:
    @workflow.run
    async def run(self, batch: FactBatch) -> None:
        pass
"""
    (tmp_path / "careless.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    from careless import Careless  # type: ignore[import-not-found] # written above

    with pytest.raises(Exception, match="domain"):
        _load(Careless)


def test_importing_a_workflow_loads_no_partner_or_database_code():
    program = "import sys, workflows.shipment; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)

    heavy = {"httpx", "lxml", "sqlalchemy", "fastapi", "structlog", "mappings", "connectors", "ledger", "gateway"}
    assert heavy & set(loaded.stdout.split()) == set()


@pytest.mark.parametrize("path", DETERMINISTIC, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_deterministic_code_reads_no_clock_no_chance_and_no_environment(path: Path):
    tree = ast.parse(path.read_text())

    assert sorted(_forbidden(tree)) == []


def test_the_scan_finds_what_it_looks_for():
    careless = ast.parse("import random\nfrom time import time\nat = datetime.now(UTC)\nopen('x')\nat = workflow.now()")

    assert sorted(_forbidden(careless)) == ["datetime.now()", "import random", "import time", "open()"]


def _forbidden(tree: ast.AST) -> list[str]:
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [f"import {name.name}" for name in node.names if name.name.split(".")[0] in FORBIDDEN_IMPORTS]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in FORBIDDEN_IMPORTS:
            found.append(f"import {node.module}")
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name.split(".")[-1] in FORBIDDEN_CALLS and name not in ALLOWED_CALLS:
                found.append(f"{name}()")
    return found
