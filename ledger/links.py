"""Numbers that payloads tie together, and the legs that follow from them."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, or_, select, update
from typing_extensions import override

from domain.legs import LegToAdd, LinkStatus, PartnerLinks
from domain.messages import StoredMessage
from domain.normalised import ShipmentHint
from domain.shipments import Leg, LegRole
from ledger.database import Database
from ledger.routing import number_key
from ledger.rows import LinkRow
from ledger.tables import number_links, numbers

_OWN: Final = numbers.alias("own")
_PARTNER: Final = numbers.alias("partner")


@dataclass(frozen=True, slots=True)
class LedgerLinks(PartnerLinks):
    """The links kept in the ledger's database."""

    database: Database

    @override
    def due(self, *, limit: int) -> list[LegToAdd]:
        """Return legs of waiting links of which exactly one number leads to a shipment, oldest first.

        Links whose numbers lead to one shipment by now are settled on the way, those that lead to two are refused.
        """
        with self.database.write() as connection:
            self._settle_known(connection)
            return [_leg(row) for row in connection.execute(_due().limit(limit))]

    @override
    def settle(self, leg: LegToAdd, status: LinkStatus, *, detail: str | None = None) -> None:
        """Say what became of a link."""
        of = number_links.c
        this = and_(of.tenant == leg.tenant, of.own_key == leg.own_key, of.partner_key == leg.partner_key)
        with self.database.write() as connection:
            connection.execute(update(number_links).where(this).values(status=status, detail=detail))

    def refused(self, tenant: str, *, limit: int = 100) -> list[LinkRow]:
        """Return the links of a tenant that nothing was made of, latest first."""
        of = number_links.c
        query = (
            select(
                of.own_carrier, of.own_number, of.partner_carrier, of.partner_number, of.status, of.detail, of.told_at
            )
            .where(of.tenant == tenant, of.status == LinkStatus.REFUSED)
            .order_by(of.told_at.desc(), of.own_key, of.partner_key)
            .limit(limit)
        )
        with self.database.read() as connection:
            return [
                LinkRow(**{**row, "status": LinkStatus(row["status"])}) for row in connection.execute(query).mappings()
            ]

    def _settle_known(self, connection: Connection) -> None:
        query = (
            select(number_links, _OWN.c.shipment_id.label("own_shipment"), _PARTNER.c.shipment_id.label("other"))
            .select_from(_joined())
            .where(
                number_links.c.status == LinkStatus.WAITING,
                _OWN.c.shipment_id.is_not(None),
                _PARTNER.c.shipment_id.is_not(None),
            )
        )
        for row in connection.execute(query).all():
            is_one = row.own_shipment == row.other
            values = {
                "status": LinkStatus.LINKED if is_one else LinkStatus.REFUSED,
                "detail": None if is_one else f"the numbers lead to shipments {row.own_shipment} and {row.other}",
            }
            of = number_links.c
            this = and_(of.tenant == row.tenant, of.own_key == row.own_key, of.partner_key == row.partner_key)
            connection.execute(update(number_links).where(this).values(values))


def keep_links(database: Database, connection: Connection, message: StoredMessage, hints: list[ShipmentHint]) -> int:
    """Store the links that a payload tells; return how many are new."""
    rows = {
        (row["own_key"], row["partner_key"]): row
        for hint in hints
        if hint.tracking_number
        for row in _rows(message, hint)
    }
    if not rows:
        return 0
    insert = database.insert(number_links).on_conflict_do_nothing().returning(number_links.c.own_key)
    return len(connection.execute(insert, [rows[key] for key in sorted(rows)]).all())


def _rows(message: StoredMessage, hint: ShipmentHint) -> list[dict[str, Any]]:
    own = number_key(hint.tracking_number)
    return [
        {
            "tenant": message.tenant,
            "own_key": own,
            "partner_key": number_key(partner.number),
            "own_number": hint.tracking_number,
            "own_carrier": message.dialect,
            "partner_number": partner.number,
            "partner_carrier": partner.carrier,
            "role": partner.role,
            "message_id": message.message_id,
            "told_at": message.received_at,
            "status": LinkStatus.WAITING,
        }
        for partner in hint.partner_numbers
        if number_key(partner.number) != own
    ]


def _joined() -> Any:
    of = number_links.c
    own = and_(_OWN.c.tenant == of.tenant, _OWN.c.number_key == of.own_key)
    partner = and_(_PARTNER.c.tenant == of.tenant, _PARTNER.c.number_key == of.partner_key)
    return number_links.outerjoin(_OWN, own).outerjoin(_PARTNER, partner)


def _due() -> Any:
    led = _OWN.c.shipment_id, _PARTNER.c.shipment_id
    one_side = or_(and_(led[0].is_not(None), led[1].is_(None)), and_(led[0].is_(None), led[1].is_not(None)))
    return (
        select(number_links, led[0].label("own_shipment"), led[1].label("other"))
        .select_from(_joined())
        .where(number_links.c.status == LinkStatus.WAITING, one_side)
        .order_by(number_links.c.told_at, number_links.c.own_key, number_links.c.partner_key)
    )


def _leg(row: Row[Any]) -> LegToAdd:
    """Return the side that is missing: the partner's number, or the number of the carrier that told of it."""
    if row.own_shipment is not None:
        leg = Leg(carrier=row.partner_carrier, tracking_number=row.partner_number, role=LegRole(row.role))
    else:
        # What the partner's part is was told, what its own part is was not.
        leg = Leg(carrier=row.own_carrier, tracking_number=row.own_number)
    return LegToAdd(
        tenant=row.tenant,
        shipment_id=row.own_shipment or row.other,
        leg=leg,
        told_by=row.own_carrier,
        message_id=row.message_id,
        own_key=row.own_key,
        partner_key=row.partner_key,
    )
