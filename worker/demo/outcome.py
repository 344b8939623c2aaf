"""What came out of a demonstration, and whether it is what the story says."""

import asyncio
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from domain.durations import time_in_states
from domain.ids import shipment_workflow
from domain.journeys import Journey
from domain.states import State
from ledger.findings import VerifyReport
from ledger.rows import ConvergenceReport, UnknownCode
from worker.demo.stage import Stage
from worker.demo.story import Episode
from worker.wiring import CLOCK, load_mappings, rederiver

UNKNOWN: Final = [("fedex", "QX")]
"""The codes that must be left for a person."""

_ACTION: Final = re.compile(r'^action\{.*?action_type="([^"]+)".*?\}\s+([0-9.e+]+)', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ShipmentOutcome:
    """One shipment at the end. `order` is the order system's own view; `events` the length of its Temporal history."""

    episode: Episode
    detail: dict[str, Any]
    order: dict[str, Any]
    spent: dict[State, timedelta]
    events: int
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The whole demonstration at the end. `faults` is empty when everything is as the story says."""

    shipments: list[ShipmentOutcome]
    convergence: ConvergenceReport
    audit: VerifyReport
    unknown: list[UnknownCode]
    actions: dict[str, int]
    counters: dict[str, int]
    webhooks: int
    faults: list[str] = field(default_factory=list)

    @property
    def all_faults(self) -> list[str]:
        """Everything that is not as it should be."""
        own = [f"{one.episode.shipment_id}: {fault}" for one in self.shipments for fault in one.faults]
        return own + self.faults


async def gather_outcome(stage: Stage, episodes: list[Episode]) -> Outcome:
    """Ask every part of the hub, and the order system, how it all ended."""
    orders = await stage.orders()
    by_shipment = {order["shipment_id"]: order for order in orders["orders"]}
    shipments = [await _shipment(stage, episode, by_shipment.get(episode.shipment_id, {})) for episode in episodes]
    ledger = stage.hub.ledger
    reading = rederiver(load_mappings(stage.hub.settings))
    audit = await asyncio.to_thread(ledger.verify, stage.tenant, rederive=reading)
    outcome = Outcome(
        shipments=shipments,
        convergence=await asyncio.to_thread(ledger.convergence.status, stage.tenant),
        audit=audit,
        unknown=await asyncio.to_thread(ledger.reads.unmapped, stage.tenant),
        actions=await _actions(stage.hub.metrics),
        counters=orders["counters"],
        webhooks=stage.carriers.sent,
    )
    outcome.faults.extend(_faults(outcome))
    return outcome


async def _shipment(stage: Stage, episode: Episode, order: dict[str, Any]) -> ShipmentOutcome:
    answer = await stage.api.get(f"/v1/shipments/{episode.shipment_id}")
    detail: dict[str, Any] = answer.raise_for_status().json()
    handle = stage.hub.client.get_workflow_handle(shipment_workflow(stage.tenant, episode.shipment_id))
    description = await handle.describe()
    return ShipmentOutcome(
        episode=episode,
        detail=detail,
        order=order,
        spent=time_in_states(Journey.model_validate(detail["journey"]), CLOCK.now()),
        events=description.history_length,
        faults=tuple(_shipment_faults(episode, detail, order)),
    )


def _shipment_faults(episode: Episode, detail: dict[str, Any], order: dict[str, Any]) -> list[str]:
    faults = []
    wanted = [state.value for state in episode.states]
    if detail["state"] != wanted[-1]:
        faults.append(f"is {detail['state']}, not {wanted[-1]}")
    if order.get("states") != wanted:
        faults.append(f"the order system holds {order.get('states')}, not {wanted}")
    if order.get("missing"):
        faults.append(f"the order system never got revisions {order['missing']}")
    kinds = Counter(change["kind"] for change in order.get("received", ()))
    for kind, count in (("CORRECTION", episode.corrections), ("ALARM", episode.alarms)):
        if kinds[kind] != count:
            faults.append(f"{kinds[kind]} changes of kind {kind}, not {count}")
    return faults


def _faults(outcome: Outcome) -> list[str]:
    faults = []
    if outcome.convergence.divergent or outcome.convergence.total != len(outcome.shipments):
        faults.append(f"ERP: {len(outcome.convergence.divergent)} divergent of {outcome.convergence.total}")
    if not outcome.audit.is_intact:
        faults.append(f"audit: {len(outcome.audit.faults)} faults, first: {outcome.audit.faults[0].detail}")
    if [(one.dialect, one.code) for one in outcome.unknown] != UNKNOWN:
        faults.append(f"unknown codes: {[(one.dialect, one.code) for one in outcome.unknown]}, not {UNKNOWN}")
    if outcome.counters["bad_signatures"]:
        faults.append(f"{outcome.counters['bad_signatures']} updates with a bad signature")
    if outcome.counters["duplicates"]:
        faults.append(f"{outcome.counters['duplicates']} changes came twice")
    return faults


async def _actions(metrics: str | None) -> dict[str, int]:
    """Return the server's own count of billable actions by type; empty when it is not ours."""
    if metrics is None:
        return {}
    async with httpx.AsyncClient(timeout=5) as client:
        text = (await client.get(metrics)).text
    counts: Counter[str] = Counter()
    for kind, value in _ACTION.findall(text):
        counts[kind] += int(float(value))
    return dict(counts.most_common())


def seen_at(outcome: ShipmentOutcome) -> datetime | None:
    """Return when the shipment was last seen."""
    last = outcome.detail["last_at"]
    return datetime.fromisoformat(last) if last else None
