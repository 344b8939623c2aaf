"""A shipment from its registration to its end, on a real server."""

import random
from datetime import timedelta

import pytest

from domain.audit import EntryKind, LedgerCommit
from domain.errors import PartnerUnavailableError
from domain.facts import Fact
from domain.milestones import Milestone
from domain.publication import ChangeKind
from domain.shipments import ShipmentPlan
from domain.states import State
from tests.workflow.conftest import Hub, eventually
from tests.workflow.fakes import OrderSystem
from tests.workflow.parcels import CONNECTION, Parcel, plan
from workflows.model import PushMode
from workflows.shipment import ShipmentWorkflow

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("temporal")]

UNAVAILABLE = PartnerUnavailableError("no answer")

REROUTED_JOURNEY = [
    State.FIRST_MILE,
    State.LINEHAUL,
    State.IMPORT_CUSTOMS,
    State.CUSTOMS_HOLD,
    State.RESOLVED,
    State.REROUTED,
    State.AVAILABLE_FOR_PICKUP,
    State.DELIVERED,
]


def shop(hub: Hub, of: ShipmentPlan) -> OrderSystem:
    return hub.sinks.sink(of.tenant, CONNECTION)


async def test_a_journey_is_recorded_folded_and_told(hub: Hub):
    of = plan()
    await hub.register(of)
    facts = Parcel(of).eight()

    for fact in facts:
        await hub.deliver(of, fact)

    await eventually(lambda: State.DELIVERED in shop(hub, of).told(of))
    assert shop(hub, of).told(of) == [
        State.FIRST_MILE,
        State.LINEHAUL,
        State.IMPORT_CUSTOMS,
        State.LAST_MILE,
        State.OUT_FOR_DELIVERY,
        State.DELIVERED,
    ]
    recorded = [body["event_id"] for body in hub.ledger.bodies(of, EntryKind.FACT)]
    assert recorded == [fact.event_id for fact in facts]
    assert hub.ledger.kinds(of)[0] is EntryKind.REGISTERED
    snapshot = hub.ledger.snapshot(of)
    assert (snapshot.state, snapshot.facts, snapshot.anomalies, snapshot.is_ended) == (State.DELIVERED, 8, 0, True)


async def test_registration_alone_opens_the_chain(hub: Hub):
    of = plan()

    await hub.register(of)

    await eventually(lambda: hub.ledger.kinds(of) == [EntryKind.REGISTERED])
    progress = await hub.handle(of).query(ShipmentWorkflow.progress)
    assert (progress.state, progress.revision, progress.seq) == (State.CREATED, 0, 0)
    assert of.registered_at is not None
    assert progress.next_deadline == of.registered_at + of.levels.silence


async def test_facts_before_the_start_call_start_the_shipment(hub: Hub):
    of = plan()
    hub.ledger.register(of)

    await hub.deliver(of, Parcel(of).fact(Milestone.PICKED_UP))
    await hub.dispatcher.start(of)

    await eventually(lambda: shop(hub, of).told(of) == [State.FIRST_MILE])
    assert hub.ledger.kinds(of) == [EntryKind.REGISTERED, EntryKind.FACT, EntryKind.STATE]


async def test_held_resolved_rerouted_delivered_arrive_in_order_each_once(hub: Hub):
    of = plan()
    await hub.register(of)

    for fact in Parcel(of).held_and_rerouted():
        await hub.deliver(of, fact)

    await eventually(lambda: shop(hub, of).told(of) == REROUTED_JOURNEY)
    revisions = [change.revision for push in shop(hub, of).pushes for change in push.changes]
    assert revisions == list(range(1, len(REROUTED_JOURNEY) + 1))


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_doubled_and_shuffled_messages_end_in_the_same_order(hub: Hub, seed: int):
    of = plan()
    await hub.register(of)
    facts = Parcel(of).held_and_rerouted()
    doubled = [*facts, *facts]
    random.Random(seed).shuffle(doubled)  # noqa: S311 - a test order

    for fact in doubled:
        await hub.deliver(of, fact)

    await eventually(lambda: shop(hub, of).told(of) == REROUTED_JOURNEY)
    recorded = [str(body["event_id"]) for body in hub.ledger.bodies(of, EntryKind.FACT)]
    assert sorted(recorded) == sorted(fact.event_id for fact in facts)
    revisions = [change.revision for push in shop(hub, of).pushes for change in push.changes]
    assert revisions == list(range(1, len(revisions) + 1))


