"""A hub whose shipment stands where a test says, and what it has to tell a Shopify store of it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.erps.shopify.sink import ShopifySink
from domain.audit import AuditEntry, EntryKind, LedgerCommit, ShipmentSnapshot
from domain.milestones import Milestone
from domain.publication import ChangeKind, Publication, PushResult, StatusChange
from domain.reasons import Reason
from domain.shipments import Leg, ShipmentPlan
from domain.states import State
from ledger.store import Ledger
from tests.erps.shopify_store import Order

TENANT, CONNECTION, SHIPMENT = "main", "shop", "S-1"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NUMBER = "RR000000005DE"


def leg(number: str = NUMBER, **more: Any) -> Leg:
    """Return a leg of DHL's."""
    return Leg(carrier="dhl_express", tracking_number=number, **more)


def change(revision: int, state: State, milestone: Milestone, *reasons: Reason, **more: Any) -> StatusChange:
    """Return a change of the state, an hour after the one before."""
    given = {
        "revision": revision,
        "kind": ChangeKind.STATUS,
        "state": state,
        "milestone": milestone,
        "reasons": reasons,
        "occurred_at": NOON + timedelta(hours=revision),
        "recorded_at": NOON + timedelta(hours=revision, minutes=1),
        "event_id": f"event{revision}",
    }
    return StatusChange.model_validate({**given, **more})


@dataclass(slots=True)
class Hub:
    """One shipment, registered under an order's name, and the sink that tells the store of it."""

    ledger: Ledger
    sink: ShopifySink
    reference: str = "#1001"
    legs: tuple[Leg, ...] = field(default_factory=lambda: (leg(),))
    seq: int = 0

    def register(self) -> "Hub":
        """Register the shipment."""
        plan = ShipmentPlan(
            tenant=TENANT,
            shipment_id=SHIPMENT,
            reference=self.reference,
            legs=self.legs,
            connections=(CONNECTION,),
        )
        self.ledger.registry.register(plan)
        return self

    def stands(self, state: State, *, stage: State | None = None, **more: Any) -> None:
        """Let the shipment be in a state."""
        self.seq += 1
        snapshot = ShipmentSnapshot(
            state=state, stage=stage or state, owner="CARRIER", revision=self.seq, updated_at=NOON, **more
        )
        entry = AuditEntry(seq=self.seq, kind=EntryKind.COMMAND, at=NOON, body={})
        commit = LedgerCommit(tenant=TENANT, shipment_id=SHIPMENT, entries=(entry,), snapshot=snapshot)
        self.ledger.journal.commit(commit)

    async def push(self, *changes: StatusChange) -> PushResult:
        """Push what the hub would push."""
        publication = Publication(
            tenant=TENANT, shipment_id=SHIPMENT, connection=CONNECTION, reference=self.reference, changes=changes
        )
        return await self.sink.push(publication)


def told(order: Order, at: int = 0) -> list[str]:
    """Return the events of a fulfilment, each as its status and message."""
    return [f"{one.status} {one.message}" for one in order.sent[at].event_log]


PICKED_UP = change(1, State.FIRST_MILE, Milestone.PICKED_UP)
HELD = change(2, State.CUSTOMS_HOLD, Milestone.CUSTOMS_HELD, Reason.CUSTOMS_DOCS_MISSING)
RESOLVED = change(3, State.RESOLVED, Milestone.HOLD_RESOLVED)
REROUTED = change(4, State.REROUTED, Milestone.REROUTED)
DELIVERED = change(5, State.DELIVERED, Milestone.DELIVERED)
