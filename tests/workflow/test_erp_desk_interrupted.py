"""The desk breaks off at any of its calls and begins anew: nothing is lost, nothing happens twice."""

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from temporalio.client import Client

from activities.erp_desk import take
from activities.erp_sitting import ErpDesk, Sitting
from domain.audit import EntryKind
from domain.erp_records import DeliveryStatus
from domain.errors import HubUnavailableError
from domain.messages import Delivery
from domain.milestones import Milestone
from domain.shipments import Leg
from ledger.tables import shipments
from tests.workflow.conftest import eventually
from tests.workflow.desks import TENANT
from tests.workflow.order_systems import OFFICE, ErpHub, FakeErp, open_hub
from tests.workflow.parcels import Parcel, plan

pytestmark = [pytest.mark.temporal, pytest.mark.xdist_group("temporal")]


@dataclass
class Breaker:
    """Breaks one call: the one that is `left` away, before it is made or after it has worked."""

    left: int
    after: bool
    was_due: bool = False

    def around(self, part: Any) -> Any:
        return _Breaking(part, self)

    def due(self) -> bool:
        self.left -= 1
        self.was_due = self.was_due or self.left == 0
        return self.left == 0


class _Breaking:
    """A part of the hub, some call of which breaks."""

    def __init__(self, part: Any, breaker: Breaker) -> None:
        self._part = part
        self._breaker = breaker

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        return self._call(found) if callable(found) else found

    def _call(self, call: Callable[..., Any]) -> Callable[..., Any]:
        breaker = self._breaker

        def broken(*arguments: Any, **named: Any) -> Any:
            due = breaker.due()
            if due and not breaker.after:
                raise HubUnavailableError("broken before the call")
            answer = call(*arguments, **named)
            if due and not hasattr(answer, "__await__"):
                raise HubUnavailableError("broken after the call")
            return _breaking(answer) if due else answer

        return broken


async def _breaking(work: Any) -> None:
    await work
    raise HubUnavailableError("broken after the call")


@pytest.fixture
async def hub(client: Client, tmp_path: Path) -> AsyncIterator[ErpHub]:
    made = open_hub(client, f"shop-{uuid4().hex[:8]}", tmp_path)
    async with made.served(reads=False):
        yield made
    made.ledger.close()


def _desk(hub: ErpHub, breaker: Breaker) -> ErpDesk:
    whole = hub.desk
    dispatcher = breaker.around(whole.intake.dispatcher)
    return replace(
        whole,
        registry=breaker.around(whole.registry),
        intake=replace(whole.intake, dispatcher=dispatcher),
        commands=breaker.around(whole.commands),
        records=breaker.around(whole.records),
        views=breaker.around(whole.views),
    )


async def _read(hub: ErpHub, breaker: Breaker) -> None:
    """Read as the activity does: the cursor is kept when everything was worked off, else the same is read again."""
    states = hub.ledger.reading_states
    for _ in range(4):
        state = states.state(TENANT, hub.connection)
        with suppress(HubUnavailableError):
            known = hub.ledger.erp_records.open(TENANT, hub.connection)
            pull = await hub.erp.pull({**state.cursor, "again": list(state.again)}, known)
            taken = await take(Sitting(_desk(hub, breaker), TENANT, hub.connection, hub.erp), pull, known)
            states.keep(TENANT, hub.connection, replace(state, cursor=pull.cursor, again=taken.again))
            if not taken.again:
                return
    raise AssertionError("it did not come to an end")


async def _story(hub: ErpHub, breaker: Breaker) -> None:
    """Four deliveries appear; one is picked up; then: cancelled, cancelled too late, moved and numbered, replaced."""
    for number in "1234":
        hub.erp.put(f"d,{number}", f"OUT/{number}", order=f"SO{number}")
    await _read(hub, breaker)
    late = hub.mirror("d,2").shipment_id
    leg = Leg(carrier="testpost", tracking_number=f"TP{uuid4().hex[:9]}")
    fact = Parcel(plan(shipment_id=late, legs=(leg,))).fact(Milestone.PICKED_UP)
    await hub.dispatcher.deliver(Delivery(TENANT, late, (fact,)))
    await eventually(lambda: hub.state_of("d,2") == "FIRST_MILE")
    hub.erp.put("d,1", status=DeliveryStatus.CANCELLED)
    hub.erp.put("d,2", status=DeliveryStatus.CANCELLED)
    hub.erp.put("d,3", address=OFFICE, carrier="testpost", tracking_number=f"TP{hub.connection}")
    hub.erp.put("d,5", "OUT/5", order="SO4")
    hub.erp.delete("d,4")
    await _read(hub, breaker)


def _kinds(hub: ErpHub, record: str, kind: EntryKind) -> int:
    rows = hub.ledger.reads.timeline(TENANT, hub.mirror(record).shipment_id, after_seq=0, limit=100)
    return len([row for row in rows if row.kind == kind])


def _check(hub: ErpHub) -> None:
    own = select(shipments.c.shipment_id).where(shipments.c.shipment_id.startswith(f"{hub.connection}-"))
    with hub.ledger.database.read() as connection:
        registered = connection.execute(own).scalars().all()
    names = [hub.mirror(f"d,{number}").shipment_id for number in "123"] + [hub.mirror("d,5").shipment_id]
    assert sorted(registered) == sorted(names)
    assert [hub.state_of(f"d,{number}") for number in "1235"] == [
        "CANCELLED",
        hub.state_of("d,2"),
        "CREATED",
        "CREATED",
    ]
    assert [_kinds(hub, f"d,{number}", EntryKind.COMMAND) for number in "1235"] == [1, 1, 2, 0]
    assert [leg.carrier for leg in hub.ledger.registry.plan(TENANT, names[2]).legs] == ["testpost"]
    assert hub.mirror("d,4").gone_at is not None
    ((record, note),) = hub.erp.notes
    assert record == "d,2"
    assert "CANCELLATION CAME AFTER THE HANDOVER" in note


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_the_story_ends_the_same_wherever_it_was_broken_off(hub: ErpHub, *, after: bool) -> None:
    connection, count = hub.connection, 0
    while True:
        count += 1
        hub.connection, hub.erp = f"{connection}-{count}", FakeErp()
        breaker = Breaker(count, after)
        await _story(hub, breaker)
        _check(hub)
        if not breaker.was_due:
            break
    assert count > 40
