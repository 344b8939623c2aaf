"""Every table of the ledger. Each row belongs to a tenant; JSON is kept as text, exactly as it was written.

Locks are taken in one order everywhere (message, shipment, numbers, facts, codes, convergence, counters) and, within
a table, by ascending key: that is why concurrent writers on PostgreSQL wait for each other and never deadlock.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ledger.columns import Instant, Name, Words

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Tenant: Final = Name(64)
ShipmentId: Final = Name(128)
Label: Final = Name(128)
NumberKey: Final = Name(80)
Digest: Final = Name(80)


def _of_shipment() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant", "shipment_id"], ["shipments.tenant", "shipments.shipment_id"])


# --- what came in -----------------------------------------------------------------------------------------------

messages: Final = Table(
    "messages",
    metadata,
    Column("tenant", Tenant, primary_key=True),
    Column("account", Label, primary_key=True),
    Column("message_id", Digest, primary_key=True),
    Column("dialect", Label, nullable=False),
    Column("content_type", Words(200), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("status", String(16), nullable=False),
    Column("times_seen", Integer, nullable=False, server_default=text("1")),
    Column("last_seen_at", Instant, nullable=False),
    Column("read_at", Instant),
    Column("mapping_version", Words(100)),
    Column("problem", Words(100)),
    Column("detail", Words()),
    Column("problems", Text),
    Index(None, "status", "received_at"),
    Index(None, "tenant", "message_id"),
    Index(None, "dialect", "received_at"),
)

facts: Final = Table(
    "facts",
    metadata,
    Column("tenant", Tenant, primary_key=True),
    Column("event_id", Digest, primary_key=True),
    Column("number_key", NumberKey, nullable=False),
    Column("shipment_id", ShipmentId),
    Column("milestone", String(40), nullable=False),
    Column("delivery", String(16), nullable=False),
    Column("account", Label, nullable=False),
    Column("message_id", Digest, nullable=False),
    Column("event_index", Integer),
    Column("recorded_at", Instant, nullable=False),
    Column("times_seen", Integer, nullable=False, server_default=text("1")),
    Column("body", Text, nullable=False),
    # Only on corrections: the fact that this one takes back or replaces, and which of the two.
    Column("corrects", Digest),
    Column("correction", String(8)),
    ForeignKeyConstraint(
        ["tenant", "account", "message_id"], ["messages.tenant", "messages.account", "messages.message_id"]
    ),
    Index(None, "tenant", "number_key", "delivery"),
    Index(None, "tenant", "shipment_id"),
    Index(None, "delivery", "recorded_at"),
    Index(None, "tenant", "account", "message_id"),
    Index(
        "ix_facts_corrects",
        "tenant",
        "corrects",
        postgresql_where=text("corrects IS NOT NULL"),
        sqlite_where=text("corrects IS NOT NULL"),
    ),
)

rejected_events: Final = Table(
    "rejected_events",
    metadata,
    Column("tenant", Tenant, primary_key=True),
    Column("account", Label, primary_key=True),
    Column("message_id", Digest, primary_key=True),
    Column("event_index", Integer, primary_key=True),
    Column("problem", Words(100), primary_key=True),
    Column("detail", Words(), nullable=False),
    Column("tracking_number", Words(200)),
    Column("raw_code", Words(200)),
    Column("recorded_at", Instant, nullable=False),
    Column("resolved_at", Instant),
    Column("resolved_by", Words(100)),
)

unknown_codes: Final = Table(
    "unknown_codes",
    metadata,
    Column("tenant", Tenant, primary_key=True),
    Column("dialect", Label, primary_key=True),
    Column("code", Words(200), primary_key=True),
    Column("sample_text", Words(500)),
    Column("message_id", Digest, nullable=False),
    Column("seen", Integer, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("resolved_at", Instant),
    Column("resolved_by", Words(100)),
)

numbers: Final = Table(
    "numbers",
    metadata,
    Column("tenant", Tenant, primary_key=True),
    Column("number_key", NumberKey, primary_key=True),
    # Empty while nobody has registered the number: the row is what intake and registration lock against each other.
    Column("shipment_id", ShipmentId),
)

number_links: Final = Table(
    "number_links",
    metadata,
    Column("tenant", Tenant, primary_key=True),
    Column("own_key", NumberKey, primary_key=True),
    Column("partner_key", NumberKey, primary_key=True),
    Column("own_number", Words(200), nullable=False),
    Column("own_carrier", Label, nullable=False),
    Column("partner_number", Words(200), nullable=False),
    Column("partner_carrier", Label, nullable=False),
    Column("role", String(16), nullable=False),
    Column("message_id", Digest, nullable=False),
    Column("told_at", Instant, nullable=False),
    Column("status", String(16), nullable=False),
    Column("detail", Words(500)),
    Index(None, "status", "told_at"),
    Index(None, "tenant", "partner_key"),
)

# --- what it says about shipments -------------------------------------------------------------------------------

shipments: Final = Table(
    "shipments",
    metadata,
    Column("tenant", Tenant, primary_key=True),
    Column("shipment_id", ShipmentId, primary_key=True),
    Column("position", BigInteger),
    Column("reference", Words(200)),
    Column("registered_at", Instant, nullable=False),
    Column("registration", Digest, nullable=False),
    Column("plan", Text, nullable=False),
    Column("last_seq", Integer, nullable=False),
    Column("last_hash", String(64), nullable=False),
    Column("told_revision", Integer, nullable=False),
    Column("state", Name(32), nullable=False),
    Column("stage", Name(32), nullable=False),
    Column("owner", Name(32), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("last_milestone", String(40)),
    Column("last_at", Instant),
    Column("state_since", Instant),
    Column("expected_at", Instant),
    Column("promised_at", Instant),
    Column("open_holds", Integer, nullable=False),
    Column("anomalies", Integer, nullable=False),
    Column("facts", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("is_stale", Boolean, nullable=False),
    Column("is_damaged", Boolean, nullable=False),
    Column("is_ended", Boolean, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("tenant", "position"),
    Index(None, "tenant", "state"),
    Index(None, "tenant", "reference"),
    Index(None, "tenant", "updated_at"),
    Index(None, "last_seq", "registered_at"),
)

legs: Final = Table(
    "legs",
    metadata,
    Column("tenant", Tenant, primary_key=True),
    Column("number_key", NumberKey, primary_key=True),
    Column("shipment_id", ShipmentId, primary_key=True),
    _of_shipment(),
)

journeys: Final = Table(
    "journeys",
    metadata,
    Column("tenant", Tenant, primary_key=True),
    Column("shipment_id", ShipmentId, primary_key=True),
    Column("body", Text, nullable=False),
    _of_shipment(),
)

audit_entries: Final = Table(
    "audit_entries",
    metadata,
    Column("tenant", Tenant, primary_key=True),
    Column("shipment_id", ShipmentId, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    Column("event_id", Digest),
    Column("body", Text, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    _of_shipment(),
)

changes: Final = Table(
    "changes",
    metadata,
    Column("tenant", Tenant, primary_key=True),
    Column("cursor", BigInteger, primary_key=True),
    Column("shipment_id", ShipmentId, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("body", Text, nullable=False),
    _of_shipment(),
    UniqueConstraint("tenant", "shipment_id", "revision"),
)

counters: Final = Table(
    "counters",
    metadata,
    Column("tenant", Tenant, primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

# --- who is told, and whether they know -------------------------------------------------------------------------

convergence: Final = Table(
    "convergence",
    metadata,
    Column("tenant", Tenant, primary_key=True),
    Column("shipment_id", ShipmentId, primary_key=True),
    Column("connection", Label, primary_key=True),
    Column("wanted", Integer, nullable=False),
    Column("sent", Integer, nullable=False),
    Column("acked", Integer, nullable=False),
    Column("outcome", Words(500)),
    Column("updated_at", Instant, nullable=False),
    _of_shipment(),
    Index(
        "ix_convergence_divergent",
        "tenant",
        "shipment_id",
        postgresql_where=text("acked < wanted"),
        sqlite_where=text("acked < wanted"),
    ),
)

dead_letters: Final = Table(
    "dead_letters",
    metadata,
    Column("letter_id", Digest, primary_key=True),
    Column("tenant", Tenant, nullable=False),
    Column("shipment_id", ShipmentId, nullable=False),
    Column("connection", Label, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("publication", Text, nullable=False),
    Column("reason", Words(), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("replayed_at", Instant),
    Column("resolved_at", Instant),
    Index(None, "tenant", "shipment_id", "connection"),
)

connections: Final = Table(
    "connections",
    metadata,
    Column("tenant", Tenant, primary_key=True),
    Column("connection_id", Label, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("url", Text, nullable=False),
    Column("secrets", LargeBinary, nullable=False),
    Column("status", String(16), nullable=False),
    Column("reason", Words(500)),
    Column("created_at", Instant, nullable=False),
    # How the hub gets into a system that it speaks to in that system's own language.
    Column("credentials", LargeBinary),
    Column("settings", Text, nullable=False, server_default=text("'{}'")),
    Column("requests_per_second", Float),
)

# --- who may come in ---------------------------------------------------------------------------------------------

accounts: Final = Table(
    "accounts",
    metadata,
    Column("account_id", Label, primary_key=True),
    Column("tenant", Tenant, nullable=False),
    Column("dialect", Label, nullable=False),
    Column("secrets", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("rotated_at", Instant),
    # How the carrier is called through it; empty for accounts that only receive.
    Column("credentials", LargeBinary),
    Column("generation", Integer, nullable=False, server_default=text("0")),
    Column("base_url", Text),
    Column("requests_per_second", Float),
    Column("options", Text, nullable=False, server_default=text("'{}'")),
    Column("status", String(16), nullable=False, server_default=text("'ACTIVE'")),
    Column("reason", Words(500)),
    Index(None, "tenant"),
)

api_keys: Final = Table(
    "api_keys",
    metadata,
    Column("key_id", Name(32), primary_key=True),
    Column("tenant", Tenant, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("label", Words(200), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("last_used_at", Instant),
    Index(None, "tenant"),
)

idempotency: Final = Table(
    "idempotency",
    metadata,
    Column("tenant", Tenant, primary_key=True),
    Column("key", Words(256), primary_key=True),
    Column("request_hash", Digest, nullable=False),
    Column("claimed_at", Instant, nullable=False),
    Column("status", Integer),
    Column("body", LargeBinary),
    Index(None, "claimed_at"),
)

# --- people ------------------------------------------------------------------------------------------------------

private_keys: Final = Table(
    "private_keys",
    metadata,
    Column("tenant", Tenant, primary_key=True),
    Column("shipment_id", ShipmentId, primary_key=True),
    # Empty after erasure; the row stays so that nothing can be written for that shipment again.
    Column("sealed_key", LargeBinary),
    Column("created_at", Instant, nullable=False),
    Column("erased_at", Instant),
)

private_data: Final = Table(
    "private_data",
    metadata,
    Column("tenant", Tenant, primary_key=True),
    Column("shipment_id", ShipmentId, primary_key=True),
    Column("ref", Digest, primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
)
