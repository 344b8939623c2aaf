"""The one way in, for every source: keep the bytes, read them, route the facts, hand them over.

Keeping comes before the sender's answer; everything after it can be repeated from the stored bytes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain.errors import PayloadError
from domain.facts import Fact
from domain.messages import Delivery, IncomingMessage, MessageStatus, Recorded, StoredMessage
from domain.ports import Clock, Dispatcher, Inbox, Normaliser

MAX_BATCH: Final = 100
"""Facts of one hand-over: about 60 KB, far below the 256 KB that the hub allows on a signal."""


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes messages in. All methods may be repeated; none of them loses or doubles a fact.

    The ledger behind `inbox` blocks: an event loop calls `keep` and `read` through a thread.
    """

    inbox: Inbox
    normaliser: Normaliser
    dispatcher: Dispatcher
    clock: Clock

    def keep(self, message: IncomingMessage) -> StoredMessage:
        """Store the raw bytes; only after this may the sender be told that they arrived."""
        return self.inbox.keep(message)

    def read(self, message: StoredMessage) -> Recorded:
        """Turn stored bytes into recorded facts; an unreadable message is marked and waits for a person."""
        if message.status is not MessageStatus.KEPT:
            return Recorded()
        try:
            normalised = self.normaliser.normalise(
                message.dialect, message.body, received_at=message.received_at, message_id=message.message_id
            )
        except PayloadError as error:
            self.inbox.unreadable(message, code=error.code, detail=str(error))
            return Recorded()
        return self.inbox.record(message, normalised)

    async def hand_over(self, deliveries: Iterable[Delivery]) -> int:
        """Give facts to their workflows, one hand-over per shipment and at most `MAX_BATCH` facts; return the count."""
        count = 0
        for delivery in merged(deliveries):
            await self.dispatcher.deliver(delivery)
            self.inbox.delivered(delivery)
            count += len(delivery.facts)
        return count

    def left_behind(self, *, older_than: timedelta, limit: int = 500) -> list[StoredMessage]:
        """Return messages that a crash left unread."""
        return self.inbox.unread(before=self.clock.now() - older_than, limit=limit)

    async def sweep(self, *, older_than: timedelta, limit: int = 500) -> int:
        """Hand over facts that a crash or an outage left behind; return how many."""
        return await self.hand_over(self.inbox.undelivered(before=self.clock.now() - older_than, limit=limit))


def merged(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """Join deliveries of one shipment, each fact once, and cut them into batches."""
    facts: dict[tuple[str, str], dict[str, Fact]] = {}
    for delivery in deliveries:
        known = facts.setdefault((delivery.tenant, delivery.shipment_id), {})
        known.update((fact.event_id, fact) for fact in delivery.facts)
    batches: list[Delivery] = []
    for (tenant, shipment_id), by_id in facts.items():
        ordered = tuple(by_id.values())
        batches.extend(
            Delivery(tenant, shipment_id, ordered[start : start + MAX_BATCH])
            for start in range(0, len(ordered), MAX_BATCH)
        )
    return batches
