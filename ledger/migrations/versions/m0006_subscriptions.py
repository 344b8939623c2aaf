"""Numbers that providers were asked to send webhooks about, and when each has to be asked for again."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from ledger.columns import Instant

revision: Final = "0006"
down_revision: Final = "0005"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "carrier_subscriptions",
        sa.Column("account_id", sa.String(128), nullable=False),
        sa.Column("number_key", sa.String(80), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("next_at", Instant()),
        sa.Column("subscribed_at", Instant()),
        sa.Column("expires_at", Instant()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text()),
        sa.PrimaryKeyConstraint("account_id", "number_key", name=op.f("pk_carrier_subscriptions")),
    )
    op.create_index(
        op.f("ix_carrier_subscriptions_account_id_next_at"), "carrier_subscriptions", ["account_id", "next_at"]
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("carrier_subscriptions")
