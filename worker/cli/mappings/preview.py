"""How a plan looks: to people as tables, to programs as one document."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.table import Table
from rich.text import Text

from worker.cli.output import table
from worker.cli.texts import state_text
from worker.renormalise.items import Effect, Item, differences, label
from worker.renormalise.plan import Plan


def document(plan: Plan, most: int) -> dict[str, Any]:
    """Return the preview for programs; lists hold at most `most` shipments, totals count all."""
    scope = plan.scope
    return {
        "carrier": scope.dialect,
        "mapping_version": plan.mapping_version,
        "since": scope.since,
        "tenant": scope.tenant,
        "digest": plan.digest,
        "totals": asdict(plan.totals) | {"events": plan.totals.events},
        "meanings": [
            dict(zip(("code", "before", "after", "events", "shipments"), one, strict=True))
            for one in plan.spool.meanings()
        ],
        "shipments": [effect.model_dump(mode="json") for effect in plan.spool.effects(most)],
        "events": [_event(item) for item in _first(plan, most)],
    }


def view(plan: Plan, most: int) -> Iterator[Table | Text | str]:
    """Yield the preview for people."""
    totals = plan.totals
    yield (
        f"[bold]{plan.scope.dialect}[/] {plan.mapping_version}: {totals.messages} messages read again, "
        f"{totals.events} events change ({totals.amended} amended, {totals.new} new, {totals.gone} gone)"
    )
    if totals.unreadable_now:
        yield f"[yellow]{totals.unreadable_now} messages[/] that gave facts cannot be read by this mapping: left alone"
    if totals.is_empty:
        yield "[green]nothing to change[/]"
        return
    yield table(
        "Meanings", ["code", "before", "after", "events", "shipments"], [list(one) for one in plan.spool.meanings()]
    )
    columns = ["shipment", "reference", "events", "before", "after", "order systems", "superseded"]
    yield table(f"Shipments (first {most})", columns, [_row(effect) for effect in plan.spool.effects(most)])
    yield (
        f"{totals.shipments} shipments: {totals.states_changed} change their state, {totals.corrections} are corrected "
        f"({totals.told} changes told), {totals.over} are over (kept as late facts, nobody told); "
        f"{totals.parked_numbers} unregistered numbers; {totals.readable} messages become readable"
    )
    yield f"Nothing is written yet. To do exactly this: [bold]--apply {plan.digest}[/]"


def _row(effect: Effect) -> list[object]:
    told = "late" if effect.is_over else ", ".join(effect.connections) if effect.told else "not told"
    superseded = ", ".join(str(revision) for revision in effect.supersedes)
    before, after = state_text(effect.before), state_text(effect.after)
    return [effect.shipment_id, effect.reference, effect.events, before, after, told, superseded]


def _first(plan: Plan, most: int) -> Iterator[Item]:
    for count, items in enumerate(plan.spool.parts()):
        if count == most:
            return
        yield from items


def _event(item: Item) -> dict[str, Any]:
    corrected = Counter(fact.corrects.kind for fact in item.facts if fact.corrects is not None)
    return {
        "kind": item.kind,
        "event_id": item.event_id,
        "tenant": item.tenant,
        "shipment_id": item.shipment_id,
        "tracking_number": item.shown.tracking_number,
        "message_id": item.message_id,
        "raw_code": item.shown.source.raw_code,
        "before": label(item.before),
        "after": label(item.after),
        "differs": differences(item.before, item.after),
        "facts": [fact.event_id for fact in item.facts],
        "corrections": dict(corrected),
    }
