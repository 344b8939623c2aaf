"""`python -m bench.fuzz N [seed]`: N spoilt payloads over all dialects. No crash, no guess, nothing silent.

For each: no exception but `PayloadError`; every milestone is one that the tables give for that very code, or UNMAPPED;
no naive time; every event is a fact, a named rejection, a declared non-event or a repetition of a fact. Exit code 1 on
failure, with what repeats it.
"""

import random
import sys
import time
from collections import Counter
from typing import Any, Final

from bench.mutations import MUTATIONS, WEIGHTS
from domain.errors import PayloadError
from domain.facts import Fact
from domain.milestones import Milestone
from domain.normalised import Normalised
from mappings.dialect import Dialect, milestones_of
from mappings.engine import Mappings
from mappings.expectations import RECEIVED_AT, fixtures
from mappings.loading import ROOT
from mappings.rows import CodeReader

MAX_SHOWN: Final = 10
VALIDATED: Final = 50
"""Every n-th accepted payload has its facts checked by the full models, too."""


class Fuzzer:
    """Spoils payloads and checks what becomes of them."""

    def __init__(self, seed: int) -> None:
        """Load the dialects and their fixtures."""
        mappings = Mappings.load()
        self._seed = seed
        self._corpus = [
            (mappings.dialect(name), path.read_bytes()) for name in mappings.carriers for path in fixtures(ROOT / name)
        ]
        self._codes = {name: CodeReader(mappings.dialect(name).mapping.event.code) for name in mappings.carriers}
        self.outcomes: Counter[str] = Counter()
        self.facts: Counter[str] = Counter()

    def mutant(self, number: int) -> tuple[Dialect, bytes]:
        """Return the spoilt payload of a number; the same for the same seed."""
        rng = random.Random(f"{self._seed}:{number}")  # noqa: S311 - repeatable, not secret
        dialect, body = rng.choice(self._corpus)
        for name in rng.choices(list(MUTATIONS), WEIGHTS, k=rng.choice((1, 1, 1, 2, 3))):
            if body:
                body = MUTATIONS[name](body, rng)
        return dialect, body

    def check(self, number: int) -> str | None:
        """Return what is wrong with what became of a spoilt payload, or None."""
        dialect, body = self.mutant(number)
        try:
            normalised = dialect.normalise(body, received_at=RECEIVED_AT)
        except PayloadError as error:
            self.outcomes[f"refused: {error.code}"] += 1
            return None
        except Exception as error:  # noqa: BLE001 - the very thing that is looked for
            return f"{dialect.mapping.carrier}: crashed with {type(error).__name__}: {error}"
        self._count(normalised)
        faults = self._faults(dialect, body, normalised)
        if number % VALIDATED == 0:
            faults += [f"{fact.event_id} is no valid fact" for fact in normalised.facts if not _valid(fact)]
        return f"{dialect.mapping.carrier}: {faults[0]}" if faults else None

    def _count(self, normalised: Normalised) -> None:
        for one in normalised.rejected:
            self.facts[f"rejected: {one.problem}"] += 1
        for fact in normalised.facts:
            self.facts["unmapped" if fact.milestone is Milestone.UNMAPPED else "mapped"] += 1
        if normalised.rejected and normalised.facts:
            self.outcomes["partly accepted"] += 1
        elif normalised.facts:
            self.outcomes["accepted"] += 1
        elif normalised.rejected:
            self.outcomes["every event rejected"] += 1
        else:
            told = sorted({problem.code for problem in normalised.problems})
            self.outcomes[f"no event: {', '.join(told) or 'empty'}"] += 1

    def _faults(self, dialect: Dialect, body: bytes, normalised: Normalised) -> list[str]:
        reader = self._codes[dialect.mapping.carrier]
        faults = []
        for fact in normalised.facts:
            code = fact.source.raw_code
            allowed = milestones_of(dialect, None if code is None else reader.key(code))
            if fact.milestone not in allowed:
                faults.append(f"guessed {fact.milestone} for {code!r}")
            if (fact.occurred_at is None) != (fact.precision is None):
                faults.append("time and precision disagree")
            if fact.occurred_at is not None and fact.occurred_at.utcoffset() is None:
                faults.append(f"naive time {fact.occurred_at}")
        return faults + _unaccounted(dialect, body, normalised, reader)


def _unaccounted(dialect: Dialect, body: bytes, normalised: Normalised, reader: CodeReader) -> list[str]:
    """Return the events that became nothing at all."""
    told = {fact.source.index for fact in normalised.facts} | {one.index for one in normalised.rejected}
    sent = {one.source.raw_code for one in normalised.facts}
    codes = {None if code is None else reader.key(code) for code in sent}
    # A declared non-event may hold a code that cannot be one: no more of them than were declared.
    skipped = sum(_rows(one.detail) for one in normalised.problems if one.code == "ignored")
    events = dialect.explain(body)
    missing = [(index, event) for index, event in enumerate(events) if index not in told]
    return [
        f"event {index} with code {event.sent!r} became nothing"
        for index, event in missing
        if event is not None and not skipped and event.code not in codes and event.sent not in sent
    ] + [
        f"event {index} cannot be read and was not rejected"
        for index, event in missing
        if event is None and len(missing) > skipped
    ]


def _rows(detail: str) -> int:
    """Return how many rows an `ignored` problem is about; none when it is about the whole message."""
    number = detail.partition(" rows: ")[0]
    return int(number) if number.isdecimal() else 0


def _valid(fact: Fact) -> bool:
    made: Any = Fact.model_validate_json(fact.model_dump_json())
    return bool(made == fact)


def main(arguments: list[str]) -> int:
    """Run N mutants from a seed; `--only NUMBER` repeats one."""
    only = int(arguments.pop(arguments.index("--only") + 1)) if "--only" in arguments else None
    numbers = [one for one in arguments if one != "--only"]
    count, seed = int(numbers[0]) if numbers else 100_000, int(numbers[1]) if len(numbers) > 1 else 1
    fuzzer = Fuzzer(seed)
    started = time.perf_counter()
    failures = []
    for number in range(count) if only is None else [only]:
        fault = fuzzer.check(number)
        if fault is not None:
            failures.append(f"{fault}\n    repeat: python -m bench.fuzz 1 {seed} --only {number}")
            if len(failures) == MAX_SHOWN:
                break
    spent = time.perf_counter() - started
    for title, counts in (("payloads", fuzzer.outcomes), ("events", fuzzer.facts)):
        print(f"{title}:")
        for name, amount in counts.most_common():
            print(f"  {amount:>9,}  {name}")
    print(f"{count if only is None else 1:,} mutated payloads, seed {seed}, {spent:.0f} s, {len(failures)} failures")
    print("\n".join(failures))
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
