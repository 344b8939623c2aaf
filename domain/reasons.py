"""Why something happened, and who has to act next; 88 reasons in 12 groups."""

from enum import StrEnum
from typing import Final, NamedTuple

from domain.parties import Owner


class Reason(StrEnum):
    """`GROUP.REASON` identifiers, so that a reason can never be taken for a milestone."""

    CUSTOMS_DOCS_MISSING = "CUSTOMS.DOCS_MISSING"
    CUSTOMS_INFO_REQUESTED = "CUSTOMS.INFO_REQUESTED"
    CUSTOMS_DECLARATION_INCORRECT = "CUSTOMS.DECLARATION_INCORRECT"
    CUSTOMS_DUTY_TAX_UNPAID = "CUSTOMS.DUTY_TAX_UNPAID"
    CUSTOMS_INSPECTION = "CUSTOMS.INSPECTION"
    CUSTOMS_PARTNER_AGENCY = "CUSTOMS.PARTNER_AGENCY"
    CUSTOMS_RECIPIENT_ID_REQUIRED = "CUSTOMS.RECIPIENT_ID_REQUIRED"
    CUSTOMS_POWER_OF_ATTORNEY = "CUSTOMS.POWER_OF_ATTORNEY"
    CUSTOMS_QUOTA_EXCEEDED = "CUSTOMS.QUOTA_EXCEEDED"
    CUSTOMS_PROHIBITED_GOODS = "CUSTOMS.PROHIBITED_GOODS"
    CUSTOMS_LICENCE_REQUIRED = "CUSTOMS.LICENCE_REQUIRED"
    CUSTOMS_REFUSED_ENTRY = "CUSTOMS.REFUSED_ENTRY"
    CUSTOMS_BACKLOG = "CUSTOMS.BACKLOG"
    CUSTOMS_DO_NOT_LOAD = "CUSTOMS.DO_NOT_LOAD"
    CUSTOMS_SECURITY_SCREENING = "CUSTOMS.SECURITY_SCREENING"
    ADDRESS_INCORRECT = "ADDRESS.INCORRECT"
    ADDRESS_INCOMPLETE = "ADDRESS.INCOMPLETE"
    ADDRESS_NOT_FOUND = "ADDRESS.NOT_FOUND"
    ADDRESS_OUT_OF_AREA = "ADDRESS.OUT_OF_AREA"
    ADDRESS_NO_ACCESS = "ADDRESS.NO_ACCESS"
    ADDRESS_CORRECTED = "ADDRESS.CORRECTED"
    RECIPIENT_NOT_AVAILABLE = "RECIPIENT.NOT_AVAILABLE"
    RECIPIENT_BUSINESS_CLOSED = "RECIPIENT.BUSINESS_CLOSED"
    RECIPIENT_REFUSED = "RECIPIENT.REFUSED"
    RECIPIENT_REFUSED_CHARGES = "RECIPIENT.REFUSED_CHARGES"
    RECIPIENT_MOVED = "RECIPIENT.MOVED"
    RECIPIENT_UNKNOWN = "RECIPIENT.UNKNOWN"
    RECIPIENT_DECEASED = "RECIPIENT.DECEASED"
    RECIPIENT_CONTACT_FAILED = "RECIPIENT.CONTACT_FAILED"
    RECIPIENT_IDENTITY_NOT_VERIFIED = "RECIPIENT.IDENTITY_NOT_VERIFIED"
    RECIPIENT_REQUESTED_LATER = "RECIPIENT.REQUESTED_LATER"
    RECIPIENT_REQUESTED_PICKUP = "RECIPIENT.REQUESTED_PICKUP"
    RECIPIENT_REQUESTED_CHANGE = "RECIPIENT.REQUESTED_CHANGE"
    RECIPIENT_UNCLAIMED = "RECIPIENT.UNCLAIMED"
    RECIPIENT_AWAY = "RECIPIENT.AWAY"
    RECIPIENT_CANCELLED = "RECIPIENT.CANCELLED"
    RECIPIENT_NON_RECEIPT_CLAIM = "RECIPIENT.NON_RECEIPT_CLAIM"
    RECIPIENT_RELATED = "RECIPIENT.RELATED"
    PAYMENT_COD_NOT_PAID = "PAYMENT.COD_NOT_PAID"
    PAYMENT_CHARGES_UNPAID = "PAYMENT.CHARGES_UNPAID"
    PAYMENT_CREDIT_HOLD = "PAYMENT.CREDIT_HOLD"
    SHIPPER_NOT_READY = "SHIPPER.NOT_READY"
    SHIPPER_CANCELLED = "SHIPPER.CANCELLED"
    SHIPPER_REQUESTED_HOLD = "SHIPPER.REQUESTED_HOLD"
    SHIPPER_REQUESTED_RETURN = "SHIPPER.REQUESTED_RETURN"
    SHIPPER_INSTRUCTIONS_AWAITED = "SHIPPER.INSTRUCTIONS_AWAITED"
    SHIPPER_DATA_MISSING = "SHIPPER.DATA_MISSING"
    SHIPPER_LABEL_UNREADABLE = "SHIPPER.LABEL_UNREADABLE"
    SHIPPER_PACKAGING_INADEQUATE = "SHIPPER.PACKAGING_INADEQUATE"
    SHIPPER_NON_COMPLIANT = "SHIPPER.NON_COMPLIANT"
    SHIPPER_RELATED = "SHIPPER.RELATED"
    CARRIER_MISSORTED = "CARRIER.MISSORTED"
    CARRIER_MISSED_CONNECTION = "CARRIER.MISSED_CONNECTION"
    CARRIER_CAPACITY = "CARRIER.CAPACITY"
    CARRIER_VEHICLE_BREAKDOWN = "CARRIER.VEHICLE_BREAKDOWN"
    CARRIER_STAFF = "CARRIER.STAFF"
    CARRIER_OUT_OF_TIME = "CARRIER.OUT_OF_TIME"
    CARRIER_PROCESSING = "CARRIER.PROCESSING"
    CARRIER_SYSTEM = "CARRIER.SYSTEM"
    CARRIER_PARTNER = "CARRIER.PARTNER"
    CARRIER_MISSED_PICKUP = "CARRIER.MISSED_PICKUP"
    CARRIER_ACCIDENT = "CARRIER.ACCIDENT"
    CARRIER_MAX_ATTEMPTS = "CARRIER.MAX_ATTEMPTS"
    CARGO_DAMAGED = "CARGO.DAMAGED"
    CARGO_SPOILED = "CARGO.SPOILED"
    CARGO_CONTENTS_MISSING = "CARGO.CONTENTS_MISSING"
    CARGO_TAMPERED = "CARGO.TAMPERED"
    CARGO_TEMPERATURE = "CARGO.TEMPERATURE"
    CARGO_NOT_FOUND = "CARGO.NOT_FOUND"
    CARGO_STOLEN = "CARGO.STOLEN"
    CARGO_BEING_TRACED = "CARGO.BEING_TRACED"
    CARGO_DESTROYED = "CARGO.DESTROYED"
    EXTERNAL_WEATHER = "EXTERNAL.WEATHER"
    EXTERNAL_DISASTER = "EXTERNAL.DISASTER"
    EXTERNAL_STRIKE = "EXTERNAL.STRIKE"
    EXTERNAL_CIVIL_EVENT = "EXTERNAL.CIVIL_EVENT"
    EXTERNAL_PUBLIC_HOLIDAY = "EXTERNAL.PUBLIC_HOLIDAY"
    EXTERNAL_CONGESTION = "EXTERNAL.CONGESTION"
    EXTERNAL_NOT_CARRIER = "EXTERNAL.NOT_CARRIER"
    PICKUP_POINT_FULL_OR_CLOSED = "PICKUP_POINT.FULL_OR_CLOSED"
    RECEIVING_NO_APPOINTMENT = "RECEIVING.NO_APPOINTMENT"
    RECEIVING_RESTRICTED = "RECEIVING.RESTRICTED"
    RECEIVING_QTY_SHORT = "RECEIVING.QTY_SHORT"
    RECEIVING_QTY_OVER = "RECEIVING.QTY_OVER"
    RECEIVING_ITEM_MISMATCH = "RECEIVING.ITEM_MISMATCH"
    RECEIVING_PREP_NON_COMPLIANT = "RECEIVING.PREP_NON_COMPLIANT"
    OTHER_NONE = "OTHER.NONE"
    OTHER_UNSPECIFIED = "OTHER.UNSPECIFIED"


