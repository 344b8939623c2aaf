"""Executions that are running today must survive this commit: recorded histories, replayed against today's code."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from gateway.temporal import data_converter
from tests.replay.record import HISTORIES, STORIES
from tests.replay.record_accounts import ACCOUNT_STORIES
from tests.replay.record_connections import CONNECTION_STORIES
from worker.workers import SANDBOX, WORKFLOWS

RECORDED = sorted(HISTORIES.glob("*.json"))

CANARY = HISTORIES / "shipment__delivered_in_batches__run_1.json"


def _replayer() -> Replayer:
    return Replayer(workflows=list(WORKFLOWS), workflow_runner=SANDBOX, data_converter=data_converter())


def _document(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text())
    return document


async def _problem(document: dict[str, Any]) -> Exception | None:
    history = WorkflowHistory.from_json("recorded", document)
    result = await _replayer().replay_workflow(history, raise_on_replay_failure=False)
    return result.replay_failure


def test_every_story_was_recorded():
    stories = sorted({path.name.split("__")[1] for path in RECORDED})

    assert stories == sorted(story.__name__ for story in (*STORIES, *ACCOUNT_STORIES, *CONNECTION_STORIES))
    assert len([path for path in RECORDED if "silent_held_and_ended" in path.name]) > 1


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_history_has_the_flags_without_which_replay_proves_nothing(path: Path):
    events = json.loads(path.read_text())["events"]

    flags = [
        event["workflowTaskCompletedEventAttributes"].get("sdkMetadata", {}).get("coreUsedFlags")
        for event in events
        if "workflowTaskCompletedEventAttributes" in event
    ]
    assert flags[0]


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_history_names_no_machine_and_no_path(path: Path):
    document = _document(path)

    texts = [text for text in _texts(document) if "site-packages" in text or text.startswith("/") or "@" in text]
    assert texts == []


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
async def test_recorded_executions_replay(path: Path):
    assert await _problem(_document(path)) is None


async def test_a_renamed_activity_is_noticed():
    document = _document(CANARY)
    marker = next(event for event in document["events"] if "markerRecordedEventAttributes" in event)
    (payload,) = marker["markerRecordedEventAttributes"]["details"]["data"]["payloads"]
    payload["data"] = _swapped(payload["data"], "journal.commit", "journal.append")

    problem = await _problem(document)

    assert problem is not None
    assert "journal.append" in str(problem)


async def test_a_missing_command_is_noticed():
    document = _document(CANARY)
    document["events"] = [event for event in document["events"] if "timerStartedEventAttributes" not in event]
    for number, event in enumerate(document["events"], start=1):
        event["eventId"] = str(number)

    assert await _problem(document) is not None


def _swapped(data: str, old: str, new: str) -> str:
    text = base64.b64decode(data).decode()
    assert old in text
    return base64.b64encode(text.replace(old, new).encode()).decode()


def _texts(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [text for value in node.values() for text in _texts(value)]
    if isinstance(node, list):
        return [text for item in node for text in _texts(item)]
    return [node] if isinstance(node, str) else []
