import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors.erps.tryton.client import TrytonClient
from connectors.erps.tryton.shipments import Shipments
from domain.erp_records import DeliveryStatus
from domain.errors import NotKnownYetError, PartnerUnavailableError, RequestRejectedError
from domain.milestones import Milestone
from domain.publication import ChangeKind
from domain.reasons import Reason
from domain.shipments import Leg, LegRole
from domain.states import State
from ledger import migrate
from ledger.store import Ledger
from tests.erp.tryton.clerk import Clerk
from tests.erp.tryton.server import TrytonServer
from tests.erp.tryton.told import CONNECTION, NOON, TENANT, ToldShipment, status

PICKUP_POINT = {"name": "A. Example", "street": "5 Parcel Shop", "postcode": "10999", "city": "Berlin", "country": "DE"}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ledger") / "ledger.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def ledger(template: Path, tmp_path: Path) -> Iterator[Ledger]:
    shutil.copyfile(template, tmp_path / "ledger.db")
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", master_key=b"k" * 32)
    yield ledger
    ledger.close()


@pytest.fixture
def clerk(tryton: TrytonServer, clerk: TrytonClient) -> Clerk:
    return Clerk(clerk, tryton.installation.seeded)


async def test_what_happened_is_noted_in_order_and_once(ledger: Ledger, hub: TrytonClient, clerk: Clerk) -> None:
    told = ToldShipment.registered(ledger, hub, await clerk.order())
    held = status(1, State.CUSTOMS_HOLD, Reason.CUSTOMS_DOCS_MISSING, milestone=Milestone.CUSTOMS_HELD)
    resolved = status(2, State.RESOLVED, milestone=Milestone.HOLD_RESOLVED)
    told.stands(State.CUSTOMS_HOLD, stage=State.EXPORT)

    await told.sink.push(told.publication(held))
    await told.sink.push(told.publication(held, resolved))
    result = await told.sink.push(told.publication(held, resolved))

    assert await told.notes() == [
        "[hub:event1/1] CUSTOMS_HOLD at 2026-03-02 13:00 UTC: CUSTOMS_HELD, CUSTOMS.DOCS_MISSING.",
        "[hub:event2/2] RESOLVED at 2026-03-02 14:00 UTC: HOLD_RESOLVED.",
    ]
    assert (result.acked, result.revision, result.outcome) == (True, 2, "notes 0, state waiting")
    assert (result.record, result.version) == (told.tryton.record, told.tryton.stamp)


async def test_a_correction_names_what_does_not_hold(ledger: Ledger, hub: TrytonClient, clerk: Clerk) -> None:
    told = ToldShipment.registered(ledger, hub, await clerk.order())
    told.stands(State.LINEHAUL)
    early = status(1, State.LINEHAUL, event_id="later")
    correction = status(2, State.LINEHAUL).model_copy(
        update={"kind": ChangeKind.CORRECTION, "supersedes": (1,), "event_id": None}
    )
    again = [status(3, State.FIRST_MILE, event_id="late"), status(4, State.LINEHAUL, event_id="later")]

    await told.sink.push(told.publication(early))
    await told.sink.push(told.publication(correction, *again))

    tags = [note.partition("]")[0] for note in await told.notes()]
    assert tags == ["[hub:later/1", f"[hub:{told.shipment_id}/2", "[hub:late/3", "[hub:later/4"]
    assert (await told.notes())[1].endswith("CORRECTION: what was noted under /1 does not hold. The state is LINEHAUL.")


async def test_pushes_at_the_same_time_leave_each_note_once(ledger: Ledger, hub: TrytonClient, clerk: Clerk) -> None:
    told = ToldShipment.registered(ledger, hub, await clerk.order())
    told.stands(State.LINEHAUL)
    publication = told.publication(status(1, State.FIRST_MILE), status(2, State.LINEHAUL))

    await asyncio.gather(*(told.sink.push(publication) for _ in range(6)))
    await told.sink.push(publication)

    tags = [note.partition("]")[0] for note in await told.notes()]
    assert tags == ["[hub:event1/1", "[hub:event2/2"]


async def test_a_push_that_timed_out_after_it_had_worked_is_found_by_the_next(
    ledger: Ledger, hub: TrytonClient, clerk: Clerk
) -> None:
    told = ToldShipment.registered(ledger, hub, await clerk.order())
    told.stands(State.FIRST_MILE)
    publication = told.publication(status(1, State.FIRST_MILE))
    noted = asyncio.Event()
    call = hub.call

    class LosesItsAnswer(TrytonClient):
        async def call(self, method: str, *params: object, **more: object) -> object:
            answer = await call(method, *params, **more)
            if method == "model.ir.note.create" and not noted.is_set():
                noted.set()
                raise PartnerUnavailableError("no answer in time")
            return answer

    lossy = replace(told.sink, client=LosesItsAnswer(hub._target, hub._http, hub._clock))
    with pytest.raises(PartnerUnavailableError):
        await lossy.push(publication)
    await lossy.push(publication)

    assert len(await told.notes()) == 1


