"""Facts that come after their shipment has ended: kept in its audit chain as anomalies, the state unmoved."""

from dataclasses import dataclass
from typing import Final

from domain.audit import AuditEntry, EntryKind, LedgerCommit
from domain.errors import HubBugError
from domain.facts import Fact
from domain.messages import Delivery
from ledger.rereading import is_over
from ledger.store import Ledger

AFTER_END: Final = "AFTER_END"
"""The flag of such an anomaly."""

_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class LedgerLateFacts:
    """Writes late facts behind the end of a chain; no workflow writes there any more."""

    ledger: Ledger

    def late(self, delivery: Delivery) -> None:
        """Keep the facts as anomalies of the ended shipment; repeating it changes nothing."""
        for attempt in range(_TRIES):
            try:
                self._append(delivery)
            except HubBugError:
                # Another gateway took the same place in the chain; look again at where it ends.
                if attempt == _TRIES - 1:
                    raise
            else:
                return

    def is_over(self, tenant: str, shipment_id: str) -> bool:
        """Tell whether the shipment's chain is closed: Temporal forgets ended workflows, the ledger does not."""
        with self.ledger.database.read() as connection:
            return is_over(connection, tenant, shipment_id)

    def _append(self, delivery: Delivery) -> None:
        shipment = self.ledger.reads.shipment(delivery.tenant, delivery.shipment_id)
        new = self._unknown(delivery)
        if not new:
            return
        now = self.ledger.database.clock.now()
        entries = tuple(
            AuditEntry(
                seq=shipment.entries + place, kind=EntryKind.ANOMALY, at=now, body=_body(fact, shipment.snapshot.state)
            )
            for place, fact in enumerate(new, start=1)
        )
        update = {"anomalies": shipment.snapshot.anomalies + len(new), "updated_at": now}
        self.ledger.journal.commit(
            LedgerCommit(
                tenant=delivery.tenant,
                shipment_id=delivery.shipment_id,
                entries=entries,
                snapshot=shipment.snapshot.model_copy(update=update),
                journey=self.ledger.reads.journey(delivery.tenant, delivery.shipment_id),
            )
        )

    def _unknown(self, delivery: Delivery) -> list[Fact]:
        known: set[str] = set()
        after = 0
        while rows := self.ledger.reads.timeline(delivery.tenant, delivery.shipment_id, after_seq=after, limit=1_000):
            known.update(str(row.body.get("event_id")) for row in rows)
            after = rows[-1].seq
        return [fact for fact in delivery.facts if fact.event_id not in known]


def _body(fact: Fact, state: str) -> dict[str, str]:
    return {"event_id": fact.event_id, "flag": AFTER_END, "milestone": fact.milestone.value, "state": state}
