"""Subscriptions by the time they were made: those from before a new secret are found without reading all."""

from typing import Final

from alembic import op

revision: Final = "0007"
down_revision: Final = "0006"
branch_labels: Final = None
depends_on: Final = None

_NAME: Final = "ix_carrier_subscriptions_account_id_subscribed_at"


def upgrade() -> None:
    """Make the index."""
    op.create_index(op.f(_NAME), "carrier_subscriptions", ["account_id", "subscribed_at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index(op.f(_NAME), "carrier_subscriptions")
