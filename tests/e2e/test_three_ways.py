"""One parcel by three ways at once: the carrier is asked, an aggregator calls, an interchange lies in a folder."""

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from domain.journeys import Journey
from tests.carriers.calling import opened
from tests.carriers.cases import CASES
from tests.carriers.faults import friendly
from tests.carriers.hostile import HostileCarrier, replying
from tests.e2e.conftest import TENANT, RunningHub, Seller, told
from tests.e2e.edi import CARRIER, EdiScan, interchange, new_number
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
STATES = ["FIRST_MILE", "LINEHAUL", "OUT_FOR_DELIVERY", "DELIVERED"]


async def _asked(seller: Seller, parcel: Parcel) -> None:
    """Ask the carrier by its table of calls, and pass on what it answers."""
    case = CASES["canadapost"]
    async with HostileCarrier() as carrier:
        carrier.answering = replying(friendly(case, WRITERS["canadapost"][0](parcel, OWN)))
        async with opened(replace(case, numbers=(parcel.number,)), carrier) as (tracker, _):
            (answer,) = (await tracker.fetch([parcel.number])).answers
    (await seller.api.post("/v1/messages/canadapost", content=answer.body)).raise_for_status()


async def _called(seller: Seller, parcel: Parcel) -> None:
    """Let the aggregator call, signed, about the carrier that it names by its own key."""
    body = WRITERS["17track"][0](parcel, AGGREGATED).replace(b'"key":21051', b'"key":3041')
    await seller.carriers.send(seller.carriers.accounts["17track"], body)


async def _by_folder(hub: RunningHub, root: Path, parcel: Parcel) -> None:
    """Drop the interchange under two names and let a watcher take what is there."""
    (root / "in").mkdir(parents=True)
    for name in ("day.edi", "again.edi"):
        (root / "in" / name).write_bytes(interchange(1, [(parcel.number, scan) for scan in BY_EDI]))
    code, reports = await hub.milepost("edi", "watch", str(root), "--carrier", CARRIER, "--once", "--settle", "0")
    assert (code, sum(report["new_facts"] for report in reports)) == (0, 4)


def _confirmations(journey: Journey, facts: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return who confirms whom about what."""
    pairs = [(facts[one.event_id], facts[one.confirms]) for one in journey.corroborations]
    assert all(fact.milestone is of.milestone for fact, of in pairs)
    return sorted((of.milestone.value, fact.source.system, of.source.system) for fact, of in pairs)


@pytest.mark.parametrize("seed", range(3))
async def test_poll_webhook_and_edi_at_once_are_one_set_of_facts(hub: RunningHub, tmp_path: Path, seed: int):
    parcel = Parcel(new_number(), "CA", "CA")
    shipment_id = f"E-{parcel.number}"
    async with hub.seller() as seller, seller.order_system() as orders:
        leg = {"carrier": "canadapost", "tracking_number": parcel.number}
        await seller.register(shipment_id, leg, way=("CA", "CA"))
        ways = [_asked(seller, parcel), _asked(seller, parcel), _called(seller, parcel), _called(seller, parcel)]
        ways.append(_by_folder(hub, tmp_path / "edi", parcel))
        random.Random(seed).shuffle(ways)  # noqa: S311 - shuffles, guards nothing
        await asyncio.gather(*ways)
        order = await told(orders, shipment_id, STATES)
        journey = await _settled(hub, shipment_id)

    facts = {row.fact.event_id: row.fact for row in hub.ledger.reads.facts(TENANT, shipment_id)}
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


async def _settled(hub: RunningHub, shipment_id: str) -> Journey:
    """Return the journey once every fact of the three sources is in it."""
    async with asyncio.timeout(30):
        while True:
            found = await asyncio.to_thread(hub.ledger.reads.journey, TENANT, shipment_id)
            journey = Journey.model_validate(found) if found else None
            if journey is not None and len(journey.steps) + len(journey.corroborations) == 11:
                return journey
            await asyncio.sleep(0.1)
