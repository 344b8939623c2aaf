"""Task queues, one per resource they protect."""

from typing import Final

SHIPMENTS: Final = "milepost-shipments"
"""Shipment workflows and their local ledger commits."""

ERP: Final = "milepost-erp"
"""Pushes to order systems that did not succeed at once."""

ERP_READING: Final = "milepost-erp-reading"
"""Reading order systems, with the workflows of connections: pushes that wait for a system that is away must not hold up
the readings of others."""

CARRIERS: Final = "milepost-carriers"
"""Workflows of carrier accounts."""


def carrier_calls(account: str) -> str:
    """Return the queue of one account's calls: a limit of a queue is a limit of the account."""
    return f"milepost-carrier-{account}"
