"""A fact: one thing one source says happened. Facts are immutable; everything else is derived from them."""

from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict

from domain.axes import (
    Classifier,
    CorrectionKind,
    CustodySide,
    DeliveryMode,
    DeliveryPlace,
    Direction,
    Evidence,
    IntakeMode,
    PlaceRole,
    Precision,
    Side,
    Subject,
    Trust,
)
from domain.milestones import Milestone
from domain.reasons import Reason

FROZEN: Final = ConfigDict(frozen=True, extra="ignore", ser_json_timedelta="iso8601")
"""Wire models ignore fields they do not know: an older worker must read what a newer one wrote."""


class Location(BaseModel):
    """Where it happened. Country is ISO 3166-1 alpha-2; `locode` is UN/LOCODE without blank (`DEFRA`)."""

    model_config = FROZEN

    country: str | None = None
    locode: str | None = None
    city: str | None = None
    region: str | None = None
    postcode: str | None = None
    facility: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    role: PlaceRole | None = None


class Hold(BaseModel):
    """Which hold is placed or lifted. Without a key there is one anonymous hold per kind and side.

    `customs` says whose hold a lifting means (an authority's, or anybody else's) where the source knows it.
    """

    model_config = FROZEN

    key: str | None = None
    authority: str | None = None
    side: Side | None = None
    customs: bool | None = None


class Custody(BaseModel):
    """Who gave the goods to whom."""

    model_config = FROZEN

    from_party: str | None = None
    to_party: str | None = None
    side: CustodySide | None = None
    intake_mode: IntakeMode | None = None


class Delivery(BaseModel):
    """How and where the goods were put down, and what proves it."""

    model_config = FROZEN

    mode: DeliveryMode | None = None
    place: DeliveryPlace | None = None
    evidence: tuple[Evidence, ...] = ()
    pickup_point: str | None = None
    collect_until: AwareDatetime | None = None
    attempt_no: int | None = None


class Correction(BaseModel):
    """Which earlier fact this one takes back or replaces.

    `heard_at` is set where a better mapping corrects what was read from a stored message: it is when that message was
    recorded, because reading it again is no news from its source. Corrections that somebody told have none.
    """

    model_config = FROZEN

    event_id: str
    kind: CorrectionKind
    heard_at: AwareDatetime | None = None


class Source(BaseModel):
    """Who said it and in which words. `message_id` names the raw bytes, `index` the event's place in them."""

    model_config = FROZEN

    party: str
    system: str
    raw_code: str | None = None
    raw_text: str | None = None
    raw_time: str | None = None
    mapping_version: str = ""
    trust: Trust = Trust.CARRIER
    message_id: str | None = None
    index: int | None = None


class Fact(BaseModel):
    """One event in the milestone language; all axes are independent.

    `by_context` marks a code that does not say which place or customs side it means: the fold may then read
    the milestone as its sibling (`HUB_ARRIVED` as `RECEIVED_AT_ORIGIN` or `ARRIVED_DESTINATION`, ...).
    `occurred_at` None means that the source gave no time: the fact is kept and shown, never folded. It keeps the
    offset it came with: with `precision` DAY the local date at that offset is the day that is meant.
    `summary` marks a status line about the whole shipment (a header) beside the events: it is compared with them and
    never moves a state. `detail_ref` points to personal data kept in the ledger.
    """

    model_config = FROZEN

    event_id: str
    tracking_number: str
    milestone: Milestone
    source: Source
    recorded_at: AwareDatetime
    occurred_at: AwareDatetime | None = None
    precision: Precision | None = None
    reasons: tuple[Reason, ...] = ()
    classifier: Classifier = Classifier.ACT
    direction: Direction | None = None
    subject: Subject = Subject.PARCEL
    by_context: bool = False
    location: Location | None = None
    hold: Hold | None = None
    custody: Custody | None = None
    delivery: Delivery | None = None
    corrects: Correction | None = None
    expected_at: AwareDatetime | None = None
    parcel: str | None = None
    quantities: dict[str, int] | None = None
    note: str | None = None
    summary: bool = False
    detail_ref: str | None = None


class FactBatch(BaseModel):
    """Facts of one shipment on their way to its workflow."""

    model_config = FROZEN

    facts: tuple[Fact, ...]
