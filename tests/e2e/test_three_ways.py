"""One parcel by three ways at once: the carrier is asked, an aggregator calls, an interchange lies in a folder."""

import asyncio
import random
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from domain.journeys import Journey
from tests.carriers.faults import friendly
from tests.carriers.hostile import Reply, Seen, replying
from tests.e2e.conftest import RunningHub, Seller, told
from tests.e2e.edi import CARRIER, EdiScan, interchange, new_number
from tests.e2e.polled import Asked, asked
from worker.demo.dialects import WRITERS, Parcel, Scan

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("e2e")]

EAST, ATLANTIC = timezone(timedelta(hours=-5)), timezone(timedelta(hours=-4))
DAY = (datetime.now(UTC) - timedelta(days=4)).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=EAST)
NEXT = (DAY + timedelta(days=1)).replace(tzinfo=ATLANTIC)
ACCEPTED = DAY + timedelta(hours=10, minutes=30, seconds=5)
DEPARTED = DAY + timedelta(hours=20, minutes=40, seconds=41)
OUT = NEXT + timedelta(hours=8, minutes=12, seconds=30)
DELIVERED = NEXT + timedelta(hours=14, minutes=3, seconds=11)

OWN = [
    Scan(ACCEPTED, "1301", "Item accepted at the Post Office", "OTTAWA"),
    Scan(DEPARTED, "0410", "Item departed", "MONTREAL"),
    Scan(OUT, "0174", "Item out for delivery", "HALIFAX"),
    Scan(DELIVERED, "1408", "Delivered", "HALIFAX"),
]
AGGREGATED = [  # minutes beside the carrier's own times, and the delivery by an hour
    Scan(ACCEPTED + timedelta(minutes=2), "InTransit_PickedUp", "Accepted", "Ottawa", "CA"),
    Scan(OUT + timedelta(minutes=4), "OutForDelivery_Other", "Out for delivery", "Halifax", "CA"),
    Scan(DELIVERED + timedelta(hours=1), "Delivered_Other", "Delivered", "Halifax", "CA"),
]
BY_EDI = [
    EdiScan("1301", "AF", ACCEPTED, "ES", "OTTAWA", "ON"),
    EdiScan("0410", "AF", DEPARTED, "ES", "MONTREAL", "QC"),
    EdiScan("0174", "AJ", OUT, "TS", "HALIFAX", "NS"),
    EdiScan("1408", "D1", DELIVERED, "TS", "HALIFAX", "NS"),
]
_ANY = Seen("GET", "/", {}, b"")
STATES = ["FIRST_MILE", "LINEHAUL", "OUT_FOR_DELIVERY", "DELIVERED"]


@dataclass
class SlowAnswer:
    """A carrier that was asked, and answers when it is let."""

    reply: Reply
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, seen: Seen, writer: asyncio.StreamWriter) -> None:
        self.is_asked.set()
        await self.may_answer.wait()
        await replying(lambda _: self.reply)(seen, writer)


async def _at_once(answer: SlowAnswer, ways: list[Awaitable[None]], *, after: int) -> None:
    """Go all other ways while the carrier's answer is under way; it comes when so many of them are through."""
    await answer.is_asked.wait()
    through = 0

    async def go(way: Awaitable[None]) -> None:
        nonlocal through
        await way
        through += 1
        if through >= after:
            answer.may_answer.set()

    if not after:
        answer.may_answer.set()
    await asyncio.gather(*(go(way) for way in ways))


async def _called(seller: Seller, parcel: Parcel) -> None:
    """Let the aggregator call, signed, about the carrier that it names by its own key."""
    body = WRITERS["17track"][0](parcel, AGGREGATED).replace(b'"key":21051', b'"key":3041')
    await seller.carriers.send(seller.carriers.accounts["17track"], body)


