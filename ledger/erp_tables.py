"""The tables of order systems that the hub reads: the mirrors of their records, and how far each was read."""

from typing import Final

from sqlalchemy import Column, Index, Integer, String, Table, Text, text

from ledger.columns import Instant, Words
from ledger.tables import Label, ShipmentId, Tenant, metadata

erp_records: Final = Table(
    "erp_records",
    metadata,
    Column("tenant", Tenant, primary_key=True),
    Column("connection", Label, primary_key=True),
    Column("record", Label, primary_key=True),
    Column("shipment_id", ShipmentId, nullable=False),
    Column("number", Words(200), nullable=False),
    # The order's own number: a column named "order" would have to be quoted everywhere.
    Column("order_number", Words(200)),
    Column("version", Words(200), nullable=False),
    Column("status", String(16), nullable=False),
    Column("address_ref", String(64)),
    Column("offered_ref", String(64)),
    Column("asked", Integer, nullable=False, server_default=text("0")),
    Column("writes", Integer, nullable=False, server_default=text("0")),
    Column("gone_at", Instant),
    Column("seen_at", Instant, nullable=False),
    Index(None, "tenant", "connection", "shipment_id"),
)

erp_cursors: Final = Table(
    "erp_cursors",
    metadata,
    Column("tenant", Tenant, primary_key=True),
    Column("connection", Label, primary_key=True),
    Column("body", Text, nullable=False),
    Column("updated_at", Instant, nullable=False),
)
