"""Kills worker, gateway and Temporal server at random moments while shipments flow, then checks that nothing shows.

`python -m bench.chaos --seed N --shipments N`. Everything is a real process and every kill is SIGKILL. The sender does
what senders do: it repeats a webhook until it gets a 2xx, sends some twice, and never waits for the hub. At the end
every shipment must be in the right state, the order system must hold each status once and in order, and every audit
chain must verify against the raw bytes. The order of kills follows the seed; the operating system decides the rest.
"""

import argparse
import asyncio
import random
import shutil
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
from rich.console import Console

from bench.hub import ACCOUNT, BIN, CONNECTION, Site, site, wait_for
from bench.parcels import JOURNEY, expected_states, number, plan, webhook
from connectors.track17 import SIGNATURE_HEADER, sign
from worker.devserver import HOST, free_port

VICTIMS: Final = ("worker", "gateway", "temporal")
SENDERS: Final = 12
DOUBLED: Final = 0.15
SETTLES_WITHIN: Final = 240.0


@dataclass(slots=True)
class Round:
    """One run and what it saw."""

    here: Site
    shipments: int
    chance: random.Random
    console: Console
    kills: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    findings: list[str] = field(default_factory=list)


def start_roles(here: Site) -> None:
    """Start the Temporal server, a worker and a gateway as separate processes."""
    port = free_port()
    here.environment["MILEPOST_TEMPORAL__ADDRESS"] = f"{HOST}:{port}"
    here.add(
        "temporal",
        *(str(BIN / "temporal"), "server", "start-dev", "--headless", "--ip", HOST, "--port", str(port)),
        *("--db-filename", str(here.directory / "temporal.db"), "--log-level", "error"),
        *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"),
    )
    time.sleep(2)
    here.milepost("doctor", "--fix")
    here.add("worker", str(BIN / "milepost"), "worker")
    here.add("gateway", str(BIN / "milepost"), "gateway")
    wait_for(f"{here.url}/readyz")


async def send_until_taken(run: Round, client: httpx.AsyncClient, path: str, **request: Any) -> None:
    """POST until the answer is 2xx, as a carrier would."""
    while True:
        try:
            answer = await client.post(run.here.url + path, **request)
        except httpx.HTTPError as error:
            run.refused[type(error).__name__] += 1
        else:
            if answer.is_success:
                run.sent += 1
                return
            run.refused[str(answer.status_code)] += 1
        await asyncio.sleep(0.25)


async def one_shipment(run: Round, client: httpx.AsyncClient, index: int) -> None:
    """Register a shipment and send its eight events, some twice."""
    bearer = {"authorization": f"Bearer {run.here.token}"}
    await send_until_taken(run, client, "/v1/shipments", json=plan(index, connection=CONNECTION), headers=bearer)
    for step in range(len(JOURNEY)):
        body = webhook(index, step)
        headers = {SIGNATURE_HEADER: sign(body, run.here.key), "content-type": "application/json"}
        for _ in range(2 if run.chance.random() < DOUBLED else 1):
            await send_until_taken(run, client, f"/webhooks/carriers/{ACCOUNT}", content=body, headers=headers)
        await asyncio.sleep(run.chance.uniform(0.0, 0.4))


async def kill_now_and_then(run: Round, traffic: asyncio.Task[None]) -> None:
    """Kill a process every one to four seconds and start it again a moment later; every role at least twice."""
    order = list(VICTIMS) * 2
    run.chance.shuffle(order)
    while not traffic.done() or order:
        await asyncio.sleep(run.chance.uniform(1.0, 4.0))
        name = order.pop() if order else run.chance.choice(VICTIMS)
        process = run.here.processes[name]
        await asyncio.to_thread(process.kill)
        run.kills[name] += 1
        await asyncio.sleep(run.chance.uniform(0.1, 1.5))
        process.start()


