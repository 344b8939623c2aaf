"""Several results under one tracking number: one parcel's story told twice, or a number that was used again.

A number cannot be on two shipments at once. Results that overlap in time are therefore one parcel; results that follow
each other are different uses of the number and keep apart as pieces of their own, named by the results' own ids.
"""

from datetime import datetime
from typing import NamedTuple

from domain.facts import Fact
from domain.normalised import Problem
from mappings.shapes import Shipment


class Result(NamedTuple):
    """One shipment of a payload and the facts read from it."""

    shipment: Shipment
    facts: list[Fact]


def told_apart(results: list[Result], facts: dict[str, Fact]) -> list[Problem]:
    """Name numbers with several results, and in `facts` set apart as pieces those that are different uses."""
    by_number: dict[str, dict[str | None, list[Fact]]] = {}
    for shipment, read in results:
        if shipment.number is not None:
            by_number.setdefault(shipment.number, {}).setdefault(shipment.unique_id, []).extend(read)
    problems = []
    for number, by_id in by_number.items():
        if len(by_id) < 2:  # noqa: PLR2004 - one result under a number is the rule
            continue
        uses = _uses(by_id)
        if len(uses) > 1:
            _set_apart(uses, by_id, facts)
        said = "read as one parcel, they overlap in time" if len(uses) == 1 else f"kept apart as {len(uses)} uses of it"
        problems.append(Problem("conflict", f"{len(by_id)} results share this number; {said}", number))
    return problems


def _uses(by_id: dict[str | None, list[Fact]]) -> list[list[str | None]]:
    """Group the results of a number by overlap in time; results without any time belong to the first use."""
    spans: list[tuple[datetime, datetime, str | None]] = []
    timeless: list[str | None] = []
    for unique_id, read in by_id.items():
        times = [fact.occurred_at for fact in read if fact.occurred_at is not None]
        if times:
            spans.append((min(times), max(times), unique_id))
        else:
            timeless.append(unique_id)
    uses: list[list[str | None]] = []
    latest: datetime | None = None
    for start, end, unique_id in sorted(spans, key=lambda span: (span[0], span[1], span[2] or "")):
        if latest is not None and start <= latest:
            uses[-1].append(unique_id)
            latest = max(latest, end)
        else:
            uses.append([unique_id])
            latest = end
    if uses:
        uses[0].extend(timeless)
        return uses
    return [timeless]


def _set_apart(uses: list[list[str | None]], by_id: dict[str | None, list[Fact]], facts: dict[str, Fact]) -> None:
    for use in uses:
        name = min(unique_id or "" for unique_id in use) or None
        for unique_id in use:
            for fact in by_id[unique_id]:
                if facts.get(fact.event_id) is fact and fact.parcel is None:
                    facts[fact.event_id] = fact.model_copy(update={"parcel": name})
