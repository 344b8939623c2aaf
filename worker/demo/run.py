"""Runs a demonstration from the first process to the last check."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from worker.demo.cast import LASTS, cast
from worker.demo.outcome import Outcome, gather_outcome
from worker.demo.play import play
from worker.demo.screen import Screen
from worker.demo.stage import demo_settings, set_up
from worker.serving import stop_on_signals
from worker.settings import Settings


async def run_demo(settings: Settings, state_dir: Path, screen: Screen) -> Outcome | None:
    """Play the story in that directory; return None when somebody stopped it.

    Raises:
        DemoFailedError: The demonstration cannot go on.
    """
    stop = stop_on_signals()
    work = asyncio.create_task(_run(demo_settings(settings, state_dir), screen, stop))
    asked = asyncio.create_task(stop.wait())
    await asyncio.wait((work, asked), return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if not work.done():
        screen.say("stopping")
        work.cancel()
    try:
        return await work
    except asyncio.CancelledError:
        return None


async def _run(settings: Settings, screen: Screen, stop: asyncio.Event) -> Outcome:
    episodes = list(cast(datetime.now(UTC).date() - LASTS))
    async with set_up(settings, stop, screen.say) as stage:
        screen.begin(stage, episodes)
        await play(stage, episodes, screen.beat)
        screen.say("asking everyone how it ended")
        return await gather_outcome(stage, episodes)
