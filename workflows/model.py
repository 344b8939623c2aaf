"""What shipment workflows are given, carry over to their next run, and tell when asked.

Every field has a default: an execution that is running today must be readable by the worker of next year.
"""

from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel

from domain.audit import AuditEntry
from domain.commands import CommandAnswer
from domain.deadlines import Raised
from domain.facts import FROZEN, Fact, FactBatch
from domain.publication import StatusChange
from domain.publishing import Told
from domain.shipments import ShipmentPlan
from domain.states import State


class Limits(BaseModel):
    """Bounds of one shipment.

    `messages` ends a run. `facts` is what the workflow folds: facts beyond it stay in the ledger only. `answers` and
    `overflow` are how many command answers and ids of such facts are remembered.
    """

    model_config = FROZEN

    messages: int = 1_500
    facts: int = 1_000
    answers: int = 200
    overflow: int = 500


class PushMode(StrEnum):
    """`READY` pushes at once, `RETRYING` waits for a retry, `PARKED` for a change or a nudge, `GONE` for a nudge."""

    READY = "READY"
    RETRYING = "RETRYING"
    PARKED = "PARKED"
    GONE = "GONE"


class PushState(BaseModel):
    """How far one order system has come. `outcome` is the receiver's last answer or the code of its refusal."""

    model_config = FROZEN

    connection: str
    acked: int = 0
    mode: PushMode = PushMode.READY
    outcome: str | None = None


class Carried(BaseModel):
    """The state that continue-as-new takes along. `notes` are audit entries that have no number yet."""

    model_config = FROZEN

    facts: tuple[Fact, ...] = ()
    told: Told = Told()
    raised: Raised = Raised()
    seq: int = 0
    updated_at: datetime | None = None
    answers: tuple[CommandAnswer, ...] = ()
    overflow: tuple[str, ...] = ()
    notes: tuple[AuditEntry, ...] = ()
    pushes: tuple[PushState, ...] = ()
    changes: tuple[StatusChange, ...] = ()
    inbox: tuple[FactBatch, ...] = ()
    runs: int = 1
    is_ending: bool = False


class ShipmentStart(BaseModel):
    """The one argument of a shipment workflow."""

    model_config = FROZEN

    plan: ShipmentPlan
    limits: Limits = Limits()
    carried: Carried = Carried()


class Progress(BaseModel):
    """The short answer about a shipment: a few hundred bytes whatever its history."""

    model_config = FROZEN

    state: State
    stage: State
    revision: int = 0
    seq: int = 0
    facts: int = 0
    messages: int = 0
    runs: int = 1
    next_deadline: AwareDatetime | None = None
    pushes: tuple[PushState, ...] = ()
