"""Which numbers carriers are asked about: those of every leg, from its registration on."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from domain.cadence import first_due
from domain.shipments import Leg, ShipmentPlan
from ledger.database import Database
from ledger.polling_tables import polled_numbers
from ledger.routing import number_key
from ledger.tables import shipments


def enrol(database: Database, connection: Connection, plan: ShipmentPlan, legs: Iterable[Leg]) -> None:
    """Make the legs' numbers due at once, so that what happened before the registration is heard, too.

    A number that another shipment had before belongs to this one from now on.
    """
    rows = {(leg.carrier, number_key(leg.tracking_number)): leg for leg in legs}
    if not rows:
        return
    standing = connection.execute(
        select(shipments.c.state, shipments.c.is_stale).where(
            shipments.c.tenant == plan.tenant, shipments.c.shipment_id == plan.shipment_id
        )
    ).one()
    due = first_due(database.clock.now())
    fresh: dict[str, Any] = {
        "shipment_id": plan.shipment_id,
        "due_at": due.due_at,
        "deadline_at": due.deadline_at,
        "state": standing.state,
        "is_stale": standing.is_stale,
        "asked_at": None,
        "failures": 0,
        "failure": None,
        "claim": None,
        "claimed_until": None,
    }
    insert = database.insert(polled_numbers)
    enrolled = insert.on_conflict_do_update(
        index_elements=["carrier", "tenant", "number_key"],
        set_={**{name: insert.excluded[name] for name in fresh}, "number": insert.excluded.number},
    )
    connection.execute(
        enrolled,
        [
            {"carrier": carrier, "tenant": plan.tenant, "number_key": key, "number": leg.tracking_number, **fresh}
            for (carrier, key), leg in sorted(rows.items(), key=lambda item: item[0])
        ],
    )
