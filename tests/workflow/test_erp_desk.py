"""What people decide in an order system reaches the shipments, each time once, and they hear what came of it."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.client import Client

from domain.audit import EntryKind
from domain.erp_records import DeliveryStatus
from domain.errors import RequestRejectedError
from domain.messages import Delivery
from domain.milestones import Milestone
from domain.shipments import Leg
from tests.workflow.conftest import eventually
from tests.workflow.desks import TENANT
from tests.workflow.order_systems import OFFICE, ErpHub, open_hub
from tests.workflow.parcels import Parcel, plan

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("temporal")]


@pytest.fixture
async def hub(client: Client, tmp_path: Path) -> AsyncIterator[ErpHub]:
    made = open_hub(client, f"shop-{uuid4().hex[:8]}", tmp_path)
    async with made.served():
        yield made
    made.ledger.close()


async def _settled(hub: ErpHub) -> None:
    """Wait until everything in the order system was read and acted on."""

    def holds() -> bool:
        state = hub.ledger.reading_states.state(TENANT, hub.connection)
        return state.cursor == {"log": len(hub.erp.log)} and not state.again

    await eventually(holds)


def _entries(hub: ErpHub, shipment_id: str, kind: EntryKind) -> list[dict[str, object]]:
    rows = hub.ledger.reads.timeline(TENANT, shipment_id, after_seq=0, limit=1_000)
    return [row.body for row in rows if row.kind == kind]


async def _picked_up(hub: ErpHub, record: str) -> None:
    shipment_id = hub.mirror(record).shipment_id
    leg = Leg(carrier="testpost", tracking_number=f"TP{uuid4().hex[:9]}")
    parcel = Parcel(plan(shipment_id=shipment_id, legs=(leg,), connections=(hub.connection,)))
    await hub.dispatcher.deliver(Delivery(TENANT, shipment_id, (parcel.fact(Milestone.PICKED_UP),)))
    await eventually(lambda: hub.state_of(record) == "FIRST_MILE")


async def test_a_delivery_registers_itself_under_its_number(hub: ErpHub) -> None:
    hub.erp.put("d,1", "OUT/1", order_reference="WEB-1")
    await _settled(hub)

    mirror = hub.mirror("d,1")
    view = hub.ledger.shipment_views.view(TENANT, mirror.shipment_id)
    assert view.plan.reference == "WEB-1"
    assert view.plan.connections == (hub.connection,)
    assert view.plan.destination_country == "DE"
    assert (await hub.dispatcher.handle(TENANT, mirror.shipment_id).query("progress")) is not None


async def test_drafts_and_what_is_over_register_nothing(hub: ErpHub) -> None:
    for record, status in (
        ("d,1", DeliveryStatus.DRAFT),
        ("d,2", DeliveryStatus.DONE),
        ("d,3", DeliveryStatus.CANCELLED),
    ):
        hub.erp.put(record, f"OUT/{record}", status=status)
    await _settled(hub)

    assert hub.ledger.erp_records.open(TENANT, hub.connection) == []


async def test_a_shipment_that_was_registered_for_the_order_is_taken(hub: ErpHub) -> None:
    of = plan(reference="WEB-1", connections=(hub.connection,))
    hub.ledger.registry.register(of)
    await hub.dispatcher.start(of)

    hub.erp.put("d,1", "OUT/1", order_reference="WEB-1")
    await _settled(hub)

    assert hub.mirror("d,1").shipment_id == of.shipment_id


async def test_two_deliveries_of_an_order_are_two_shipments(hub: ErpHub) -> None:
    hub.erp.put("d,1", "OUT/1", order_reference="WEB-1")
    hub.erp.put("d,2", "OUT/2", order_reference="WEB-1")
    await _settled(hub)

    assert hub.mirror("d,1").shipment_id != hub.mirror("d,2").shipment_id


async def test_a_cancelled_delivery_cancels_its_shipment(hub: ErpHub) -> None:
    hub.erp.put("d,1", "OUT/1")
    await _settled(hub)
    hub.erp.put("d,1", status=DeliveryStatus.CANCELLED)
    await _settled(hub)

    (command,) = _entries(hub, hub.mirror("d,1").shipment_id, EntryKind.COMMAND)
    assert hub.state_of("d,1") == "CANCELLED"
    assert command["actor"] == f"erp:{hub.connection}"
    assert hub.erp.notes == []


async def test_a_cancellation_after_the_handover_becomes_an_intercept_and_the_clerk_hears_it(hub: ErpHub) -> None:
    hub.erp.put("d,1", "OUT/1")
    await _settled(hub)
    await _picked_up(hub, "d,1")
    hub.erp.put("d,1", status=DeliveryStatus.CANCELLED)
    await _settled(hub)

    facts = _entries(hub, hub.mirror("d,1").shipment_id, EntryKind.FACT)
    assert facts[-1]["milestone"] == "REROUTE_REQUESTED"
    ((record, note),) = hub.erp.notes
    assert record == "d,1"
    assert note.startswith(f"[hub:{hub.connection}:d,1:1:cancel] CANCELLATION CAME AFTER THE HANDOVER: an intercept")


async def test_a_delivery_that_is_sent_after_all_becomes_a_new_shipment(hub: ErpHub) -> None:
    hub.erp.put("d,1", "OUT/1")
    await _settled(hub)
    first = hub.mirror("d,1").shipment_id
    hub.erp.put("d,1", status=DeliveryStatus.CANCELLED)
    await _settled(hub)
    hub.erp.put("d,1", status=DeliveryStatus.OPEN)
    await _settled(hub)

    assert hub.mirror("d,1").shipment_id == f"{first}.2"
    assert hub.state_of("d,1") == "CREATED"


async def test_a_shipment_that_was_not_cancelled_goes_on_when_the_delivery_is_revived(hub: ErpHub) -> None:
    hub.erp.put("d,1", "OUT/1")
    await _settled(hub)
    await _picked_up(hub, "d,1")
    shipment_id = hub.mirror("d,1").shipment_id
    hub.erp.put("d,1", status=DeliveryStatus.CANCELLED)
    await _settled(hub)
    hub.erp.put("d,1", status=DeliveryStatus.SENT)
    await _settled(hub)

    assert hub.mirror("d,1").shipment_id == shipment_id
    assert hub.mirror("d,1").status is DeliveryStatus.SENT
    assert [note.partition("] ")[2][:22] for _, note in hub.erp.notes] == [
        "CANCELLATION CAME AFTE",
        "TO BE SENT AFTER ALL: ",
    ]


async def test_another_address_reaches_the_shipment(hub: ErpHub) -> None:
    hub.erp.put("d,1", "OUT/1")
    await _settled(hub)
    hub.erp.put("d,1", address=OFFICE)
    await _settled(hub)

    mirror = hub.mirror("d,1")
    facts = _entries(hub, mirror.shipment_id, EntryKind.FACT)
    assert facts[-1]["reasons"] == ["ADDRESS.CORRECTED"]
    assert hub.ledger.private.get(TENANT, mirror.shipment_id, str(facts[-1]["detail_ref"])) == OFFICE
    assert hub.erp.notes == []


async def test_another_address_after_the_handover_is_answered(hub: ErpHub) -> None:
    hub.erp.put("d,1", "OUT/1")
    await _settled(hub)
    await _picked_up(hub, "d,1")
    hub.erp.put("d,1", address=OFFICE)
    await _settled(hub)

    ((_, note),) = hub.erp.notes
    assert "] ADDRESS CHANGED AFTER THE HANDOVER: " in note


async def test_what_replaces_a_deleted_delivery_of_the_order_keeps_the_shipment(hub: ErpHub) -> None:
    hub.erp.put("d,1", "OUT/1")
    await _settled(hub)
    shipment_id = hub.mirror("d,1").shipment_id
    hub.erp.put("d,2", "OUT/2")
    hub.erp.delete("d,1")
    await _settled(hub)

    assert hub.mirror("d,2").shipment_id == shipment_id
    assert hub.mirror("d,1").gone_at is not None
    assert hub.state_of("d,2") == "CREATED"
    assert hub.ledger.reads.shipments(TENANT, limit=10).items[0].shipment_id == shipment_id


async def test_a_delivery_that_is_deleted_for_good_is_called_off(hub: ErpHub) -> None:
    hub.erp.put("d,1", "OUT/1")
    await _settled(hub)
    hub.erp.delete("d,1")
    await eventually(lambda: hub.mirror("d,1").gone_at is not None)

    assert hub.state_of("d,1") == "CANCELLED"


async def test_a_key_that_is_given_out_again_to_the_orders_next_delivery_keeps_the_shipment(hub: ErpHub) -> None:
    hub.erp.put("d,1", "OUT/1")
    await _settled(hub)
    shipment_id = hub.mirror("d,1").shipment_id
    hub.erp.put("d,1", number="OUT/2")
    await _settled(hub)

    assert (hub.mirror("d,1").shipment_id, hub.mirror("d,1").number) == (shipment_id, "OUT/2")


async def test_a_key_that_is_given_out_again_to_another_order_begins_a_shipment(hub: ErpHub) -> None:
    hub.erp.put("d,1", "OUT/1")
    await _settled(hub)
    first = hub.mirror("d,1").shipment_id
    hub.erp.put("d,1", number="OUT/2", order="SO2")
    await _settled(hub)

    assert hub.mirror("d,1").shipment_id != first
    assert hub.state_of("d,1") == "CREATED"
    assert hub.ledger.shipment_views.view(TENANT, first).state.value == "CANCELLED"


async def test_a_number_that_the_order_system_has_becomes_a_leg(hub: ErpHub) -> None:
    hub.erp.put("d,1", "OUT/1")
    await _settled(hub)
    number = f"TP{uuid4().hex[:9]}"
    hub.erp.put("d,1", carrier="testpost", tracking_number=number)
    await _settled(hub)

    (leg,) = hub.ledger.registry.plan(TENANT, hub.mirror("d,1").shipment_id).legs
    assert (leg.carrier, leg.tracking_number) == ("testpost", number)


async def test_a_number_that_leads_to_another_shipment_is_answered_once(hub: ErpHub) -> None:
    taken = plan(connections=())
    hub.ledger.registry.register(taken)
    hub.erp.put("d,1", "OUT/1")
    await _settled(hub)
    hub.erp.put("d,1", carrier="testpost", tracking_number=taken.legs[0].tracking_number)
    await _settled(hub)
    hub.erp.put("d,1", address=OFFICE)
    await _settled(hub)

    ((_, note),) = hub.erp.notes
    assert "] TRACKING NUMBER NOT TAKEN: " in note
    assert hub.ledger.registry.plan(TENANT, hub.mirror("d,1").shipment_id).legs == ()


async def test_one_delivery_that_cannot_be_worked_off_holds_up_no_other(hub: ErpHub) -> None:
    hub.erp.put("d,1", "OUT/1", country="Germany")
    hub.erp.put("d,2", "OUT/2")
    await eventually(lambda: hub.ledger.erp_records.get(TENANT, hub.connection, "d,2") is not None)

    def told() -> bool:
        failed = hub.ledger.reading_states.state(TENANT, hub.connection).failed
        return failed == {"d,1": "unusable: destination_country"}

    await eventually(told)
    hub.erp.put("d,1", country="DE")
    await _settled(hub)

    assert hub.state_of("d,1") == "CREATED"


async def test_a_clerk_whose_note_is_refused_is_told_once_it_is_taken(hub: ErpHub) -> None:
    hub.erp.refuses_notes = RequestRejectedError("notes are closed")
    hub.erp.put("d,1", "OUT/1")
    await _settled(hub)
    await _picked_up(hub, "d,1")
    hub.erp.put("d,1", status=DeliveryStatus.CANCELLED)
    await eventually(lambda: "d,1" in hub.ledger.reading_states.state(TENANT, hub.connection).failed)
    hub.erp.refuses_notes = None
    await _settled(hub)

    assert len(hub.erp.notes) == 1
    assert len(_entries(hub, hub.mirror("d,1").shipment_id, EntryKind.COMMAND)) == 1
