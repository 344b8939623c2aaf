"""Asking carriers by the clock: which numbers, when, and for which tenants an account asks."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from ledger.columns import Instant
from ledger.routing import number_key

revision: Final = "0005"
down_revision: Final = "0004"
branch_labels: Final = None
depends_on: Final = None

_CHUNK: Final = 500


def upgrade() -> None:
    """Make the tables; the numbers of shipments under way are due at once."""
    op.create_table(
        "polled_numbers",
        sa.Column("carrier", sa.String(128), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("number_key", sa.String(80), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("shipment_id", sa.String(128), nullable=False),
        sa.Column("due_at", Instant()),
        sa.Column("deadline_at", Instant()),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("is_stale", sa.Boolean(), nullable=False),
        sa.Column("asked_at", Instant()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(64)),
        sa.Column("claim", sa.String(80)),
        sa.Column("claimed_until", Instant()),
        sa.PrimaryKeyConstraint("carrier", "tenant", "number_key", name=op.f("pk_polled_numbers")),
    )
    op.create_index(op.f("ix_polled_numbers_carrier_tenant_due_at"), "polled_numbers", ["carrier", "tenant", "due_at"])
    op.create_index(op.f("ix_polled_numbers_tenant_shipment_id"), "polled_numbers", ["tenant", "shipment_id"])
    op.create_table(
        "account_tenants",
        sa.Column("account_id", sa.String(128), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "tenant", name=op.f("pk_account_tenants")),
    )
    _enrol_open()


def downgrade() -> None:
    """Drop them."""
    op.drop_table("account_tenants")
    op.drop_table("polled_numbers")


def _enrol_open() -> None:
    connection = op.get_bind()
    polled = sa.table(
        "polled_numbers",
        *(sa.column(name) for name in ("carrier", "tenant", "number_key", "number", "shipment_id", "state")),
        sa.column("due_at", Instant()),
        sa.column("deadline_at", Instant()),
        sa.column("is_stale", sa.Boolean()),
        sa.column("failures", sa.Integer()),
    )
    query = sa.text(
        "SELECT tenant, shipment_id, plan, state, is_stale FROM shipments WHERE NOT is_ended ORDER BY registered_at"
    )
    # Of a number that two shipments name, the later registration holds.
    rows = {
        (row["carrier"], row["tenant"], row["number_key"]): row
        for found in connection.execute(query)
        for row in _rows(found)
    }
    ordered = list(rows.values())
    for start in range(0, len(ordered), _CHUNK):
        connection.execute(sa.insert(polled), ordered[start : start + _CHUNK])


def _rows(found: Any) -> Iterator[dict[str, Any]]:
    now = datetime.now(UTC)
    for leg in json.loads(found.plan).get("legs", []):
        yield {
            "carrier": leg["carrier"],
            "tenant": found.tenant,
            "number_key": number_key(leg["tracking_number"]),
            "number": leg["tracking_number"],
            "shipment_id": found.shipment_id,
            "state": found.state,
            "is_stale": bool(found.is_stale),
            "due_at": now,
            "deadline_at": now,
            "failures": 0,
        }
