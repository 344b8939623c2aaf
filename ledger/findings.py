"""What verification reports."""

from dataclasses import dataclass
from enum import StrEnum


class Finding(StrEnum):
    """What verification can find wrong."""

    CHAIN_BROKEN = "CHAIN_BROKEN"
    SEQ_GAP = "SEQ_GAP"
    HEAD_MISMATCH = "HEAD_MISMATCH"
    RAW_CHANGED = "RAW_CHANGED"
    RAW_MISSING = "RAW_MISSING"
    FACT_MISSING = "FACT_MISSING"
    FACT_CHANGED = "FACT_CHANGED"
    FACT_NOT_REDERIVED = "FACT_NOT_REDERIVED"
    READ_MODEL_CHANGED = "READ_MODEL_CHANGED"
    FEED_GAP = "FEED_GAP"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that does not verify, named by where it is."""

    finding: Finding
    tenant: str
    detail: str
    shipment_id: str | None = None
    seq: int | None = None
    message_id: str | None = None
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was checked and what was wrong with it."""

    shipments: int
    entries: int
    messages: int
    facts: int
    rederived: int
    faults: list[Fault]

    @property
    def is_intact(self) -> bool:
        """Tell whether everything verified."""
        return not self.faults
