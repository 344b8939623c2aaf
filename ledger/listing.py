"""Pages of shipments, by the order in which they were registered."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, select

from domain.audit import ShipmentSnapshot
from domain.errors import NotFoundError
from domain.shipments import ShipmentPlan
from ledger.routing import number_key
from ledger.rows import ConvergenceRow, Page, ShipmentRow
from ledger.tables import legs, shipments

_CURSOR: Final = "p1:"  # version of the cursor's text
_LARGEST: Final = 2**62


def list_shipments(
    connection: Connection,
    tenant: str,
    conditions: list[ColumnElement[bool]],
    *,
    number: str | None,
    cursor: str | None,
    limit: int,
) -> Page:
    """Return the page after the cursor: at most `limit` shipments of the tenant that meet all conditions."""
    query = select(shipments).where(shipments.c.tenant == tenant, *conditions)
    if number is not None:
        here = and_(legs.c.tenant == shipments.c.tenant, legs.c.shipment_id == shipments.c.shipment_id)
        query = query.where(select(legs).where(here, legs.c.number_key == number_key(number)).exists())
    if cursor is not None:
        query = query.where(shipments.c.position < _position(cursor))
    rows = connection.execute(query.order_by(shipments.c.position.desc()).limit(limit + 1)).all()
    items = [shipment_row(row) for row in rows[:limit]]
    return Page(items, _text(rows[limit - 1].position) if len(rows) > limit else None)


def shipment_row(row: Row[Any], told: tuple[ConvergenceRow, ...] = ()) -> ShipmentRow:
    """Return a row of `shipments` with what its order systems know."""
    return ShipmentRow(
        plan=ShipmentPlan.model_validate_json(row.plan),
        snapshot=ShipmentSnapshot.model_validate(dict(row._mapping)),  # noqa: SLF001 - the documented way to names
        registered_at=row.registered_at,
        entries=row.last_seq,
        convergence=told,
    )


def _text(position: int) -> str:
    return urlsafe_b64encode(f"{_CURSOR}{position}".encode()).decode().rstrip("=")


def _position(cursor: str) -> int:
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        if text.startswith(_CURSOR):
            return min(int(text.removeprefix(_CURSOR)), _LARGEST)
    except ValueError as error:
        raise NotFoundError("no such cursor") from error
    raise NotFoundError("no such cursor")
