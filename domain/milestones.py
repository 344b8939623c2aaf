"""The milestone vocabulary: what happened, one word each.

43 milestones may move a shipment, 6 observations never do, and `UNMAPPED` marks a code that no table knows.
`rank` breaks ties between facts of one instant; it is not an order of states.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from domain.parties import Owner


class Milestone(StrEnum):
    """Identifiers of everything a source can report about a shipment."""

    SHIPMENT_CREATED = "SHIPMENT_CREATED"
    LABEL_CREATED = "LABEL_CREATED"
    PREADVICE_ACCEPTED = "PREADVICE_ACCEPTED"
    READY_FOR_HANDOVER = "READY_FOR_HANDOVER"
    CANCELLED = "CANCELLED"
    PICKUP_SCHEDULED = "PICKUP_SCHEDULED"
    PICKUP_FAILED = "PICKUP_FAILED"
    PICKED_UP = "PICKED_UP"
    RECEIVED_AT_ORIGIN = "RECEIVED_AT_ORIGIN"
    EXPORT_CUSTOMS_SUBMITTED = "EXPORT_CUSTOMS_SUBMITTED"
    EXPORT_CUSTOMS_CLEARED = "EXPORT_CUSTOMS_CLEARED"
    DEPARTED_ORIGIN = "DEPARTED_ORIGIN"
    IN_TRANSIT = "IN_TRANSIT"
    HUB_ARRIVED = "HUB_ARRIVED"
    HUB_DEPARTED = "HUB_DEPARTED"
    HANDED_OVER = "HANDED_OVER"
    ARRIVED_DESTINATION = "ARRIVED_DESTINATION"
    IMPORT_CUSTOMS_SUBMITTED = "IMPORT_CUSTOMS_SUBMITTED"
    CUSTOMS_HELD = "CUSTOMS_HELD"
    CUSTOMS_REFUSED = "CUSTOMS_REFUSED"
    IMPORT_CUSTOMS_CLEARED = "IMPORT_CUSTOMS_CLEARED"
    HELD = "HELD"
    HOLD_RESOLVED = "HOLD_RESOLVED"
    REROUTE_REQUESTED = "REROUTE_REQUESTED"
    REROUTED = "REROUTED"
    ARRIVED_DELIVERY_DEPOT = "ARRIVED_DELIVERY_DEPOT"
    DELIVERY_SCHEDULED = "DELIVERY_SCHEDULED"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    DELIVERY_ATTEMPTED = "DELIVERY_ATTEMPTED"
    AVAILABLE_FOR_PICKUP = "AVAILABLE_FOR_PICKUP"
    PARTIALLY_DELIVERED = "PARTIALLY_DELIVERED"
    DELIVERED = "DELIVERED"
    WAREHOUSE_CHECKED_IN = "WAREHOUSE_CHECKED_IN"
    WAREHOUSE_RECEIVED = "WAREHOUSE_RECEIVED"
    DELAYED = "DELAYED"
    EXCEPTION_RAISED = "EXCEPTION_RAISED"
    DAMAGED = "DAMAGED"
    LOST = "LOST"
    FOUND = "FOUND"
    UNDELIVERABLE = "UNDELIVERABLE"
    DISPOSED = "DISPOSED"
    RETURN_INITIATED = "RETURN_INITIATED"
    RETURNED = "RETURNED"
    POD_RECEIVED = "POD_RECEIVED"
    ETA_UPDATED = "ETA_UPDATED"
    EQUIPMENT_MOVED = "EQUIPMENT_MOVED"
    SENSOR_ALERT = "SENSOR_ALERT"
    TRACKING_STALE = "TRACKING_STALE"
    INFO_NOTED = "INFO_NOTED"
    UNMAPPED = "UNMAPPED"


class Kind(StrEnum):
    """Whether an identifier can move a shipment."""

    MILESTONE = "MILESTONE"
    OBSERVATION = "OBSERVATION"
    UNKNOWN = "UNKNOWN"


class Ending(StrEnum):
    """How final a milestone is."""

    NO = "NO"
    SOFT = "SOFT"
    HARD = "HARD"


class MilestoneSpec(NamedTuple):
    """One row of the milestone table."""

    kind: Kind
    phase: str
    rank: int
    owner: Owner
    needs_reason: bool
    moves_custody: bool
    ending: Ending
    meaning: str


def _milestone(  # noqa: PLR0913 - one keyword per column of the table
    phase: str,
    rank: int,
    owner: Owner,
    meaning: str,
    *,
    reason: bool = False,
    custody: bool = False,
    ending: Ending = Ending.NO,
) -> MilestoneSpec:
    return MilestoneSpec(Kind.MILESTONE, phase, rank, owner, reason, custody, ending, meaning)


def _observation(phase: str, rank: int, owner: Owner, meaning: str, *, reason: bool = False) -> MilestoneSpec:
    return MilestoneSpec(Kind.OBSERVATION, phase, rank, owner, reason, False, Ending.NO, meaning)


MILESTONES: Final[dict[Milestone, MilestoneSpec]] = {
    Milestone.SHIPMENT_CREATED: _milestone(
        "PRE", 100, Owner.SHIPPER, "A shipment is on the hub's books; no goods have moved."
    ),
    Milestone.LABEL_CREATED: _milestone("PRE", 110, Owner.SHIPPER, "There is a label with a number for it."),
    Milestone.PREADVICE_ACCEPTED: _milestone(
        "PRE", 120, Owner.SHIPPER, "The carrier has the data or the booking, not the goods."
    ),
    Milestone.READY_FOR_HANDOVER: _milestone(
        "PRE", 130, Owner.CARRIER, "Packed and waiting for the carrier at the sender's."
    ),
    Milestone.CANCELLED: _milestone(
        "PRE", 190, Owner.NONE, "Called off while the sender still had the goods.", reason=True, ending=Ending.SOFT
    ),
    Milestone.PICKUP_SCHEDULED: _milestone(
        "FIRST_MILE", 200, Owner.CARRIER, "A collection slot is agreed; sent anew when it changes."
    ),
    Milestone.PICKUP_FAILED: _milestone(
        "FIRST_MILE", 210, Owner.SHIPPER, "The collection did not take place.", reason=True
    ),
    Milestone.PICKED_UP: _milestone(
        "FIRST_MILE", 220, Owner.CARRIER, "The first carrier has taken the goods over.", custody=True
    ),
    Milestone.RECEIVED_AT_ORIGIN: _milestone(
        "FIRST_MILE", 230, Owner.CARRIER, "First facility scan in the country of origin."
    ),
    Milestone.EXPORT_CUSTOMS_SUBMITTED: _milestone("EXPORT", 300, Owner.CUSTOMS, "Declared or presented for export."),
    Milestone.EXPORT_CUSTOMS_CLEARED: _milestone("EXPORT", 320, Owner.CARRIER, "Released for export."),
    Milestone.DEPARTED_ORIGIN: _milestone(
        "LINEHAUL", 400, Owner.CARRIER, "On the main carriage, out of the origin country or its gateway."
    ),
    Milestone.IN_TRANSIT: _milestone("LINEHAUL", 410, Owner.CARRIER, "Moving; the source names no facility."),
    Milestone.HUB_ARRIVED: _milestone(
        "LINEHAUL", 420, Owner.CARRIER, "In at a facility between the first and the last."
    ),
    Milestone.HUB_DEPARTED: _milestone(
        "LINEHAUL", 430, Owner.CARRIER, "Out of a facility between the first and the last."
    ),
    Milestone.HANDED_OVER: _milestone(
        "LINEHAUL", 440, Owner.CARRIER, "One transport party passed the goods to the next.", custody=True
    ),
    Milestone.ARRIVED_DESTINATION: _milestone(
        "LINEHAUL", 450, Owner.CARRIER, "In the destination country or at its gateway."
    ),
    Milestone.IMPORT_CUSTOMS_SUBMITTED: _milestone("IMPORT", 500, Owner.CUSTOMS, "Declared or presented for import."),
    Milestone.CUSTOMS_HELD: _milestone(
        "HOLD", 510, Owner.SHIPPER, "An authority stops the goods; the hold says which one and why.", reason=True
    ),
    Milestone.CUSTOMS_REFUSED: _milestone(
        "HOLD", 520, Owner.SHIPPER, "An authority said no: back, elsewhere or destruction.", reason=True
    ),
    Milestone.IMPORT_CUSTOMS_CLEARED: _milestone("IMPORT", 530, Owner.CARRIER, "Released by import customs."),
    Milestone.HELD: _milestone("HOLD", 540, Owner.CARRIER, "Stopped by anyone who is not an authority.", reason=True),
    Milestone.HOLD_RESOLVED: _milestone(
        "HOLD", 550, Owner.CARRIER, "One hold or problem is over; others stay, and nothing is cleared by it."
    ),
    Milestone.REROUTE_REQUESTED: _milestone(
        "REROUTE",
        560,
        Owner.CARRIER,
        "A change of address, date, method or carrier was asked for, not yet agreed.",
        reason=True,
    ),
    Milestone.REROUTED: _milestone(
        "REROUTE", 570, Owner.CARRIER, "The change holds; the route has a new version.", reason=True
    ),
    Milestone.ARRIVED_DELIVERY_DEPOT: _milestone("LAST_MILE", 600, Owner.CARRIER, "At the depot that delivers."),
    Milestone.DELIVERY_SCHEDULED: _milestone(
        "LAST_MILE", 610, Owner.RECIPIENT, "A delivery slot is agreed; sent anew when it changes."
    ),
    Milestone.OUT_FOR_DELIVERY: _milestone("LAST_MILE", 620, Owner.CARRIER, "On the round that delivers."),
    Milestone.DELIVERY_ATTEMPTED: _milestone(
        "LAST_MILE", 630, Owner.RECIPIENT, "A delivery was tried in vain.", reason=True
    ),
    Milestone.AVAILABLE_FOR_PICKUP: _milestone(
        "LAST_MILE",
        640,
        Owner.RECIPIENT,
        "Put down at a shop, locker or counter until somebody collects.",
        custody=True,
    ),
    Milestone.PARTIALLY_DELIVERED: _milestone(
        "LAST_MILE", 650, Owner.CARRIER, "Some pieces are delivered, others are not.", custody=True
    ),
    Milestone.DELIVERED: _milestone(
        "LAST_MILE",
        700,
        Owner.NONE,
        "The recipient, or whoever may stand in, has the goods.",
        custody=True,
        ending=Ending.SOFT,
    ),
    Milestone.WAREHOUSE_CHECKED_IN: _milestone(
        "RECEIPT", 710, Owner.WAREHOUSE, "The receiving warehouse took the goods in at its dock.", custody=True
    ),
    Milestone.WAREHOUSE_RECEIVED: _milestone(
        "RECEIPT", 720, Owner.NONE, "Counted and booked into stock.", ending=Ending.HARD
    ),
    Milestone.DELAYED: _milestone(
        "EXCEPTION", 580, Owner.CARRIER, "It will be late; nothing else is wrong.", reason=True
    ),
    Milestone.EXCEPTION_RAISED: _milestone(
        "EXCEPTION", 585, Owner.CARRIER, "A problem that no other word here names.", reason=True
    ),
    Milestone.DAMAGED: _milestone(
        "EXCEPTION", 590, Owner.CARRIER, "Goods or packing are harmed; they may go on.", reason=True
    ),
    Milestone.LOST: _milestone(
        "EXCEPTION", 660, Owner.CARRIER, "The holder says that the goods are gone.", reason=True, ending=Ending.SOFT
    ),
    Milestone.FOUND: _milestone("EXCEPTION", 670, Owner.CARRIER, "Goods that were called lost are there again."),
    Milestone.UNDELIVERABLE: _milestone(
        "EXCEPTION", 680, Owner.SHIPPER, "Delivery is given up until somebody decides what next.", reason=True
    ),
    Milestone.DISPOSED: _milestone(
        "EXCEPTION", 960, Owner.NONE, "Destroyed, confiscated or given up.", reason=True, ending=Ending.HARD
    ),
    Milestone.RETURN_INITIATED: _milestone(
        "RETURN", 900, Owner.CARRIER, "Turned round, on the way back to the sender.", reason=True
    ),
    Milestone.RETURNED: _milestone(
        "RETURN", 950, Owner.NONE, "Back with the sender or at the return address.", custody=True, ending=Ending.HARD
    ),
    Milestone.POD_RECEIVED: _observation("LAST_MILE", 705, Owner.NONE, "Proof of a delivery came in."),
    Milestone.ETA_UPDATED: _observation("ANY", 990, Owner.NONE, "Somebody expects a future milestone at a new time."),
    Milestone.EQUIPMENT_MOVED: _observation(
        "ANY", 991, Owner.NONE, "Something happened to the container, trailer or seal around the goods."
    ),
    Milestone.SENSOR_ALERT: _observation("ANY", 992, Owner.CARRIER, "A reading went over its limit.", reason=True),
    Milestone.TRACKING_STALE: _observation(
        "ANY", 993, Owner.HUB, "Quiet for too long; noticed by a clock, never scanned."
    ),
    Milestone.INFO_NOTED: _observation("ANY", 994, Owner.NONE, "A remark without a milestone in it."),
    Milestone.UNMAPPED: MilestoneSpec(
        Kind.UNKNOWN,
        "ANY",
        999,
        Owner.HUB,
        False,
        False,
        Ending.NO,
        "A code that no mapping knows; kept with its raw code and text, the shipment is left alone.",
    ),
}