async def traffic(run: Round) -> None:
    """Send everything, a dozen shipments at a time, with progress."""
    slots = asyncio.Semaphore(SENDERS)
    done = 0

    async with httpx.AsyncClient(timeout=10) as client:

        async def one(index: int) -> None:
            nonlocal done
            async with slots:
                await one_shipment(run, client, index)
            done += 1
            if done % max(1, run.shipments // 10) == 0:
                run.console.print(f"  {done}/{run.shipments} shipments sent, {sum(run.kills.values())} kills")

        await asyncio.gather(*(one(index) for index in range(run.shipments)))


async def flow(run: Round) -> None:
    """Run traffic and killer together."""
    sending = asyncio.create_task(traffic(run))
    killing = asyncio.create_task(kill_now_and_then(run, sending))
    await asyncio.gather(sending, killing)


def settle(run: Round) -> float:
    """Wait until every order system knows every revision; return the seconds it took."""
    started = time.monotonic()
    wait_for(f"{run.here.url}/readyz")
    while time.monotonic() - started < SETTLES_WITHIN:
        book = run.here.order_book()["orders"]
        finished = sum(1 for order in book.values() if order["states"] == expected_states())
        if finished == run.shipments and not run.here.milepost("erp", "status")["divergent"]:
            break
        time.sleep(1)
    return time.monotonic() - started


def check(run: Round) -> None:
    """Collect everything that is not as it must be."""
    book = run.here.order_book()
    orders = book["orders"]
    for index in range(run.shipments):
        order = orders.get(number(index))
        if order is None:
            run.findings.append(f"{number(index)}: the order system never heard of it")
            continue
        if order["states"] != expected_states():
            run.findings.append(f"{number(index)}: order system has {order['states']}")
        if order["missing"]:
            run.findings.append(f"{number(index)}: revisions {order['missing']} never came")
    if book["counters"]["conflicts"] or book["counters"]["bad_signatures"]:
        run.findings.append(f"order system counted {book['counters']}")
    counts = httpx.get(
        f"{run.here.url}/v1/counts", headers={"authorization": f"Bearer {run.here.token}"}, timeout=30
    ).json()
    status = run.here.milepost("erp", "status")
    audit = run.here.milepost("audit", "verify", "--rederive")
    run.console.print(f"counts by state  {counts}")
    run.console.print(f"order system     {book['counters']}")
    run.console.print(f"ERP              {len(status['divergent'])} divergent of {status['total']}")
    summary = {key: value for key, value in audit.items() if not isinstance(value, list) or not value}
    run.console.print(f"audit            {summary}")
    if status["divergent"] or status["total"] != run.shipments:
        run.findings.append(f"convergence: {len(status['divergent'])} divergent of {status['total']}")
    if not audit["is_intact"]:
        run.findings.append(f"audit: {len(audit['faults'])} faults, first {audit['faults'][:1]}")


def main() -> int:
    """Run one seeded round; exit 1 with the findings when anything was lost, doubled or wrong."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="fixes traffic and order of kills")
    parser.add_argument("--shipments", type=int, default=300, help="each has eight milestones")
    parser.add_argument("--keep-logs", type=Path, help="copy process logs there at the end")
    options = parser.parse_args()
    console = Console(soft_wrap=True)
    with site() as here:
        start_roles(here)
        console.print(f"chaos: {options.shipments} shipments x {len(JOURNEY)} milestones, seed {options.seed}")
        chance = random.Random(options.seed)  # noqa: S311 - a seeded test, not a secret
        run = Round(here, options.shipments, chance, console)
        started = time.monotonic()
        asyncio.run(flow(run))
        sending = time.monotonic() - started
        settling = settle(run)
        check(run)
        if options.keep_logs:
            options.keep_logs.mkdir(parents=True, exist_ok=True)
            for log in here.directory.glob("*.log"):
                shutil.copy(log, options.keep_logs)
    console.print(f"kills            {dict(run.kills)}; refused sends {dict(run.refused)}; taken {run.sent}")
    console.print(f"time             {sending:.0f} s of traffic, {settling:.0f} s to settle")
    for finding in run.findings[:20]:
        console.print(f"[bold red]{finding}[/]")
    verdict = (
        "nothing lost, nothing doubled, all chains verify" if not run.findings else f"{len(run.findings)} findings"
    )
    console.print(f"[bold]{verdict}[/]")
    return 1 if run.findings else 0


if __name__ == "__main__":
    sys.exit(main())
