"""Raw messages on their way through intake."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.facts import Fact


class MessageStatus(StrEnum):
    """`KEPT` is stored and unread; `READ` has its facts recorded; `UNREADABLE` waits for a person."""

    KEPT = "KEPT"
    READ = "READ"
    UNREADABLE = "UNREADABLE"


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """Bytes as they came. `account` is the carrier account or connection they came through."""

    tenant: str
    account: str
    dialect: str
    body: bytes
    content_type: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """Bytes as they are kept, with their content address."""

    message_id: str
    tenant: str
    account: str
    dialect: str
    body: bytes
    content_type: str
    received_at: datetime
    status: MessageStatus
    is_new: bool = True


@dataclass(frozen=True, slots=True)
class Delivery:
    """Facts of one shipment that its workflow has not been given yet."""

    tenant: str
    shipment_id: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recording one message changed.

    `links` are numbers it tied together for the first time, `unmapped` new facts whose code no table knows.
    """

    new_facts: int = 0
    known_facts: int = 0
    parked: int = 0
    links: int = 0
    unmapped: int = 0
    deliveries: list[Delivery] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Registered:
    """What a registration changed; parked facts of its numbers come back as a delivery."""

    is_new: bool
    deliveries: list[Delivery] = field(default_factory=list)
