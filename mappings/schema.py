"""The vocabulary of `mapping.toml`: closed, typed, documented; docs/mapping-language.md explains it with examples.

No expressions, templates or free conditionals: a new key needs a decision record. `mapping.schema.json` is generated
from these models (`python -m mappings schema`) and serves editors and validation alike.
"""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from domain.axes import (
    Classifier,
    CustodySide,
    DeliveryMode,
    DeliveryPlace,
    Direction,
    Evidence,
    IntakeMode,
    PlaceRole,
    Side,
    Subject,
    Trust,
)
from domain.errors import MappingInvalidError
from domain.milestones import Milestone
from domain.reasons import Reason
from domain.shipments import LegRole
from mappings import paths

ROW_NAMES = tuple(m.value for m in Milestone if m is not Milestone.UNMAPPED)
"""What a code row may name; a leading `~` leaves the sibling (hub, origin, destination; customs side) to context."""


def _path(text: str) -> str:
    try:
        paths.parse(text)
    except MappingInvalidError as error:
        raise ValueError(str(error)) from None
    return text


def _line_pattern(text: str) -> str:
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is not a regular expression: {error}") from None
    if not pattern.groupindex:
        raise ValueError(f"{text!r} names no group (?P<name>...)")
    return text


def _row_name(text: str) -> str:
    if text.removeprefix("~") not in ROW_NAMES:
        raise ValueError(f"{text!r} is not a milestone; allowed: {', '.join(ROW_NAMES)}")
    return text


PathText = Annotated[str, AfterValidator(_path)]
Paths = PathText | list[PathText]
"""One path, or several of which the first with a value counts (null, "" and blanks are no value)."""

EveryPath = PathText | list[PathText]
"""One path, or several whose items count all, in the order of the list."""

LinePattern = Annotated[str, AfterValidator(_line_pattern)]
Format = Literal["json", "xml", "x12", "edifact"]

