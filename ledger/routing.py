"""Which shipment a tracking number leads to, and the facts that wait for one."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

from sqlalchemy import Connection, Row, select, update

from domain.errors import ConflictError
from domain.facts import Fact
from domain.messages import Delivery
from domain.shipments import Leg, ShipmentPlan
from ledger.columns import storable
from ledger.database import Database
from ledger.rows import FactDelivery
from ledger.tables import facts, legs, numbers, shipments

_LONGEST_KEY: Final = 64  # characters; real numbers have at most 40


def number_key(tracking_number: str) -> str:
    """Return the number as it is compared: upper case, no blanks, hashed when it is absurdly long."""
    key = storable("".join(tracking_number.split()).upper(), 1_000_000)
    if len(key) <= _LONGEST_KEY:
        return key
    return "#" + blake2b(key.encode(), digest_size=24).hexdigest()


def lock_numbers(
    database: Database, connection: Connection, tenant: str, keys: Iterable[str], *, shared: bool
) -> dict[str, str | None]:
    """Return each number's shipment, holding the numbers until the transaction ends.

    Intake shares the lock and registration owns it: a fact can therefore not be parked while its number is being
    registered, which would leave it parked for ever.
    """
    wanted = sorted(set(keys))
    database.insert_new(connection, numbers, [{"tenant": tenant, "number_key": key} for key in wanted])
    query = (
        select(numbers.c.number_key, numbers.c.shipment_id)
        .where(numbers.c.tenant == tenant, numbers.c.number_key.in_(wanted))
        .order_by(numbers.c.number_key)
        .with_for_update(read=shared)
    )
    return {row.number_key: row.shipment_id for row in connection.execute(query)}


def route(database: Database, connection: Connection, plan: ShipmentPlan, new_legs: Iterable[Leg]) -> None:
    """Lead the legs' numbers to the plan's shipment and attach the facts parked under them.

    Raises:
        ConflictError: a number leads to another shipment that has not ended.
    """
    tenant, shipment_id = plan.tenant, plan.shipment_id
    spoken = {number_key(leg.tracking_number): leg.tracking_number for leg in new_legs}
    if not spoken:
        return
    taken = lock_numbers(database, connection, tenant, spoken, shared=False)
    for key in sorted(spoken):
        other = taken[key]
        if other not in {None, shipment_id} and not _is_ended(connection, tenant, other):
            raise ConflictError(
                f"tracking number {spoken[key]} already leads to shipment {other}",
                tracking_number=spoken[key],
                shipment_id=other,
            )
    of_these = [numbers.c.tenant == tenant, numbers.c.number_key.in_(sorted(spoken))]
    connection.execute(update(numbers).where(*of_these).values(shipment_id=shipment_id))
    leg_rows = [{"tenant": tenant, "number_key": key, "shipment_id": shipment_id} for key in sorted(spoken)]
    database.insert_new(connection, legs, leg_rows)
    parked = [
        facts.c.tenant == tenant,
        facts.c.number_key.in_(sorted(spoken)),
        facts.c.delivery == FactDelivery.PARKED,
    ]
    connection.execute(update(facts).where(*parked).values(shipment_id=shipment_id, delivery=FactDelivery.ROUTED))


def undelivered_of(connection: Connection, tenant: str, shipment_id: str) -> list[Delivery]:
    """Return what the shipment's workflow has still to be given."""
    query = (
        select(facts.c.tenant, facts.c.shipment_id, facts.c.body)
        .where(
            facts.c.tenant == tenant,
            facts.c.shipment_id == shipment_id,
            facts.c.delivery == FactDelivery.ROUTED,
        )
        .order_by(facts.c.recorded_at, facts.c.message_id, facts.c.event_index, facts.c.event_id)
    )
    return deliveries(connection.execute(query))


def deliveries(rows: Iterable[Row[str, str | None, str]]) -> list[Delivery]:
    """Group rows of tenant, shipment and fact body into one delivery per shipment, in the order of the rows."""
    grouped: dict[tuple[str, str], list[Fact]] = {}
    for tenant, shipment_id, body in rows:
        if shipment_id is not None:
            grouped.setdefault((tenant, shipment_id), []).append(Fact.model_validate_json(body))
    return [Delivery(tenant, shipment_id, tuple(found)) for (tenant, shipment_id), found in grouped.items()]


def _is_ended(connection: Connection, tenant: str, shipment_id: str | None) -> bool:
    query = select(shipments.c.is_ended).where(shipments.c.tenant == tenant, shipments.c.shipment_id == shipment_id)
    return bool(connection.execute(query).scalar())
