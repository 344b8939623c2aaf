"""Carrier accounts that call: credentials, address, rate, options, and whether they are stopped."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0002"
down_revision: Final = "0001"
branch_labels: Final = None
depends_on: Final = None

_COLUMNS: Final = ("credentials", "generation", "base_url", "requests_per_second", "options", "status", "reason")


def upgrade() -> None:
    """Add the columns; accounts that are there go on receiving."""
    op.add_column("accounts", sa.Column("credentials", sa.LargeBinary()))
    op.add_column("accounts", sa.Column("generation", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.add_column("accounts", sa.Column("base_url", sa.Text()))
    op.add_column("accounts", sa.Column("requests_per_second", sa.Float()))
    op.add_column("accounts", sa.Column("options", sa.Text(), nullable=False, server_default=sa.text("'{}'")))
    op.add_column("accounts", sa.Column("status", sa.String(16), nullable=False, server_default=sa.text("'ACTIVE'")))
    op.add_column("accounts", sa.Column("reason", sa.Text()))


def downgrade() -> None:
    """Drop the columns."""
    for column in reversed(_COLUMNS):
        op.drop_column("accounts", column)