async def test_the_tracking_number_and_the_date_are_written_once_they_differ(
    ledger: Ledger, hub: TrytonClient, clerk: Clerk
) -> None:
    shipment = await clerk.order()
    await clerk.pack(shipment, packages=1)
    told = ToldShipment.registered(ledger, hub, shipment, Leg(carrier="dpd", tracking_number="TN-1"))
    told.stands(State.LINEHAUL, expected_at=datetime(2026, 3, 9, 18, 0, tzinfo=UTC))

    first = await told.sink.push(told.publication(status(1, State.LINEHAUL)))
    second = await told.sink.push(told.publication(status(1, State.LINEHAUL)))

    now = await told.now()
    assert (now.shipping_reference, now.planned_date, now.state) == ("TN-1", date(2026, 3, 9), "shipped")
    assert [package.shipping_reference for package in now.packages] == ["TN-1"]
    # The second push found nothing to write: the version is still the first one's.
    assert (first.version, second.version) == (now.stamp, now.stamp)


async def test_each_package_gets_the_number_of_its_parcel(ledger: Ledger, hub: TrytonClient, clerk: Clerk) -> None:
    shipment = await clerk.order(lines=2)
    await clerk.pack(shipment, packages=2)
    names = [package.number for package in (await Shipments(hub).read([shipment.id]))[0].packages]
    legs = [Leg(carrier="dpd", tracking_number=f"TN-{name}", parcel=name) for name in names]
    told = ToldShipment.registered(ledger, hub, shipment, *legs)
    told.stands(State.FIRST_MILE)

    await told.sink.push(told.publication(status(1, State.FIRST_MILE)))

    now = await told.now()
    assert [package.shipping_reference for package in now.packages] == [f"TN-{name}" for name in names]
    assert now.shipping_reference == f"TN-{names[0]}"


async def test_the_number_of_the_delivering_carrier_is_shown(ledger: Ledger, hub: TrytonClient, clerk: Clerk) -> None:
    told = ToldShipment.registered(
        ledger,
        hub,
        await clerk.order(),
        Leg(carrier="cainiao", tracking_number="LINE-1", role=LegRole.LINEHAUL),
        Leg(carrier="dpd", tracking_number="LAST-1", role=LegRole.LAST_MILE),
        Leg(carrier="dpd", tracking_number="BACK-1", role=LegRole.RETURN),
    )
    told.stands(State.CREATED)

    await told.sink.push(told.publication(status(1, State.CREATED)))

    assert (await told.now()).shipping_reference == "LAST-1"


async def test_before_the_handover_the_warehouse_keeps_its_date(
    ledger: Ledger, hub: TrytonClient, clerk: Clerk
) -> None:
    told = ToldShipment.registered(ledger, hub, await clerk.order())
    told.stands(State.CREATED, expected_at=datetime(2026, 3, 9, 18, 0, tzinfo=UTC))

    await told.sink.push(told.publication(status(1, State.CREATED)))

    assert (await told.now()).planned_date == told.tryton.planned_date


@pytest.mark.parametrize(
    ("packed", "state", "stage", "reached"),
    [
        (True, State.CREATED, State.CREATED, "packed"),
        (True, State.FIRST_MILE, State.FIRST_MILE, "shipped"),
        (True, State.CUSTOMS_HOLD, State.EXPORT, "shipped"),
        (True, State.RETURNED, State.RETURNED, "shipped"),
        (True, State.DELIVERED, State.DELIVERED, "done"),
        (False, State.FIRST_MILE, State.FIRST_MILE, "waiting"),
    ],
)
async def test_buttons_are_pressed_when_both_sides_are_ready(  # noqa: PLR0913 - what varies
    ledger: Ledger, hub: TrytonClient, clerk: Clerk, *, packed: bool, state: State, stage: State, reached: str
) -> None:
    shipment = await clerk.order()
    if packed:
        await clerk.pack(shipment)
    told = ToldShipment.registered(ledger, hub, shipment)
    told.stands(state, stage=stage)

    await told.sink.push(told.publication(status(1, state)))
    await told.sink.push(told.publication(status(1, state)))

    assert (await told.now()).state == reached


