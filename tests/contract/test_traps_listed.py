"""docs/carrier-traps.md names tests; this keeps the page and the tests together."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "carrier-traps.md"


def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_listed_test_exists_and_every_row_has_one() -> None:
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ") and "---" not in line]
    listed = [re.findall(r"`(test_\w+)`", row) for row in rows if not row.endswith("| tests |")]
    known = set().union(*(functions(path) for path in TESTS.rglob("test_*.py")))

    assert [name for names in listed for name in names if name not in known] == []
    assert [] not in listed


def test_every_test_of_a_trap_is_listed() -> None:
    listed = set(re.findall(r"`(test_\w+)`", PAGE.read_text("utf-8")))
    modules = [path for path in Path(__file__).parent.glob("test_traps_*.py") if path != Path(__file__)]

    assert modules
    assert {name for path in modules for name in functions(path) if name.startswith("test_")} - listed == set()
