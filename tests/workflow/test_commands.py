"""Commands: answered, refused without a trace, and answered the same again."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from domain.audit import EntryKind
from domain.axes import Evidence, Side
from domain.commands import Command, CommandKind
from domain.facts import Hold
from domain.milestones import Milestone
from domain.publication import Publication
from domain.reasons import Reason
from domain.shipments import Leg, LegRole
from domain.states import State
from tests.workflow.conftest import Hub, eventually
from tests.workflow.parcels import CONNECTION, Parcel, plan
from workflows.model import Limits, ShipmentStart
from workflows.shipment import ShipmentWorkflow

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("temporal")]


def command(kind: CommandKind, **more: object) -> Command:
    values: dict[str, object] = {
        "command_id": uuid4().hex,
        "kind": kind,
        "actor": "user:k_1",
        "origin": "user:k_1",
        "at": datetime.now(UTC),
        **more,
    }
    return Command.model_validate(values)


async def _events(hub: Hub, of: object) -> int:
    return len((await hub.handle(of).fetch_history()).events)  # type: ignore[arg-type] # a plan


async def test_a_hold_is_released_and_the_order_system_is_told(hub: Hub):
    of = plan()
    await hub.register(of)
    parcel = Parcel(of)
    await hub.deliver(
        of,
        parcel.fact(Milestone.PICKED_UP),
        parcel.fact(Milestone.HELD, Reason.SHIPPER_DATA_MISSING, hold=Hold(key="h1")),
    )
    shop = hub.sinks.sink(of.tenant, CONNECTION)
    await eventually(lambda: shop.told(of) == [State.FIRST_MILE, State.ON_HOLD])

    release = command(CommandKind.RELEASE_HOLD, hold_key="h1")
    answer = await hub.handle(of).execute_update(ShipmentWorkflow.command, release)

    assert (answer.state, answer.revision, answer.outcome, answer.repeated) == ("RESOLVED", 3, "accepted", False)
    await eventually(lambda: shop.told(of) == [State.FIRST_MILE, State.ON_HOLD, State.RESOLVED])
    (body,) = hub.ledger.bodies(of, EntryKind.COMMAND)
    assert (body["command"], body["actor"], body["event_ids"]) == ("release_hold", "user:k_1", list(answer.event_ids))


async def test_a_refused_command_leaves_no_history(hub: Hub):
    of = plan()
    await hub.register(of)
    await eventually(lambda: hub.ledger.kinds(of) == [EntryKind.REGISTERED])
    await hub.handle(of).query(ShipmentWorkflow.progress)
    before = await _events(hub, of)

    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await hub.handle(of).execute_update(ShipmentWorkflow.command, command(CommandKind.RELEASE_HOLD))

    assert isinstance(caught.value.cause, ApplicationError)
    assert caught.value.cause.type == "command_refused"
    assert await _events(hub, of) == before
    assert hub.ledger.kinds(of) == [EntryKind.REGISTERED]


async def test_the_same_command_id_gets_the_same_answer_also_in_a_later_run(hub: Hub):
    of = plan()
    hub.ledger.register(of)
    await hub.client.start_workflow(
        ShipmentWorkflow.run,
        ShipmentStart(plan=of, limits=Limits(messages=3)),
        id=hub.workflow_id(of),
        task_queue="milepost-shipments",
    )
    cancel = command(CommandKind.CANCEL)

    first = await hub.handle(of).execute_update(ShipmentWorkflow.command, cancel, id=cancel.command_id)
    again = await hub.handle(of).execute_update(ShipmentWorkflow.command, cancel, id="another-update")
    parcel = Parcel(of)
    await hub.deliver(of, parcel.fact(Milestone.INFO_NOTED))

    async def continued() -> bool:
        return (await hub.handle(of).query(ShipmentWorkflow.progress)).runs == 2

    await eventually(continued)
    much_later = await hub.handle(of).execute_update(ShipmentWorkflow.command, cancel, id=cancel.command_id)
    assert first.state == State.CANCELLED
    assert (again, much_later) == (
        first.model_copy(update={"repeated": True}),
        first.model_copy(update={"repeated": True}),
    )
    assert len(hub.ledger.bodies(of, EntryKind.COMMAND)) == 1
    told = hub.sinks.sink(of.tenant, CONNECTION).told(of)
    assert told == [State.CANCELLED]


async def test_a_new_leg_is_told_with_its_number(hub: Hub):
    of = plan()
    await hub.register(of)
    leg = Leg(carrier="lastmile", tracking_number="LM1", role=LegRole.LAST_MILE)

    await hub.handle(of).execute_update(ShipmentWorkflow.command, command(CommandKind.ADD_LEG, leg=leg))
    await hub.deliver(of, Parcel(of).fact(Milestone.PICKED_UP))

    shop = hub.sinks.sink(of.tenant, CONNECTION)
    await eventually(lambda: len(shop.pushes) == 1)
    assert shop.pushes[0].tracking_numbers == (of.legs[0].tracking_number, "LM1")
    assert shop.pushes[0].message_id == Publication.model_validate(shop.pushes[0].model_dump()).message_id


async def test_a_command_and_facts_at_once_are_both_recorded(hub: Hub):
    of = plan()
    await hub.register(of)
    parcel = Parcel(of)
    for fact in parcel.eight():
        await hub.deliver(of, fact)

    proof = command(CommandKind.ATTACH_PROOF, evidence=(Evidence.PHOTO,), side=Side.IMPORT)
    answer = await hub.handle(of).execute_update(ShipmentWorkflow.command, proof)

    assert answer.state == State.DELIVERED
    assert len(hub.ledger.bodies(of, EntryKind.FACT)) == 9
