"""Plays the episodes round by round: registrations, people's commands, carriers' webhooks, and a pause to listen."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from domain.messages import Delivery
from worker.demo.stage import CONNECTION, Stage
from worker.demo.story import WAVES, Episode, Track
from worker.wiring import CLOCK

SEED: Final = 7
_SETTLES_WITHIN: Final = 30.0
_LOOK: Final = 0.1


@dataclass(frozen=True, slots=True)
class Beat:
    """What one round did, for whoever shows it."""

    wave: int
    lines: tuple[str, ...]
    webhooks: int
    seconds: float


class DemoFailedError(Exception):
    """The demonstration cannot go on."""


async def play(stage: Stage, episodes: Sequence[Episode], tell: Callable[[Beat], None]) -> None:
    """Play every round and tell about it.

    Raises:
        DemoFailedError: A registration or command was refused, or the hub did not come to rest.
    """
    rng = random.Random(SEED)  # noqa: S311 - shuffles webhooks, guards nothing
    asked = 0
    for wave in range(1, WAVES + 1):
        began = time.monotonic()
        lines: list[str] = []
        for episode in episodes:
            if max(1, episode.register_in) == wave:
                await _register(stage, episode)
                lines += [f"{episode.reference} is registered late"] if episode.register_in else []
        for episode in episodes:
            for ask in episode.asks:
                if ask.wave == wave:
                    await _command(stage, episode, ask.command)
                    asked += 1
                    lines.append(f"a person asks for {episode.reference}: {ask.command['kind']}")
        lines += await _later_legs(stage, episodes, wave)
        sent = await asyncio.gather(*(stage.carriers.report(episode, wave, rng=rng) for episode in episodes))
        await settle(stage, [episode for episode in episodes if max(1, episode.register_in) <= wave])
        tell(Beat(wave, tuple(lines), sum(sent), time.monotonic() - began))
    await _hear_alarms(stage, sum(episode.alarms for episode in episodes))


async def _hear_alarms(stage: Stage, wanted: int) -> None:
    """Wait for alarms: they come from timers, which the server rounds up to a second."""
    deadline = time.monotonic() + _SETTLES_WITHIN
    while time.monotonic() < deadline:
        received = [change for order in (await stage.orders())["orders"] for change in order["received"]]
        if sum(change["kind"] == "ALARM" for change in received) >= wanted:
            return
        await asyncio.sleep(_LOOK)


async def _register(stage: Stage, episode: Episode) -> None:
    tracks = episode.tracks[: len(episode.tracks) - episode.later_legs]
    body = {
        "shipment_id": episode.shipment_id,
        "reference": episode.reference,
        "origin_country": episode.origin,
        "destination_country": episode.destination,
        "legs": [_leg(track) for track in tracks],
        "connections": [CONNECTION],
        "levels": {"silence": "P60D", "silence_linehaul": "P60D", "hold_sla": episode.hold_sla, "proof_grace": "P60D"},
    }
    await _post(stage, "/v1/shipments", body)


async def _command(stage: Stage, episode: Episode, command: dict[str, Any]) -> None:
    body = {"command_id": f"{episode.shipment_id}-{command['kind']}", **command}
    await _post(stage, f"/v1/shipments/{episode.shipment_id}/commands", body)


async def _later_legs(stage: Stage, episodes: Sequence[Episode], wave: int) -> list[str]:
    lines = []
    for episode in episodes:
        for track in episode.tracks[len(episode.tracks) - episode.later_legs :]:
            if min(track.cuts) + 1 == wave:
                await _command(stage, episode, {"kind": "add_leg", "leg": _leg(track)})
                lines.append(f"{episode.reference} gets a second carrier: {track.dialect}")
    return lines


def _leg(track: Track) -> dict[str, str]:
    return {"carrier": track.dialect, "tracking_number": track.parcel.number, "role": track.role.value}


async def _post(stage: Stage, path: str, body: dict[str, Any]) -> None:
    answer = await stage.api.post(path, json=body)
    if not answer.is_success:
        raise DemoFailedError(f"POST {path} was answered {answer.status_code}: {answer.text[:300]}")


async def settle(stage: Stage, episodes: Sequence[Episode]) -> None:
    """Wait until everything that was sent is read, handed over, folded, committed and told.

    Raises:
        DemoFailedError: It did not come to rest in time; the message says what is outstanding.
    """
    deadline = time.monotonic() + _SETTLES_WITHIN
    while outstanding := await asyncio.to_thread(_outstanding, stage, episodes):
        if time.monotonic() > deadline:
            raise DemoFailedError(f"the hub does not come to rest: {outstanding}")
        await asyncio.sleep(_LOOK)


def _outstanding(stage: Stage, episodes: Sequence[Episode]) -> str:
    ledger, now = stage.hub.ledger, CLOCK.now()
    if ledger.inbox.unread(before=now, limit=1):
        return "unread messages"
    undelivered: list[Delivery] = ledger.inbox.undelivered(before=now, limit=1)
    if undelivered:
        return f"facts of {undelivered[0].shipment_id} are not handed over"
    for episode in episodes:
        row = ledger.reads.shipment(stage.tenant, episode.shipment_id)
        if row.snapshot.facts < len(ledger.reads.facts(stage.tenant, episode.shipment_id)):
            return f"facts of {episode.shipment_id} are not in its journey"
    behind = ledger.convergence.status(stage.tenant).divergent
    return f"the order system is behind on {behind[0].shipment_id}" if behind else ""
