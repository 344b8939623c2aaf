"""What happens when nothing happens: days pass in moments under the server's time skipping."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecutionStatus

from domain.audit import EntryKind, LedgerCommit
from domain.axes import Side
from domain.errors import HubBugError, RateLimitedError
from domain.facts import Hold
from domain.messages import Delivery
from domain.milestones import Milestone
from domain.publication import ChangeKind
from domain.reasons import Reason
from domain.states import State
from tests.workflow.conftest import Hub, eventually
from tests.workflow.days import Calendar, calendar
from tests.workflow.parcels import CONNECTION, plan
from workflows.model import Limits

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("temporal")]

BOOKKEEPING = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED,
}
"""Events that only time skipping itself writes, and the workflow tasks it causes are counted all the same."""


async def test_silence_is_noted_once_and_ends_with_the_next_news(hub: Hub, client: Client):
    days = await calendar(hub, client, plan())
    await days.deliver(Milestone.PICKED_UP)

    await days.pass_by(timedelta(days=3))
    assert days.milestones() == ["PICKED_UP"]
    await days.pass_by(timedelta(days=9))

    await eventually(lambda: days.milestones() == ["PICKED_UP", "TRACKING_STALE"])
    assert hub.ledger.snapshot(days.of).is_stale is True
    assert hub.ledger.snapshot(days.of).state is State.FIRST_MILE

    await days.deliver(Milestone.DEPARTED_ORIGIN)
    assert hub.ledger.snapshot(days.of).is_stale is False


async def test_a_hold_beyond_its_agreement_raises_one_alarm(hub: Hub, client: Client):
    days = await calendar(hub, client, plan())
    await days.deliver(Milestone.PICKED_UP)
    held = await days.deliver(Milestone.HELD, Reason.SHIPPER_DATA_MISSING)

    await days.pass_by(timedelta(days=3, hours=1))

    shop = hub.sinks.sink(days.of.tenant, CONNECTION)
    await eventually(lambda: len([c for push in shop.pushes for c in push.changes if c.kind is ChangeKind.ALARM]) == 1)
    (alarm,) = [change for push in shop.pushes for change in push.changes if change.kind is ChangeKind.ALARM]
    assert (alarm.revision, alarm.flags, alarm.event_id, alarm.state) == (
        3,
        ("HOLD_SLA",),
        held.event_id,
        State.ON_HOLD,
    )
    (body,) = hub.ledger.bodies(days.of, EntryKind.ALARM)
    assert body["deadline"] == "HOLD_SLA"


async def test_a_delivery_without_proof_is_asked_for_and_then_ends(hub: Hub, client: Client):
    days = await calendar(hub, client, plan())
    await days.deliver(Milestone.PICKED_UP)
    await days.deliver(Milestone.DELIVERED)

    await days.pass_by(timedelta(days=2, hours=1))
    await eventually(
        lambda: [body["deadline"] for body in hub.ledger.bodies(days.of, EntryKind.ALARM)] == ["PROOF_GRACE"]
    )
    await days.pass_by_until_the_end(timedelta(days=13))

    assert (await hub.handle(days.of).describe()).status is WorkflowExecutionStatus.COMPLETED
    assert hub.ledger.kinds(days.of)[-1] is EntryKind.ENDED
    # What the order system was told stands before the end of the chain.
    assert hub.ledger.kinds(days.of)[-2] is EntryKind.PUBLISHED


async def test_a_message_after_the_end_is_kept_and_starts_nothing(hub: Hub, client: Client):
    days = await calendar(hub, client, plan())
    await days.deliver(Milestone.PICKED_UP)
    await days.deliver(Milestone.DELIVERED)
    await days.pass_by_until_the_end(timedelta(days=15))
    late = days.parcel.fact(Milestone.POD_RECEIVED)

    await hub.deliver(days.of, late)
    await hub.dispatcher.start(days.of)

    assert hub.ledger.late_facts == [Delivery(days.of.tenant, days.of.shipment_id, (late,))]
    described = await hub.handle(days.of).describe()
    assert described.status is WorkflowExecutionStatus.COMPLETED
    assert described.run_id == described.raw_description.workflow_execution_info.first_run_id


async def test_a_parcel_found_again_does_not_end(hub: Hub, client: Client):
    days = await calendar(hub, client, plan())
    await days.deliver(Milestone.PICKED_UP)
    await days.deliver(Milestone.LOST)
    await days.pass_by(timedelta(days=13))

    await days.deliver(Milestone.FOUND)
    await days.pass_by(timedelta(days=3))

    assert (await hub.handle(days.of).describe()).status is WorkflowExecutionStatus.RUNNING
    assert (await days.progress()).state is not State.LOST


async def test_the_end_waits_for_an_order_system_that_is_down(hub: Hub, client: Client):
    days = await calendar(hub, client, plan(levels={"ending_grace": timedelta(hours=1)}))
    shop = hub.sinks.sink(days.of.tenant, CONNECTION)
    shop.down = RateLimitedError("come back later", retry_after=timedelta(hours=5))
    await days.deliver(Milestone.PICKED_UP)
    parcel = days.parcel
    parcel.now = await days.now()
    await hub.deliver(days.of, parcel.delivered(after=timedelta(), recorded_at=parcel.now))
    await days.pass_by(timedelta(hours=2))
    assert (await hub.handle(days.of).describe()).status is WorkflowExecutionStatus.RUNNING

    shop.down = None
    await days.pass_by_until_the_end(timedelta(hours=4))

    assert shop.told(days.of) == [State.FIRST_MILE, State.DELIVERED]


async def test_a_ledger_that_refuses_is_asked_again_and_the_shipment_lives(hub: Hub, client: Client):
    days = await calendar(hub, client, plan())
    refusals = [HubBugError("there with other content")]

    def refuse(_: LedgerCommit) -> None:
        if refusals:
            raise refusals.pop()

    hub.ledger.before_commit = refuse
    await hub.deliver(days.of, days.parcel.fact(Milestone.PICKED_UP))
    await eventually(lambda: refusals == [])
    await eventually(lambda: refusals == [])
    assert days.recorded() == []

    await days.pass_by(timedelta(hours=1, minutes=1))

    await eventually(lambda: days.milestones() == ["PICKED_UP"])
    assert hub.sinks.sink(days.of.tenant, CONNECTION).told(days.of) == [State.FIRST_MILE]


async def _sixty_days(days: Calendar) -> None:
    """Live through picked up, a long silence, a customs hold beyond its agreement, and the delivery."""
    await days.deliver(Milestone.PICKED_UP)
    await days.pass_by(timedelta(days=1))
    await days.deliver(Milestone.DEPARTED_ORIGIN)
    for _ in range(15):
        await days.pass_by(timedelta(days=2))
        await days.deliver(Milestone.HUB_ARRIVED)
    await days.pass_by(timedelta(days=11))
    # The skipped time has fired the timer; its workflow task may still be on its way on a busy machine.
    await eventually(lambda: Milestone.TRACKING_STALE in days.milestones())
    await days.deliver(Milestone.ARRIVED_DESTINATION)
    await days.deliver(Milestone.CUSTOMS_HELD, Reason.CUSTOMS_DOCS_MISSING, hold=Hold(side=Side.IMPORT))
    await days.pass_by(timedelta(days=3, hours=12))
    await eventually(lambda: days.hub.ledger.bodies(days.of, EntryKind.ALARM) != [])
    await days.deliver(Milestone.HOLD_RESOLVED, hold=Hold(side=Side.IMPORT))
    await days.pass_by(timedelta(days=2))
    await days.deliver(Milestone.OUT_FOR_DELIVERY)
    days.parcel.now = await days.now()
    signed = days.parcel.delivered(after=timedelta(hours=1), recorded_at=days.parcel.now)
    await days.hub.deliver(days.of, signed)
    await days.pass_by_until_the_end(timedelta(days=18, hours=12))


async def _events(days: Calendar) -> Counter[bool]:
    """Count the events of all runs, by whether they are the bookkeeping of time skipping."""
    kinds: Counter[bool] = Counter()
    run_id: str | None = (
        await days.hub.handle(days.of).describe()
    ).raw_description.workflow_execution_info.first_run_id
    while run_id:
        history = await days.hub.client.get_workflow_handle(
            days.hub.workflow_id(days.of), run_id=run_id
        ).fetch_history()
        kinds.update(event.event_type in BOOKKEEPING for event in history.events)
        run_id = history.events[-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    return kinds


def _assert_sixty_days(days: Calendar) -> None:
    told = days.hub.sinks.sink(days.of.tenant, CONNECTION).told(days.of)
    assert told == [
        State.FIRST_MILE,
        State.LINEHAUL,
        State.IMPORT_CUSTOMS,
        State.CUSTOMS_HOLD,
        State.RESOLVED,
        State.OUT_FOR_DELIVERY,
        State.DELIVERED,
    ]
    assert Counter(days.milestones())["TRACKING_STALE"] == 1
    assert [body["deadline"] for body in days.hub.ledger.bodies(days.of, EntryKind.ALARM)] == ["HOLD_SLA"]
    assert days.hub.ledger.kinds(days.of)[-1] is EntryKind.ENDED


async def test_sixty_days_cost_less_than_400_events(
    hub: Hub, client: Client, record_property: Callable[[str, object], None]
):
    days = await calendar(hub, client, plan())
    start = await days.now()

    await _sixty_days(days)

    _assert_sixty_days(days)
    assert await days.now() - start > timedelta(days=60)
    events = await _events(days)
    record_property("history_events", events[False])
    record_property("time_skipping_events", events[True])
    print(f"\n60 days: {events[False]} events, and {events[True]} of time skipping")  # noqa: T201 - seen with -s
    assert events[False] < 400


async def test_sixty_days_over_several_runs_lose_nothing(hub: Hub, client: Client):
    days = await calendar(hub, client, plan(), limits=Limits(messages=5))

    await _sixty_days(days)

    _assert_sixty_days(days)
    assert len(days.recorded()) == len(set(days.recorded())) == 23
    described = await hub.handle(days.of).describe()
    assert described.run_id != described.raw_description.workflow_execution_info.first_run_id
