"""A carrier that is asked through a real ledger: what it answers is up to the test."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHandle

from activities.polling import PollingActivities
from activities.subscribing import SubscribingActivities
from domain import ids
from domain.carriers import CarrierAnswer, Fetched
from domain.intake import Intake
from domain.messages import Delivery
from domain.shipments import Leg
from domain.subscriptions import Subscribed
from ledger.migrate import upgrade
from ledger.rows import CarrierAccount
from ledger.store import Ledger
from mappings.engine import Mappings
from tests.workflow.parcels import plan
from worker.carriers import CarrierWorkers, start_account
from workflows.carrier_account import CarrierAccountWorkflow
from workflows.carrier_model import AccountProgress

MAPPINGS = Mappings.load()
FORTNIGHT = timedelta(days=14)
TENANT = plan(shipment_id="any").tenant


@dataclass
class SetClock:
    """The ledger's time, which a test moves by hand."""

    moment: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        return self.moment


@dataclass
class FakeCarrier:
    """Answers every batch with an empty list, unless it has something to refuse with."""

    asked: list[tuple[str, ...]] = field(default_factory=list)
    trouble: Exception | None = None
    batch_size: int = 2
    requests_per_second: float = 1_000.0
    at_each: Callable[[], None] = lambda: None

    def tracker(self, account: str) -> "FakeCarrier":
        del account
        return self

    async def fetch(self, numbers: Sequence[str]) -> Fetched:
        self.asked.append(tuple(numbers))
        self.at_each()
        if self.trouble is not None:
            raise self.trouble
        return Fetched((CarrierAnswer(b"[]", "application/json", tuple(numbers)),))

    def stored(self, fetched: Fetched, /) -> None:
        pass


class NoWorkflows:
    """A dispatcher for answers without facts."""

    async def deliver(self, delivery: Delivery) -> None:
        raise AssertionError(f"{delivery.shipment_id} was told nothing")


@dataclass
class FakeProvider:
    """Takes every subscription for a fortnight, unless it has something to refuse with; None: it takes none at all.

    Its desk is the ledger's own; only the call is replaced.
    """

    ledger: Ledger
    asked: list[tuple[str, ...]] = field(default_factory=list)
    trouble: Exception | None = None
    takes: bool = True
    looks: int = 0

    def desk(self, account: str) -> "FakeDesk | None":
        self.looks += 1
        return FakeDesk(self, self.ledger.accounts.get(account)) if self.takes else None


@dataclass
class FakeDesk:
    """The desk of one account."""

    provider: FakeProvider
    account: CarrierAccount
    batch_size: int = 2

    def retire(self) -> None:
        self.provider.ledger.subscriptions.retire(self.account.account_id)

    def due(self, limit: int) -> list[str]:
        return self.provider.ledger.subscriptions.due(self.account, carriers=[self.account.dialect], limit=limit)

    async def ask(self, numbers: Sequence[str]) -> AsyncIterator[Subscribed]:
        for first in range(0, len(numbers), self.batch_size):
            batch = tuple(numbers[first : first + self.batch_size])
            self.provider.asked.append(batch)
            if self.provider.trouble is not None:
                raise self.provider.trouble
            yield Subscribed(batch)

    def keep(self, told: Subscribed) -> None:
        self.provider.ledger.subscriptions.record(self.account, told, lifetime=FORTNIGHT)

    def next_at(self) -> datetime | None:
        return self.provider.ledger.subscriptions.next_at(self.account.account_id)


@dataclass
class Desk:
    """One account, its carrier and its ledger."""

    client: Client
    account: str
    ledger: Ledger
    clock: SetClock
    provider: FakeProvider
    carrier: FakeCarrier = field(default_factory=FakeCarrier)

    @property
    def handle(self) -> WorkflowHandle[CarrierAccountWorkflow, None]:
        return self.client.get_workflow_handle_for(CarrierAccountWorkflow.run, ids.account_workflow(self.account))

    @property
    def numbers_asked(self) -> list[str]:
        return [number for batch in self.carrier.asked for number in batch]

    @property
    def activities(self) -> list[Callable[..., Any]]:
        intake = Intake(self.ledger.inbox, MAPPINGS, NoWorkflows(), self.clock)
        return [
            PollingActivities(self.carrier, self.ledger.polling, intake).poll_batch,
            SubscribingActivities(self.provider, self.clock).subscribe,
        ]

    def register(self, *numbers: str, name: str = "S1") -> None:
        legs = tuple(Leg(carrier="fedex", tracking_number=number) for number in numbers)
        self.ledger.registry.register(plan(shipment_id=name, legs=legs))

    async def status(self) -> AccountProgress:
        return await self.handle.query(CarrierAccountWorkflow.status)

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        """Run the workers for the length of the block, and end the account's workflow with it."""
        workers = CarrierWorkers(
            self.client, self.activities, lambda: {self.account: 1_000.0}, look=timedelta(seconds=0.1)
        )
        await start_account(self.client, self.account)
        running = asyncio.create_task(workers.run())
        try:
            yield
            await self.handle.terminate()
        finally:
            await workers.shutdown()
            await running


def open_desk(client: Client, account: str, directory: Path) -> Desk:
    """Return a desk over a fresh ledger; the caller closes it."""
    url = f"sqlite:///{directory}/ledger.db"
    upgrade(url)
    clock = SetClock()
    ledger = Ledger.open(url, clock=clock)
    ledger.accounts.add(account, TENANT, "fedex")
    return Desk(client, account, ledger, clock, FakeProvider(ledger))
