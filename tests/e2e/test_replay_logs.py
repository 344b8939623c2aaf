"""A workflow's log lines appear once, however often its history is replayed, and say whose they are."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import structlog
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Replayer, Worker

from worker.devserver import DevServer, DevServerPlan
from worker.logs import configure_logging
from worker.statedir import StateDir

pytestmark = pytest.mark.temporal


@activity.defn(name="test.speak")
async def speak() -> None:
    structlog.get_logger("test").info("activity.spoke", count=1)


@workflow.defn(name="TestSpeaking", sandboxed=False)
class Speaking:
    """Says one thing before and one after an activity."""

    @workflow.run
    async def run(self) -> None:
        workflow.logger.info("speaking.began", extra={"state": "EXPORT", "street": "1 Example St"})
        await workflow.execute_local_activity(speak, start_to_close_timeout=timedelta(seconds=5))
        workflow.logger.info("speaking.ended")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()  # noqa: TID251 - the test restores what it changes
    before, level = root.handlers[:], root.level
    captured = io.StringIO()
    configure_logging(level="INFO", style="json", stream=captured)
    yield captured
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


async def test_a_replay_says_nothing_again(stream: io.StringIO, tmp_path: Path):
    server = await DevServer.start(DevServerPlan(StateDir.create(tmp_path)))
    name = f"speaking-{uuid4().hex}"
    try:
        client = await Client.connect(server.address)
        async with Worker(client, task_queue=name, workflows=[Speaking], activities=[speak]):
            await client.execute_workflow(Speaking.run, id=name, task_queue=name)
        history = await client.get_workflow_handle(name).fetch_history()
        await Replayer(workflows=[Speaking]).replay_workflow(history)
    finally:
        server.stop()

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    spoken = [line for line in lines if line["event"] in {"speaking.began", "activity.spoke", "speaking.ended"}]
    assert [line["event"] for line in spoken] == ["speaking.began", "activity.spoke", "speaking.ended"]
    assert {line["workflow_id"] for line in spoken} == {name}
    assert (spoken[0]["workflow"], spoken[0]["state"], spoken[1]["activity"]) == (
        "TestSpeaking",
        "EXPORT",
        "test.speak",
    )
    assert "street" not in spoken[0]
