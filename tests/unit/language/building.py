"""Facts and plans for tests: an inbound shipment from CN to DE through AE, one fact an hour."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.axes import CorrectionKind, Trust
from domain.facts import Correction, Fact, Location, Source
from domain.fold import fold
from domain.journeys import Journey
from domain.milestones import Milestone
from domain.shipments import ShipmentKind, ShipmentPlan

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

ORIGIN, TRANSIT, DESTINATION = (Location(country=country) for country in ("CN", "AE", "DE"))

M = Milestone


def plan(**changes: Any) -> ShipmentPlan:
    values = {
        "tenant": "acme",
        "shipment_id": "S1",
        "kind": ShipmentKind.INBOUND,
        "origin_country": "CN",
        "destination_country": "DE",
    }
    return ShipmentPlan(**{**values, **changes})


def parcel(**changes: Any) -> ShipmentPlan:
    return plan(**{"kind": ShipmentKind.PARCEL, **changes})


def source(system: str = "carrier", trust: Trust = Trust.CARRIER, **changes: Any) -> Source:
    return Source(**{"party": system, "system": system, "trust": trust, **changes})


def fact(milestone: Milestone, hour: float = 0, **changes: Any) -> Fact:
    """A fact of `hour` hours after the start, recorded a minute later."""
    at = START + timedelta(hours=hour)
    values = {
        "event_id": f"e{hour:g}-{milestone}",
        "tracking_number": "T1",
        "milestone": milestone,
        "source": source(),
        "occurred_at": at,
        "recorded_at": at + timedelta(minutes=1),
    }
    return Fact(**{**values, **changes})


def at_place(milestone: Milestone, hour: float = 0, **changes: Any) -> Fact:
    """A fact at the place where it normally happens: scans in transit, customs at the destination."""
    return fact(milestone, hour, **{"location": _PLACES.get(milestone), **changes})


def line(*milestones: Milestone, start: float = 0) -> list[Fact]:
    """Facts one hour apart, each at its normal place."""
    return [at_place(milestone, start + number) for number, milestone in enumerate(milestones)]


def correction(kind: CorrectionKind, target: str, hour: float = 90, **changes: Any) -> Fact:
    milestone = changes.pop("milestone", M.INFO_NOTED)
    return fact(milestone, hour, corrects=Correction(event_id=target, kind=kind), **changes)


def void(target: str, hour: float = 90, **changes: Any) -> Fact:
    return correction(CorrectionKind.VOID, target, hour, **changes)


def states(facts: Iterable[Fact], shipment: ShipmentPlan | None = None) -> list[str]:
    """The states a journey showed, one after the other."""
    return [step.state.value for step in journey(facts, shipment).steps if step.state is not step.state_before]


def journey(facts: Iterable[Fact], shipment: ShipmentPlan | None = None) -> Journey:
    return fold(facts, shipment or plan())


def flags(of: Journey) -> list[str]:
    return [anomaly.flag for anomaly in of.anomalies]


_PLACES = {
    M.PICKED_UP: ORIGIN,
    M.RECEIVED_AT_ORIGIN: ORIGIN,
    M.EXPORT_CUSTOMS_SUBMITTED: ORIGIN,
    M.EXPORT_CUSTOMS_CLEARED: ORIGIN,
    M.DEPARTED_ORIGIN: ORIGIN,
    M.IN_TRANSIT: TRANSIT,
    M.HUB_ARRIVED: TRANSIT,
    M.HUB_DEPARTED: TRANSIT,
    M.HANDED_OVER: TRANSIT,
    M.ARRIVED_DESTINATION: DESTINATION,
    M.IMPORT_CUSTOMS_SUBMITTED: DESTINATION,
    M.IMPORT_CUSTOMS_CLEARED: DESTINATION,
    M.CUSTOMS_HELD: DESTINATION,
    M.CUSTOMS_REFUSED: DESTINATION,
    M.ARRIVED_DELIVERY_DEPOT: DESTINATION,
    M.OUT_FOR_DELIVERY: DESTINATION,
}
