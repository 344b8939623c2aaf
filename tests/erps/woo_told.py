"""A hub whose shipments stand where a test says, and what it has to tell a simulated WooCommerce shop of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connectors.egress import EgressPolicy
from connectors.erps.woocommerce.client import WooClient, WooTarget
from connectors.erps.woocommerce.sink import WooSink
from connectors.http import HttpLimits, PartnerHttp
from domain.audit import AuditEntry, EntryKind, LedgerCommit, ShipmentSnapshot
from domain.milestones import Milestone
from domain.publication import ChangeKind, Publication, StatusChange
from domain.reasons import Reason
from domain.shipments import Leg, ShipmentPlan
from domain.states import State
from ledger.store import Ledger
from tests.erps.serving import served
from tests.erps.woo_api import create_shop
from tests.erps.woo_shop import WooShop
from worker.wiring import CLOCK, MAX_ANSWER

CONNECTION = "woo"
TENANT = "main"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@asynccontextmanager
async def client_of(shop: WooShop, *, secret: str | None = None) -> AsyncIterator[WooClient]:
    """Serve a shop; the value is a client with its key, or with another secret."""
    async with (
        served(create_shop(shop)) as server,
        PartnerHttp(EgressPolicy(allow_loopback=True), limits=HttpLimits(max_answer=MAX_ANSWER)) as http,
    ):
        target = WooTarget(CONNECTION, str(server.base_url), shop.key, secret or shop.secret)
        yield WooClient(target, http, CLOCK)


def status(revision: int, state: State, milestone: Milestone, *reasons: Reason) -> StatusChange:
    """Return a change of the state, an hour after the one before."""
    return StatusChange(
        revision=revision,
        kind=ChangeKind.STATUS,
        state=state,
        milestone=milestone,
        reasons=reasons,
        occurred_at=NOON + timedelta(hours=revision),
        recorded_at=NOON + timedelta(hours=revision, minutes=1),
        event_id=f"event{revision}",
    )


def correction(revision: int, state: State, *supersedes: int) -> StatusChange:
    """Return a change that takes back what was told."""
    return status(revision, state, Milestone.IN_TRANSIT).model_copy(
        update={"kind": ChangeKind.CORRECTION, "supersedes": supersedes}
    )


@dataclass(slots=True)
class ToldOrder:
    """One shipment of the hub, registered under the number of an order."""

    ledger: Ledger
    client: WooClient
    number: str
    legs: tuple[Leg, ...] = field(default=())
    seq: int = 0

    def __post_init__(self) -> None:
        """Register the shipment."""
        self.ledger.registry.register(
            ShipmentPlan(
                tenant=TENANT,
                shipment_id=self.shipment_id,
                reference=self.number,
                legs=self.legs,
                connections=(CONNECTION,),
            )
        )

    @property
    def shipment_id(self) -> str:
        """The shipment's id."""
        return f"S-{self.number}"

    @property
    def sink(self) -> WooSink:
        """A sink as a worker makes one."""
        return WooSink(self.client, self.ledger.erp_records, self.ledger.shipment_views)

    def stands(self, state: State, *, is_ended: bool = False) -> None:
        """Let the hub's shipment be in a state."""
        self.seq += 1
        snapshot = ShipmentSnapshot(
            state=state, stage=state, owner="CARRIER", revision=self.seq, updated_at=NOON, is_ended=is_ended
        )
        entry = AuditEntry(seq=self.seq, kind=EntryKind.COMMAND, at=NOON, body={"event_id": None})
        self.ledger.journal.commit(
            LedgerCommit(tenant=TENANT, shipment_id=self.shipment_id, entries=(entry,), snapshot=snapshot)
        )

    def publication(self, *changes: StatusChange) -> Publication:
        """Return what the hub would push."""
        return Publication(
            tenant=TENANT,
            shipment_id=self.shipment_id,
            connection=CONNECTION,
            reference=self.number,
            changes=changes,
        )
