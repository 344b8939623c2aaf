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


_M, _O = Kind.MILESTONE, Kind.OBSERVATION

MILESTONES: Final[dict[Milestone, MilestoneSpec]] = {
    Milestone.SHIPMENT_CREATED: MilestoneSpec(_M, "PRE", 100, Owner.SHIPPER, False, False, Ending.NO, ""),
    Milestone.LABEL_CREATED: MilestoneSpec(_M, "PRE", 110, Owner.SHIPPER, False, False, Ending.NO, ""),
    Milestone.PREADVICE_ACCEPTED: MilestoneSpec(_M, "PRE", 120, Owner.SHIPPER, False, False, Ending.NO, ""),
    Milestone.READY_FOR_HANDOVER: MilestoneSpec(_M, "PRE", 130, Owner.CARRIER, False, False, Ending.NO, ""),
    Milestone.CANCELLED: MilestoneSpec(_M, "PRE", 190, Owner.NONE, True, False, Ending.SOFT, ""),
    Milestone.PICKUP_SCHEDULED: MilestoneSpec(_M, "FIRST_MILE", 200, Owner.CARRIER, False, False, Ending.NO, ""),
    Milestone.PICKUP_FAILED: MilestoneSpec(_M, "FIRST_MILE", 210, Owner.SHIPPER, True, False, Ending.NO, ""),
    Milestone.PICKED_UP: MilestoneSpec(_M, "FIRST_MILE", 220, Owner.CARRIER, False, True, Ending.NO, ""),
    Milestone.RECEIVED_AT_ORIGIN: MilestoneSpec(_M, "FIRST_MILE", 230, Owner.CARRIER, False, False, Ending.NO, ""),
    Milestone.EXPORT_CUSTOMS_SUBMITTED: MilestoneSpec(_M, "EXPORT", 300, Owner.CUSTOMS, False, False, Ending.NO, ""),
    Milestone.EXPORT_CUSTOMS_CLEARED: MilestoneSpec(_M, "EXPORT", 320, Owner.CARRIER, False, False, Ending.NO, ""),
    Milestone.DEPARTED_ORIGIN: MilestoneSpec(_M, "LINEHAUL", 400, Owner.CARRIER, False, False, Ending.NO, ""),
    Milestone.IN_TRANSIT: MilestoneSpec(_M, "LINEHAUL", 410, Owner.CARRIER, False, False, Ending.NO, ""),
    Milestone.HUB_ARRIVED: MilestoneSpec(_M, "LINEHAUL", 420, Owner.CARRIER, False, False, Ending.NO, ""),
    Milestone.HUB_DEPARTED: MilestoneSpec(_M, "LINEHAUL", 430, Owner.CARRIER, False, False, Ending.NO, ""),
    Milestone.HANDED_OVER: MilestoneSpec(_M, "LINEHAUL", 440, Owner.CARRIER, False, True, Ending.NO, ""),
    Milestone.ARRIVED_DESTINATION: MilestoneSpec(_M, "LINEHAUL", 450, Owner.CARRIER, False, False, Ending.NO, ""),
    Milestone.IMPORT_CUSTOMS_SUBMITTED: MilestoneSpec(_M, "IMPORT", 500, Owner.CUSTOMS, False, False, Ending.NO, ""),
    Milestone.CUSTOMS_HELD: MilestoneSpec(_M, "HOLD", 510, Owner.SHIPPER, True, False, Ending.NO, ""),
    Milestone.CUSTOMS_REFUSED: MilestoneSpec(_M, "HOLD", 520, Owner.SHIPPER, True, False, Ending.NO, ""),
    Milestone.IMPORT_CUSTOMS_CLEARED: MilestoneSpec(_M, "IMPORT", 530, Owner.CARRIER, False, False, Ending.NO, ""),
    Milestone.HELD: MilestoneSpec(_M, "HOLD", 540, Owner.CARRIER, True, False, Ending.NO, ""),
    Milestone.HOLD_RESOLVED: MilestoneSpec(_M, "HOLD", 550, Owner.CARRIER, False, False, Ending.NO, ""),
    Milestone.REROUTE_REQUESTED: MilestoneSpec(_M, "REROUTE", 560, Owner.CARRIER, True, False, Ending.NO, ""),
    Milestone.REROUTED: MilestoneSpec(_M, "REROUTE", 570, Owner.CARRIER, True, False, Ending.NO, ""),
    Milestone.ARRIVED_DELIVERY_DEPOT: MilestoneSpec(_M, "LAST_MILE", 600, Owner.CARRIER, False, False, Ending.NO, ""),
    Milestone.DELIVERY_SCHEDULED: MilestoneSpec(_M, "LAST_MILE", 610, Owner.RECIPIENT, False, False, Ending.NO, ""),
    Milestone.OUT_FOR_DELIVERY: MilestoneSpec(_M, "LAST_MILE", 620, Owner.CARRIER, False, False, Ending.NO, ""),
    Milestone.DELIVERY_ATTEMPTED: MilestoneSpec(_M, "LAST_MILE", 630, Owner.RECIPIENT, True, False, Ending.NO, ""),
    Milestone.AVAILABLE_FOR_PICKUP: MilestoneSpec(_M, "LAST_MILE", 640, Owner.RECIPIENT, False, True, Ending.NO, ""),
    Milestone.PARTIALLY_DELIVERED: MilestoneSpec(_M, "LAST_MILE", 650, Owner.CARRIER, False, True, Ending.NO, ""),
    Milestone.DELIVERED: MilestoneSpec(_M, "LAST_MILE", 700, Owner.NONE, False, True, Ending.SOFT, ""),
    Milestone.WAREHOUSE_CHECKED_IN: MilestoneSpec(_M, "RECEIPT", 710, Owner.WAREHOUSE, False, True, Ending.NO, ""),
    Milestone.WAREHOUSE_RECEIVED: MilestoneSpec(_M, "RECEIPT", 720, Owner.NONE, False, False, Ending.HARD, ""),
    Milestone.DELAYED: MilestoneSpec(_M, "EXCEPTION", 580, Owner.CARRIER, True, False, Ending.NO, ""),
    Milestone.EXCEPTION_RAISED: MilestoneSpec(_M, "EXCEPTION", 585, Owner.CARRIER, True, False, Ending.NO, ""),
    Milestone.DAMAGED: MilestoneSpec(_M, "EXCEPTION", 590, Owner.CARRIER, True, False, Ending.NO, ""),
    Milestone.LOST: MilestoneSpec(_M, "EXCEPTION", 660, Owner.CARRIER, True, False, Ending.SOFT, ""),
    Milestone.FOUND: MilestoneSpec(_M, "EXCEPTION", 670, Owner.CARRIER, False, False, Ending.NO, ""),
    Milestone.UNDELIVERABLE: MilestoneSpec(_M, "EXCEPTION", 680, Owner.SHIPPER, True, False, Ending.NO, ""),
    Milestone.DISPOSED: MilestoneSpec(_M, "EXCEPTION", 960, Owner.NONE, True, False, Ending.HARD, ""),
    Milestone.RETURN_INITIATED: MilestoneSpec(_M, "RETURN", 900, Owner.CARRIER, True, False, Ending.NO, ""),
    Milestone.RETURNED: MilestoneSpec(_M, "RETURN", 950, Owner.NONE, False, True, Ending.HARD, ""),
    Milestone.POD_RECEIVED: MilestoneSpec(_O, "LAST_MILE", 705, Owner.NONE, False, False, Ending.NO, ""),
    Milestone.ETA_UPDATED: MilestoneSpec(_O, "ANY", 990, Owner.NONE, False, False, Ending.NO, ""),
    Milestone.EQUIPMENT_MOVED: MilestoneSpec(_O, "ANY", 991, Owner.NONE, False, False, Ending.NO, ""),
    Milestone.SENSOR_ALERT: MilestoneSpec(_O, "ANY", 992, Owner.CARRIER, True, False, Ending.NO, ""),
    Milestone.TRACKING_STALE: MilestoneSpec(_O, "ANY", 993, Owner.HUB, False, False, Ending.NO, ""),
    Milestone.INFO_NOTED: MilestoneSpec(_O, "ANY", 994, Owner.NONE, False, False, Ending.NO, ""),
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
