"""What the fold says about a shipment. Everything here is derived and can be derived again."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel

from domain.axes import Direction, Precision, Side
from domain.facts import FROZEN
from domain.milestones import Milestone
from domain.parties import Owner
from domain.reasons import Reason
from domain.states import State


class Effect(StrEnum):
    """What a fact did to the state."""

    MOVED = "MOVED"
    KEPT = "KEPT"
    OBSERVED = "OBSERVED"
    ILLEGAL = "ILLEGAL"


class CustomsFacet(StrEnum):
    """Progress of one customs side; never changes the state by itself."""

    NONE = "NONE"
    SUBMITTED = "SUBMITTED"
    CLEARED = "CLEARED"
    REFUSED = "REFUSED"


class OpenHold(BaseModel):
    """A hold in force. `customs` tells an authority's hold from anybody else's."""

    model_config = FROZEN

    customs: bool
    side: Side | None = None
    key: str | None = None
    authority: str | None = None
    reasons: tuple[Reason, ...] = ()
    since: datetime
    event_id: str


class Step(BaseModel):
    """One fact at its place in the journey. `flags` name implied milestones and anomalies."""

    model_config = FROZEN

    event_id: str
    milestone: Milestone
    reported: Milestone
    at: datetime
    precision: Precision
    state_before: State
    state: State
    effect: Effect
    flags: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    parcel: str | None = None
    country: str | None = None


class Anomaly(BaseModel):
    """A fact that does not fit; kept, named, and without effect on the state unless `flag` is an implication."""

    model_config = FROZEN

    event_id: str
    flag: str
    milestone: Milestone
    state: State
    at: datetime | None = None


class Corroboration(BaseModel):
    """A fact that says again what another source already said."""

    model_config = FROZEN

    event_id: str
    confirms: str


class CustodyLink(BaseModel):
    """One handover of the custody chain; `open` marks a GIVEN that nobody has TAKEN yet."""

    model_config = FROZEN

    event_id: str
    milestone: Milestone
    at: datetime
    from_party: str | None = None
    to_party: str | None = None
    open: bool = False
    breaks: bool = False


class Facets(BaseModel):
    """Properties beside the state."""

    model_config = FROZEN

    customs_export: CustomsFacet = CustomsFacet.NONE
    customs_import: CustomsFacet = CustomsFacet.NONE
    customs_transit: CustomsFacet = CustomsFacet.NONE
    damaged: bool = False
    attempts: int = 0
    route_version: int = 1
    direction: Direction = Direction.FORWARD
    open_problem: Reason | None = None
    delayed: bool = False
    stale: bool = False
    partially_delivered: bool = False
    disputed: bool = False
    pod: bool = False
    expected_at: datetime | None = None
    quantities: dict[str, int] = {}


class Journey(BaseModel):
    """The folded history of one shipment.

    `steps` holds every dated fact, estimates included, in journey order. `last_milestone` and `last_at` are of the
    last actual fact that fitted; `heard_at` is when the newest news of a source was recorded (the hub's own facts
    are not news). `ended_at` is set while an ending is in force. `parcels` is empty unless pieces are named.
    """

    model_config = FROZEN

    state: State
    stage: State
    owner: Owner
    holds: tuple[OpenHold, ...] = ()
    facets: Facets = Facets()
    steps: tuple[Step, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()
    corroborations: tuple[Corroboration, ...] = ()
    voided: tuple[str, ...] = ()
    undated: tuple[str, ...] = ()
    unmapped: tuple[str, ...] = ()
    custody: tuple[CustodyLink, ...] = ()
    custody_whole: bool = True
    last_at: datetime | None = None
    state_since: datetime | None = None
    parcels: dict[str, State] = {}
    last_milestone: Milestone | None = None
    heard_at: datetime | None = None
    ended_at: datetime | None = None