async def test_a_cancelled_shipment_is_told_and_left_cancelled(ledger: Ledger, hub: TrytonClient, clerk: Clerk) -> None:
    shipment = await clerk.order()
    told = ToldShipment.registered(ledger, hub, shipment)
    await clerk.cancel(shipment)
    told.stands(State.FIRST_MILE)

    await told.sink.push(told.publication(status(1, State.FIRST_MILE)))

    assert (await told.now()).state == "cancelled"
    assert len(await told.notes()) == 1


async def test_a_reroute_brings_its_address_once(ledger: Ledger, hub: TrytonClient, clerk: Clerk) -> None:
    shipment = await clerk.order()
    told = ToldShipment.registered(ledger, hub, shipment)
    told.stands(State.REROUTED, stage=State.LAST_MILE, details=PICKUP_POINT, event_id="event1")
    publication = told.publication(status(1, State.REROUTED))

    await told.sink.push(publication)

    assert (await told.now()).address == PICKUP_POINT
    mirror = ledger.erp_records.of_shipment(TENANT, CONNECTION, told.shipment_id)
    assert mirror is not None
    assert (mirror.version, mirror.offered_ref, mirror.writes) == ((await told.now()).stamp, None, 1)
    # A clerk who changes it afterwards is not overruled by a push that comes again.
    await clerk.move_to(shipment, clerk.seeded["addresses"][1])
    await told.sink.push(publication)
    assert (await told.now()).address_id == clerk.seeded["addresses"][1]


async def test_an_address_that_a_clerk_changed_meanwhile_stays(ledger: Ledger, hub: TrytonClient, clerk: Clerk) -> None:
    shipment = await clerk.order()
    told = ToldShipment.registered(ledger, hub, shipment)
    told.stands(State.FIRST_MILE)
    await told.sink.push(told.publication(status(1, State.FIRST_MILE)))
    await clerk.move_to(shipment, clerk.seeded["addresses"][1])
    told.stands(State.REROUTED, stage=State.LAST_MILE, details=PICKUP_POINT, event_id="event2")

    await told.sink.push(told.publication(status(2, State.REROUTED)))

    assert (await told.now()).address_id == clerk.seeded["addresses"][1]


async def test_a_write_that_meets_a_clerks_is_decided_again(ledger: Ledger, hub: TrytonClient, clerk: Clerk) -> None:
    shipment = await clerk.order()
    told = ToldShipment.registered(ledger, hub, shipment, Leg(carrier="dpd", tracking_number="TN-9"))
    told.stands(State.FIRST_MILE)
    call = hub.call
    rivals = 2

    class MeetsAClerk(TrytonClient):
        async def call(self, method: str, *params: object, **more: object) -> object:
            nonlocal rivals
            if method == "model.stock.shipment.out.write" and rivals:
                rivals -= 1
                await clerk.client.call(method, [shipment.id], {"reference": f"left {rivals}"})
            return await call(method, *params, **more)

    await replace(told.sink, client=MeetsAClerk(hub._target, hub._http, hub._clock)).push(
        told.publication(status(1, State.FIRST_MILE))
    )

    assert rivals == 0
    assert (await told.now()).shipping_reference == "TN-9"


async def test_a_shipment_that_is_deleted_while_it_is_written_to_is_looked_for_again(
    ledger: Ledger, hub: TrytonClient, clerk: Clerk
) -> None:
    told = ToldShipment.registered(ledger, hub, await clerk.order())
    told.stands(State.CREATED)
    await told.sink.push(told.publication(status(1, State.CREATED)))
    await clerk.cancel(told.tryton)
    told.stands(State.CANCELLED, is_ended=True)
    call = hub.call

    class WritesTooLate(TrytonClient):
        async def call(self, method: str, *params: object, **more: object) -> object:
            if method == "model.ir.note.create":
                await clerk.delete(told.tryton)
            return await call(method, *params, **more)

    late = replace(told.sink, client=WritesTooLate(hub._target, hub._http, hub._clock))
    publication = told.publication(status(2, State.CANCELLED))
    with pytest.raises(NotKnownYetError, match="deleted while the hub wrote to it"):
        await late.push(publication)


async def test_a_deleted_shipment_waits_for_the_reading_side(ledger: Ledger, hub: TrytonClient, clerk: Clerk) -> None:
    shipment = await clerk.order()
    told = ToldShipment.registered(ledger, hub, shipment)
    told.stands(State.FIRST_MILE)
    await told.sink.push(told.publication(status(1, State.FIRST_MILE)))
    await clerk.cancel(shipment)
    await clerk.delete(shipment)
    publication = told.publication(status(2, State.LINEHAUL))

    with pytest.raises(NotKnownYetError, match="deleted in Tryton"):
        await told.sink.push(publication)

    # Nothing took its place: what happens to the parcel is told on the order.
    mirror = ledger.erp_records.of_shipment(TENANT, CONNECTION, told.shipment_id)
    assert mirror is not None
    assert ledger.erp_records.settle(mirror, replace(mirror, gone_at=NOON))
    result = await told.sink.push(publication)
    assert result.record == f"sale.sale,{shipment.sale}"
    assert [note.partition("]")[0] for note in await told.notes(result.record)] == ["[hub:event2/2"]


