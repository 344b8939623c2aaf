"""Tables about asking carriers by the clock."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table

from ledger.columns import Instant, Name, Words
from ledger.tables import Digest, Label, NumberKey, ShipmentId, Tenant, metadata

polled_numbers: Final = Table(
    "polled_numbers",
    metadata,
    # By carrier and not by account: an account that comes later, or a second one, finds the numbers there.
    Column("carrier", Label, primary_key=True),
    Column("tenant", Tenant, primary_key=True),
    Column("number_key", NumberKey, primary_key=True),
    Column("number", Words(200), nullable=False),
    Column("shipment_id", ShipmentId, nullable=False),
    # Empty while nobody asks: the shipment has ended, or the number was given up.
    Column("due_at", Instant),
    Column("deadline_at", Instant),
    # What the plan was made from; where the shipment says otherwise by now, it is made anew.
    Column("state", Name(32), nullable=False),
    Column("is_stale", Boolean, nullable=False),
    Column("asked_at", Instant),
    Column("failures", Integer, nullable=False),
    Column("failure", String(64)),
    Column("claim", Digest),
    Column("claimed_until", Instant),
    Index(None, "carrier", "tenant", "due_at"),
    Index(None, "tenant", "shipment_id"),
)

account_tenants: Final = Table(
    "account_tenants",
    metadata,
    Column("account_id", Label, primary_key=True),
    Column("tenant", Tenant, primary_key=True),
    # Counts an account's claims: the tenant with the lowest number is the next in turn.
    Column("turn", BigInteger, nullable=False),
)
