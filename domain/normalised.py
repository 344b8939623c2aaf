"""What the mapping engine makes of one payload: facts, and by name everything that did not become one."""

from dataclasses import dataclass, field
from typing import NamedTuple

from domain.axes import Direction
from domain.facts import Fact
from domain.shipments import LegRole


@dataclass(frozen=True, slots=True)
class Rejected:
    """One source event that could not become a fact. `index` is its position in the payload."""

    index: int
    problem: str
    detail: str
    tracking_number: str | None = None
    raw_code: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a whole payload or one shipment in it; `code` is a `HubError.code` or `ignored`."""

    code: str
    detail: str
    tracking_number: str | None = None
    partner_code: str | None = None


class PartnerNumber(NamedTuple):
    """A number that another carrier uses for the same goods; `carrier` is a dialect or the source's own name for it."""

    carrier: str
    number: str
    role: LegRole = LegRole.WHOLE


@dataclass(frozen=True, slots=True)
class ShipmentHint:
    """What a payload says about the shipment itself; fills gaps of the plan, never overrides it."""

    tracking_number: str
    origin_country: str | None = None
    destination_country: str | None = None
    direction: Direction | None = None
    partner_numbers: tuple[PartnerNumber, ...] = ()


@dataclass(frozen=True, slots=True)
class Normalised:
    """The outcome for one payload."""

    dialect: str
    mapping_version: str
    facts: list[Fact] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    hints: list[ShipmentHint] = field(default_factory=list)
