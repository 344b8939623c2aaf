"""Fakes of the ports: a ledger in memory that is as strict as the real one, and an order system with bad days."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from domain.audit import AuditEntry, EntryKind, LedgerCommit, ShipmentSnapshot
from domain.errors import HubBugError, NotFoundError
from domain.messages import Delivery, Registered
from domain.publication import ChangeKind, Publication, PushResult, StatusChange
from domain.shipments import Leg, ShipmentPlan
from domain.states import State

Key = tuple[str, str]


@dataclass
class FakeLedger:
    """Registry, journal, dead letters, connection switch and late facts."""

    plans: dict[Key, ShipmentPlan] = field(default_factory=dict)
    entries: dict[Key, list[AuditEntry]] = field(default_factory=lambda: defaultdict(list))
    changes: dict[Key, dict[int, StatusChange]] = field(default_factory=lambda: defaultdict(dict))
    snapshots: dict[Key, ShipmentSnapshot] = field(default_factory=dict)
    commits: int = 0
    settled: list[tuple[str, PushResult]] = field(default_factory=list)
    buried: dict[str, tuple[Publication, str]] = field(default_factory=dict)
    disabled: dict[Key, str] = field(default_factory=dict)
    late_facts: list[Delivery] = field(default_factory=list)
    before_commit: Callable[[LedgerCommit], None] = lambda _: None
    _lock: Lock = field(default_factory=Lock)

    def register(self, plan: ShipmentPlan) -> Registered:
        is_new = (plan.tenant, plan.shipment_id) not in self.plans
        self.plans[plan.tenant, plan.shipment_id] = plan
        return Registered(is_new=is_new)

    def plan(self, tenant: str, shipment_id: str) -> ShipmentPlan:
        if (tenant, shipment_id) not in self.plans:
            raise NotFoundError("no such shipment")
        return self.plans[tenant, shipment_id]

    def add_leg(self, tenant: str, shipment_id: str, leg: Leg) -> Registered:
        plan = self.plan(tenant, shipment_id)
        return self.register(plan.model_copy(update={"legs": (*plan.legs, leg)}))

    def commit(self, commit: LedgerCommit) -> None:
        self.before_commit(commit)
        key = (commit.tenant, commit.shipment_id)
        with self._lock:
            self.commits += 1
            chain = self.entries[key]
            for entry in commit.entries:
                if entry.seq <= len(chain):
                    if chain[entry.seq - 1] != entry:
                        raise HubBugError(f"entry {entry.seq} has other content")
                elif entry.seq == len(chain) + 1:
                    chain.append(entry)
                else:
                    raise HubBugError(f"entry {entry.seq} leaves a gap")
            for change in commit.changes:
                if self.changes[key].setdefault(change.revision, change) != change:
                    raise HubBugError(f"change {change.revision} has other content")
            self.snapshots[key] = commit.snapshot

    def acked(self, publication: Publication, result: PushResult) -> None:
        self.settled.append((publication.connection, result))

    def bury(self, publication: Publication, reason: str) -> str:
        letter = f"d_{publication.connection}_{publication.message_id}"
        self.buried[letter] = (publication, reason)
        return letter

    def disable(self, tenant: str, connection: str, *, reason: str) -> None:
        self.disabled[tenant, connection] = reason

    def late(self, delivery: Delivery) -> None:
        self.late_facts.append(delivery)

    def is_over(self, tenant: str, shipment_id: str) -> bool:
        return any(entry.kind is EntryKind.ENDED for entry in self.entries[tenant, shipment_id])

    def kinds(self, plan: ShipmentPlan) -> list[EntryKind]:
        return [entry.kind for entry in self.entries[plan.tenant, plan.shipment_id]]

    def bodies(self, plan: ShipmentPlan, kind: EntryKind) -> list[dict[str, object]]:
        return [entry.body for entry in self.entries[plan.tenant, plan.shipment_id] if entry.kind is kind]

    def snapshot(self, plan: ShipmentPlan) -> ShipmentSnapshot:
        return self.snapshots[plan.tenant, plan.shipment_id]


@dataclass
class OrderSystem:
    """Takes each revision once, whatever is sent twice; `refusals` are raised first, then `is_down` decides."""

    pushes: list[Publication] = field(default_factory=list)
    effects: dict[Key, dict[int, StatusChange]] = field(default_factory=lambda: defaultdict(dict))
    refusals: list[Exception] = field(default_factory=list)
    down: Exception | None = None
    attempts: int = 0

    async def push(self, publication: Publication) -> PushResult:
        self.attempts += 1
        if self.refusals:
            raise self.refusals.pop(0)
        if self.down is not None:
            raise self.down
        self.pushes.append(publication)
        known = self.effects[publication.tenant, publication.shipment_id]
        for change in publication.changes:
            assert known.setdefault(change.revision, change) == change, "a revision came twice with other content"
            assert change.revision <= len(known), "a revision was left out"
        return PushResult(acked=True, revision=publication.changes[-1].revision, outcome="accepted")

    def told(self, plan: ShipmentPlan) -> list[State]:
        """Return the states the system was told, without those a correction took back."""
        changes = self.effects[plan.tenant, plan.shipment_id]
        gone = {revision for change in changes.values() for revision in change.supersedes}
        return [
            change.state
            for revision, change in sorted(changes.items())
            if revision not in gone and change.kind is ChangeKind.STATUS
        ]


@dataclass
class Sinks:
    """One order system per tenant and connection name."""

    systems: dict[Key, OrderSystem] = field(default_factory=lambda: defaultdict(OrderSystem))

    def sink(self, tenant: str, connection: str) -> OrderSystem:
        return self.systems[tenant, connection]


def at(text: str) -> datetime:
    """Return an instant written as ISO 8601 with offset."""
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo is not None
    return moment
