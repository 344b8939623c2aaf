"""Task queues, one per resource they protect."""

from typing import Final

SHIPMENTS: Final = "milepost-shipments"
"""Shipment workflows and their local ledger commits."""

ERP: Final = "milepost-erp"
"""Pushes to order systems that did not succeed at once."""
