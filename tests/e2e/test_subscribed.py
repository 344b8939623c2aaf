"""A running hub subscribes a number by itself; the provider's signed webhook then moves the shipment."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.carriers.faults import friendly, is_token
from tests.carriers.hostile import Reply, Seen, replying
from tests.carriers.subscribing import PROVIDERS
from tests.e2e.conftest import RunningHub, told
from tests.e2e.edi import new_number
from tests.e2e.polled import Asked, asked, milestones, until
from worker.demo.carriers import Account
from worker.demo.dialects import WRITERS, Parcel, Scan

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("e2e")]

START = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)
SCANS = [
    Scan(START, "InTransit_PickedUp", "Accepted", "Ottawa", "CA"),
    Scan(START + timedelta(hours=9), "OutForDelivery_Other", "Out for delivery", "Ottawa", "CA"),
]


def _registers(seen: Seen) -> Reply:
    """Take every registration of 17TRACK; know nothing when asked, so that facts can come by webhook only."""
    numbers = [one["number"] for one in json.loads(seen.body)]
    told_of = [{"number": number, "error": {"code": -18019909}} for number in numbers]
    if seen.path.endswith("/register"):
        return Reply(json.dumps({"code": 0, "data": {"accepted": [{"number": n} for n in numbers]}}).encode())
    return Reply(json.dumps({"code": 0, "data": {"accepted": [], "rejected": told_of}}).encode())


def _subscriptions(one: Asked) -> list[Seen]:
    return [seen for seen in one.requests if seen.path.endswith(("/register", "/package"))]


async def test_a_number_is_subscribed_by_itself_and_its_signed_webhook_moves_the_shipment(hub: RunningHub):
    parcel = Parcel(new_number(), "CA", "CA")
    shipment_id = f"W-{parcel.number}"
    secret = Account.new("17track").secret
    async with asked(hub, "17track", keys=[secret]) as one, hub.seller(tenant=one.tenant) as seller:
        one.carrier.answering = replying(_registers)
        async with seller.order_system() as orders:
            leg = {"carrier": "17track", "tracking_number": parcel.number}
            await seller.register(shipment_id, leg, way=("CA", "CA"))
            await one.milepost("poll-now", one.account)
            await until(lambda: hub.ledger.subscriptions.list(one.account))
            (known,) = await one.milepost("subscriptions", one.account)
            before = list(hub.ledger.reads.facts(one.tenant, shipment_id))

            webhook = WRITERS["17track"][0](parcel, SCANS)
            await seller.carriers.send(Account(one.account, "17track", secret), webhook)
            order = await told(orders, shipment_id, ["FIRST_MILE", "OUT_FOR_DELIVERY"])
            timeline = (await seller.api.get(f"/v1/shipments/{shipment_id}/timeline")).json()

    facts = milestones(timeline)
    assert [json.loads(seen.body) for seen in _subscriptions(one)] == [[{"number": parcel.number}]]
    assert (known["number"], known["status"], before) == (parcel.number, "ACTIVE", [])
    assert facts == ["PICKED_UP", "OUT_FOR_DELIVERY"]
    assert order["states"] == ["FIRST_MILE", "OUT_FOR_DELIVERY"]


async def test_a_provider_that_has_to_be_told_where_gets_address_and_credential_of_the_account(hub: RunningHub):
    credential = "credential-of-32-characters-0001"
    number = "1Z" + new_number().rjust(16, "0")[-16:].upper()
    ups = PROVIDERS["ups"]

    def answers(seen: Seen) -> Reply:
        if is_token(ups, seen):
            return friendly(ups)(seen)
        if seen.path.endswith("/package"):
            return Reply(json.dumps({"validTrackingNumbers": json.loads(seen.body)["trackingNumberList"]}).encode())
        return Reply(b"{}", status="404 Not Found")

    async with asked(hub, "ups", keys=[credential]) as one, hub.seller(tenant=one.tenant) as seller:
        one.carrier.answering = replying(answers)
        await seller.register(f"W-{number}", {"carrier": "ups", "tracking_number": number}, way=("US", "US"))
        await one.milepost("poll-now", one.account)
        await until(lambda: hub.ledger.subscriptions.list(one.account))

    (asked_for,) = [json.loads(seen.body) for seen in _subscriptions(one)]
    assert asked_for["trackingNumberList"] == [number]
    assert asked_for["destination"] == {
        "url": f"https://hub.example.com/webhooks/carriers/{one.account}",
        "credentialType": "Bearer",
        "credential": credential,
    }
