"""Mirrors of order systems' records, and shipments as writers of order systems see them."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, case, false, or_, select, true, update
from typing_extensions import override

from domain.audit import EntryKind
from domain.erp_records import DeliveryStatus, ErpRecord, ErpRecords, ShipmentView, ShipmentViews
from domain.errors import ConflictError, NotFoundError
from domain.shipments import ShipmentPlan
from domain.states import State
from ledger.database import Database
from ledger.erp_tables import erp_records
from ledger.private import LedgerPrivate
from ledger.tables import audit_entries, shipments

_MOST_NAMED: Final = 20


@dataclass(frozen=True, slots=True)
class LedgerErpRecords(ErpRecords):
    """The mirrors kept in the ledger's database."""

    database: Database

    @override
    def of_shipment(self, tenant: str, connection: str, shipment_id: str, /) -> ErpRecord | None:
        """Return the record that stands for the shipment now; the newest when one replaced another."""
        query = (
            select(erp_records)
            .where(
                erp_records.c.tenant == tenant,
                erp_records.c.connection == connection,
                erp_records.c.shipment_id == shipment_id,
            )
            .order_by(erp_records.c.gone_at.is_not(None), erp_records.c.seen_at.desc())
            .limit(1)
        )
        with self.database.read() as open_:
            row = open_.execute(query).one_or_none()
        return None if row is None else _mirror(row)

    @override
    def get(self, tenant: str, connection: str, record: str, /) -> ErpRecord | None:
        """Return the mirror of a record, also of one that is gone."""
        with self.database.read() as open_:
            row = open_.execute(select(erp_records).where(_is(tenant, connection, record))).one_or_none()
        return None if row is None else _mirror(row)

    @override
    def open(self, tenant: str, connection: str, /) -> list[ErpRecord]:
        """Return the mirrors of records that were there when last looked at and whose shipments have not ended."""
        of_shipment = and_(
            shipments.c.tenant == erp_records.c.tenant, shipments.c.shipment_id == erp_records.c.shipment_id
        )
        query = (
            select(erp_records)
            .join(shipments, of_shipment)
            .where(
                erp_records.c.tenant == tenant,
                erp_records.c.connection == connection,
                erp_records.c.gone_at.is_(None),
                shipments.c.is_ended.is_(False),
            )
            .order_by(erp_records.c.record)
        )
        with self.database.read() as open_:
            return [_mirror(row) for row in open_.execute(query)]

    @override
    def settle(self, before: ErpRecord | None, after: ErpRecord, /) -> bool:
        """Store what a reading has settled, unless the mirror is no longer what it was before; return whether stored.

        `writes` is left as it is.
        """
        row = {**_row(after), "seen_at": self.database.clock.now()}
        with self.database.write() as open_:
            if before is None:
                insert = self.database.insert(erp_records).values(row).on_conflict_do_nothing()
                return open_.execute(insert.returning(erp_records.c.record)).scalar() is not None
            unchanged = [
                erp_records.c[name].is_not_distinct_from(value)
                for name, value in _row(before).items()
                if name not in {"writes", "number", "order_number"}
            ]
            changed = {name: value for name, value in row.items() if name != "writes"}
            return open_.execute(update(erp_records).where(*unchanged).values(changed)).rowcount > 0

    @override
    def wrote(self, mirror: ErpRecord, /, *, version: str, status: DeliveryStatus, address_ref: str | None) -> None:
        """Count a write of the hub; the version becomes the mirror's only when nothing else in it is news.

        A status that the hub's own buttons have reached is no news either: only a cancellation is the clerk's.
        """
        cancelled = status is DeliveryStatus.CANCELLED
        with self.database.write() as open_:
            self._insert(open_, mirror)
            # Compared with None it would mean "there is no offer".
            is_offered = false() if address_ref is None else erp_records.c.offered_ref == address_ref
            is_known = true() if address_ref is None else or_(erp_records.c.address_ref == address_ref, is_offered)
            same = and_(is_known, (erp_records.c.status == DeliveryStatus.CANCELLED.value) == cancelled)
            open_.execute(
                update(erp_records)
                .where(_of(mirror))
                .values(
                    writes=erp_records.c.writes + 1,
                    version=case((same, version), else_=erp_records.c.version),
                    status=case((same, status.value), else_=erp_records.c.status),
                    address_ref=case((is_offered, erp_records.c.offered_ref), else_=erp_records.c.address_ref),
                    offered_ref=case((is_offered, None), else_=erp_records.c.offered_ref),
                )
            )

    @override
    def offer(self, mirror: ErpRecord, address_ref: str, /) -> None:
        """Note the address that the hub is about to write, before it does: a crash must not make it look like news."""
        with self.database.write() as open_:
            self._insert(open_, mirror)
            open_.execute(update(erp_records).where(_of(mirror)).values(offered_ref=address_ref))

    def _insert(self, open_: Connection, mirror: ErpRecord) -> None:
        self.database.insert_new(open_, erp_records, [{**_row(mirror), "seen_at": self.database.clock.now()}])


