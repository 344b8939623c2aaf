"""Runs every benchmark, prints figures beside their goals and writes them as JSON to the file named by `BENCH_JSON`.

`python -m bench.run [name ...]` runs the named ones only.
"""

import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Final, NamedTuple

from rich.console import Console
from rich.table import Table

from bench import normalise

NAMES: Final = ("normalise", "fold", "lifecycle", "latency", "webhooks")


class Goal(NamedTuple):
    """A figure somebody promised: `sense` is `<=`, `<` or `>=`."""

    sense: str
    value: float


GOALS: Final[dict[str, Goal]] = {
    "normalise.ratio_to_floor": Goal("<=", normalise.GOAL),
    "lifecycle.ratio_to_bare": Goal(">=", 0.7),
    "lifecycle.actions_one_by_one": Goal("<=", 12.0),
    "lifecycle.actions_in_fours": Goal("<=", 7.0),
    "latency.p95_s": Goal("<", 1.0),
    "webhooks.p95_s": Goal("<", 0.25),
    "webhooks.crowd_p95_s": Goal("<", 0.25),
}


def met(goal: Goal, figure: float) -> bool:
    """Tell whether the figure reaches its goal."""
    if goal.sense == ">=":
        return figure >= goal.value
    return figure < goal.value if goal.sense == "<" else figure <= goal.value


def main(names: list[str]) -> int:
    """Run, print, write; return 0 also when a goal is missed: a benchmark reports, it does not judge."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    figures: dict[str, float] = {}
    plain = set(GOALS)
    for name in names or NAMES:
        started = time.perf_counter()
        console.print(f"[dim]running {name} ...[/dim]")
        module = importlib.import_module(f"bench.{name}")
        # A benchmark with many figures shows them in a table of its own; only what has a goal stands below, too.
        measured, shown = module.report() if hasattr(module, "report") else (module.measure(), None)
        if shown is not None:
            console.print(shown)
        else:
            plain.update(f"{name}.{key}" for key in measured)
        figures.update({f"{name}.{key}": float(value) for key, value in measured.items()})
        console.print(f"[dim]{name} took {time.perf_counter() - started:.1f} s[/dim]")
    table = Table("figure", "measured", "goal", "")
    for key, figure in figures.items():
        if key not in plain:
            continue
        goal = GOALS.get(key)
        told = f"{goal.sense} {goal.value:g}" if goal else ""
        verdict = ("met" if met(goal, figure) else "[bold]MISSED[/bold]") if goal else ""
        table.add_row(key, f"{figure:,.3f}" if abs(figure) < 100 else f"{figure:,.0f}", told, verdict)  # noqa: PLR2004 - three digits read better than three decimals
    console.print(table)
    target = os.environ.get("BENCH_JSON")  # noqa: TID251 - a development command, not the hub's own settings
    if target:
        Path(target).write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")
        console.print(f"written to {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
