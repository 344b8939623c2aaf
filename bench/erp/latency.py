"""How long a milestone takes from the carrier's webhook to the note in Tryton, by one clock: that of this machine."""

from collections.abc import Sequence
from datetime import UTC
from statistics import quantiles
from typing import Final

from rich.table import Table

from bench.erp.carrier import EPOCH, JOURNEY
from bench.erp.checks import notes_of
from bench.erp.journeys import Fate, Parcel
from connectors.erps.tryton.client import TrytonClient

GOAL: Final = 2.0
"""Seconds within which nineteen of twenty milestones should stand in the order system."""


async def delays(client: TrytonClient, parcels: Sequence[Parcel]) -> list[float]:
    """Return the seconds from each accepted webhook to the making of its note."""
    steps = {step.state: number for number, step in enumerate(JOURNEY) if step.state is not None}
    found = []
    for parcel in parcels:
        if parcel.fate is Fate.CANCELLED:
            continue
        for note in await notes_of(client, parcel.here.record):
            if note.state in steps and steps[note.state] in parcel.sent:
                made = note.made_at.replace(tzinfo=UTC).timestamp()
                found.append(made - parcel.sent[steps[note.state]])
    return found


def table(seconds: Sequence[float], rate: float) -> Table:
    """Return the percentiles as a table, `rate` milestones having come per second.

    The carrier's own delay stands apart and is none of the hub's.
    """
    shown = Table(title=f"From the carrier's webhook to the note in Tryton, in seconds, {rate:.1f} milestones/s")
    for column in ("milestones", "p50", "p95", "p99", "most", "goal"):
        shown.add_column(column, justify="right")
    if len(seconds) < 2:  # noqa: PLR2004 - quantiles need two values
        return shown
    cuts = quantiles(seconds, n=100, method="inclusive")
    verdict = "p95 < 2 s" if cuts[94] < GOAL else "p95 < 2 s MISSED"
    shown.add_row(str(len(seconds)), *(f"{one:.2f}" for one in (cuts[49], cuts[94], cuts[98], max(seconds))), verdict)
    shown.caption = f"the carrier's own times are made up (from {EPOCH:%d %B %Y}) and not in these figures"
    return shown