async def test_a_shipment_that_took_its_place_is_told(ledger: Ledger, hub: TrytonClient, clerk: Clerk) -> None:
    shipment = await clerk.order()
    told = ToldShipment.registered(ledger, hub, shipment)
    told.stands(State.CREATED)
    await told.sink.push(told.publication(status(1, State.CREATED)))
    await clerk.cancel(shipment)
    await clerk.delete(shipment)
    assert shipment.sale is not None
    newer = await clerk.shipment_of(shipment.sale)
    mirror = ledger.erp_records.of_shipment(TENANT, CONNECTION, told.shipment_id)
    assert mirror is not None
    assert ledger.erp_records.settle(mirror, replace(mirror, gone_at=NOON))
    assert ledger.erp_records.settle(None, replace(mirror, record=newer.record, number=newer.number))

    result = await told.sink.push(told.publication(status(2, State.FIRST_MILE)))

    assert result.record == newer.record
    assert len(await told.notes(newer.record)) == 1


async def test_an_order_that_is_not_there_yet_is_waited_for(ledger: Ledger, hub: TrytonClient, clerk: Clerk) -> None:
    told = ToldShipment.registered(ledger, hub, await clerk.order(), reference="WEB-NOT-YET")
    told.stands(State.FIRST_MILE)

    with pytest.raises(NotKnownYetError, match="WEB-NOT-YET"):
        await told.sink.push(told.publication(status(1, State.FIRST_MILE)))


async def test_a_reference_that_names_several_shipments_is_not_guessed(
    ledger: Ledger, hub: TrytonClient, clerk: Clerk
) -> None:
    first, second = await clerk.order(), await clerk.order()
    await clerk.client.call("model.sale.sale.write", [second.sale], {"reference": first.order_reference})
    told = ToldShipment.registered(ledger, hub, first)
    told.stands(State.FIRST_MILE)

    with pytest.raises(RequestRejectedError, match=f"several shipments \\({first.number}, {second.number}\\)"):
        await told.sink.push(told.publication(status(1, State.FIRST_MILE)))


async def test_the_mirror_learns_what_the_hub_did_and_nothing_else(
    ledger: Ledger, hub: TrytonClient, clerk: Clerk
) -> None:
    shipment = await clerk.order()
    await clerk.pack(shipment)
    told = ToldShipment.registered(ledger, hub, shipment)
    told.stands(State.FIRST_MILE)

    await told.sink.push(told.publication(status(1, State.FIRST_MILE)))

    mirror = ledger.erp_records.of_shipment(TENANT, CONNECTION, told.shipment_id)
    assert mirror is not None
    assert (mirror.version, mirror.status) == ((await told.now()).stamp, DeliveryStatus.SENT)
    await clerk.move_to(shipment, clerk.seeded["addresses"][1])
    told.stands(State.DELIVERED)
    await told.sink.push(told.publication(status(2, State.DELIVERED)))
    assert ledger.erp_records.of_shipment(TENANT, CONNECTION, told.shipment_id) == replace(mirror, writes=2)


async def test_pushes_at_the_same_time_press_each_button_once(ledger: Ledger, hub: TrytonClient, clerk: Clerk) -> None:
    shipment = await clerk.order()
    await clerk.pack(shipment)
    told = ToldShipment.registered(ledger, hub, shipment)
    told.stands(State.DELIVERED, is_ended=True)
    publication = told.publication(status(1, State.DELIVERED))

    results = await asyncio.gather(*(told.sink.push(publication) for _ in range(4)))

    assert [result.acked for result in results] == [True] * 4
    assert (await told.now()).state == "done"
    assert len(await told.notes()) == 1


async def test_an_attempt_that_was_given_up_for_lost_and_was_not_leaves_no_second_note(
    ledger: Ledger, hub: TrytonClient, clerk: Clerk
) -> None:
    told = ToldShipment.registered(ledger, hub, await clerk.order())
    told.stands(State.FIRST_MILE)
    publication = told.publication(status(1, State.FIRST_MILE))
    call = hub.call

    class OvertakenOnce(TrytonClient):
        async def call(self, method: str, *params: object, **more: object) -> object:
            if method == "model.ir.note.create":
                await told.sink.push(publication)
            return await call(method, *params, **more)

    slow = replace(told.sink, client=OvertakenOnce(hub._target, hub._http, hub._clock))
    await slow.push(publication)

    assert len(await told.notes()) == 1
