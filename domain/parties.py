"""Who acts next."""

from enum import StrEnum


class Owner(StrEnum):
    """The party that must act for a shipment to go on; `NONE` means that nobody can but wait."""

    SHIPPER = "SHIPPER"
    RECIPIENT = "RECIPIENT"
    CARRIER = "CARRIER"
    CUSTOMS = "CUSTOMS"
    BROKER = "BROKER"
    WAREHOUSE = "WAREHOUSE"
    HUB = "HUB"
    NONE = "NONE"
