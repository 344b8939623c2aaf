"""A carrier account's workflow: rounds, waits, what cuts them short, and a history that does not grow."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.client import Client
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from domain import ids
from domain.errors import CredentialsRejectedError, PartnerUnavailableError
from domain.queues import CARRIERS
from domain.states import State
from tests.integration.ledger.made import commit, entry, snapshot
from tests.workflow.conftest import eventually
from tests.workflow.desks import TENANT, Desk, open_desk
from workflows.carrier_account import CarrierAccountWorkflow
from workflows.carrier_model import AccountStart, PollMode

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("temporal")]


@pytest.fixture
def desk(client: Client, tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(client, f"fx-{uuid4().hex[:8]}", tmp_path)
    yield opened
    opened.ledger.close()


async def _start(desk: Desk, *, start_signal: str | None = None, events: int = 1_900) -> None:
    await desk.client.start_workflow(
        CarrierAccountWorkflow.run,
        AccountStart(account=desk.account, events=events),
        id=ids.account_workflow(desk.account),
        task_queue=CARRIERS,
        start_signal=start_signal,
    )


async def _until(desk: Desk, mode: PollMode) -> None:
    async def holds() -> bool:
        return (await desk.status()).mode is mode

    await eventually(holds)


async def _events(desk: Desk) -> list[str]:
    history = await desk.handle.fetch_history()
    return [event.WhichOneof("attributes") or "" for event in history.events]


async def test_due_numbers_are_asked_about_in_batches_of_the_carrier_and_then_it_waits(desk: Desk) -> None:
    desk.register("A1", "A2", "A3")

    async with desk.served():
        await eventually(lambda: len(desk.numbers_asked) == 3)
        await _until(desk, PollMode.WAITING)
        status = await desk.status()

    assert desk.carrier.asked == [("A1", "A2"), ("A3",)]
    assert (status.asked, status.failed, status.trouble) == (3, 0, None)
    assert desk.ledger.polling.counts(desk.account).waiting == 3


async def test_a_number_that_is_not_due_is_asked_about_when_somebody_wants_it_now(desk: Desk) -> None:
    desk.register("A1")

    async with desk.served():
        await eventually(lambda: desk.numbers_asked == ["A1"])
        await _until(desk, PollMode.WAITING)
        await desk.handle.signal(CarrierAccountWorkflow.poll_now)
        await eventually(lambda: desk.numbers_asked == ["A1", "A1"])


async def test_a_paused_account_asks_nothing_until_it_is_resumed(desk: Desk) -> None:
    await _start(desk, start_signal="pause")
    async with desk.served():
        await _until(desk, PollMode.PAUSED)
        desk.register("A1")
        await desk.handle.signal(CarrierAccountWorkflow.poll_now)
        await _until(desk, PollMode.PAUSED)
        asked_while_paused = list(desk.numbers_asked)
        await desk.handle.signal(CarrierAccountWorkflow.resume)
        await eventually(lambda: desk.numbers_asked == ["A1"])

    assert asked_while_paused == []


async def test_a_carrier_that_is_away_leaves_no_trace_in_the_history(desk: Desk) -> None:
    desk.carrier.trouble = PartnerUnavailableError("no answer", retry_after=timedelta(milliseconds=50))
    desk.register("A1")

    async with desk.served():
        await eventually(lambda: len(desk.carrier.asked) >= 3)
        during = await _events(desk)
        await eventually(lambda: len(desk.carrier.asked) >= 6)
        later = await _events(desk)
        desk.carrier.trouble = None
        await _until(desk, PollMode.WAITING)
        status = await desk.status()

    assert later == during
    assert (status.asked, status.failed) == (1, 0)


async def test_a_long_pause_of_the_carrier_is_cut_short_by_hand(desk: Desk) -> None:
    desk.carrier.trouble = PartnerUnavailableError("no answer", retry_after=timedelta(minutes=30))
    desk.register("A1")

    async with desk.served():
        await eventually(lambda: len(desk.carrier.asked) == 1)
        desk.carrier.trouble = None
        await desk.handle.signal(CarrierAccountWorkflow.poll_now)
        await eventually(lambda: desk.numbers_asked == ["A1", "A1"])


async def test_refused_credentials_stop_the_account_and_say_so_until_they_are_renewed(desk: Desk) -> None:
    desk.carrier.trouble = CredentialsRejectedError("fx: fedex answered 401")
    desk.register("A1")

    async with desk.served():
        await _until(desk, PollMode.STOPPED)
        stopped = await desk.status()
        due = desk.ledger.polling.counts(desk.account).due
        desk.carrier.trouble = None
        await desk.handle.signal(CarrierAccountWorkflow.resume)
        await _until(desk, PollMode.WAITING)
        resumed = await desk.status()

    assert (stopped.trouble, due) == ("fx: fedex answered 401", 1)
    assert (resumed.asked, resumed.trouble) == (1, None)


async def test_a_history_ends_before_its_bound_and_the_next_run_goes_on(desk: Desk) -> None:
    await _start(desk, events=40)
    desk.register("A1")

    async with desk.served():
        for times in range(1, 13):
            await eventually(lambda times=times: len(desk.numbers_asked) >= times)  # type: ignore[misc] # a default binds it
            await desk.handle.signal(CarrierAccountWorkflow.poll_now)
        await eventually(lambda: len(desk.numbers_asked) >= 13)
        await _until(desk, PollMode.WAITING)
        status = await desk.status()
        events = await _events(desk)

    assert status.runs > 1
    assert status.asked == len(desk.numbers_asked)
    assert len(events) < 60


async def test_a_parcel_at_the_door_is_asked_about_every_quarter_of_an_hour(desk: Desk) -> None:
    desk.register("A1")
    shown = snapshot(State.OUT_FOR_DELIVERY)
    desk.ledger.journal.commit(commit("S1", entry(1), tenant=TENANT, shown=shown))
    skipper = TimeSkipper(desk.client, config=TimeSkippingConfig(enabled=False))
    start = desk.clock.moment
    times: list[timedelta] = []
    desk.carrier.at_each = lambda: times.append(desk.clock.moment - start)

    async with desk.served():
        await _until(desk, PollMode.WAITING)
        for _ in range(10):
            desk.clock.moment += timedelta(minutes=5)
            assert await skipper.fast_forward(desk.handle, timedelta(minutes=5))
            await _until(desk, PollMode.WAITING)

    minutes = [round(time / timedelta(minutes=1)) for time in times]
    assert minutes[0] == 0
    assert len(minutes) in {3, 4}
    assert {after - before for before, after in pairwise(minutes)} <= {15, 20}
