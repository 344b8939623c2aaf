"""How a carrier account's workflow keeps webhooks coming: new numbers, renewals, and trouble that holds nothing up."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from domain import ids
from domain.errors import CredentialsRejectedError, PartnerUnavailableError
from domain.queues import CARRIERS
from domain.subscriptions import SubscriptionStatus
from tests.workflow.conftest import eventually
from tests.workflow.desks import FORTNIGHT, Desk, open_desk
from workflows.carrier_account import CarrierAccountWorkflow
from workflows.carrier_model import AccountStart, PollMode

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("temporal")]

LOOK = timedelta(minutes=5)


@pytest.fixture
def desk(client: Client, tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(client, f"fx-{uuid4().hex[:8]}", tmp_path)
    yield opened
    opened.ledger.close()


async def _waits(desk: Desk, mode: PollMode = PollMode.WAITING) -> None:
    async def holds() -> bool:
        try:
            return (await desk.status()).mode is mode
        except RPCError as error:
            if error.status is not RPCStatusCode.FAILED_PRECONDITION:
                raise
            return False  # a run that has just begun has had no task yet

    await eventually(holds)


async def _forward(desk: Desk, by: timedelta) -> None:
    """Let time go by for the ledger and the service alike, and wait until the account has looked."""
    desk.clock.moment += by
    skipper = TimeSkipper(desk.client, config=TimeSkippingConfig(enabled=False))
    assert await skipper.fast_forward(desk.handle, by)
    await _waits(desk)


async def test_numbers_are_subscribed_before_they_are_asked_about(desk: Desk) -> None:
    desk.register("A1", "A2", "A3")
    subscribed_before: list[int] = []
    desk.carrier.at_each = lambda: subscribed_before.append(len(desk.ledger.subscriptions.list(desk.account)))

    async with desk.served():
        await eventually(lambda: len(desk.numbers_asked) == 3)
        await _waits(desk)
        status = await desk.status()

    assert desk.provider.asked == [("A1", "A2"), ("A3",)]
    assert subscribed_before == [3, 3]
    assert (status.subscribed, status.unsubscribed, status.subscribe_trouble) == (3, 0, None)


async def test_a_number_that_comes_later_is_subscribed_within_five_minutes(desk: Desk) -> None:
    async with desk.served():
        await eventually(lambda: desk.provider.looks == 1)
        await _waits(desk)
        desk.register("A1")
        await _forward(desk, LOOK)
        await eventually(lambda: desk.provider.asked == [("A1",)])


async def test_a_subscription_is_renewed_before_its_end_and_not_before_its_time(desk: Desk) -> None:
    desk.register("A1")
    async with desk.served():
        await eventually(lambda: desk.provider.asked == [("A1",)])
        await _waits(desk)
        await _forward(desk, LOOK)
        early = list(desk.provider.asked)
        desk.clock.moment += timedelta(days=12)
        await _forward(desk, LOOK)
        await eventually(lambda: len(desk.provider.asked) == 2)
        await _waits(desk)

    (known,) = desk.ledger.subscriptions.list(desk.account)
    assert early == [("A1",)]
    assert (known.status, known.expires_at) == (SubscriptionStatus.ACTIVE, desk.clock.moment + FORTNIGHT)


async def test_a_provider_that_is_away_does_not_hold_up_asking(desk: Desk) -> None:
    desk.provider.trouble = PartnerUnavailableError("no answer")
    desk.register("A1")

    async with desk.served():
        await eventually(lambda: desk.numbers_asked == ["A1"])
        await _waits(desk)
        during = await desk.status()
        desk.provider.trouble = None
        await _forward(desk, LOOK)
        await eventually(lambda: len(desk.ledger.subscriptions.list(desk.account)) == 1)
        await _waits(desk)
        after = await desk.status()

    assert (during.subscribed, during.subscribe_trouble, during.trouble) == (0, "no answer", None)
    assert (after.subscribed, after.subscribe_trouble) == (1, None)


async def test_a_pause_that_the_provider_wants_is_kept_up_to_an_hour(desk: Desk) -> None:
    desk.provider.trouble = PartnerUnavailableError("no answer", retry_after=timedelta(days=1))
    desk.register("A1")

    async with desk.served():
        await eventually(lambda: desk.numbers_asked == ["A1"])
        await _waits(desk)
        began = await desk.status()
        desk.provider.trouble = None
        await _forward(desk, LOOK)

    assert began.subscribe_at is not None
    assert began.wake_at is not None
    assert timedelta(minutes=50) < began.subscribe_at - began.wake_at < timedelta(minutes=60)
    assert desk.provider.asked == [("A1",)]


async def test_new_credentials_are_tried_at_once_when_somebody_resumes(desk: Desk) -> None:
    desk.provider.trouble = CredentialsRejectedError("fx is stopped: 401")
    desk.register("A1")

    async with desk.served():
        await eventually(lambda: desk.numbers_asked == ["A1"])
        await _waits(desk)
        refused = await desk.status()
        desk.provider.trouble = None
        await desk.handle.signal(CarrierAccountWorkflow.resume)
        await eventually(lambda: len(desk.ledger.subscriptions.list(desk.account)) == 1)

    assert refused.subscribe_trouble == "fx is stopped: 401"


async def test_a_provider_that_takes_none_is_looked_at_once_a_day(desk: Desk) -> None:
    desk.provider.takes = False
    async with desk.served():
        await eventually(lambda: desk.provider.looks == 1)
        await _waits(desk)
        began = await desk.status()
        for _ in range(3):
            await _forward(desk, LOOK)

    assert began.subscribe_at is not None
    assert began.wake_at is not None
    assert timedelta(hours=23) < began.subscribe_at - began.wake_at < timedelta(hours=24)
    assert desk.provider.looks == 1


async def test_a_paused_account_subscribes_nothing(desk: Desk) -> None:
    await desk.client.start_workflow(
        CarrierAccountWorkflow.run,
        AccountStart(account=desk.account),
        id=ids.account_workflow(desk.account),
        task_queue=CARRIERS,
        start_signal="pause",
    )
    desk.register("A1")

    async with desk.served():
        await _waits(desk, PollMode.PAUSED)
        looks = desk.provider.looks
        await desk.handle.signal(CarrierAccountWorkflow.resume)
        await eventually(lambda: desk.provider.asked == [("A1",)])

    assert looks == 0


async def test_looks_do_not_make_a_history_grow_and_their_counts_go_on(desk: Desk) -> None:
    await desk.client.start_workflow(
        CarrierAccountWorkflow.run,
        AccountStart(account=desk.account, events=40),
        id=ids.account_workflow(desk.account),
        task_queue=CARRIERS,
    )
    longest = 0
    async with desk.served():
        await _waits(desk)
        for index in range(10):
            desk.register(f"A{index}", name=f"S{index}")
            await _forward(desk, LOOK)
            await eventually(lambda index=index: len(desk.provider.asked) == index + 1)  # type: ignore[misc] # a default binds it
            await _waits(desk)
            history = await desk.handle.fetch_history()
            longest = max(longest, len(history.events))
        status = await desk.status()

    assert status.runs > 1
    assert status.subscribed == 10
    assert longest < 70