async def _by_folder(one: Asked, root: Path, parcel: Parcel) -> None:
    """Drop the interchange under two names and let a watcher take what is there."""
    (root / "in").mkdir(parents=True)
    for name in ("day.edi", "again.edi"):
        (root / "in" / name).write_bytes(interchange(1, [(parcel.number, scan) for scan in BY_EDI]))
    watch = ("edi", "watch", str(root), "--carrier", CARRIER, "--once", "--settle", "0")
    code, reports = await one.hub.milepost(*watch, tenant=one.tenant)
    assert (code, sum(report["new_facts"] for report in reports)) == (0, 4)


def _confirmations(journey: Journey, facts: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return who confirms whom about what."""
    pairs = [(facts[one.event_id], facts[one.confirms]) for one in journey.corroborations]
    assert all(fact.milestone is of.milestone for fact, of in pairs)
    return sorted((of.milestone.value, fact.source.system, of.source.system) for fact, of in pairs)


@pytest.mark.parametrize("after", [0, 1, 3])
async def test_poll_webhook_and_edi_at_once_are_one_set_of_facts(hub: RunningHub, tmp_path: Path, after: int):
    parcel = Parcel(new_number(), "CA", "CA")
    shipment_id = f"E-{parcel.number}"
    async with (
        asked(hub, "canadapost") as one,
        hub.seller(tenant=one.tenant) as seller,
        seller.order_system() as orders,
    ):
        answer = SlowAnswer(friendly(one.case, WRITERS["canadapost"][0](parcel, OWN))(_ANY))
        one.carrier.answering = answer
        leg = {"carrier": "canadapost", "tracking_number": parcel.number}
        await seller.register(shipment_id, leg, way=("CA", "CA"))
        await one.milepost("poll-now", one.account)
        ways = [_called(seller, parcel), _called(seller, parcel), _by_folder(one, tmp_path / "edi", parcel)]
        random.Random(after).shuffle(ways)  # noqa: S311 - shuffles, guards nothing
        await _at_once(answer, ways, after=after)
        order = await told(orders, shipment_id, STATES)
        journey = await _settled(one, shipment_id)

    facts = {row.fact.event_id: row.fact for row in hub.ledger.reads.facts(one.tenant, shipment_id)}
    assert sorted(fact.source.system for fact in facts.values()) == ["17track"] * 3 + ["canadapost"] * 4 + [CARRIER] * 4
    assert {fact.source.party for fact in facts.values()} == {"canadapost"}
    assert [(step.milestone.value, step.at) for step in journey.steps] == [
        ("PICKED_UP", ACCEPTED),
        ("HUB_DEPARTED", DEPARTED),
        ("OUT_FOR_DELIVERY", OUT),
        ("DELIVERED", DELIVERED),
    ]
    assert {facts[step.event_id].source.system for step in journey.steps} == {"canadapost"}
    assert _confirmations(journey, facts) == [
        ("DELIVERED", "17track", "canadapost"),
        ("DELIVERED", CARRIER, "canadapost"),
        ("HUB_DEPARTED", CARRIER, "canadapost"),
        ("OUT_FOR_DELIVERY", "17track", "canadapost"),
        ("OUT_FOR_DELIVERY", CARRIER, "canadapost"),
        ("PICKED_UP", "17track", "canadapost"),
        ("PICKED_UP", CARRIER, "canadapost"),
    ]
    assert (journey.anomalies, journey.custody_whole) == ((), True)
    assert [(link.from_party, link.to_party) for link in journey.custody] == [
        ("shipper", "canadapost"),
        ("canadapost", "recipient"),
    ]
    assert order["states"] == STATES


async def _settled(one: Asked, shipment_id: str) -> Journey:
    """Return the journey once every fact of the three sources is in it."""
    async with asyncio.timeout(30):
        while True:
            found = await asyncio.to_thread(one.hub.ledger.reads.journey, one.tenant, shipment_id)
            journey = Journey.model_validate(found) if found else None
            if journey is not None and len(journey.steps) + len(journey.corroborations) == 11:
                return journey
            await asyncio.sleep(0.1)