async def test_an_order_system_that_was_down_gets_the_whole_journey_in_order(hub: Hub):
    of = plan()
    shop(hub, of).down = UNAVAILABLE
    await hub.register(of)
    for fact in Parcel(of).held_and_rerouted():
        await hub.deliver(of, fact)
    await eventually(lambda: hub.ledger.snapshots.get((of.tenant, of.shipment_id)) is not None)
    await eventually(lambda: hub.ledger.snapshot(of).state is State.DELIVERED)
    assert shop(hub, of).pushes == []

    shop(hub, of).down = None

    await eventually(lambda: shop(hub, of).told(of) == REROUTED_JOURNEY)
    revisions = [change.revision for push in shop(hub, of).pushes for change in push.changes]
    assert revisions == list(range(1, len(REROUTED_JOURNEY) + 1))
    states = (await hub.handle(of).query(ShipmentWorkflow.progress)).pushes
    assert [(state.acked, state.mode) for state in states] == [(8, PushMode.READY)]


async def test_a_late_fact_corrects_what_was_told(hub: Hub):
    of = plan()
    await hub.register(of)
    parcel = Parcel(of)
    picked_up, departed = parcel.fact(Milestone.PICKED_UP), parcel.fact(Milestone.DEPARTED_ORIGIN)
    await hub.deliver(of, departed)
    await eventually(lambda: shop(hub, of).told(of) == [State.LINEHAUL])

    await hub.deliver(of, picked_up)

    await eventually(lambda: shop(hub, of).told(of) == [State.FIRST_MILE, State.LINEHAUL])
    kinds = [change.kind for push in shop(hub, of).pushes for change in push.changes]
    assert kinds == [ChangeKind.STATUS, ChangeKind.CORRECTION, ChangeKind.STATUS, ChangeKind.STATUS]


async def test_an_unknown_code_is_kept_and_moves_nothing(hub: Hub):
    of = plan()
    await hub.register(of)
    parcel = Parcel(of)
    unknown = parcel.fact(Milestone.UNMAPPED)

    await hub.deliver(of, parcel.fact(Milestone.PICKED_UP), unknown)

    await eventually(lambda: shop(hub, of).told(of) == [State.FIRST_MILE])
    journey = await hub.handle(of).query(ShipmentWorkflow.journey)
    assert journey.unmapped == (unknown.event_id,)
    assert len(hub.ledger.bodies(of, EntryKind.FACT)) == 2


async def test_the_partners_words_stay_out_of_temporal_and_the_chain(hub: Hub):
    of = plan()
    await hub.register(of)
    fact = Parcel(of).fact(Milestone.PICKED_UP)
    source = fact.source.model_copy(update={"raw_text": "Signed by A. Example", "raw_time": "noon"})

    await hub.deliver(of, fact.model_copy(update={"source": source, "note": "Call A. Example"}))

    await eventually(lambda: shop(hub, of).told(of) == [State.FIRST_MILE])
    history = (await hub.handle(of).fetch_history()).to_json()
    assert "Signed by" not in history
    assert "Example" not in str(hub.ledger.entries[of.tenant, of.shipment_id])


async def test_several_order_systems_are_told_independently(hub: Hub):
    of = plan(connections=("one", "two"))
    hub.sinks.sink(of.tenant, "two").down = UNAVAILABLE
    await hub.register(of)

    await hub.deliver(of, Parcel(of).fact(Milestone.PICKED_UP))
    await eventually(lambda: hub.sinks.sink(of.tenant, "one").told(of) == [State.FIRST_MILE])
    assert hub.sinks.sink(of.tenant, "two").pushes == []

    hub.sinks.sink(of.tenant, "two").down = None
    await eventually(lambda: hub.sinks.sink(of.tenant, "two").told(of) == [State.FIRST_MILE])


async def test_a_wide_batch_is_cut_into_signals_and_arrives_whole(hub: Hub):
    of = plan(levels={"silence": timedelta(days=400), "silence_linehaul": timedelta(days=400)})
    await hub.register(of)
    parcel = Parcel(of)
    facts: list[Fact] = [parcel.fact(Milestone.PICKED_UP)]
    facts += [parcel.fact(Milestone.HUB_ARRIVED, note="x" * 400) for _ in range(600)]

    await hub.deliver(of, *facts)

    await eventually(lambda: len(hub.ledger.bodies(of, EntryKind.FACT)) == 601)
    assert (await hub.handle(of).query(ShipmentWorkflow.progress)).messages > 1


async def test_a_ledger_that_is_away_is_waited_for(hub: Hub):
    of = plan()
    await hub.register(of)
    failures = [OSError("disk"), OSError("disk")]

    def refuse(_: LedgerCommit) -> None:
        if failures:
            raise failures.pop()

    hub.ledger.before_commit = refuse
    await hub.deliver(of, Parcel(of).fact(Milestone.PICKED_UP))

    await eventually(lambda: shop(hub, of).told(of) == [State.FIRST_MILE])
    # The order system hears only what the ledger has.
    assert hub.ledger.kinds(of) == [EntryKind.REGISTERED, EntryKind.FACT, EntryKind.STATE]
