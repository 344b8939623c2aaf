"""What a chaos run did to the shipments: nothing, or what exactly."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from bench.chaos_scene import TENANT, Scene
from bench.chaos_traffic import STATES, Traffic, Trip
from domain.milestones import Milestone
from ledger.findings import VerifyReport
from worker.wiring import load_mappings, rederiver


@dataclass
class Verdict:
    """Figures and faults. `deduplicated` counts changes that came again and that the order system knew by revision."""

    traffic: Traffic
    audit: VerifyReport
    lost: int
    wrong_state: int
    doubled: int
    out_of_order: int
    divergent: int
    dead_letters: int
    unreadable: int
    deduplicated: int
    bad_signatures: int
    corrections: int
    restarts: dict[str, int]
    examples: list[str] = field(default_factory=list)
    kills: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    settled_in: float = 0.0

    @property
    def is_good(self) -> bool:
        """Tell whether nothing was lost, doubled or changed."""
        counts = (self.lost, self.wrong_state, self.doubled, self.out_of_order, self.divergent, self.dead_letters)
        return not any(counts) and not self.unreadable and not self.bad_signatures and self.audit.is_intact

    def show(self) -> None:
        """Print the figures, then the first faults."""
        traffic, audit = self.traffic, self.audit
        milestones = traffic.shipments * traffic.milestones
        kills = ", ".join(f"{name} {count}" for name, count in sorted(self.kills.items()))
        rows = [
            ("kill -9", f"{sum(self.kills.values())} ({kills}); ended by themselves: {sum(self.restarts.values())}"),
            ("traffic", f"{traffic.sent} webhooks accepted in {traffic.attempts} attempts, {self.seconds:.0f} s"),
            ("at rest", f"{self.settled_in:.1f} s after the last kill"),
            ("milestones lost", f"{self.lost} of {milestones}"),
            ("wrong end state", f"{self.wrong_state} of {traffic.shipments} shipments"),
            ("ERP effects doubled", f"{self.doubled}"),
            ("ERP out of order", f"{self.out_of_order} of {traffic.shipments} shipments"),
            ("ERP divergent", f"{self.divergent} of {traffic.shipments}; dead letters: {self.dead_letters}"),
            ("ERP repeats", f"{self.deduplicated} changes came again and were known; {self.corrections} corrections"),
            ("signatures refused", f"{self.bad_signatures}"),
            ("audit", f"{audit.entries} entries, {audit.rederived} facts derived again, {len(audit.faults)} faults"),
        ]
        for name, value in rows:
            print(f"  {name:<20} {value}")
        for example in self.examples[:10]:
            print(f"  ! {example}")
        print("chaos: " + ("nothing was lost, doubled or changed" if self.is_good else "FAILED"))


async def judge(scene: Scene, traffic: Traffic) -> Verdict:
    ledger, book = scene.ledger, scene.book
    examples: list[str] = []
    lost = wrong = doubled = out_of_order = corrections = 0
    for trip in traffic.trips:
        lost += _lost(scene, trip, traffic.milestones, examples)
        state = ledger.reads.shipment(TENANT, trip.shipment_id).snapshot.state.value
        if state != STATES[traffic.milestones - 1]:
            wrong += 1
            examples.append(f"{trip.shipment_id} is {state}")
        order = book.orders.get(trip.shipment_id)
        states = [change["state"] for change in order.journey] if order else []
        corrections += sum(change["kind"] == "CORRECTION" for change in order.received) if order else 0
        doubled += sum(count - 1 for count in Counter(states).values() if count > 1)
        if states != list(STATES[: traffic.milestones]) or (order and order.missing):
            out_of_order += 1
            examples.append(f"{trip.shipment_id} was told {states}, missing {order.missing if order else 'all'}")
    reading = rederiver(load_mappings(scene.settings))
    audit = await asyncio.to_thread(ledger.verify, TENANT, rederive=reading)
    examples += [f"{fault.finding}: {fault.detail}" for fault in audit.faults]
    return Verdict(
        traffic=traffic,
        audit=audit,
        lost=lost,
        wrong_state=wrong,
        doubled=doubled,
        out_of_order=out_of_order,
        divergent=len(ledger.convergence.status(TENANT).divergent),
        dead_letters=len(ledger.convergence.dead_letters(TENANT)),
        unreadable=len(ledger.reads.unreadable(TENANT)),
        deduplicated=book.counters.duplicates,
        bad_signatures=book.counters.bad_signatures,
        corrections=corrections,
        restarts=scene.restarts,
        examples=examples,
    )


def _lost(scene: Scene, trip: Trip, milestones: int, examples: list[str]) -> int:
    """Count scans that are not in the shipment's journey, each exactly once."""
    journey = scene.ledger.reads.journey(TENANT, trip.shipment_id)
    steps = Counter(step["event_id"] for step in journey.get("steps", ()))
    facts = scene.ledger.reads.facts(TENANT, trip.shipment_id)
    folded = sum(steps[row.fact.event_id] == 1 for row in facts if row.fact.milestone is not Milestone.UNMAPPED)
    if folded != milestones:
        examples.append(f"{trip.shipment_id} has {folded} of {milestones} milestones in its journey")
    return max(0, milestones - folded)
