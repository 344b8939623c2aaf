"""Legs that payloads bring: a carrier names the number under which a partner moves the same goods."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from domain.shipments import Leg


class LinkStatus(StrEnum):
    """`WAITING` until one of the two numbers leads to a shipment; a refused link waits for a person."""

    WAITING = "WAITING"
    LINKED = "LINKED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class LegToAdd:
    """A number that belongs to a shipment by a carrier's own words, `told_by` that dialect in `message_id`.

    `own_key` and `partner_key` name the link.
    """

    tenant: str
    shipment_id: str
    leg: Leg
    told_by: str
    message_id: str
    own_key: str
    partner_key: str


class PartnerLinks(Protocol):
    """Numbers that payloads tie together."""

    def due(self, *, limit: int) -> list[LegToAdd]:
        """Return legs of waiting links of which exactly one number leads to a shipment, oldest first."""
        ...

    def settle(self, leg: LegToAdd, status: LinkStatus, *, detail: str | None = None) -> None:
        """Say what became of a link; repeating it changes nothing."""
        ...
