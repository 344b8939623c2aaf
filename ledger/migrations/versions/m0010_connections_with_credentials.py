"""Connections to order systems that the hub enters: credentials, settings and a rate."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0010"
down_revision: Final = "0009"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Add the columns; connections that are there go on as they are."""
    op.add_column("connections", sa.Column("credentials", sa.LargeBinary()))
    op.add_column("connections", sa.Column("settings", sa.Text(), nullable=False, server_default=sa.text("'{}'")))
    op.add_column("connections", sa.Column("requests_per_second", sa.Float()))


def downgrade() -> None:
    """Drop them."""
    for column in ("requests_per_second", "settings", "credentials"):
        op.drop_column("connections", column)
