from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from temporalio.service import RPCError, RPCStatusCode

from domain import ids
from domain.errors import NotFoundError
from domain.facts import Fact, Source
from domain.intake import Intake
from domain.messages import Delivery
from domain.milestones import Milestone
from domain.shipments import ShipmentPlan
from gateway.handover import HandOver
from gateway.metrics import GatewayMetrics

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def rpc(status: RPCStatusCode) -> RPCError:
    return RPCError("said no", status, b"")


def delivery(shipment_id: str, step: Milestone = Milestone.PICKED_UP) -> Delivery:
    source = Source(party="acme", system="acme")
    fact = Fact(
        event_id=ids.event_id(shipment_id, step),
        tracking_number="TN1",
        milestone=step,
        source=source,
        recorded_at=AT,
        occurred_at=AT,
    )
    return Delivery("main", shipment_id, (fact,))


@dataclass
class Hub:
    """The two ports that a hand-over touches."""

    failures: dict[str, Exception] = field(default_factory=dict)
    given: list[Delivery] = field(default_factory=list)
    marked: list[Delivery] = field(default_factory=list)
    started: list[str] = field(default_factory=list)

    async def deliver(self, delivery: Delivery) -> None:
        if delivery.shipment_id in self.failures:
            raise self.failures[delivery.shipment_id]
        self.given.append(delivery)

    async def start(self, plan: ShipmentPlan) -> None:
        if plan.shipment_id in self.failures:
            raise self.failures[plan.shipment_id]
        self.started.append(plan.shipment_id)

    def delivered(self, delivery: Delivery) -> None:
        self.marked.append(delivery)


def hands(hub: Hub) -> HandOver:
    parts: Any = hub
    return HandOver(Intake(parts, parts, parts, parts), GatewayMetrics(), parallel=2)


AWAY = [
    rpc(RPCStatusCode.UNAVAILABLE),
    rpc(RPCStatusCode.DEADLINE_EXCEEDED),
    rpc(RPCStatusCode.RESOURCE_EXHAUSTED),
    ConnectionRefusedError(),
    TimeoutError(),
    OperationalError("UPDATE", {}, Exception("locked")),
]
TROUBLE = [rpc(RPCStatusCode.INVALID_ARGUMENT), rpc(RPCStatusCode.NOT_FOUND), NotFoundError("no such shipment")]


@pytest.mark.parametrize("failure", AWAY)
async def test_nobody_there_is_an_outage(failure: Exception):
    hub = Hub(failures={"S1": failure, "S2": failure})

    assert await hands(hub).carry([delivery("S1"), delivery("S2")]) is False
    assert (hub.given, hub.marked) == ([], [])


@pytest.mark.parametrize("failure", AWAY + TROUBLE)
async def test_one_success_says_that_somebody_is_there(failure: Exception):
    hub = Hub(failures={"S1": failure})

    assert await hands(hub).carry([delivery("S1"), delivery("S2")]) is True
    assert hub.marked == [delivery("S2")]


@pytest.mark.parametrize("failure", TROUBLE)
async def test_trouble_of_one_shipment_is_no_outage(failure: Exception):
    hub = Hub(failures={"S1": failure})

    assert await hands(hub).carry([delivery("S1")]) is True
    assert hub.marked == []


async def test_a_shipment_gets_its_facts_in_one_hand_over():
    hub = Hub()
    first, second = delivery("S1"), delivery("S1", Milestone.DELIVERED)

    assert await hands(hub).carry([first, second, first]) is True

    assert hub.given == hub.marked == [Delivery("main", "S1", (*first.facts, *second.facts))]


async def test_nothing_to_carry_is_fine():
    assert await hands(Hub()).carry([]) is True


async def test_starting_goes_on_past_one_shipments_trouble_and_stops_at_an_outage():
    plans = [ShipmentPlan(tenant="main", shipment_id=name) for name in ("S1", "S2", "S3", "S4")]
    hub = Hub(failures={"S1": NotFoundError("gone"), "S3": rpc(RPCStatusCode.UNAVAILABLE)})

    assert await hands(hub).start(plans) is False
    assert hub.started == ["S2"]
