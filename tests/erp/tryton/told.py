"""A hub whose shipments stand where a test says, and what it has to tell Tryton of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.erps.tryton.client import TrytonClient
from connectors.erps.tryton.shipments import Shipments, TrytonShipment
from connectors.erps.tryton.sink import TrytonSink
from domain.audit import AuditEntry, EntryKind, LedgerCommit, ShipmentSnapshot
from domain.milestones import Milestone
from domain.publication import ChangeKind, Publication, StatusChange
from domain.reasons import Reason
from domain.shipments import Leg, ShipmentPlan
from domain.states import State
from ledger.store import Ledger

CONNECTION = "tryton"
TENANT = "main"
REACHED = {State.DELIVERED: State.OUT_FOR_DELIVERY, State.CANCELLED: State.CREATED, State.LOST: State.LINEHAUL}
"""The stage that an ended journey keeps: the last one before its end."""
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def status(
    revision: int, state: State, *reasons: Reason, event_id: str | None = None, milestone: Milestone | None = None
) -> StatusChange:
    """Return a change of the state, an hour after the one before."""
    return StatusChange(
        revision=revision,
        kind=ChangeKind.STATUS,
        state=state,
        milestone=milestone or Milestone.PICKED_UP,
        reasons=reasons,
        occurred_at=NOON + timedelta(hours=revision),
        recorded_at=NOON + timedelta(hours=revision, minutes=1),
        event_id=event_id or f"event{revision}",
    )


@dataclass(slots=True)
class ToldShipment:
    """One shipment of the hub and its Tryton shipment."""

    ledger: Ledger
    sink: TrytonSink
    client: TrytonClient
    tryton: TrytonShipment
    shipment_id: str
    seq: int = 0
    reference: str | None = None
    legs: tuple[Leg, ...] = field(default=())

    @classmethod
    def registered(
        cls, ledger: Ledger, client: TrytonClient, tryton: TrytonShipment, *legs: Leg, reference: str | None = None
    ) -> "ToldShipment":
        """Register a shipment under the customer's reference for the order, or another one."""
        name = reference or tryton.order_reference
        shipment_id = f"S-{tryton.number}-{tryton.id}"
        plan = ShipmentPlan(
            tenant=TENANT, shipment_id=shipment_id, reference=name, legs=legs, connections=(CONNECTION,)
        )
        ledger.registry.register(plan)
        sink = TrytonSink(client, ledger.erp_records, ledger.shipment_views)
        return cls(ledger, sink, client, tryton, shipment_id, reference=name, legs=legs)

    def stands(
        self,
        state: State,
        *,
        stage: State | None = None,
        details: Mapping[str, str] | None = None,
        event_id: str | None = None,
        **more: Any,
    ) -> None:
        """Let the hub's shipment be in a state; `details` came with the event as personal data."""
        self.seq += 1
        body: dict[str, Any] = {"event_id": event_id}
        if details is not None:
            body["detail_ref"] = self.ledger.private.put(TENANT, self.shipment_id, "reroute", dict(details))
        kind = EntryKind.COMMAND if event_id is None else EntryKind.FACT
        snapshot = ShipmentSnapshot(
            state=state,
            stage=stage or REACHED.get(state, state),
            owner="CARRIER",
            revision=self.seq,
            updated_at=NOON,
            **more,
        )
        self.ledger.journal.commit(
            LedgerCommit(
                tenant=TENANT,
                shipment_id=self.shipment_id,
                entries=(AuditEntry(seq=self.seq, kind=kind, at=NOON, body=body),),
                snapshot=snapshot,
            )
        )

    def publication(self, *changes: StatusChange) -> Publication:
        """Return what the hub would push."""
        return Publication(
            tenant=TENANT,
            shipment_id=self.shipment_id,
            connection=CONNECTION,
            reference=self.reference,
            tracking_numbers=tuple(leg.tracking_number for leg in self.legs),
            changes=changes,
        )

    async def now(self) -> TrytonShipment:
        """Return Tryton's shipment as it is."""
        (shipment,) = await Shipments(self.client).read([self.tryton.id])
        return shipment

    async def notes(self, resource: str | None = None) -> list[str]:
        """Return the notes beside it, in the order in which they were made."""
        domain = [["resource", "=", resource or self.tryton.record]]
        rows = await self.client.call("model.ir.note.search_read", domain, 0, None, [["id", "ASC"]], ["message"])
        return [row["message"] for row in rows]
