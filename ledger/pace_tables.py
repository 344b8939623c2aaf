"""The table of how fast order systems may be asked, and of those that are away."""

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text, text

from ledger.columns import Instant
from ledger.tables import Label, Tenant, metadata

erp_paces: Final = Table(
    "erp_paces",
    metadata,
    Column("tenant", Tenant, primary_key=True),
    Column("connection", Label, primary_key=True),
    # The first moment that no request has taken yet, and the first that no waiting push has been given.
    Column("free_at", Instant),
    # As many places as requests in a window: when each is free, or how long its request may hold it.
    Column("places", Text, nullable=False, server_default=text("'[]'")),
    Column("queue_at", Instant),
    Column("quiet_until", Instant),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("away_since", Instant),
    Column("probe_at", Instant),
    # Set from the end of an outage until everybody who fell behind was told; `told_up_to` is the last of them.
    Column("back_at", Instant),
    Column("told_up_to", String(128)),
    Column("told_at", Instant),
    Column("postponed", BigInteger, nullable=False, server_default=text("0")),
)
