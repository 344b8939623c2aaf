"""Tables of the first release: intake, shipments, convergence, access, personal data."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from ledger.columns import Instant

revision: Final = "0001"
down_revision: Final[str | None] = None
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.String(128), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("dialect", sa.String(128), nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("rotated_at", Instant()),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_accounts")),
    )
    op.create_index(op.f("ix_accounts_tenant"), "accounts", ["tenant"])
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant()),
        sa.Column("last_used_at", Instant()),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_api_keys")),
    )
    op.create_index(op.f("ix_api_keys_tenant"), "api_keys", ["tenant"])
    op.create_table(
        "connections",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("connection_id", sa.String(128), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "connection_id", name=op.f("pk_connections")),
    )
    op.create_table(
        "counters",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "name", name=op.f("pk_counters")),
    )
    op.create_table(
        "dead_letters",
        sa.Column("letter_id", sa.String(80), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("shipment_id", sa.String(128), nullable=False),
        sa.Column("connection", sa.String(128), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("publication", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("replayed_at", Instant()),
        sa.Column("resolved_at", Instant()),
        sa.PrimaryKeyConstraint("letter_id", name=op.f("pk_dead_letters")),
    )
    op.create_index(
        op.f("ix_dead_letters_tenant_shipment_id_connection"), "dead_letters", ["tenant", "shipment_id", "connection"]
    )
    op.create_table(
        "idempotency",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.String(80), nullable=False),
        sa.Column("claimed_at", Instant(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("body", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("tenant", "key", name=op.f("pk_idempotency")),
    )
    op.create_index(op.f("ix_idempotency_claimed_at"), "idempotency", ["claimed_at"])
    op.create_table(
        "messages",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("account", sa.String(128), nullable=False),
        sa.Column("message_id", sa.String(80), nullable=False),
        sa.Column("dialect", sa.String(128), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("times_seen", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("last_seen_at", Instant(), nullable=False),
        sa.Column("read_at", Instant()),
        sa.Column("mapping_version", sa.Text()),
        sa.Column("problem", sa.Text()),
        sa.Column("detail", sa.Text()),
        sa.Column("problems", sa.Text()),
        sa.PrimaryKeyConstraint("tenant", "account", "message_id", name=op.f("pk_messages")),
    )
    op.create_index(op.f("ix_messages_status_received_at"), "messages", ["status", "received_at"])
    op.create_index(op.f("ix_messages_tenant_message_id"), "messages", ["tenant", "message_id"])
    op.create_table(
        "numbers",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("number_key", sa.String(80), nullable=False),
        sa.Column("shipment_id", sa.String(128)),
        sa.PrimaryKeyConstraint("tenant", "number_key", name=op.f("pk_numbers")),
    )
    op.create_table(
        "private_data",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("shipment_id", sa.String(128), nullable=False),
        sa.Column("ref", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "shipment_id", "ref", name=op.f("pk_private_data")),
    )
    op.create_table(
        "private_keys",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("shipment_id", sa.String(128), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary()),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("erased_at", Instant()),
        sa.PrimaryKeyConstraint("tenant", "shipment_id", name=op.f("pk_private_keys")),
    )
    op.create_table(
        "rejected_events",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("account", sa.String(128), nullable=False),
        sa.Column("message_id", sa.String(80), nullable=False),
        sa.Column("event_index", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("tracking_number", sa.Text()),
        sa.Column("raw_code", sa.Text()),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant", "account", "message_id", "event_index", "problem", name=op.f("pk_rejected_events")
        ),
    )
    op.create_table(
        "shipments",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("shipment_id", sa.String(128), nullable=False),
        sa.Column("position", sa.BigInteger()),
        sa.Column("reference", sa.Text()),
        sa.Column("registered_at", Instant(), nullable=False),
        sa.Column("registration", sa.String(80), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("last_hash", sa.String(64), nullable=False),
        sa.Column("told_revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("stage", sa.String(32), nullable=False),
        sa.Column("owner", sa.String(32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("last_milestone", sa.String(40)),
        sa.Column("last_at", Instant()),
        sa.Column("state_since", Instant()),
        sa.Column("expected_at", Instant()),
        sa.Column("promised_at", Instant()),
        sa.Column("open_holds", sa.Integer(), nullable=False),
        sa.Column("anomalies", sa.Integer(), nullable=False),
        sa.Column("facts", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("is_stale", sa.Boolean(), nullable=False),
        sa.Column("is_damaged", sa.Boolean(), nullable=False),
        sa.Column("is_ended", sa.Boolean(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "shipment_id", name=op.f("pk_shipments")),
        sa.UniqueConstraint("tenant", "position", name=op.f("uq_shipments_tenant_position")),
    )
    op.create_index(op.f("ix_shipments_last_seq_registered_at"), "shipments", ["last_seq", "registered_at"])
    op.create_index(op.f("ix_shipments_tenant_reference"), "shipments", ["tenant", "reference"])
    op.create_index(op.f("ix_shipments_tenant_state"), "shipments", ["tenant", "state"])
    op.create_index(op.f("ix_shipments_tenant_updated_at"), "shipments", ["tenant", "updated_at"])
    op.create_table(
        "unknown_codes",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("dialect", sa.String(128), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("sample_text", sa.Text()),
        sa.Column("message_id", sa.String(80), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", Instant(), nullable=False),
        sa.Column("last_seen_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "dialect", "code", name=op.f("pk_unknown_codes")),
    )
    op.create_table(
        "audit_entries",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("shipment_id", sa.String(128), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("event_id", sa.String(80)),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "shipment_id"],
            ["shipments.tenant", "shipments.shipment_id"],
            name=op.f("fk_audit_entries_shipments"),
        ),
        sa.PrimaryKeyConstraint("tenant", "shipment_id", "seq", name=op.f("pk_audit_entries")),
    )
    op.create_table(
        "changes",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("shipment_id", sa.String(128), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "shipment_id"], ["shipments.tenant", "shipments.shipment_id"], name=op.f("fk_changes_shipments")
        ),
        sa.PrimaryKeyConstraint("tenant", "cursor", name=op.f("pk_changes")),
        sa.UniqueConstraint("tenant", "shipment_id", "revision", name=op.f("uq_changes_tenant_shipment_id_revision")),
    )
    op.create_table(
        "convergence",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("shipment_id", sa.String(128), nullable=False),
        sa.Column("connection", sa.String(128), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("acked", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "shipment_id"],
            ["shipments.tenant", "shipments.shipment_id"],
            name=op.f("fk_convergence_shipments"),
        ),
        sa.PrimaryKeyConstraint("tenant", "shipment_id", "connection", name=op.f("pk_convergence")),
    )
    op.create_index(
        "ix_convergence_divergent",
        "convergence",
        ["tenant", "shipment_id"],
        postgresql_where=sa.text("acked < wanted"),
        sqlite_where=sa.text("acked < wanted"),
    )
    op.create_table(
        "facts",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("event_id", sa.String(80), nullable=False),
        sa.Column("number_key", sa.String(80), nullable=False),
        sa.Column("shipment_id", sa.String(128)),
        sa.Column("milestone", sa.String(40), nullable=False),
        sa.Column("delivery", sa.String(16), nullable=False),
        sa.Column("account", sa.String(128), nullable=False),
        sa.Column("message_id", sa.String(80), nullable=False),
        sa.Column("event_index", sa.Integer()),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("times_seen", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "account", "message_id"],
            ["messages.tenant", "messages.account", "messages.message_id"],
            name=op.f("fk_facts_messages"),
        ),
        sa.PrimaryKeyConstraint("tenant", "event_id", name=op.f("pk_facts")),
    )
    op.create_index(op.f("ix_facts_delivery_recorded_at"), "facts", ["delivery", "recorded_at"])
    op.create_index(op.f("ix_facts_tenant_account_message_id"), "facts", ["tenant", "account", "message_id"])
    op.create_index(op.f("ix_facts_tenant_number_key_delivery"), "facts", ["tenant", "number_key", "delivery"])
    op.create_index(op.f("ix_facts_tenant_shipment_id"), "facts", ["tenant", "shipment_id"])
    op.create_table(
        "journeys",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("shipment_id", sa.String(128), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "shipment_id"], ["shipments.tenant", "shipments.shipment_id"], name=op.f("fk_journeys_shipments")
        ),
        sa.PrimaryKeyConstraint("tenant", "shipment_id", name=op.f("pk_journeys")),
    )
    op.create_table(
        "legs",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("number_key", sa.String(80), nullable=False),
        sa.Column("shipment_id", sa.String(128), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "shipment_id"], ["shipments.tenant", "shipments.shipment_id"], name=op.f("fk_legs_shipments")
        ),
        sa.PrimaryKeyConstraint("tenant", "number_key", "shipment_id", name=op.f("pk_legs")),
    )


def downgrade() -> None:
    """Remove every table."""
    for table in (
        "legs",
        "journeys",
        "facts",
        "convergence",
        "changes",
        "audit_entries",
        "unknown_codes",
        "shipments",
        "rejected_events",
        "private_keys",
        "private_data",
        "numbers",
        "messages",
        "idempotency",
        "dead_letters",
        "counters",
        "connections",
        "api_keys",
        "accounts",
    ):
        op.drop_table(table)
