"""Numbers that payloads tie together: a carrier's own and its partners' for the same goods."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from ledger.columns import Instant

revision: Final = "0003"
down_revision: Final = "0002"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "number_links",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("own_key", sa.String(80), nullable=False),
        sa.Column("partner_key", sa.String(80), nullable=False),
        sa.Column("own_number", sa.Text(), nullable=False),
        sa.Column("own_carrier", sa.String(128), nullable=False),
        sa.Column("partner_number", sa.Text(), nullable=False),
        sa.Column("partner_carrier", sa.String(128), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("message_id", sa.String(80), nullable=False),
        sa.Column("told_at", Instant(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text()),
        sa.PrimaryKeyConstraint("tenant", "own_key", "partner_key", name=op.f("pk_number_links")),
    )
    op.create_index(op.f("ix_number_links_status_told_at"), "number_links", ["status", "told_at"])
    op.create_index(op.f("ix_number_links_tenant_partner_key"), "number_links", ["tenant", "partner_key"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("number_links")
