"""How fast each order system may be asked, and which of them are away."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from ledger.columns import Instant

revision: Final = "0011"
down_revision: Final = "0010"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "erp_paces",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("connection", sa.String(128), nullable=False),
        sa.Column("free_at", Instant()),
        sa.Column("places", sa.Text(), nullable=False, server_default=sa.text("'[]'")),
        sa.Column("queue_at", Instant()),
        sa.Column("quiet_until", Instant()),
        sa.Column("failures", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("away_since", Instant()),
        sa.Column("probe_at", Instant()),
        sa.Column("back_at", Instant()),
        sa.Column("told_up_to", sa.String(128)),
        sa.Column("told_at", Instant()),
        sa.Column("postponed", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("tenant", "connection", name=op.f("pk_erp_paces")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("erp_paces")
