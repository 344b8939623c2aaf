"""What order systems are told: a numbered, ordered list of status changes per shipment."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel

from domain.facts import FROZEN
from domain.milestones import Milestone
from domain.parties import Owner
from domain.reasons import Reason
from domain.states import State


class ChangeKind(StrEnum):
    """`STATUS` extends the journey; `CORRECTION` rewrites a told past; `ALARM` asks somebody to act."""

    STATUS = "STATUS"
    CORRECTION = "CORRECTION"
    ALARM = "ALARM"


class StatusChange(BaseModel):
    """One change of the lifecycle state, in journey order.

    `revision` counts 1, 2, 3 ... per shipment and is the receiver's key for "each once". A correction names in
    `supersedes` the revisions that no longer hold; the STATUS changes that replace them follow it.
    """

    model_config = FROZEN

    revision: int
    kind: ChangeKind
    state: State
    milestone: Milestone | None = None
    reasons: tuple[Reason, ...] = ()
    owner: Owner = Owner.NONE
    occurred_at: datetime | None = None
    recorded_at: datetime
    event_id: str | None = None
    supersedes: tuple[int, ...] = ()
    flags: tuple[str, ...] = ()
    note: str | None = None


class Publication(BaseModel):
    """What one push carries to one ERP connection: every change since the last acknowledged one, in order."""

    model_config = FROZEN

    tenant: str
    shipment_id: str
    connection: str
    reference: str | None = None
    tracking_numbers: tuple[str, ...] = ()
    changes: tuple[StatusChange, ...]

    @property
    def message_id(self) -> str:
        """The idempotency key: the shipment and the newest revision carried."""
        return f"{self.tenant}:{self.shipment_id}:{self.changes[-1].revision}"


class PushResult(BaseModel):
    """What became of a push: `acked` up to `revision`, or given up with a reason a person can read.

    `record` and `version` name what was written in an order system whose records the hub knows.
    """

    model_config = FROZEN

    acked: bool
    revision: int
    outcome: str
    dead_letter: str | None = None
    record: str | None = None
    version: str | None = None
