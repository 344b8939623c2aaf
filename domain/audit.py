"""The audit chain: each entry carries the hash of the one before it, so that nothing can be changed unseen."""

import json
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from pydantic import BaseModel

from domain.facts import FROZEN
from domain.publication import StatusChange
from domain.states import State

GENESIS: Final = "0" * 64


class EntryKind(StrEnum):
    """What an audit entry records."""

    REGISTERED = "REGISTERED"
    FACT = "FACT"
    STATE = "STATE"
    ANOMALY = "ANOMALY"
    COMMAND = "COMMAND"
    PUBLISHED = "PUBLISHED"
    ALARM = "ALARM"
    ENDED = "ENDED"


class AuditEntry(BaseModel):
    """One entry as the workflow decided it; the ledger adds the hashes."""

    model_config = FROZEN

    seq: int
    kind: EntryKind
    at: datetime
    body: dict[str, Any]


def entry_hash(previous: str, *, tenant: str, shipment_id: str, entry: AuditEntry) -> str:
    """Return the SHA-256 hex digest over the previous digest and the canonical JSON of the entry.

    Canonical: sorted keys, no blanks, UTF-8, times as ISO 8601 with offset.
    """
    document = {
        "tenant": tenant,
        "shipment_id": shipment_id,
        "seq": entry.seq,
        "kind": entry.kind.value,
        "at": entry.at.isoformat(),
        "body": entry.body,
    }
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(previous.encode() + b"\n" + text.encode()).hexdigest()


class ShipmentSnapshot(BaseModel):
    """The row of the read model: what lists and counts are made of. Holds no personal data."""

    model_config = FROZEN

    state: State
    stage: State
    owner: str
    revision: int
    last_milestone: str | None = None
    last_at: datetime | None = None
    state_since: datetime | None = None
    expected_at: datetime | None = None
    promised_at: datetime | None = None
    open_holds: int = 0
    anomalies: int = 0
    facts: int = 0
    attempts: int = 0
    is_stale: bool = False
    is_damaged: bool = False
    is_ended: bool = False
    updated_at: datetime


class LedgerCommit(BaseModel):
    """What one wake of a shipment writes, in one transaction; idempotent by `(tenant, shipment_id, seq)`."""

    model_config = FROZEN

    tenant: str
    shipment_id: str
    entries: tuple[AuditEntry, ...] = ()
    changes: tuple[StatusChange, ...] = ()
    snapshot: ShipmentSnapshot
    journey: dict[str, Any] = {}
