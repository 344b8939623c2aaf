"""The commands that each workflow can issue, in source order, against what was committed.

Run `python -m tests.unit.test_fingerprints` to write `fingerprints.json` anew after a change that is meant.
"""

import ast
import importlib
import json
from pathlib import Path

from worker.workers import WORKFLOWS

Function = ast.FunctionDef | ast.AsyncFunctionDef

COMMITTED = Path(__file__).with_name("fingerprints.json")

COMMANDS = {
    "continue_as_new",
    "deprecate_patch",
    "execute_activity",
    "execute_activity_method",
    "execute_child_workflow",
    "execute_local_activity",
    "execute_local_activity_method",
    "patched",
    "sleep",
    "start_activity",
    "start_activity_method",
    "start_child_workflow",
    "start_local_activity_method",
    "upsert_memo",
    "upsert_search_attributes",
    "wait_condition",
}

ADVICE = """
The commands of workflow {name!r} changed. Executions that are running now replay their history against this code.
  1. Can they still? Guard what is new with workflow.patched("YYYY-MM-what"); see docs/changing-a-workflow.md.
  2. Run the replay tests: pytest tests/replay
  3. Write the fingerprints anew: python -m tests.unit.test_fingerprints
     and commit tests/unit/fingerprints.json together with the change.
"""


def _modules(name: str) -> list[ast.Module]:
    """Return the module and those of our workflows that it imports, each once, in the order of import."""
    found: dict[str, ast.Module] = {}

    def visit(module: str) -> None:
        if module in found:
            return
        path = importlib.import_module(module).__file__
        assert path is not None
        tree = ast.parse(Path(path).read_text())
        found[module] = tree
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("workflows."):
                visit(str(node.module))

    visit(name)
    return list(found.values())


def _functions(tree: ast.AST, prefix: str = "") -> list[tuple[str, Function]]:
    found: list[tuple[str, Function]] = []
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            found += _functions(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append((prefix + node.name, node))
    return found


def _command(call: ast.Call) -> str | None:
    """Return a call's part of the fingerprint; waiting without a timeout issues no command."""
    name = ast.unparse(call.func).removeprefix("workflow.")
    if name not in COMMANDS:
        return None
    keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    if name == "wait_condition":
        return f"wait_condition(timeout={keywords['timeout']})" if "timeout" in keywords else None
    if name in {"sleep", "continue_as_new", "upsert_search_attributes"}:
        return name
    queue = f", task_queue={keywords['task_queue']}" if "task_queue" in keywords else ""
    return f"{name}({ast.unparse(call.args[0])}{queue})"


def _commands(function: ast.AST) -> list[str]:
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    ordered = sorted(calls, key=lambda call: (call.lineno, call.col_offset))
    return [command for call in ordered if (command := _command(call))]


def _handler(decorator: ast.expr) -> str | None:
    """Return the name under which messages reach a handler."""
    if not isinstance(decorator, ast.Call):
        return None
    kind = ast.unparse(decorator.func).removeprefix("workflow.")
    return f"{kind}({ast.unparse(decorator.keywords[0].value)})" if kind in {"signal", "update", "query"} else None


def fingerprint(module: str) -> list[str]:
    """Return `function: command` for every command in source order."""
    lines: list[str] = []
    for tree in _modules(module):
        for name, function in _functions(tree):
            lines += [f"{name}: {handler}" for node in function.decorator_list if (handler := _handler(node))]
            lines += [f"{name}: {command}" for command in _commands(function)]
    return lines


def current() -> dict[str, list[str]]:
    return {
        str(getattr(kind, "__temporal_workflow_definition").name): fingerprint(kind.__module__) for kind in WORKFLOWS
    }


def test_the_commands_of_every_workflow_are_the_committed_ones():
    committed = json.loads(COMMITTED.read_text())

    assert sorted(committed) == sorted(current())
    for name, commands in current().items():
        assert commands == committed[name], ADVICE.format(name=name)


def test_a_new_command_changes_the_fingerprint():
    before = ast.parse("async def run(self):\n    await workflow.sleep(1)")
    after = ast.parse("async def run(self):\n    await workflow.sleep(1)\n    workflow.patched('2026-01-x')")

    assert [_commands(before), _commands(after)] == [["sleep"], ["sleep", "patched('2026-01-x')"]]


if __name__ == "__main__":
    COMMITTED.write_text(json.dumps(current(), indent=2) + "\n")
