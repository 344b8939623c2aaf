"""Mirrors of the records in order systems, and how far each system was read."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from ledger.columns import Instant

revision: Final = "0008"
down_revision: Final = "0007"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "erp_records",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("connection", sa.String(128), nullable=False),
        sa.Column("record", sa.String(128), nullable=False),
        sa.Column("shipment_id", sa.String(128), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("order_number", sa.Text()),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("address_ref", sa.String(64)),
        sa.Column("asked", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("writes", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("gone_at", Instant()),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "connection", "record", name=op.f("pk_erp_records")),
    )
    op.create_index(
        op.f("ix_erp_records_tenant_connection_shipment_id"), "erp_records", ["tenant", "connection", "shipment_id"]
    )
    op.create_table(
        "erp_cursors",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("connection", sa.String(128), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "connection", name=op.f("pk_erp_cursors")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("erp_cursors")
    op.drop_table("erp_records")