RowName = Annotated[
    str,
    AfterValidator(_row_name),
    WithJsonSchema({"type": "string", "enum": [*ROW_NAMES, *(f"~{name}" for name in ROW_NAMES)]}),
]
Why = Annotated[str, Field(min_length=8, description="A sentence that a reader can check.")]
ZoneText = Annotated[str, Field(pattern=r"^([+-]\d{2}:\d{2}|UTC|[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)+)$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Problem = Literal[
    "ignored",
    "partner_error",
    "partner_unavailable",
    "rate_limited",
    "credentials_rejected",
    "request_rejected",
    "endpoint_gone",
    "not_known_yet",
    "partner_contract",
]
"""`HubError` codes that a body-level error can stand for; `ignored` is no error at all."""


class Part(BaseModel):
    """Base of all tables: no unknown keys, no silent conversions."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class HoldRow(Part):
    """Which hold a row places or lifts."""

    key: str | None = None
    authority: str | None = None
    side: Side | None = None


class DeliveryRow(Part):
    """How and where the goods were put down, and the proof."""

    mode: DeliveryMode | None = None
    place: DeliveryPlace | None = None
    evidence: list[Evidence] = []


class CustodyRow(Part):
    """Who gives to whom: `SHIPPER`, `RECIPIENT`, `CARRIER` (the reporting party) or a carrier id."""

    from_party: str | None = None
    to_party: str | None = None
    side: CustodySide | None = None
    intake_mode: IntakeMode | None = None


class RowTable(Part):
    """What one code means. `also` gives further facts of the same source event (ruling 16)."""

    milestone: RowName
    reasons: list[Reason] = []
    classifier: Classifier | None = None
    by_context: bool = False
    direction: Direction | None = None
    subject: Subject | None = None
    hold: HoldRow | None = None
    delivery: DeliveryRow | None = None
    custody: CustodyRow | None = None
    also: list["RowName | RowTable"] = []


Row = RowName | RowTable


class When(Part):
    """A declared test on one field, case-insensitive: exactly one of equals, contains, starts_with, present."""

    path: Paths
    equals: list[str] | None = None
    contains: list[str] | None = None
    starts_with: list[str] | None = None
    present: bool | None = None

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        if sum(test is not None for test in (self.equals, self.contains, self.starts_with, self.present)) != 1:
            raise ValueError("give exactly one of equals, contains, starts_with, present")
        return self


class Rule(Part):
    """For codes that a second field decides: the first rule whose tests all hold replaces the code's row.

    `codes` are keys as in `[codes]`, wildcards included; without `codes` the rule is for events without any code.
    `unverified` says why no fixture shows it.
    """

    codes: list[str] = []
    when: list[When] = Field(min_length=1)
    row: Row
    unverified: Why | None = None


class CodeSpec(Part):
    """Which fields make up the code. Missing last parts are left off, a missing middle part is `-`."""

    parts: list[Paths] = Field(min_length=1, max_length=4)
    joined_by: str = Field(default="/", min_length=1, max_length=1)
    clean: list[Literal["upper", "strip_zeros", "no_words"]] = Field(
        default=[], description='"no_words": a value with blanks or beyond ASCII is wording; the next path is read.'
    )


class ValueTable(Part):
    """A field whose values are looked up; a value without a row says nothing."""

    path: Paths


class DirectionTable(ValueTable):
    """Values that tell the direction."""

    values: dict[str, Direction]


class RoleTable(ValueTable):
    """Values that tell the role of the place."""

    values: dict[str, PlaceRole]


class DeliveryTable(ValueTable):
    """Values that tell how the goods were put down; `"*"` stands for any value.

    `on` are the milestones it is added to.
    """

    on: list[RowName] = ["DELIVERED", "POD_RECEIVED"]
    values: dict[str, DeliveryRow]


class IdentitySpec(Part):
    """What stands for time and place in an event's identity where one event comes in several shapes.

    Values are joined, leading zeros dropped. An empty list: not part of the identity. Without values of its own `time`
    falls back to the time as sent.
    """

    time: list[Paths] = Field(min_length=1, max_length=2)
    place: list[Paths] = []
    instant: bool = Field(
        default=False, description="An ISO time with an offset of its own counts as its instant, however it is written."
    )


class EventSpec(Part):
    """Where an event keeps its code, words and identity."""

    code: CodeSpec
    reason_code: Paths | None = Field(default=None, description="Second codes; the first that [reasons] knows.")
    text: Paths | None = None
    id: Paths | None = Field(default=None, description="The source's own id of the event.")
    party: Paths | None = Field(default=None, description="Who reports, looked up in [parties]; default: the carrier.")
    direction: DirectionTable | None = None
    hold_key: Paths | None = None
    authority: Paths | None = None
    parcel: Paths | None = None
    pickup_point: Paths | None = None
    identity: IdentitySpec | None = Field(default=None, description="Default: time and place as sent.")


class TimeSpec(Part):
    """One way to read the time; the first whose fields have a value is used.

    Zone, best first: an offset in the value, `zone_field` (through [zones]), `zone` (documented by the carrier for all
    scans), the place's zone. Without any the date is kept and the precision is DAY.
    """

    fields: list[Paths] = Field(min_length=1, max_length=2, description="Joined by one blank: date, then time.")
    formats: list[str] = Field(
        min_length=1, description="iso, epoch_s, epoch_ms, wcf, edifact or strptime patterns; first fit."
    )
    zone_field: Paths | None = None
    zone: ZoneText | None = None
    counted_in: ZoneText | None = Field(
        default=None, description="An epoch counted as if local clocks ran in this zone; zone_field then applies."
    )
    midnight_is_date: bool = Field(default=False, description="00:00:00 without an offset is a date, not a time.")
    distrust_offset: bool = Field(default=False, description="The documentation says the offset is wrong: drop it.")


class PlaceSpec(Part):
    """Where an event happened. `country` takes ISO codes and names.

    `text` is one line: `Hamburg, Germany`, or with `text_form = "dash"` `LEIPZIG - GERMANY`, `SYDNEY-AU`,
    `AKRON,OH-USA`, with `"brackets"` `Puurs (BE)`, with `"any"` the first two forms mixed. `airport` is an IATA code,
    believed where country or words bear it out.
    """

    city: Paths | None = None
    region: Paths | None = None
    country: Paths | None = None
    postcode: Paths | None = None
    facility: Paths | None = None
    locode: Paths | None = None
    impc: Paths | None = Field(default=None, description="UPU code of an office of exchange, such as USJFKA.")
    latitude: Paths | None = None
    longitude: Paths | None = None
    text: Paths | None = None
    text_form: Literal["comma", "dash", "brackets", "any"] = "comma"
    airport: Paths | None = None
    default_country: Country | None = Field(default=None, description="For carriers that scan in one country only.")
    regions_of: Country | None = Field(default=None, description="A known region, without a country, lies in this one.")
    role: RoleTable | None = None


class PartnerNumber(Part):
    """A number of another carrier for the same goods."""

    carrier: Paths
    number: Paths
    role: LegRole | None = Field(default=None, description="Its part of the way, where the field itself says so.")


class ShipmentSpec(Part):
    """What a shipment of the payload says about itself; paths start at the shipment."""

    tracking_number: Paths
    unique_id: Paths | None = Field(default=None, description="Tells apart several results under one number.")
    origin_country: Paths | None = None
    destination_country: Paths | None = None
    direction: DirectionTable | None = None
    partner_numbers: list[PartnerNumber] = []


class ErrorSpec(Part):
    """A failure told in the body. `each` finds the entries, from the document or from each shipment."""

    scope: Literal["document", "shipment"] = "document"
    each: PathText
    code: Paths
    text: Paths | None = None
    number: Paths | None = None
    ok: list[str] = Field(default=[], description="Codes that say that all went well.")
    only_listed: bool = Field(default=False, description="Codes absent from [error_codes] are no errors.")


class Skip(Part):
    """Rows that are not events, such as predicted statuses."""

    when: When
    because: Why


class Shape(Part):
    """One form of the payload; the first that fits is used. Tables given here replace the common ones."""

    format: Format | None = Field(default=None, description="Where it is not the mapping's own.")
    when: When | None = None
    shipments: PathText
    events: EveryPath
    shipment: ShipmentSpec | None = None
    event: EventSpec | None = None
    time: list[TimeSpec] | None = None
    place: PlaceSpec | None = None


class Header(Part):
    """A summary status beside the events: it confirms or contradicts them, events win (ruling 10)."""

    code: CodeSpec


class Unverified(Part):
    """Rows that no fixture shows, and why they are believed."""

    because: Why
    codes: list[str] = []
    reasons: list[str] = []


class Mapping(Part):
    """A whole `mapping.toml`."""

    carrier: str = Field(pattern=r"^[a-z0-9][a-z0-9_]*$", description="The folder's name.")
    name: str
    format: Format
    trust: Trust = Trust.CARRIER
    subject: Subject = Subject.PARCEL
    shapes: list[Shape] = Field(min_length=1)
    lines: list[LinePattern] = Field(
        default=[],
        description="Events that are lines of text: the first expression that fits a whole line names its fields.",
    )
    shipment: ShipmentSpec
    event: EventSpec
    time: list[TimeSpec] = Field(min_length=1)
    place: PlaceSpec = PlaceSpec()
    header: Header | None = None
    codes: dict[str, Row] = Field(min_length=1, description='Code -> meaning. Last parts may be "*": "LDTMV/*".')
    rules: list[Rule] = []
    reasons: dict[str, Reason] = Field(default={}, description="Second code -> why.")
    excused: dict[str, Why] = Field(default={}, description="Documented codes left UNMAPPED on purpose.")
    unverified: list[Unverified] = []
    errors: list[ErrorSpec] = []
    error_codes: dict[str, Problem] = {}
    skip: list[Skip] = []
    delivery: list[DeliveryTable] = []
    expected: list[TimeSpec] = Field(default=[], description="When the carrier expects to deliver; first with a value.")
    zones: dict[str, ZoneText] = Field(default={}, description="Zone abbreviation or name -> offset or IANA zone.")
    countries: dict[str, Country] = Field(default={}, description="The carrier's own country spellings.")
    parties: dict[str, str] = {}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        join = self.event.code.joined_by
        for key in self.codes:
            if key.split(join)[0] in ("", "*"):
                raise ValueError(f"codes.{key}: the first part must be a code; a row for any code would be a guess")
        twice = sorted(set(self.codes) & set(self.excused))
        if twice:
            raise ValueError(f"excused: {', '.join(twice)} also stand in [codes]")
        declared = {code for group in self.unverified for code in group.codes}
        unknown = sorted(declared - set(self.codes))
        if unknown:
            raise ValueError(f"unverified: {', '.join(unknown)} do not stand in [codes]")
        unknown = sorted({code for group in self.unverified for code in group.reasons} - set(self.reasons))
        if unknown:
            raise ValueError(f"unverified: {', '.join(unknown)} do not stand in [reasons]")
        return self


RowTable.model_rebuild()
