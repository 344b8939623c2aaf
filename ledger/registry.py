"""Registered shipments and the numbers that lead to them."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, and_, select, update
from typing_extensions import override

from domain.audit import GENESIS
from domain.errors import ConflictError, NotFoundError
from domain.messages import Registered
from domain.ports import Registry
from domain.shipments import Leg, ShipmentPlan
from domain.states import State
from ledger.database import Database
from ledger.enrolling import enrol
from ledger.routing import number_key, route, undelivered_of
from ledger.tables import convergence, shipments

_MOST_LEGS: Final = 50
_POSITION: Final = "registered"


@dataclass(frozen=True, slots=True)
class LedgerRegistry(Registry):
    """The registry kept in the ledger's database."""

    database: Database

    @override
    def register(self, plan: ShipmentPlan) -> Registered:
        """Store the plan once, route its numbers and attach parked facts.

        A repetition answers `is_new` False with whatever its workflow has still to be given, so that a caller that
        crashed half-way can simply start again.

        Raises:
            ConflictError: the id has other content, or a number leads to another open shipment.
        """
        now = self.database.clock.now()
        plan = plan if plan.registered_at is not None else plan.model_copy(update={"registered_at": now})
        with self.database.write() as connection:
            is_new = self._insert(connection, plan, now)
            if is_new:
                route(self.database, connection, plan, plan.legs)
                enrol(self.database, connection, plan, plan.legs)
                self._want(connection, plan, now)
            found = undelivered_of(connection, plan.tenant, plan.shipment_id)
            if is_new:
                position = self.database.count_up(connection, plan.tenant, _POSITION)
                of_this = _is(plan.tenant, plan.shipment_id)
                connection.execute(update(shipments).where(of_this).values(position=position))
        return Registered(is_new=is_new, deliveries=found)

    @override
    def plan(self, tenant: str, shipment_id: str) -> ShipmentPlan:
        """Return the plan with all legs added since; raise `NotFoundError`."""
        with self.database.read() as connection:
            return _plan(connection, tenant, shipment_id)

    @override
    def add_leg(self, tenant: str, shipment_id: str, leg: Leg) -> Registered:
        """Route one more number to the shipment; parked facts of it come back as a delivery.

        Raises:
            NotFoundError: the shipment is not registered.
            ConflictError: the number is there with another carrier or role, leads elsewhere, or there are 50 legs.
        """
        key = number_key(leg.tracking_number)
        with self.database.write() as connection:
            plan = _plan(connection, tenant, shipment_id, lock=True)
            same = [known for known in plan.legs if number_key(known.tracking_number) == key]
            if not same:
                self._append(connection, plan, leg)
            elif leg.model_copy(update={"tracking_number": same[0].tracking_number}) != same[0]:
                raise ConflictError(
                    f"tracking number {leg.tracking_number} is already a leg with other content",
                    tracking_number=leg.tracking_number,
                    shipment_id=shipment_id,
                )
            return Registered(is_new=not same, deliveries=undelivered_of(connection, tenant, shipment_id))

    def unstarted(self, *, before: datetime, limit: int) -> list[ShipmentPlan]:
        """Return shipments registered before that time whose workflow has never written: left by a crash."""
        query = (
            select(shipments.c.plan)
            .where(shipments.c.last_seq == 0, shipments.c.registered_at < before)
            .order_by(shipments.c.registered_at, shipments.c.shipment_id)
            .limit(limit)
        )
        with self.database.read() as connection:
            return [ShipmentPlan.model_validate_json(text) for text in connection.execute(query).scalars()]

    def _insert(self, connection: Connection, plan: ShipmentPlan, now: datetime) -> bool:
        """Insert the shipment and return whether it was new; raise `ConflictError` for other content."""
        registration = _digest(plan)
        insert = self.database.insert(shipments).values(_new_row(plan, registration, now))
        inserted = connection.execute(insert.on_conflict_do_nothing().returning(shipments.c.shipment_id)).scalar()
        if inserted is not None:
            return True
        query = select(shipments.c.registration).where(_is(plan.tenant, plan.shipment_id)).with_for_update()
        if connection.execute(query).scalar_one() != registration:
            raise ConflictError(
                f"shipment {plan.shipment_id} is registered with other content", shipment_id=plan.shipment_id
            )
        return False

    def _want(self, connection: Connection, plan: ShipmentPlan, now: datetime) -> None:
        rows = [
            {
                "tenant": plan.tenant,
                "shipment_id": plan.shipment_id,
                "connection": name,
                "wanted": 0,
                "sent": 0,
                "acked": 0,
                "updated_at": now,
            }
            for name in sorted(set(plan.connections))
        ]
        self.database.insert_new(connection, convergence, rows)

    def _append(self, connection: Connection, plan: ShipmentPlan, leg: Leg) -> None:
        if len(plan.legs) >= _MOST_LEGS:
            raise ConflictError(f"a shipment has at most {_MOST_LEGS} legs", shipment_id=plan.shipment_id)
        route(self.database, connection, plan, (leg,))
        enrol(self.database, connection, plan, (leg,))
        grown = plan.model_copy(update={"legs": (*plan.legs, leg)})
        of_this = _is(plan.tenant, plan.shipment_id)
        connection.execute(update(shipments).where(of_this).values(plan=grown.model_dump_json(exclude_none=True)))


def _is(tenant: str, shipment_id: str) -> Any:
    return and_(shipments.c.tenant == tenant, shipments.c.shipment_id == shipment_id)


def _plan(connection: Connection, tenant: str, shipment_id: str, *, lock: bool = False) -> ShipmentPlan:
    query = select(shipments.c.plan).where(_is(tenant, shipment_id))
    text = connection.execute(query.with_for_update() if lock else query).scalar()
    if text is None:
        raise NotFoundError(f"no shipment {shipment_id}", shipment_id=shipment_id)
    return ShipmentPlan.model_validate_json(text)


def _digest(plan: ShipmentPlan) -> str:
    """Return what tells two registrations apart; the time of the request does not."""
    content = plan.model_copy(update={"registered_at": None})
    # Without defaults: a field that a later version adds must not make an old registration another one.
    return sha256(content.model_dump_json(exclude_defaults=True).encode()).hexdigest()


def _new_row(plan: ShipmentPlan, registration: str, now: datetime) -> dict[str, Any]:
    return {
        "tenant": plan.tenant,
        "shipment_id": plan.shipment_id,
        "reference": plan.reference,
        "registered_at": plan.registered_at,
        "registration": registration,
        "plan": plan.model_dump_json(exclude_none=True),
        "last_seq": 0,
        "last_hash": GENESIS,
        "told_revision": 0,
        "state": State.CREATED,
        "stage": State.CREATED,
        "owner": "SHIPPER",
        "revision": 0,
        "promised_at": plan.promised_at,
        "open_holds": 0,
        "anomalies": 0,
        "facts": 0,
        "attempts": 0,
        "is_stale": False,
        "is_damaged": False,
        "is_ended": False,
        "updated_at": now,
    }
