"""The one fact that the hub makes by itself: nothing has been heard for too long."""

from datetime import datetime
from typing import Final

from domain import ids
from domain.axes import Precision, Subject, Trust
from domain.deadlines import Deadline
from domain.facts import Fact, Source
from domain.milestones import Milestone
from domain.shipments import ShipmentPlan

HUB: Final = "milepost"


def tracking_stale(plan: ShipmentPlan, deadline: Deadline, *, recorded_at: datetime) -> Fact:
    """Return the observation; the same silence always has the same event id."""
    return Fact(
        event_id=ids.event_id(HUB, plan.tenant, plan.shipment_id, deadline.subject),
        tracking_number=plan.legs[0].tracking_number if plan.legs else "",
        milestone=Milestone.TRACKING_STALE,
        source=Source(party=HUB, system=HUB, raw_code=deadline.kind.value, trust=Trust.INFERRED),
        recorded_at=recorded_at,
        occurred_at=deadline.at,
        precision=Precision.SECOND,
        subject=Subject.SHIPMENT,
    )
