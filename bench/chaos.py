"""Kills worker, gateway and Temporal server at random moments while parcels travel, and counts what was lost.

`python -m bench.chaos --seed 1 --shipments 300 --milestones 8`. The same seed kills the same processes after the same
pauses. Senders repeat each webhook until it is accepted, a tenth of them twice; the order system is up all the time and
verifies every signature. Ends with exit code 1 when anything was lost, doubled or changed.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.chaos_scene import Scene, set_up
from bench.chaos_traffic import Traffic
from bench.chaos_verdict import Verdict, judge

SETTLES_WITHIN = 240.0


@dataclass
class Killer:
    """Ends processes without warning and starts them again after a pause; both are drawn from the seed."""

    scene: Scene
    rng: random.Random
    kills: dict[str, int] = field(default_factory=dict)

    async def run(self, stop: asyncio.Event) -> None:
        """Kill and start until told to stop."""
        victims: list[str] = []
        while not stop.is_set():
            await asyncio.sleep(self.rng.uniform(1.0, 4.0))
            # Each victim once in every round of three, so that a short run kills all of them too.
            victims = victims or self.rng.sample(["worker", "gateway", "temporal"], 3)
            name, pause = victims.pop(), self.rng.uniform(0.0, 2.0)
            if stop.is_set():
                return
            await asyncio.to_thread(self.scene.kill, name)
            self.kills[name] = self.kills.get(name, 0) + 1
            await asyncio.sleep(pause)
            await self.scene.start(name)


async def run(seed: int, shipments: int, milestones: int, state: Path) -> Verdict:
    rng = random.Random(seed)  # noqa: S311 - a repeatable schedule, no secret
    began = time.monotonic()
    async with set_up(state) as scene:
        traffic = Traffic(scene, shipments, milestones, random.Random(seed + 1))  # noqa: S311 - as above
        killer = Killer(scene, rng)
        over = asyncio.Event()
        killing = asyncio.create_task(killer.run(over))
        keeping = asyncio.create_task(scene.keep_up(over))
        await traffic.flow(say)
        flowed = time.monotonic() - began
        over.set()
        await killing
        await keeping
        say(f"traffic is over after {flowed:.0f} s and {sum(killer.kills.values())} kills; waiting for rest")
        await scene.start_all()
        rest = await traffic.settle(within=SETTLES_WITHIN)
        verdict = await judge(scene, traffic)
        verdict.kills, verdict.seconds, verdict.settled_in = killer.kills, flowed, rest
        return verdict


def say(line: str) -> None:
    print(f"  {line}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shipments", type=int, default=300)
    parser.add_argument("--milestones", type=int, default=8, choices=range(1, 9))
    parser.add_argument("--keep", type=Path, help="keep ledger and logs here")
    wanted = parser.parse_args()
    print(f"chaos: seed {wanted.seed}, {wanted.shipments} shipments x {wanted.milestones} milestones")
    with tempfile.TemporaryDirectory(prefix="milepost-chaos-") as place:
        state = wanted.keep or Path(place)
        verdict = asyncio.run(run(wanted.seed, wanted.shipments, wanted.milestones, state))
    verdict.show()
    return 0 if verdict.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