@dataclass(frozen=True, slots=True)
class LedgerShipmentViews(ShipmentViews):
    """Shipments of the read model with the personal data that belongs to them."""

    database: Database
    private: LedgerPrivate

    @override
    def view(self, tenant: str, shipment_id: str, /) -> ShipmentView:
        """Return the shipment as it was last written; raise `NotFoundError`."""
        query = select(
            shipments.c.plan, shipments.c.state, shipments.c.stage, shipments.c.is_ended, shipments.c.expected_at
        ).where(shipments.c.tenant == tenant, shipments.c.shipment_id == shipment_id)
        with self.database.read() as open_:
            row = open_.execute(query).one_or_none()
        if row is None:
            raise NotFoundError(f"no shipment {shipment_id}", shipment_id=shipment_id)
        return ShipmentView(
            plan=ShipmentPlan.model_validate_json(row.plan),
            state=State(row.state),
            stage=State(row.stage),
            is_ended=row.is_ended,
            expected_at=row.expected_at,
        )

    @override
    def named(self, tenant: str, connection: str, names: Collection[str], /) -> list[str]:
        """Return the shipments of the connection that were registered under one of these references, none bound yet."""
        bound = (
            select(erp_records.c.shipment_id)
            .where(
                erp_records.c.tenant == tenant,
                erp_records.c.connection == connection,
                erp_records.c.shipment_id == shipments.c.shipment_id,
            )
            .exists()
        )
        query = (
            select(shipments.c.plan)
            .where(shipments.c.tenant == tenant, shipments.c.reference.in_(sorted(names)), ~bound)
            .where(shipments.c.is_ended.is_(False))
            .order_by(shipments.c.registered_at, shipments.c.shipment_id)
            .limit(_MOST_NAMED)
        )
        with self.database.read() as open_:
            plans = [ShipmentPlan.model_validate_json(text) for text in open_.execute(query).scalars()]
        return [plan.shipment_id for plan in plans if connection in plan.connections]

    @override
    def details(self, tenant: str, shipment_id: str, event_id: str, /) -> Mapping[str, str] | None:
        """Return the personal data of a fact as the audit chain refers to it; None when there is none or no more."""
        query = (
            select(audit_entries.c.body)
            .where(
                audit_entries.c.tenant == tenant,
                audit_entries.c.shipment_id == shipment_id,
                audit_entries.c.event_id == event_id,
                audit_entries.c.kind == EntryKind.FACT.value,
            )
            .order_by(audit_entries.c.seq)
            .limit(1)
        )
        with self.database.read() as open_:
            body = open_.execute(query).scalar()
        ref = None if body is None else json.loads(body).get("detail_ref")
        if ref is None:
            return None
        try:
            return self.private.get(tenant, shipment_id, ref)
        except NotFoundError:
            return None

    @override
    def put_details(self, tenant: str, shipment_id: str, kind: str, details: Mapping[str, str], /) -> str | None:
        """Keep personal data and return its reference, the same for the same data; None once it was erased."""
        try:
            return self.private.put(tenant, shipment_id, kind, dict(details))
        except ConflictError:
            return None


def _is(tenant: str, connection: str, record: str) -> Any:
    return and_(erp_records.c.tenant == tenant, erp_records.c.connection == connection, erp_records.c.record == record)


def _of(mirror: ErpRecord) -> Any:
    return _is(mirror.tenant, mirror.connection, mirror.record)


def _row(mirror: ErpRecord) -> dict[str, Any]:
    row = asdict(mirror)
    order = row.pop("order")
    return {**row, "order_number": order, "status": mirror.status.value}


def _mirror(row: Row[Any]) -> ErpRecord:
    fields = dict(row._mapping)  # noqa: SLF001 - the documented way to a row's names
    del fields["seen_at"]
    order = fields.pop("order_number")
    return ErpRecord(**{**fields, "order": order, "status": DeliveryStatus(row.status)})
