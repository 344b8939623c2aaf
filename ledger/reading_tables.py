"""Tables about how messages were read: unknown codes by event, kept mappings, approved renormalisations."""

from typing import Final

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table

from ledger.columns import Instant, Words
from ledger.tables import Digest, Label, Tenant, metadata

unknown_code_events: Final = Table(
    "unknown_code_events",
    metadata,
    Column("tenant", Tenant, primary_key=True),
    Column("dialect", Label, primary_key=True),
    Column("code", Words(200), primary_key=True),
    # The event's fact that is UNMAPPED; the row goes when a mapping that knows the code has read it again.
    Column("event_id", Digest, primary_key=True),
    Index(None, "tenant", "event_id"),
)

kept_mappings: Final = Table(
    "kept_mappings",
    metadata,
    Column("dialect", Label, primary_key=True),
    Column("version", String(100), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("kept_at", Instant, nullable=False),
)

renormalisations: Final = Table(
    "renormalisations",
    metadata,
    Column("digest", Digest, primary_key=True),
    Column("dialect", Label, nullable=False),
    Column("mapping_version", String(100), nullable=False),
    Column("items", Integer, nullable=False),
    Column("shipments", Integer, nullable=False),
    Column("approved_at", Instant, nullable=False),
    Column("finished_at", Instant),
)

renormalisation_items: Final = Table(
    "renormalisation_items",
    metadata,
    Column("digest", Digest, primary_key=True),
    Column("item", Digest, primary_key=True),
)
