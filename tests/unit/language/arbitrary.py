"""Arbitrary facts: few times, places, sources and keys, so that everything collides with everything."""

from datetime import timedelta, timezone
from typing import TypeVar

from hypothesis import strategies as st

from domain.axes import (
    Classifier,
    CorrectionKind,
    CustodySide,
    DeliveryMode,
    DeliveryPlace,
    Direction,
    Evidence,
    PlaceRole,
    Precision,
    Side,
    Trust,
)
from domain.facts import Correction, Custody, Delivery, Fact, Hold, Location, Source
from domain.milestones import Milestone
from domain.reasons import Reason
from domain.shipments import Leg, LegRole, ShipmentKind, ShipmentPlan
from tests.unit.language.building import START

IDS = [f"e{number}" for number in range(12)]
T = TypeVar("T")

ZONES = [timezone(timedelta(hours=hours)) for hours in (-8, 0, 1, 8)]
PARTIES = ["shipper", "one", "two"]

sources = st.builds(
    Source,
    party=st.sampled_from(["one", "two"]),
    system=st.sampled_from(["one", "hub"]),
    raw_code=st.sampled_from([None, None, "X1", "X2"]),
    mapping_version=st.sampled_from(["", "2", "10"]),
    trust=st.sampled_from(Trust),
)
locations = st.builds(
    Location,
    country=st.sampled_from([None, "CN", "AE", "DE"]),
    city=st.sampled_from([None, "Ulm"]),
    facility=st.sampled_from([None, "F1"]),
    role=st.sampled_from([None, *PlaceRole]),
)
deliveries = st.builds(
    Delivery,
    mode=st.sampled_from([None, DeliveryMode.COLLECTED, DeliveryMode.DOOR]),
    place=st.sampled_from([None, DeliveryPlace.LOCKER, DeliveryPlace.ADDRESS]),
    evidence=st.sampled_from([(), (Evidence.PHOTO,), (Evidence.SIGNATURE,)]),
    attempt_no=st.sampled_from([None, None, 3]),
)
holds = st.builds(
    Hold,
    key=st.sampled_from([None, None, "k1", "k2"]),
    side=st.sampled_from([None, *Side]),
    authority=st.sampled_from([None, None, "customs"]),
    customs=st.sampled_from([None, None, True, False]),
)
custodies = st.builds(
    Custody,
    from_party=st.sampled_from([None, *PARTIES]),
    to_party=st.sampled_from([None, *PARTIES]),
    side=st.sampled_from([None, *CustodySide]),
)
corrections = st.builds(Correction, event_id=st.sampled_from([*IDS, "unknown"]), kind=st.sampled_from(CorrectionKind))
instants = st.builds(
    lambda hour, zone: (START + timedelta(hours=hour)).astimezone(zone),
    st.one_of(st.integers(0, 30), st.sampled_from([0.2, 1.4, 50 * 24])),
    st.sampled_from(ZONES),
)


def maybe(strategy: st.SearchStrategy[T], weight: int = 3) -> st.SearchStrategy[T | None]:
    return st.integers(0, weight).flatmap(lambda roll: strategy if roll == weight else st.none())


facts = st.builds(
    Fact,
    event_id=st.sampled_from(IDS),
    tracking_number=st.sampled_from(["T1", "T2", "R1"]),
    milestone=st.sampled_from(Milestone),
    source=sources,
    recorded_at=instants,
    occurred_at=st.one_of(instants, instants, instants, instants, instants, st.none()),
    precision=st.sampled_from([None, Precision.SECOND, Precision.MINUTE, Precision.DAY]),
    classifier=st.sampled_from([Classifier.ACT] * 6 + [Classifier.EST, Classifier.PLN]),
    direction=maybe(st.sampled_from(Direction), 6),
    by_context=st.booleans(),
    reasons=st.sampled_from([(), (Reason.CUSTOMS_DOCS_MISSING,), (Reason.EXTERNAL_WEATHER,)]),
    location=maybe(locations, 1),
    hold=maybe(holds, 1),
    custody=maybe(custodies, 2),
    delivery=maybe(deliveries, 2),
    corrects=maybe(corrections, 8),
    expected_at=maybe(instants, 4),
    parcel=maybe(st.sampled_from(["A", "B"]), 5),
    quantities=maybe(st.just({"expected": 2, "received": 1}), 5),
    summary=maybe(st.just(value=True), 12).map(bool),
)

fact_sets = st.lists(facts, max_size=14)
"""Several facts may have one event id: different readings of one event."""

plans = st.builds(
    ShipmentPlan,
    tenant=st.just("acme"),
    shipment_id=st.just("S1"),
    kind=st.sampled_from(ShipmentKind),
    direction=st.sampled_from([Direction.FORWARD] * 4 + [Direction.RETURN]),
    origin_country=st.sampled_from([None, "CN", "DE"]),
    destination_country=st.sampled_from([None, "DE"]),
    customs_border=st.sampled_from([None, None, True, False]),
    legs=st.sampled_from(
        [
            (),
            (Leg(carrier="one", tracking_number="T1"), Leg(carrier="two", tracking_number="R1", role=LegRole.RETURN)),
            (Leg(carrier="one", tracking_number="T2", parcel="B"),),
        ]
    ),
    parcels=st.sampled_from([(), (), ("A", "B"), ("P",)]),
)
