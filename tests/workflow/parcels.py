"""Plans and facts for tests: one ordinary parcel and the things that happen to it."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from domain import ids
from domain.axes import DeliveryMode, Evidence, IntakeMode, Precision, Side
from domain.facts import Custody, Delivery, Fact, Hold, Location, Source
from domain.milestones import Milestone
from domain.reasons import Reason
from domain.shipments import Leg, ShipmentPlan

CONNECTION = "shop"


def plan(**changes: object) -> ShipmentPlan:
    """Return a new parcel from China to Germany, registered now, watched by one order system."""
    shipment_id = f"S-{uuid4().hex[:12]}"
    values: dict[str, object] = {
        "tenant": "acme",
        "shipment_id": shipment_id,
        "origin_country": "CN",
        "destination_country": "DE",
        "customs_border": True,
        "legs": (Leg(carrier="testpost", tracking_number=f"TP{shipment_id[2:]}"),),
        "connections": (CONNECTION,),
        "registered_at": datetime.now(UTC),
        **changes,
    }
    return ShipmentPlan.model_validate(values)


class Parcel:
    """Makes facts of one plan, an hour apart unless told otherwise."""

    def __init__(self, of: ShipmentPlan, *, start: datetime | None = None) -> None:
        self.plan = of
        self.now = start or datetime.now(UTC) - timedelta(days=2)

    def fact(
        self, milestone: Milestone, *reasons: Reason, after: timedelta = timedelta(hours=1), **more: object
    ) -> Fact:
        """Return the next fact of the journey."""
        self.now += after
        number = self.plan.legs[0].tracking_number
        values: dict[str, object] = {
            "event_id": ids.event_id("test", number, milestone.value, self.now.isoformat()),
            "tracking_number": number,
            "milestone": milestone,
            "source": Source(party="testpost", system="testpost", raw_code=milestone.value, mapping_version="1"),
            "recorded_at": datetime.now(UTC),
            "occurred_at": self.now,
            "precision": Precision.SECOND,
            "reasons": reasons,
            **more,
        }
        return Fact.model_validate({key: value for key, value in values.items() if value not in ((), None)})

    def eight(self) -> list[Fact]:
        """Return an ordinary journey of eight milestones that ends with a signed delivery."""
        return [
            self.fact(Milestone.PICKED_UP, custody=Custody(intake_mode=IntakeMode.COLLECTION)),
            self.fact(Milestone.RECEIVED_AT_ORIGIN, location=Location(country="CN")),
            self.fact(Milestone.DEPARTED_ORIGIN, location=Location(country="CN")),
            self.fact(Milestone.ARRIVED_DESTINATION, location=Location(country="DE")),
            self.fact(Milestone.IMPORT_CUSTOMS_CLEARED, location=Location(country="DE")),
            self.fact(Milestone.ARRIVED_DELIVERY_DEPOT, location=Location(country="DE")),
            self.fact(Milestone.OUT_FOR_DELIVERY, location=Location(country="DE")),
            self.delivered(),
        ]

    def delivered(self, **more: object) -> Fact:
        """Return a delivery with a signature."""
        handed_over = Delivery(mode=DeliveryMode.DOOR, evidence=(Evidence.SIGNATURE,))
        values: dict[str, object] = {"location": Location(country="DE"), "delivery": handed_over, **more}
        return self.fact(Milestone.DELIVERED, **values)  # type: ignore[arg-type] # fields of a fact by name

    def held_and_rerouted(self) -> list[Fact]:
        """Return a journey with an import customs hold, resolved, rerouted to a locker, collected."""
        germany = Location(country="DE")
        hold = Hold(side=Side.IMPORT)
        return [
            self.fact(Milestone.PICKED_UP),
            self.fact(Milestone.DEPARTED_ORIGIN, location=Location(country="CN")),
            self.fact(Milestone.ARRIVED_DESTINATION, location=germany),
            self.fact(Milestone.CUSTOMS_HELD, Reason.CUSTOMS_DUTY_TAX_UNPAID, location=germany, hold=hold),
            self.fact(Milestone.HOLD_RESOLVED, location=germany, hold=hold),
            self.fact(Milestone.REROUTED, location=germany, delivery=Delivery(pickup_point="LOCKER-7")),
            self.fact(Milestone.AVAILABLE_FOR_PICKUP, location=germany),
            self.delivered(),
        ]
