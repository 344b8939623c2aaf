"""`python -m bench.mutation [carrier ...]`: delete and swap every row of every mapping; some check has to notice.

Each mutant is one row removed, or given the value of another row of its table. It is noticed by the file's own schema,
by a fixture's expectation, by a judged answer (where `../shared` is there), by the list of documented codes, or by the
pinned table. Prints who noticed how many, and every mutant that nobody noticed; exit code 1 when there is one.
"""

import copy
import json
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from domain.errors import HubError, PayloadError
from mappings.coverage import gaps
from mappings.dialect import Dialect
from mappings.documented import documented, judged
from mappings.expectations import expectation_of, fixtures, outcome, text
from mappings.loading import ROOT, folders, load
from mappings.pins import pinned, pins_of
from mappings.schema import Mapping

ROWS: Final = ("codes", "reasons", "error_codes", "zones", "countries", "parties", "excused")
LISTS: Final = ("rules", "skip", "errors", "delivery", "expected", "time", "shapes")
NOTICED: Final = ("schema", "fixture", "judged", "documented", "pin")
JUDGED: Final = Path(__file__).parent.parent / "tests" / "contract" / "judged"
PAYLOADS: Final = Path(__file__).parents[2] / "shared" / "carriers" / "payloads"
_RECEIVED: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Mutant(NamedTuple):
    """One spoilt mapping and what was done to it."""

    deed: str
    data: dict[str, Any]


def mutants(data: dict[str, Any]) -> Iterator[Mutant]:
    """Yield every mutant of a mapping's data: rows deleted, rows swapped, list entries deleted."""
    for name in ROWS:
        rows: dict[str, Any] = data.get(name) or {}
        values = list(rows.values())
        for key, value in rows.items():
            yield Mutant(f"{name}.{key} deleted", {**data, name: {k: v for k, v in rows.items() if k != key}})
            other = next((one for one in values if one != value), None)
            if name != "excused" and other is not None:
                yield Mutant(f"{name}.{key} swapped", {**data, name: {**rows, key: other}})
    for name in LISTS:
        entries: list[Any] = data.get(name) or []
        for number, entry in enumerate(entries):
            yield Mutant(f"{name}.{number} deleted", {**data, name: entries[:number] + entries[number + 1 :]})
            if name == "rules":
                other = next((one["row"] for one in entries if one["row"] != entry["row"]), None)
                if other is not None:
                    swapped = copy.deepcopy(entries)
                    swapped[number]["row"] = other
                    yield Mutant(f"{name}.{number} swapped", {**data, name: swapped})


class Watch:
    """Everything that looks at one mapping folder."""

    def __init__(self, folder: Path) -> None:
        """Read what the folder is compared with."""
        mapping, self._version = load(folder)
        self.folder = folder
        self.data = mapping.model_dump(mode="json", exclude_unset=True)
        self._fixtures = [(path.read_bytes(), expectation_of(path).read_text()) for path in fixtures(folder)]
        judgements = JUDGED / f"{folder.name}.json"
        self._judged = json.loads(judgements.read_text("utf-8")) if judgements.is_file() else {}
        self._answers = {
            name: path.read_bytes() for name in self._judged if (path := PAYLOADS / folder.name / name).is_file()
        }
        self._lists = documented(folder)
        self._gaps = gaps(Dialect(mapping, self._version), folder)
        path = pins_of(folder)
        self._pins = path.read_text("utf-8") if path.is_file() else None

    def notices(self, mutant: Mutant) -> str | None:
        """Return who notices first, or None."""
        try:
            mapping = Mapping.model_validate(mutant.data)
            dialect = Dialect(mapping, self._version)
        except (ValidationError, HubError):
            return "schema"
        if any(text(outcome(dialect, body)) != expected for body, expected in self._fixtures):
            return "fixture"
        if any(self._misjudged(dialect, name, body) for name, body in self._answers.items()):
            return "judged"
        if self._lists is not None and any(one.missing for one in judged(dialect, self._lists)):
            return "documented"
        return "pin" if self._pins is not None and pinned(mapping) != self._pins else self._gap(dialect)

    def _gap(self, dialect: Dialect) -> str | None:
        return "fixture" if gaps(dialect, self.folder) != self._gaps else None

    def _misjudged(self, dialect: Dialect, name: str, body: bytes) -> bool:
        try:
            facts = dialect.normalise(body, received_at=_RECEIVED).facts
        except PayloadError:
            return True
        return [
            [
                fact.source.index,
                fact.milestone.value,
                [reason.value for reason in fact.reasons],
                fact.occurred_at.isoformat() if fact.occurred_at else None,
                fact.precision.value if fact.precision else None,
            ]
            for fact in facts
        ] != self._judged[name]


def run(folder: Path) -> tuple[str, Counter[str], list[str]]:
    """Return the folder's name, who noticed how many mutants, and the mutants that nobody noticed."""
    watch = Watch(folder)
    noticed: Counter[str] = Counter()
    survived = []
    for mutant in mutants(watch.data):
        who = watch.notices(mutant)
        if who is None:
            survived.append(mutant.deed)
        else:
            noticed[who] += 1
    return folder.name, noticed, survived


def main(names: list[str]) -> int:
    """Run over the named carriers, or all."""
    chosen = [ROOT / name for name in names] or folders(ROOT)
    table = Table("carrier", "mutants", *NOTICED, "survived", "score", title="who noticed")
    total, lost = 0, 0
    console = Console()
    said = []
    with ProcessPoolExecutor(2) as pool:
        for name, noticed, survived in pool.map(run, chosen):
            count = noticed.total() + len(survived)
            total, lost = total + count, lost + len(survived)
            counts = [f"{noticed[one]:,}" for one in NOTICED]
            table.add_row(name, f"{count:,}", *counts, str(len(survived)), f"{noticed.total() / max(count, 1):.1%}")
            said += [f"{name}: {deed}: nobody noticed" for deed in survived]
    console.print(table)
    print("\n".join(said[:50]))
    print(f"{total:,} mutants, {total - lost:,} noticed: {(total - lost) / max(total, 1):.2%}")
    return int(bool(lost))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