class ReasonSpec(NamedTuple):
    """One row of the reason table."""

    owner: Owner
    meaning: str


REASONS: Final[dict[Reason, ReasonSpec]] = {
    Reason.CUSTOMS_DOCS_MISSING: ReasonSpec(Owner.SHIPPER, "Papers are missing or faulty."),
    Reason.CUSTOMS_INFO_REQUESTED: ReasonSpec(Owner.SHIPPER, "Customs or the broker want an answer."),
    Reason.CUSTOMS_DECLARATION_INCORRECT: ReasonSpec(Owner.BROKER, "The declaration has to be corrected."),
    Reason.CUSTOMS_DUTY_TAX_UNPAID: ReasonSpec(Owner.RECIPIENT, "Duty or tax is still to be paid."),
    Reason.CUSTOMS_INSPECTION: ReasonSpec(Owner.CUSTOMS, "Picked out for examination."),
    Reason.CUSTOMS_PARTNER_AGENCY: ReasonSpec(
        Owner.CUSTOMS, "Waiting for another agency, such as health or agriculture."
    ),
    Reason.CUSTOMS_RECIPIENT_ID_REQUIRED: ReasonSpec(Owner.RECIPIENT, "Clearance needs the recipient's identity."),
    Reason.CUSTOMS_POWER_OF_ATTORNEY: ReasonSpec(Owner.RECIPIENT, "The broker lacks an authorisation."),
    Reason.CUSTOMS_QUOTA_EXCEEDED: ReasonSpec(Owner.RECIPIENT, "Over an allowance of value or number."),
    Reason.CUSTOMS_PROHIBITED_GOODS: ReasonSpec(Owner.SHIPPER, "Not allowed into or out of the country."),
    Reason.CUSTOMS_LICENCE_REQUIRED: ReasonSpec(Owner.SHIPPER, "A permit is needed."),
    Reason.CUSTOMS_REFUSED_ENTRY: ReasonSpec(Owner.SHIPPER, "Turned away at the border."),
    Reason.CUSTOMS_BACKLOG: ReasonSpec(Owner.CUSTOMS, "The authority is behind with its work."),
    Reason.CUSTOMS_DO_NOT_LOAD: ReasonSpec(Owner.CARRIER, "Not to be loaded, by security order."),
    Reason.CUSTOMS_SECURITY_SCREENING: ReasonSpec(Owner.CARRIER, "In a security check."),
    Reason.ADDRESS_INCORRECT: ReasonSpec(Owner.SHIPPER, "The address is wrong."),
    Reason.ADDRESS_INCOMPLETE: ReasonSpec(Owner.SHIPPER, "House number, flat or postcode is lacking."),
    Reason.ADDRESS_NOT_FOUND: ReasonSpec(Owner.CARRIER, "The driver could not find it."),
    Reason.ADDRESS_OUT_OF_AREA: ReasonSpec(Owner.SHIPPER, "Outside the area that is served."),
    Reason.ADDRESS_NO_ACCESS: ReasonSpec(Owner.RECIPIENT, "Gate, code or building in the way."),
    Reason.ADDRESS_CORRECTED: ReasonSpec(Owner.CARRIER, "The address has been put right."),
    Reason.RECIPIENT_NOT_AVAILABLE: ReasonSpec(Owner.RECIPIENT, "Nobody answered."),
    Reason.RECIPIENT_BUSINESS_CLOSED: ReasonSpec(Owner.RECIPIENT, "Closed at that hour."),
    Reason.RECIPIENT_REFUSED: ReasonSpec(Owner.SHIPPER, "Not accepted."),
    Reason.RECIPIENT_REFUSED_CHARGES: ReasonSpec(Owner.RECIPIENT, "Not accepted because of charges."),
    Reason.RECIPIENT_MOVED: ReasonSpec(Owner.SHIPPER, "Lives elsewhere now."),
    Reason.RECIPIENT_UNKNOWN: ReasonSpec(Owner.SHIPPER, "Not known at the address."),
    Reason.RECIPIENT_DECEASED: ReasonSpec(Owner.SHIPPER, "No longer alive."),
    Reason.RECIPIENT_CONTACT_FAILED: ReasonSpec(Owner.RECIPIENT, "No call, mail or message got through."),
    Reason.RECIPIENT_IDENTITY_NOT_VERIFIED: ReasonSpec(Owner.RECIPIENT, "Identity, age or code could not be checked."),
    Reason.RECIPIENT_REQUESTED_LATER: ReasonSpec(Owner.CARRIER, "Asked for another date."),
    Reason.RECIPIENT_REQUESTED_PICKUP: ReasonSpec(Owner.RECIPIENT, "Wants to collect."),
    Reason.RECIPIENT_REQUESTED_CHANGE: ReasonSpec(Owner.CARRIER, "Wants it elsewhere or otherwise."),
    Reason.RECIPIENT_UNCLAIMED: ReasonSpec(Owner.SHIPPER, "Never collected."),
    Reason.RECIPIENT_AWAY: ReasonSpec(Owner.CARRIER, "Mail is held during an absence."),
    Reason.RECIPIENT_CANCELLED: ReasonSpec(Owner.SHIPPER, "Order called off by the buyer."),
    Reason.RECIPIENT_NON_RECEIPT_CLAIM: ReasonSpec(Owner.CARRIER, "Says that nothing arrived."),
    Reason.RECIPIENT_RELATED: ReasonSpec(Owner.RECIPIENT, "Something else on the recipient's side."),
    Reason.PAYMENT_COD_NOT_PAID: ReasonSpec(Owner.RECIPIENT, "Cash on delivery was not paid."),
    Reason.PAYMENT_CHARGES_UNPAID: ReasonSpec(Owner.RECIPIENT, "Freight or fees are open."),
    Reason.PAYMENT_CREDIT_HOLD: ReasonSpec(Owner.SHIPPER, "The account is blocked."),
    Reason.SHIPPER_NOT_READY: ReasonSpec(Owner.SHIPPER, "Goods were not ready."),
    Reason.SHIPPER_CANCELLED: ReasonSpec(Owner.NONE, "Called off by the sender."),
    Reason.SHIPPER_REQUESTED_HOLD: ReasonSpec(Owner.SHIPPER, "Stopped at the sender's wish."),
    Reason.SHIPPER_REQUESTED_RETURN: ReasonSpec(Owner.CARRIER, "Called back by the sender."),
    Reason.SHIPPER_INSTRUCTIONS_AWAITED: ReasonSpec(Owner.SHIPPER, "The sender has to say what next."),
    Reason.SHIPPER_DATA_MISSING: ReasonSpec(Owner.SHIPPER, "Shipment data did not come."),
    Reason.SHIPPER_LABEL_UNREADABLE: ReasonSpec(Owner.SHIPPER, "The label cannot be read."),
    Reason.SHIPPER_PACKAGING_INADEQUATE: ReasonSpec(Owner.SHIPPER, "Packed too weakly."),
    Reason.SHIPPER_NON_COMPLIANT: ReasonSpec(Owner.SHIPPER, "Breaks a rule of the service, dangerous goods included."),
    Reason.SHIPPER_RELATED: ReasonSpec(Owner.SHIPPER, "Something else on the sender's side."),
    Reason.CARRIER_MISSORTED: ReasonSpec(Owner.CARRIER, "Sent the wrong way."),
    Reason.CARRIER_MISSED_CONNECTION: ReasonSpec(Owner.CARRIER, "The onward transport was missed."),
    Reason.CARRIER_CAPACITY: ReasonSpec(Owner.CARRIER, "No room."),
    Reason.CARRIER_VEHICLE_BREAKDOWN: ReasonSpec(Owner.CARRIER, "Vehicle or aircraft out of order."),
    Reason.CARRIER_STAFF: ReasonSpec(Owner.CARRIER, "Not enough people."),
    Reason.CARRIER_OUT_OF_TIME: ReasonSpec(Owner.CARRIER, "The round ended first."),
    Reason.CARRIER_PROCESSING: ReasonSpec(Owner.CARRIER, "Held up by handling."),
    Reason.CARRIER_SYSTEM: ReasonSpec(Owner.CARRIER, "Held up by IT."),
    Reason.CARRIER_PARTNER: ReasonSpec(Owner.CARRIER, "Caused by a subcontractor."),
    Reason.CARRIER_MISSED_PICKUP: ReasonSpec(Owner.CARRIER, "Nobody came for the collection."),
    Reason.CARRIER_ACCIDENT: ReasonSpec(Owner.CARRIER, "An accident."),
    Reason.CARRIER_MAX_ATTEMPTS: ReasonSpec(Owner.SHIPPER, "No tries left."),
    Reason.CARGO_DAMAGED: ReasonSpec(Owner.CARRIER, "Harmed."),
    Reason.CARGO_SPOILED: ReasonSpec(Owner.CARRIER, "Perished."),
    Reason.CARGO_CONTENTS_MISSING: ReasonSpec(Owner.CARRIER, "Not everything is in it."),
    Reason.CARGO_TAMPERED: ReasonSpec(Owner.CARRIER, "Opened or interfered with."),
    Reason.CARGO_TEMPERATURE: ReasonSpec(Owner.CARRIER, "Out of its temperature range."),
    Reason.CARGO_NOT_FOUND: ReasonSpec(Owner.CARRIER, "Nowhere to be seen."),
    Reason.CARGO_STOLEN: ReasonSpec(Owner.CARRIER, "Taken by somebody."),
    Reason.CARGO_BEING_TRACED: ReasonSpec(Owner.CARRIER, "A search is under way."),
    Reason.CARGO_DESTROYED: ReasonSpec(Owner.NONE, "No longer exists."),
    Reason.EXTERNAL_WEATHER: ReasonSpec(Owner.NONE, "Storm, snow, flood or heat."),
    Reason.EXTERNAL_DISASTER: ReasonSpec(Owner.NONE, "Natural disaster."),
    Reason.EXTERNAL_STRIKE: ReasonSpec(Owner.NONE, "Industrial action."),
    Reason.EXTERNAL_CIVIL_EVENT: ReasonSpec(Owner.NONE, "Unrest, war or an official closure."),
    Reason.EXTERNAL_PUBLIC_HOLIDAY: ReasonSpec(Owner.NONE, "A holiday."),
    Reason.EXTERNAL_CONGESTION: ReasonSpec(Owner.NONE, "Port, road or airport is full."),
    Reason.EXTERNAL_NOT_CARRIER: ReasonSpec(Owner.NONE, "Outside the carrier's power."),
    Reason.PICKUP_POINT_FULL_OR_CLOSED: ReasonSpec(Owner.CARRIER, "The pickup point takes nothing in."),
    Reason.RECEIVING_NO_APPOINTMENT: ReasonSpec(Owner.WAREHOUSE, "No dock slot."),
    Reason.RECEIVING_RESTRICTED: ReasonSpec(Owner.WAREHOUSE, "The warehouse cannot take this now."),
    Reason.RECEIVING_QTY_SHORT: ReasonSpec(Owner.SHIPPER, "Fewer units than announced."),
    Reason.RECEIVING_QTY_OVER: ReasonSpec(Owner.SHIPPER, "More units than announced."),
    Reason.RECEIVING_ITEM_MISMATCH: ReasonSpec(Owner.SHIPPER, "Other goods than announced."),
    Reason.RECEIVING_PREP_NON_COMPLIANT: ReasonSpec(Owner.SHIPPER, "Not prepared as the warehouse asks."),
    Reason.OTHER_NONE: ReasonSpec(Owner.NONE, "There is nothing to explain."),
    Reason.OTHER_UNSPECIFIED: ReasonSpec(Owner.HUB, "A cause exists and was not told."),
}
