"""What people and order systems ask of a shipment. Each command becomes facts or is refused with a reason."""

from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, Field

from domain.axes import Evidence, Side
from domain.facts import FROZEN
from domain.reasons import Reason
from domain.shipments import Leg


class CommandKind(StrEnum):
    """The closed list of commands."""

    RELEASE_HOLD = "release_hold"
    REROUTE = "reroute"
    CANCEL = "cancel"
    CORRECT_ADDRESS = "correct_address"
    ADD_LEG = "add_leg"
    ATTACH_PROOF = "attach_proof"


class Command(BaseModel):
    """A request with its author.

    `origin` is `user:<key id>`, `erp:<connection>` or `hub`. `detail_ref` points to personal data kept in the
    ledger (an address, a document): it never travels here. `confirmed` on a reroute or a cancellation says that
    the carrier has already agreed.
    """

    model_config = FROZEN

    command_id: str = Field(min_length=1, max_length=128)
    kind: CommandKind
    actor: str = Field(min_length=1, max_length=128)
    origin: str = Field(min_length=1, max_length=128)
    at: AwareDatetime
    reason: Reason | None = None
    note: str | None = Field(default=None, max_length=500)
    confirmed: bool = False
    hold_key: str | None = Field(default=None, max_length=128)
    side: Side | None = None
    pickup_point: str | None = Field(default=None, max_length=200)
    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    leg: Leg | None = None
    evidence: tuple[Evidence, ...] = ()
    detail_ref: str | None = Field(default=None, max_length=128)


class CommandAnswer(BaseModel):
    """What became of a command. `repeated` marks an answer given before to the same command id."""

    model_config = FROZEN

    command_id: str
    state: str
    revision: int
    event_ids: tuple[str, ...] = ()
    outcome: str
    repeated: bool = False
