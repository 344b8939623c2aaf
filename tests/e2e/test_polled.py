"""A running hub asks carriers over real HTTP: what they answer reaches the timeline, and people can steer it."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.carriers.faults import friendly
from tests.carriers.hostile import Reply, Seen, replying
from tests.e2e.conftest import RunningHub, told
from tests.e2e.edi import new_number
from tests.e2e.polled import Asked, asked, milestones, until
from worker.demo.dialects import WRITERS, Parcel, Scan

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("e2e")]

START = datetime.now(timezone(timedelta(hours=-5))).replace(microsecond=0) - timedelta(days=2)
SCANS = [
    Scan(START, "1301", "Item accepted at the Post Office", "OTTAWA"),
    Scan(START + timedelta(hours=9), "0174", "Item out for delivery", "OTTAWA"),
    Scan(START + timedelta(hours=14), "1408", "Delivered", "OTTAWA"),
]


def _answers(one: Asked, parcel: Parcel, known: int) -> Callable[[Seen], Reply]:
    """Tell the first so many scans."""
    return friendly(one.case, WRITERS["canadapost"][0](parcel, SCANS[:known]))


async def test_what_a_carrier_answers_reaches_the_timeline_and_the_order_system(hub: RunningHub):
    parcel = Parcel(new_number(), "CA", "CA")
    shipment_id = f"P-{parcel.number}"
    async with asked(hub, "canadapost") as one:
        one.carrier.answering = replying(_answers(one, parcel, 3))
        async with hub.seller(tenant=one.tenant) as seller, seller.order_system() as orders:
            leg = {"carrier": "canadapost", "tracking_number": parcel.number}
            await seller.register(shipment_id, leg, way=("CA", "CA"))
            await one.milepost("poll-now", one.account)
            order = await told(orders, shipment_id, ["FIRST_MILE", "OUT_FOR_DELIVERY", "DELIVERED"])
            timeline = (await seller.api.get(f"/v1/shipments/{shipment_id}/timeline")).json()

    facts = milestones(timeline)
    assert facts == ["PICKED_UP", "OUT_FOR_DELIVERY", "DELIVERED"]
    assert order["states"] == ["FIRST_MILE", "OUT_FOR_DELIVERY", "DELIVERED"]
    assert {row.fact.source.system for row in hub.ledger.reads.facts(one.tenant, shipment_id)} == {"canadapost"}


async def test_a_faulty_answer_is_kept_apart_and_the_next_good_one_tells_everything(hub: RunningHub):
    parcel = Parcel(new_number(), "CA", "CA")
    shipment_id = f"P-{parcel.number}"
    async with asked(hub, "canadapost") as one:
        page = Reply(b"<!DOCTYPE html><html><body>Maintenance</body></html>", "text/html")
        one.carrier.answering = replying(lambda _: page)
        async with hub.seller(tenant=one.tenant) as seller:
            leg = {"carrier": "canadapost", "tracking_number": parcel.number}
            await seller.register(shipment_id, leg, way=("CA", "CA"))
            await one.milepost("poll-now", one.account)
            await until(lambda: hub.ledger.polling.counts(one.account).failing == 1)
            before = hub.ledger.reads.facts(one.tenant, shipment_id)
            failing = await one.standing()

            one.carrier.answering = replying(_answers(one, parcel, 3))
            await one.milepost("poll-now", one.account)
            await until(lambda: len(hub.ledger.reads.facts(one.tenant, shipment_id)) == 3)
            await until(lambda: hub.ledger.polling.counts(one.account).failing == 0)

    assert (list(before), failing["failing"], failing["status"]) == ([], 1, "ACTIVE")


async def test_a_paused_account_asks_nothing_until_it_is_resumed(hub: RunningHub):
    parcel = Parcel(new_number(), "CA", "CA")
    async with asked(hub, "canadapost") as one:
        one.carrier.answering = replying(_answers(one, parcel, 1))
        paused = await one.milepost("pause", one.account)
        async with hub.seller(tenant=one.tenant) as seller:
            leg = {"carrier": "canadapost", "tracking_number": parcel.number}
            await seller.register(f"P-{parcel.number}", leg, way=("CA", "CA"))
            await one.milepost("poll-now", one.account)
            during, seen = await one.standing(), list(one.requests)

            await one.milepost("resume", one.account)
            await until(lambda: len(hub.ledger.reads.facts(one.tenant, f"P-{parcel.number}")) == 1)
            after = await one.standing()

    assert (paused["told"], during["mode"], during["due"], seen) == ("paused", "PAUSED", 1, [])
    assert during["next"] == [f"paused by hand. Go on: milepost accounts resume {one.account}"]
    assert (after["due"], after["waiting"], after["next"]) == (0, 1, [])


async def test_refused_keys_stop_the_account_and_new_ones_go_on_without_a_restart(hub: RunningHub, tmp_path: Path):
    parcel = Parcel(new_number(), "CA", "CA")
    new = {"username": "fresh-name", "password": "fresh-word"}
    async with asked(hub, "canadapost") as one:
        good = _answers(one, parcel, 2)
        right = "Basic ZnJlc2gtbmFtZTpmcmVzaC13b3Jk"
        refusal = Reply(b"<messages/>", "application/xml", "401 Unauthorized")
        one.carrier.answering = replying(lambda seen: good(seen) if seen.headers["authorization"] == right else refusal)
        async with hub.seller(tenant=one.tenant) as seller:
            leg = {"carrier": "canadapost", "tracking_number": parcel.number}
            await seller.register(f"P-{parcel.number}", leg, way=("CA", "CA"))
            # It may have asked and been stopped by itself before: then this command is refused, too.
            await hub.milepost("accounts", "poll-now", one.account)
            await until(lambda: hub.ledger.accounts.get(one.account).reason)
            stopped = await one.standing()
            refused = await hub.milepost("accounts", "poll-now", one.account)

            keys = tmp_path / "keys.json"
            keys.write_text(json.dumps(new))
            await one.milepost("credentials", one.account, str(keys))
            await one.milepost("resume", one.account)
            await until(lambda: len(hub.ledger.reads.facts(one.tenant, f"P-{parcel.number}")) == 2)
            after = await one.standing()

    assert (stopped["status"], stopped["reason"]) == ("STOPPED", f"{one.account}: canadapost answered 401")
    assert f"give it the carrier's present ones: milepost accounts credentials {one.account} FILE" in stopped["next"]
    assert refused[0] == 1
    assert f"milepost accounts test {one.account}" in refused[1]
    assert (after["status"], after["reason"], after["next"]) == ("ACTIVE", None, [])
    assert "fresh-word" not in hub.said
