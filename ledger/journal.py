"""The audit chain, the read model and the change feed, written together: one commit per wake of a shipment."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, bindparam, select, update
from typing_extensions import override

from domain.audit import AuditEntry, LedgerCommit, entry_hash
from domain.errors import HubBugError, NotFoundError
from domain.ports import Journal
from domain.publication import Publication, PushResult
from ledger.columns import to_utc
from ledger.convergence import LedgerConvergence
from ledger.database import Database, Insert, insert_into
from ledger.tables import audit_entries, changes, convergence, journeys, shipments

FEED: Final = "feed"
"""The counter that numbers a tenant's changes."""

# Statements of the hot path are built once: on SQLite building one costs more than running it.
_THIS: Final = and_(shipments.c.tenant == bindparam("of_tenant"), shipments.c.shipment_id == bindparam("of_shipment"))
_HEAD: Final = (
    select(shipments.c.last_seq, shipments.c.last_hash, shipments.c.told_revision).where(_THIS).with_for_update()
)
_ADVANCE: Final = update(shipments).where(_THIS)
_WANT: Final = update(convergence).where(
    convergence.c.tenant == bindparam("of_tenant"), convergence.c.shipment_id == bindparam("of_shipment")
)


@cache
def _keeping_journey(dialect: str) -> Insert:
    insert = insert_into(journeys, dialect)
    return insert.on_conflict_do_update(index_elements=["tenant", "shipment_id"], set_={"body": insert.excluded.body})


@dataclass(frozen=True, slots=True)
class LedgerJournal(Journal):
    """The journal kept in the ledger's database."""

    database: Database
    convergence: LedgerConvergence

    @override
    def commit(self, commit: LedgerCommit) -> None:
        """Append entries and changes, replace snapshot and journey, in one transaction.

        Repeating a commit changes nothing, not even after later ones: entries and changes that are there are
        skipped one by one, and the snapshot of a commit that ends before the chain's head is ignored.

        Raises:
            NotFoundError: the shipment is not registered.
            HubBugError: entries leave a gap, or an entry differs from the one already under its seq.
        """
        this = {"of_tenant": commit.tenant, "of_shipment": commit.shipment_id}
        with self.database.write() as connection:
            head = connection.execute(_HEAD, this).one_or_none()
            if head is None:
                raise NotFoundError(f"no shipment {commit.shipment_id}", shipment_id=commit.shipment_id)
            told = max([head.told_revision, *(change.revision for change in commit.changes)])
            values: dict[str, Any] = {"told_revision": told, **_append(connection, commit, head)}
            if max((entry.seq for entry in commit.entries), default=0) >= head.last_seq:
                values |= commit.snapshot.model_dump()
                self._keep_journey(connection, commit)
            connection.execute(_ADVANCE, {**this, **values})
            if told > head.told_revision:
                self._tell(connection, commit, head.told_revision)

    @override
    def acked(self, publication: Publication, result: PushResult) -> None:
        """Record what a connection has acknowledged, or refused for good; a refusal becomes a dead letter."""
        self.convergence.settle(publication, result)

    def _keep_journey(self, connection: Connection, commit: LedgerCommit) -> None:
        if not commit.journey:
            return
        body = json.dumps(commit.journey, separators=(",", ":"))
        row = {"tenant": commit.tenant, "shipment_id": commit.shipment_id, "body": body}
        connection.execute(_keeping_journey(self.database.engine.dialect.name), row)

    def _tell(self, connection: Connection, commit: LedgerCommit, told: int) -> None:
        """Append the new changes to the tenant's feed and raise what the connections should know."""
        new = sorted((change for change in commit.changes if change.revision > told), key=lambda one: one.revision)
        connection.execute(
            _WANT,
            {
                "of_tenant": commit.tenant,
                "of_shipment": commit.shipment_id,
                "wanted": new[-1].revision,
                "updated_at": self.database.clock.now(),
            },
        )
        last = self.database.count_up(connection, commit.tenant, FEED, by=len(new))
        rows = [
            {
                "tenant": commit.tenant,
                "cursor": cursor,
                "shipment_id": commit.shipment_id,
                "revision": change.revision,
                "body": change.model_dump_json(exclude_none=True),
            }
            for cursor, change in enumerate(new, start=last - len(new) + 1)
        ]
        connection.execute(self.database.insert(changes), rows)


def _append(connection: Connection, commit: LedgerCommit, head: Row[int, str, int]) -> dict[str, Any]:
    """Insert the entries that are new and return the chain's head; check those that are not."""
    entries = sorted(commit.entries, key=lambda entry: entry.seq)
    repeated = [entry for entry in entries if entry.seq <= head.last_seq]
    if repeated:
        _check_same(connection, commit, repeated)
    rows: list[dict[str, Any]] = []
    seq, digest = head.last_seq, head.last_hash
    for entry in entries[len(repeated) :]:
        if entry.seq != seq + 1:
            raise HubBugError(f"audit entry {entry.seq} after {seq}", shipment_id=commit.shipment_id, seq=entry.seq)
        row = _entry_row(commit, entry, digest)
        rows.append(row)
        seq, digest = entry.seq, row["hash"]
    if rows:
        connection.execute(audit_entries.insert(), rows)
    return {"last_seq": seq, "last_hash": digest}


def _check_same(connection: Connection, commit: LedgerCommit, repeated: list[AuditEntry]) -> None:
    """Compare kind and body. `at` may differ: it is the clock of a workflow task, and a task may run again."""
    query = select(audit_entries.c.seq, audit_entries.c.kind, audit_entries.c.body).where(
        audit_entries.c.tenant == commit.tenant,
        audit_entries.c.shipment_id == commit.shipment_id,
        audit_entries.c.seq.in_([entry.seq for entry in repeated]),
    )
    known = {row.seq: (row.kind, row.body) for row in connection.execute(query)}
    for entry in repeated:
        if known.get(entry.seq) != (entry.kind, _canonical(entry.body)):
            raise HubBugError(
                f"audit entry {entry.seq} is there with other content", shipment_id=commit.shipment_id, seq=entry.seq
            )


def _canonical(body: dict[str, Any]) -> str:
    return json.dumps(body, sort_keys=True, separators=(",", ":"))


def _entry_row(commit: LedgerCommit, entry: AuditEntry, previous: str) -> dict[str, Any]:
    # In UTC, because that is how the database gives it back and the hash covers its text.
    at: datetime = to_utc(entry.at)
    settled = entry.model_copy(update={"at": at})
    event_id = entry.body.get("event_id")
    return {
        "tenant": commit.tenant,
        "shipment_id": commit.shipment_id,
        "seq": entry.seq,
        "kind": entry.kind,
        "at": at,
        "event_id": event_id if isinstance(event_id, str) else None,
        "body": _canonical(entry.body),
        "previous_hash": previous,
        "hash": entry_hash(previous, tenant=commit.tenant, shipment_id=commit.shipment_id, entry=settled),
    }
