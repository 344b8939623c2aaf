"""Pushing on bad days: slowed down, refused for good, gone, replayed."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from domain.audit import EntryKind
from domain.errors import EndpointGoneError, PartnerUnavailableError, RateLimitedError, RequestRejectedError
from domain.facts import Fact
from domain.milestones import Milestone
from domain.shipments import ShipmentPlan
from domain.states import State
from tests.workflow.conftest import SHORT, Hub, eventually
from tests.workflow.fakes import OrderSystem
from tests.workflow.parcels import CONNECTION, Parcel, plan
from workflows.model import PushMode, PushState
from workflows.shipment import ShipmentWorkflow

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("temporal")]


async def _started(hub: Hub) -> tuple[ShipmentPlan, OrderSystem, Parcel]:
    of = plan()
    await hub.register(of)
    return of, hub.sinks.sink(of.tenant, CONNECTION), Parcel(of)


async def _push_state(hub: Hub, of: ShipmentPlan) -> PushState:
    (state,) = (await hub.handle(of).query(ShipmentWorkflow.progress)).pushes
    return state


def _is_mode(hub: Hub, of: ShipmentPlan, mode: PushMode) -> Callable[[], object]:
    async def check() -> bool:
        return (await _push_state(hub, of)).mode is mode

    return check


async def test_one_failure_is_repeated_with_the_same_content(hub: Hub):
    of, shop, parcel = await _started(hub)
    shop.refusals = [PartnerUnavailableError("no answer"), PartnerUnavailableError("no answer")]

    await hub.deliver(of, parcel.fact(Milestone.PICKED_UP))

    await eventually(lambda: shop.told(of) == [State.FIRST_MILE])
    assert (shop.attempts, len(shop.pushes)) == (3, 1)


async def test_a_receiver_that_asks_for_a_pause_gets_one(hub: Hub):
    of, shop, parcel = await _started(hub)
    shop.refusals = [RateLimitedError("slow down", retry_after=timedelta(seconds=1))]

    await hub.deliver(of, parcel.fact(Milestone.PICKED_UP))
    await eventually(_is_mode(hub, of, PushMode.RETRYING))
    await hub.deliver(of, parcel.fact(Milestone.DEPARTED_ORIGIN))

    await eventually(lambda: shop.told(of) == [State.FIRST_MILE, State.LINEHAUL])
    # What came during the pause went along: one push, in order.
    assert [len(push.changes) for push in shop.pushes] == [2]
    assert shop.attempts == 2


async def test_a_refused_push_is_buried_and_the_next_change_tries_again_in_order(hub: Hub):
    of, shop, parcel = await _started(hub)
    shop.refusals = [RequestRejectedError("unknown order", field="reference")]
    await hub.deliver(of, parcel.fact(Milestone.PICKED_UP))
    await eventually(_is_mode(hub, of, PushMode.PARKED))
    ((letter, (buried, reason)),) = hub.ledger.buried.items()
    assert reason == "request_rejected: unknown order"
    assert [change.revision for change in buried.changes] == [1]

    await hub.deliver(of, parcel.fact(Milestone.DEPARTED_ORIGIN))

    await eventually(lambda: shop.told(of) == [State.FIRST_MILE, State.LINEHAUL])
    assert [[change.revision for change in push.changes] for push in shop.pushes] == [[1, 2]]
    assert [(result.acked, result.dead_letter) for _, result in hub.ledger.settled] == [(False, letter), (True, None)]


async def test_a_nudge_replays_a_buried_push(hub: Hub):
    of, shop, parcel = await _started(hub)
    shop.refusals = [RequestRejectedError("unknown order")]
    await hub.deliver(of, parcel.fact(Milestone.PICKED_UP))
    await eventually(_is_mode(hub, of, PushMode.PARKED))

    await hub.dispatcher.nudge(of.tenant, of.shipment_id, CONNECTION)

    await eventually(lambda: shop.told(of) == [State.FIRST_MILE])
    assert (await _push_state(hub, of)).acked == 1


async def test_a_push_is_given_up_at_the_end_of_its_schedule(hub: Hub):
    of, shop, parcel = await _started(hub)
    shop.down = PartnerUnavailableError("no answer")

    await hub.deliver(of, parcel.fact(Milestone.PICKED_UP))

    await eventually(_is_mode(hub, of, PushMode.PARKED), within=timedelta(seconds=40))
    assert shop.attempts == len(SHORT) + 1
    assert [reason for _, reason in hub.ledger.buried.values()] == ["partner_unavailable: no answer"]


async def test_a_receiver_that_is_gone_is_switched_off_until_a_nudge(hub: Hub):
    of, shop, parcel = await _started(hub)
    shop.refusals = [EndpointGoneError("410")]
    await hub.deliver(of, parcel.fact(Milestone.PICKED_UP))
    await eventually(_is_mode(hub, of, PushMode.GONE))
    assert hub.ledger.disabled == {(of.tenant, CONNECTION): "endpoint_gone"}

    await hub.deliver(of, parcel.fact(Milestone.DEPARTED_ORIGIN))
    await eventually(lambda: hub.ledger.snapshot(of).state is State.LINEHAUL)
    assert (shop.attempts, shop.pushes) == (1, [])

    await hub.dispatcher.nudge(of.tenant, of.shipment_id, CONNECTION)
    await eventually(lambda: shop.told(of) == [State.FIRST_MILE, State.LINEHAUL])


async def test_a_nudge_cuts_a_long_pause_short(hub: Hub):
    of, shop, parcel = await _started(hub)
    shop.refusals = [RateLimitedError("come back in an hour", retry_after=timedelta(hours=1))]
    await hub.deliver(of, parcel.fact(Milestone.PICKED_UP))
    await eventually(_is_mode(hub, of, PushMode.RETRYING))

    await hub.dispatcher.nudge(of.tenant, of.shipment_id, CONNECTION)

    await eventually(lambda: shop.told(of) == [State.FIRST_MILE])


async def test_outcomes_enter_the_chain_with_the_next_commit(hub: Hub):
    of, shop, parcel = await _started(hub)
    facts: list[Fact] = [parcel.fact(Milestone.PICKED_UP), parcel.fact(Milestone.DEPARTED_ORIGIN)]
    for number, fact in enumerate(facts, start=1):
        await hub.deliver(of, fact)
        await eventually(lambda number=number: len(shop.pushes) == number)  # type: ignore[misc] # bound per round

    (published,) = hub.ledger.bodies(of, EntryKind.PUBLISHED)
    assert published == {
        "connection": CONNECTION,
        "first": 1,
        "last": 1,
        "acked": True,
        "revision": 1,
        "outcome": "accepted",
    }
    assert hub.ledger.kinds(of) == [
        EntryKind.REGISTERED,
        EntryKind.FACT,
        EntryKind.STATE,
        EntryKind.PUBLISHED,
        EntryKind.FACT,
        EntryKind.STATE,
    ]
