"""What a payload becomes, as plain data: the stable contract behind `milepost normalise FILE --carrier X --json`.

Keys are only ever added. `milestone` is what the fact means in its journey (context decides hub, origin, destination
and customs side), `reported` what the table says about its code.
"""

from collections.abc import Iterable
from typing import Any, Final

from domain.axes import Direction
from domain.facts import Custody, Delivery, Fact, Hold, Location
from domain.fold import fold
from domain.journeys import Journey, Step
from domain.normalised import Normalised, ShipmentHint
from domain.shipments import Leg, ShipmentPlan

_TENANT: Final = "preview"


def plan_of(number: str, carrier: str, hints: Iterable[ShipmentHint]) -> ShipmentPlan:
    """Return the plan of an unregistered number: what its payload says about it, the first answer to each question."""
    own = [hint for hint in hints if hint.tracking_number == number]
    return ShipmentPlan(
        tenant=_TENANT,
        shipment_id=_TENANT,
        origin_country=next((hint.origin_country for hint in own if hint.origin_country), None),
        destination_country=next((hint.destination_country for hint in own if hint.destination_country), None),
        direction=next((hint.direction for hint in own if hint.direction), Direction.FORWARD),
        legs=(Leg(carrier=carrier, tracking_number=number),),
    )


def report(normalised: Normalised) -> dict[str, Any]:
    """Return facts, rejections, problems, hints and one folded journey per tracking number."""
    numbers = dict.fromkeys(fact.tracking_number for fact in normalised.facts)
    journeys = {
        number: fold(
            [fact for fact in normalised.facts if fact.tracking_number == number],
            plan_of(number, normalised.dialect, normalised.hints),
        )
        for number in numbers
    }
    steps = {step.event_id: step for journey in journeys.values() for step in journey.steps}
    return {
        "carrier": normalised.dialect,
        "mapping_version": normalised.mapping_version,
        "facts": [_fact(fact, steps.get(fact.event_id)) for fact in normalised.facts],
        "rejected": [
            {
                "index": one.index,
                "problem": one.problem,
                "detail": one.detail,
                "tracking_number": one.tracking_number,
                "raw_code": one.raw_code,
            }
            for one in normalised.rejected
        ],
        "problems": [
            {
                "problem": one.code,
                "code": one.code,
                "detail": one.detail,
                "tracking_number": one.tracking_number,
                "partner_code": one.partner_code,
            }
            for one in normalised.problems
        ],
        "hints": [_hint(hint) for hint in normalised.hints],
        "journeys": [_journey(number, journey) for number, journey in journeys.items()],
    }


def _fact(fact: Fact, step: Step | None) -> dict[str, Any]:
    source = fact.source
    return {
        "index": source.index,
        "event_id": fact.event_id,
        "tracking_number": fact.tracking_number,
        "milestone": (step.milestone if step is not None else fact.milestone).value,
        "reported": fact.milestone.value,
        "reasons": [reason.value for reason in fact.reasons],
        "classifier": fact.classifier.value,
        "direction": fact.direction.value if fact.direction is not None else None,
        "occurred_at": fact.occurred_at.isoformat() if fact.occurred_at is not None else None,
        "precision": fact.precision.value if fact.precision is not None else None,
        "recorded_at": fact.recorded_at.isoformat(),
        "raw_code": source.raw_code,
        "raw_text": source.raw_text,
        "raw_time": source.raw_time,
        "party": source.party,
        "trust": source.trust.value,
        "location": _plain(fact.location),
        "hold": _plain(fact.hold),
        "delivery": _plain(fact.delivery),
        "custody": _plain(fact.custody),
        "by_context": fact.by_context,
        "parcel": fact.parcel,
        "note": fact.note,
        "effect": step.effect.value if step is not None else None,
        "flags": list(step.flags) if step is not None else [],
    }


def _plain(model: Location | Hold | Delivery | Custody | None) -> dict[str, Any] | None:
    return model.model_dump(mode="json", exclude_none=True) if model is not None else None


def _hint(hint: ShipmentHint) -> dict[str, Any]:
    return {
        "tracking_number": hint.tracking_number,
        "origin_country": hint.origin_country,
        "destination_country": hint.destination_country,
        "direction": hint.direction.value if hint.direction is not None else None,
        "partner_numbers": [
            {"carrier": one.carrier, "number": one.number, "role": one.role.value} for one in hint.partner_numbers
        ],
    }


def _journey(number: str, journey: Journey) -> dict[str, Any]:
    return {
        "tracking_number": number,
        "state": journey.state.value,
        "stage": journey.stage.value,
        "owner": journey.owner.value,
        "holds": [hold.model_dump(mode="json", exclude_none=True) for hold in journey.holds],
        "anomalies": [anomaly.model_dump(mode="json") for anomaly in journey.anomalies],
        "parcels": {parcel: state.value for parcel, state in journey.parcels.items()},
        "last_at": journey.last_at.isoformat() if journey.last_at is not None else None,
    }
