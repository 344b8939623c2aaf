"""Intake: keep, read, route, hand over; every step may be repeated."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from domain.errors import PayloadUnreadableError
from domain.facts import Fact
from domain.intake import MAX_BATCH, Intake, merged
from domain.messages import Delivery, IncomingMessage, MessageStatus, Recorded, StoredMessage
from domain.normalised import Normalised
from domain.shipments import ShipmentPlan
from tests.unit.language.building import START, M, fact

MESSAGE = StoredMessage(
    message_id="m_1",
    tenant="acme",
    account="account",
    dialect="plain",
    body=b"{}",
    content_type="application/json",
    received_at=START,
    status=MessageStatus.KEPT,
)


@dataclass
class Rooms:
    """Inbox, normaliser, dispatcher and clock of one test, as the ports ask for them."""

    reads: Normalised | PayloadUnreadableError = field(default_factory=lambda: Normalised("plain", "1"))
    open: list[Delivery] = field(default_factory=list)
    seen: list[tuple[str, object]] = field(default_factory=list)

    def keep(self, message: IncomingMessage) -> StoredMessage:
        return replace(MESSAGE, body=message.body)

    def record(self, message: StoredMessage, normalised: Normalised) -> Recorded:
        self.seen.append(("record", message.message_id))
        return Recorded(new_facts=len(normalised.facts))

    def unreadable(self, message: StoredMessage, *, code: str, detail: str) -> None:
        self.seen.append((message.message_id, (code, detail)))

    def unread(self, *, before: datetime, limit: int) -> list[StoredMessage]:
        self.seen.append(("unread", (before, limit)))
        return [MESSAGE]

    def undelivered(self, *, before: datetime, limit: int) -> list[Delivery]:
        self.seen.append(("undelivered", (before, limit)))
        return self.open

    def delivered(self, delivery: Delivery) -> None:
        self.seen.append(("delivered", len(delivery.facts)))

    def normalise(
        self, dialect: str, body: bytes, *, received_at: datetime, message_id: str | None = None
    ) -> Normalised:
        self.seen.append((dialect, (body, received_at, message_id)))
        if isinstance(self.reads, PayloadUnreadableError):
            raise self.reads
        return self.reads

    async def start(self, plan: ShipmentPlan) -> None:
        self.seen.append(("start", plan.shipment_id))

    async def deliver(self, delivery: Delivery) -> None:
        self.seen.append((delivery.shipment_id, len(delivery.facts)))

    def now(self) -> datetime:
        return START


def intake(rooms: Rooms) -> Intake:
    return Intake(inbox=rooms, normaliser=rooms, dispatcher=rooms, clock=rooms)


def facts(count: int) -> tuple[Fact, ...]:
    return tuple(fact(M.IN_TRANSIT, number, event_id=f"e{number}") for number in range(count))


def delivery(shipment_id: str, given: Iterable[Fact]) -> Delivery:
    return Delivery("acme", shipment_id, tuple(given))


def test_bytes_are_kept_before_anything_else() -> None:
    incoming = IncomingMessage("acme", "account", "plain", b"raw", "application/json", START)

    assert intake(Rooms()).keep(incoming).body == b"raw"


def test_what_was_read_is_recorded() -> None:
    rooms = Rooms(reads=Normalised("plain", "1", facts=list(facts(2))))

    assert intake(rooms).read(MESSAGE).new_facts == 2
    assert rooms.seen == [("plain", (b"{}", START, "m_1")), ("record", "m_1")]


def test_a_message_is_read_once() -> None:
    assert intake(Rooms()).read(replace(MESSAGE, status=MessageStatus.READ)) == Recorded()


def test_an_unreadable_message_waits_for_a_person() -> None:
    rooms = Rooms(reads=PayloadUnreadableError("not JSON"))

    assert intake(rooms).read(MESSAGE) == Recorded()
    assert rooms.seen[1:] == [("m_1", ("payload_unreadable", "not JSON"))]


async def test_facts_go_to_their_shipments_and_are_ticked_off() -> None:
    rooms = Rooms()

    count = await intake(rooms).hand_over([delivery("S1", facts(2)), delivery("S2", facts(1))])

    assert (count, rooms.seen) == (3, [("S1", 2), ("delivered", 2), ("S2", 1), ("delivered", 1)])


async def test_the_sweep_hands_over_what_was_left() -> None:
    rooms = Rooms(open=[delivery("S1", facts(1))])

    assert await intake(rooms).sweep(older_than=timedelta(minutes=5), limit=7) == 1
    assert rooms.seen[0] == ("undelivered", (START - timedelta(minutes=5), 7))
    assert intake(rooms).left_behind(older_than=timedelta(minutes=1)) == [MESSAGE]
    assert rooms.seen[-1] == ("unread", (START - timedelta(minutes=1), 500))


def test_deliveries_of_one_shipment_are_joined_and_cut() -> None:
    first, second = delivery("S1", facts(60)), delivery("S1", facts(MAX_BATCH + 20))

    batches = merged([first, delivery("S2", facts(1)), second])

    assert [(batch.shipment_id, len(batch.facts)) for batch in batches] == [
        ("S1", MAX_BATCH),
        ("S1", 20),
        ("S2", 1),
    ]
