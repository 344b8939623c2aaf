"""Addresses that the hub is about to write into an order system."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0009"
down_revision: Final = "0008"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("erp_records", sa.Column("offered_ref", sa.String(64)))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("erp_records", "offered_ref")
