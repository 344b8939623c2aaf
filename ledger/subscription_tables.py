"""The table of numbers that providers were asked to send webhooks about."""

from typing import Final

from sqlalchemy import Column, Index, Integer, String, Table

from ledger.columns import Instant, Words
from ledger.tables import Label, NumberKey, Tenant, metadata

carrier_subscriptions: Final = Table(
    "carrier_subscriptions",
    metadata,
    Column("account_id", Label, primary_key=True),
    Column("number_key", NumberKey, primary_key=True),
    Column("tenant", Tenant, nullable=False),
    Column("number", Words(200), nullable=False),
    Column("status", String(16), nullable=False),
    # Empty: never again.
    Column("next_at", Instant),
    Column("subscribed_at", Instant),
    Column("expires_at", Instant),
    Column("failures", Integer, nullable=False),
    Column("detail", Words(500)),
    Index(None, "account_id", "next_at"),
    Index(None, "account_id", "subscribed_at"),
)
