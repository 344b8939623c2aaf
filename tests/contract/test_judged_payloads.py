"""Recorded carrier answers, judged by a person event by event, against what the dialects make of them.

The answers stay in the shared material; `judged/<dialect>.json` holds only the judgement:
file name -> [position, milestone, reasons, instant, precision] of every fact.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.facts import Fact
from mappings.engine import Mappings

JUDGED = Path(__file__).parent / "judged"
PAYLOADS = Path(__file__).parents[2].parent / "shared" / "carriers" / "payloads"
RECEIVED = datetime(2026, 11, 20, 12, tzinfo=UTC)

SPEAKS = {"colissimo": "laposte"}
"""Folders of recorded answers whose dialect has another name."""

Judgement = list[int | str | list[str] | None]

CASES = [
    (path.stem, name, facts)
    for path in sorted(JUDGED.glob("*.json"))
    for name, facts in json.loads(path.read_text("utf-8")).items()
]


@pytest.fixture(scope="module")
def mappings() -> Mappings:
    return Mappings.load()


def judgement(fact: Fact) -> Judgement:
    """Return what a person judges of one fact."""
    return [
        fact.source.index,
        fact.milestone.value,
        [reason.value for reason in fact.reasons],
        fact.occurred_at.isoformat() if fact.occurred_at else None,
        fact.precision.value if fact.precision else None,
    ]


@pytest.mark.parametrize(("dialect", "name", "judged"), CASES, ids=[f"{case[0]}/{case[1]}" for case in CASES])
def test_facts_are_what_a_person_judged(mappings: Mappings, dialect: str, name: str, judged: list[Judgement]) -> None:
    path = PAYLOADS / dialect / name
    if not path.is_file():
        pytest.skip(f"recorded answer shared/carriers/payloads/{dialect}/{name} is not here")
    outcome = mappings.normalise(SPEAKS.get(dialect, dialect), path.read_bytes(), received_at=RECEIVED)
    assert [judgement(fact) for fact in outcome.facts] == judged
    assert outcome.rejected == []


@pytest.mark.parametrize("dialect", sorted(path.stem for path in JUDGED.glob("*.json")))
def test_every_recorded_answer_is_judged(dialect: str) -> None:
    folder = PAYLOADS / dialect
    if not folder.is_dir():
        pytest.skip(f"recorded answers shared/carriers/payloads/{dialect} are not here")
    judged = json.loads((JUDGED / f"{dialect}.json").read_text("utf-8"))
    assert sorted(path.name for path in folder.iterdir()) == sorted(judged)
