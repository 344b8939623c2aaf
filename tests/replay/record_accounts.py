"""Records histories of carrier accounts for the replay tests: `python -m tests.replay.record_accounts`."""

import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from domain import ids
from domain.errors import CredentialsRejectedError, PartnerUnavailableError
from domain.queues import CARRIERS
from gateway.temporal import data_converter
from tests.replay.record import HISTORIES, scrubbed
from tests.workflow.conftest import TEMPORAL, eventually
from tests.workflow.desks import Desk, open_desk
from workflows.carrier_account import CarrierAccountWorkflow
from workflows.carrier_model import AccountStart, PollMode

Story = Callable[[Desk], Awaitable[None]]


async def _mode(desk: Desk, mode: PollMode) -> None:
    async def holds() -> bool:
        return (await desk.status()).mode is mode

    await eventually(holds)


async def asked_paused_and_hurried(desk: Desk) -> None:
    """Two batches, a pause, a resumption, everything once more, over several runs."""
    desk.register("A1", "A2", "A3")
    await eventually(lambda: len(desk.numbers_asked) == 3)
    await _mode(desk, PollMode.WAITING)
    await desk.handle.signal(CarrierAccountWorkflow.pause)
    await _mode(desk, PollMode.PAUSED)
    await desk.handle.signal(CarrierAccountWorkflow.resume)
    await _mode(desk, PollMode.WAITING)
    for times in range(2, 6):
        await desk.handle.signal(CarrierAccountWorkflow.poll_now)
        await eventually(lambda times=times: len(desk.numbers_asked) == 3 * times)  # type: ignore[misc] # a default binds it
        await _mode(desk, PollMode.WAITING)


async def carrier_away_and_keys_refused(desk: Desk) -> None:
    """A carrier that is away until somebody cuts the pause short, then refused credentials, then new ones."""
    desk.carrier.trouble = PartnerUnavailableError("no answer", retry_after=timedelta(minutes=30))
    desk.register("A1")
    await eventually(lambda: len(desk.carrier.asked) == 1)
    desk.carrier.trouble = CredentialsRejectedError("the account's keys were refused")
    await desk.handle.signal(CarrierAccountWorkflow.poll_now)
    await _mode(desk, PollMode.STOPPED)
    desk.carrier.trouble = None
    await desk.handle.signal(CarrierAccountWorkflow.resume)
    await _mode(desk, PollMode.WAITING)


async def subscribed_in_trouble_and_without(desk: Desk) -> None:
    """Numbers subscribed, a provider that is away, one that takes none, over several runs."""
    desk.register("A1", "A2", "A3")
    await _mode(desk, PollMode.WAITING)
    for index, trouble in enumerate((PartnerUnavailableError("no answer"), None, None)):
        desk.provider.trouble = trouble
        desk.register(f"B{index}", name=f"S-B{index}")
        await desk.handle.signal(CarrierAccountWorkflow.poll_now)
        await eventually(lambda index=index: len(desk.provider.asked) == 3 + index)  # type: ignore[misc] # a default binds it
        await _mode(desk, PollMode.WAITING)
    desk.provider.takes = False
    looks = desk.provider.looks
    await desk.handle.signal(CarrierAccountWorkflow.resume)
    await eventually(lambda: desk.provider.looks > looks)
    await _mode(desk, PollMode.WAITING)


ACCOUNT_STORIES: Final[tuple[Story, ...]] = (
    asked_paused_and_hurried,
    carrier_away_and_keys_refused,
    subscribed_in_trouble_and_without,
)


async def record() -> None:
    """Run every story and write the histories of all its runs."""
    environment = await WorkflowEnvironment.start_local(
        identity="recorder", dev_server_existing_path=TEMPORAL, data_converter=data_converter()
    )
    async with environment:
        for story in ACCOUNT_STORIES:
            # Histories of earlier releases have another name and stay.
            for old in HISTORIES.glob(f"account__{story.__name__}__run_*.json"):
                old.unlink()
            with tempfile.TemporaryDirectory() as directory:
                await _record(environment.client, story, Path(directory))


async def _record(client: Client, story: Story, directory: Path) -> None:
    desk = open_desk(client, story.__name__, directory)
    await client.start_workflow(
        CarrierAccountWorkflow.run,
        AccountStart(account=desk.account, events=40),
        id=ids.account_workflow(desk.account),
        task_queue=CARRIERS,
    )
    async with desk.served():
        await story(desk)
        await _export(desk)
    desk.ledger.close()


async def _export(desk: Desk) -> None:
    description = await desk.handle.describe()
    run_id = description.raw_description.workflow_execution_info.first_run_id
    number = 0
    while run_id:
        number += 1
        history = await desk.client.get_workflow_handle(desk.handle.id, run_id=run_id).fetch_history()
        path = HISTORIES / f"account__{desk.account}__run_{number}.json"
        path.write_text(json.dumps(scrubbed(json.loads(history.to_json())), indent=1) + "\n")
        last = history.events[-1]
        run_id = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id


if __name__ == "__main__":
    asyncio.run(record())
