"""Reading stored messages again: corrections of facts, unknown codes by event, kept mappings, approved runs."""

import json
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from ledger.columns import Instant, storable

revision: Final = "0004"
down_revision: Final = "0003"
branch_labels: Final = None
depends_on: Final = None

_RESOLVED: Final = ("unknown_codes", "rejected_events")
_CHUNK: Final = 1_000
_LONGEST_CODE: Final = 200


def upgrade() -> None:
    """Add columns and tables; events with unknown codes that are there are listed by event."""
    op.add_column("facts", sa.Column("corrects", sa.String(80)))
    op.add_column("facts", sa.Column("correction", sa.String(8)))
    is_correction = sa.text("corrects IS NOT NULL")
    op.create_index(
        "ix_facts_corrects",
        "facts",
        ["tenant", "corrects"],
        postgresql_where=is_correction,
        sqlite_where=is_correction,
    )
    op.create_index(op.f("ix_messages_dialect_received_at"), "messages", ["dialect", "received_at"])
    for table in _RESOLVED:
        op.add_column(table, sa.Column("resolved_at", Instant()))
        op.add_column(table, sa.Column("resolved_by", sa.Text()))
    _make_tables()
    _list_events()


def downgrade() -> None:
    """Drop them."""
    for table in ("renormalisation_items", "renormalisations", "kept_mappings", "unknown_code_events"):
        op.drop_table(table)
    for table in reversed(_RESOLVED):
        op.drop_column(table, "resolved_by")
        op.drop_column(table, "resolved_at")
    op.drop_index(op.f("ix_messages_dialect_received_at"), "messages")
    op.drop_index("ix_facts_corrects", "facts")
    op.drop_column("facts", "correction")
    op.drop_column("facts", "corrects")


def _make_tables() -> None:
    op.create_table(
        "unknown_code_events",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("dialect", sa.String(128), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("event_id", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "dialect", "code", "event_id", name=op.f("pk_unknown_code_events")),
    )
    op.create_index(op.f("ix_unknown_code_events_tenant_event_id"), "unknown_code_events", ["tenant", "event_id"])
    op.create_table(
        "kept_mappings",
        sa.Column("dialect", sa.String(128), nullable=False),
        sa.Column("version", sa.String(100), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("dialect", "version", name=op.f("pk_kept_mappings")),
    )
    op.create_table(
        "renormalisations",
        sa.Column("digest", sa.String(80), nullable=False),
        sa.Column("dialect", sa.String(128), nullable=False),
        sa.Column("mapping_version", sa.String(100), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("shipments", sa.Integer(), nullable=False),
        sa.Column("approved_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant()),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_renormalisations")),
    )
    op.create_table(
        "renormalisation_items",
        sa.Column("digest", sa.String(80), nullable=False),
        sa.Column("item", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("digest", "item", name=op.f("pk_renormalisation_items")),
    )


def _list_events() -> None:
    connection = op.get_bind()
    query = sa.text(
        "SELECT f.tenant, m.dialect, f.event_id, f.body FROM facts f JOIN messages m ON m.tenant = f.tenant "
        "AND m.account = f.account AND m.message_id = f.message_id WHERE f.milestone = 'UNMAPPED'"
    )
    insert = sa.text(
        "INSERT INTO unknown_code_events (tenant, dialect, code, event_id) VALUES (:tenant, :dialect, :code, :event_id)"
    )
    found = connection.execute(query).all()
    for start in range(0, len(found), _CHUNK):
        connection.execute(insert, [_event(*row) for row in found[start : start + _CHUNK]])


def _event(tenant: str, dialect: str, event_id: str, body: str) -> dict[str, Any]:
    source = json.loads(body)["source"]
    code = storable(source.get("raw_code") or f"text:{source.get('raw_text') or ''}", _LONGEST_CODE)
    return {"tenant": tenant, "dialect": dialect, "code": code, "event_id": event_id}
