"""The independent axes of a fact: small closed lists."""

from enum import StrEnum


class Classifier(StrEnum):
    """`ACT` happened, `EST` is estimated, `PLN` is planned. Only `ACT` moves a state."""

    ACT = "ACT"
    EST = "EST"
    PLN = "PLN"


class Direction(StrEnum):
    """Towards the recipient, or back."""

    FORWARD = "FORWARD"
    RETURN = "RETURN"


class Subject(StrEnum):
    """What the fact is about."""

    SHIPMENT = "SHIPMENT"
    PARCEL = "PARCEL"
    EQUIPMENT = "EQUIPMENT"
    DECLARATION = "DECLARATION"


class Precision(StrEnum):
    """How exact `occurred_at` is. `DAY` ties with everything of that local day."""

    SECOND = "SECOND"
    MINUTE = "MINUTE"
    DAY = "DAY"


class PlaceRole(StrEnum):
    """What the place is to this shipment, where the source says so."""

    ORIGIN = "ORIGIN"
    TRANSIT = "TRANSIT"
    DESTINATION = "DESTINATION"


class Side(StrEnum):
    """The side of a border that an authority acts on."""

    EXPORT = "EXPORT"
    IMPORT = "IMPORT"
    TRANSIT = "TRANSIT"


class CustodySide(StrEnum):
    """Which party of a handover reported it."""

    GIVEN = "GIVEN"
    TAKEN = "TAKEN"
    BOTH = "BOTH"


class IntakeMode(StrEnum):
    """How the first carrier got the goods."""

    COLLECTION = "COLLECTION"
    COUNTER = "COUNTER"
    LOCKER = "LOCKER"
    INJECTION = "INJECTION"
    UNKNOWN = "UNKNOWN"


class DeliveryMode(StrEnum):
    """How the goods passed to the recipient."""

    DOOR = "DOOR"
    COLLECTED = "COLLECTED"
    NEIGHBOUR = "NEIGHBOUR"
    SAFE_PLACE = "SAFE_PLACE"
    MAILBOX = "MAILBOX"
    RECEPTION = "RECEPTION"
    DOCK = "DOCK"
    UNKNOWN = "UNKNOWN"


class DeliveryPlace(StrEnum):
    """Where the goods were put down."""

    ADDRESS = "ADDRESS"
    PICKUP_POINT = "PICKUP_POINT"
    LOCKER = "LOCKER"
    PO_BOX = "PO_BOX"
    DEPOT = "DEPOT"


class Evidence(StrEnum):
    """Kinds of proof of delivery (POD)."""

    SIGNATURE = "SIGNATURE"
    PHOTO = "PHOTO"
    CODE = "CODE"
    ID = "ID"
    GEO = "GEO"
    LOCKER_RECEIPT = "LOCKER_RECEIPT"


class Trust(StrEnum):
    """How close the source stands to the goods, best first; decides between two times of one milestone."""

    OPERATOR = "OPERATOR"
    CARRIER = "CARRIER"
    POSTAL_EXCHANGE = "POSTAL_EXCHANGE"
    AGGREGATOR = "AGGREGATOR"
    MARKETPLACE = "MARKETPLACE"
    INFERRED = "INFERRED"


class CorrectionKind(StrEnum):
    """`VOID` takes a fact away; `AMEND` takes it away and puts the carrying fact in its place."""

    VOID = "VOID"
    AMEND = "AMEND"
