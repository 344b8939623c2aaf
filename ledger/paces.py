"""How fast order systems are asked: one row per connection, which every process takes its requests' moments from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, and_, or_, select, update
from typing_extensions import override

from domain.errors import PartnerUnavailableError, PostponedError
from domain.pacing import STRIKES, PaceReport, Paces, Slot
from domain.places import LEASE, Limit, Place, next_place
from ledger.database import Database
from ledger.pace_tables import erp_paces

_PLACES: Final = TypeAdapter(list[Place])

FIRST_PROBE: Final = timedelta(seconds=2)
LONGEST_PROBE: Final = timedelta(minutes=5)
"""Between probes of a system that is away, at most: how late its return may be noticed."""

RETELL: Final = timedelta(seconds=5)
"""A probe that was asked for and not made is asked for again after this."""


@dataclass(frozen=True, slots=True)
class Due:
    """A connection with a shipment to be told: as a probe, or because the system is back. `told_at` is the claim."""

    tenant: str
    connection: str
    is_back: bool
    told_up_to: str | None


@dataclass(frozen=True, slots=True)
class LedgerPaces(Paces):
    """The paces of all tenants' connections."""

    database: Database

    @override
    def take(self, tenant: str, connection: str, /, *, rate: float | None, patience: timedelta) -> Slot:
        now = self.database.clock.now()
        if rate is None:
            # Most systems name no limit: those that are well cost their requests no write.
            with self.database.read() as open_:
                row = _row(open_, tenant, connection)
            if row is None or (row.away_since is None and (row.quiet_until is None or row.quiet_until <= now)):
                return Slot(now, 0 if row is None else row.failures)
        with self.database.write() as open_:
            row = self._locked(open_, tenant, connection)
            if row.quiet_until is not None and row.quiet_until > now:
                raise PostponedError(f"{connection} asked for a pause", retry_after=row.quiet_until - now)
            values: dict[str, Any] = {}
            if row.away_since is not None:
                if row.probe_at > now:
                    raise PartnerUnavailableError(f"{connection} is away, and not asked before its next probe")
                values["probe_at"] = now + _pause(now - row.away_since)
            slot = Slot(now, row.failures)
            if rate is not None:
                slot = _placed(row, rate, now, values)
                if slot.at - now > patience:
                    raise PostponedError(f"{connection} is asked as often as it may be", retry_after=slot.at - now)
                if slot.place is None:
                    return slot
            _set(open_, tenant, connection, values)
            return slot

    @override
    def answered(self, tenant: str, connection: str, slot: Slot, /, *, rate: float) -> None:
        free_at = self.database.clock.now().timestamp() + Limit(rate).window
        with self.database.write() as open_:
            places = _PLACES.validate_json(self._locked(open_, tenant, connection).places)
            # Not one that was taken from a request which had held it for too long, or that a lower rate has removed.
            if slot.place is not None and places[slot.place : slot.place + 1] == [(slot.lease, True)]:
                places[slot.place] = (free_at, False)
                _set(open_, tenant, connection, {"places": _PLACES.dump_json(places).decode()})

    @override
    def queue(self, tenant: str, connection: str, /, *, cost: timedelta) -> timedelta:
        now = self.database.clock.now()
        with self.database.write() as open_:
            row = self._locked(open_, tenant, connection)
            # Behind those whose moment is taken already, and behind those who were told to wait before.
            at = max(moment for moment in (now + cost, row.free_at, row.queue_at, row.quiet_until) if moment)
            _set(open_, tenant, connection, {"queue_at": at + cost, "postponed": row.postponed + 1})
            return timedelta() if at < now else at - now

    @override
    def worked(self, tenant: str, connection: str, /) -> None:
        now = self.database.clock.now()
        with self.database.write() as open_:
            row = self._locked(open_, tenant, connection)
            values: dict[str, Any] = {"failures": 0, "away_since": None, "probe_at": None}
            if row.away_since is not None:
                values |= {"back_at": now, "told_up_to": None, "told_at": None}
            _set(open_, tenant, connection, values)

    @override
    def failed(self, tenant: str, connection: str, /) -> None:
        now = self.database.clock.now()
        with self.database.write() as open_:
            row = self._locked(open_, tenant, connection)
            values: dict[str, Any] = {"failures": row.failures + 1}
            if row.away_since is None and values["failures"] >= STRIKES:
                values |= {"away_since": now, "probe_at": now + FIRST_PROBE, "told_up_to": None, "told_at": None}
            _set(open_, tenant, connection, values)

    @override
    def quiet(self, tenant: str, connection: str, pause: timedelta, /) -> None:
        until = self.database.clock.now() + pause
        with self.database.write() as open_:
            row = self._locked(open_, tenant, connection)
            if row.quiet_until is None or row.quiet_until < until:
                _set(open_, tenant, connection, {"quiet_until": until})

    def forgive(self, tenant: str, connection: str) -> None:
        """Let a person try now, whatever the system asked for and however often it failed; the rate stays."""
        with self.database.write() as open_:
            self._locked(open_, tenant, connection)
            values = {"quiet_until": None, "failures": 0, "away_since": None, "probe_at": None, "queue_at": None}
            _set(open_, tenant, connection, values)

    def due(self) -> list[Due]:
        """Claim the connections of which a shipment is to be told now; others that look meanwhile do not get them."""
        now = self.database.clock.now()
        of = erp_paces.c
        away = and_(
            of.away_since.is_not(None), of.probe_at <= now, or_(of.told_at.is_(None), of.told_at < now - RETELL)
        )
        back = and_(of.away_since.is_(None), of.back_at.is_not(None), or_(of.told_at.is_(None), of.told_at < now))
        with self.database.write() as open_:
            rows = open_.execute(select(erp_paces).where(or_(away, back)).with_for_update(skip_locked=True)).all()
            for row in rows:
                _set(open_, row.tenant, row.connection, {"told_at": now})
        return [Due(row.tenant, row.connection, row.away_since is None, row.told_up_to) for row in rows]

    def told(self, due: Due, up_to: str | None, *, again_in: timedelta = timedelta()) -> None:
        """Note the last shipment that was told; None when there is nobody left."""
        now = self.database.clock.now()
        values: dict[str, Any] = {"told_up_to": up_to, "told_at": now + again_in}
        if due.is_back and up_to is None:
            values["back_at"] = None
        with self.database.write() as open_:
            row = self._locked(open_, due.tenant, due.connection)
            # It may have gone away, or have come back, while shipments were told.
            if (row.away_since is None) is due.is_back:
                _set(open_, due.tenant, due.connection, values)

    def reports(self, tenant: str | None = None) -> list[PaceReport]:
        """Return how connections stand, those that were ever slowed or in trouble, by tenant and id."""
        query = select(erp_paces).order_by(erp_paces.c.tenant, erp_paces.c.connection)
        if tenant is not None:
            query = query.where(erp_paces.c.tenant == tenant)
        with self.database.read() as open_:
            rows = open_.execute(query).all()
        return [
            PaceReport(row.tenant, row.connection, row.failures, row.away_since, row.quiet_until, row.postponed)
            for row in rows
        ]

    def _locked(self, open_: Connection, tenant: str, connection: str) -> Row[Any]:
        row = _row(open_, tenant, connection, lock=True)
        if row is None:
            self.database.insert_new(open_, erp_paces, [{"tenant": tenant, "connection": connection}])
            row = _row(open_, tenant, connection, lock=True)
        assert row is not None  # noqa: S101 - inserted above, and never deleted
        return row


def _placed(row: Row[Any], rate: float, now: datetime, values: dict[str, Any]) -> Slot:
    """Return the slot and add what it changes to the values: places keep the limit, steps keep requests apart."""
    limit, step = Limit(rate), timedelta(seconds=1 / rate)
    places = limit.fitted(_PLACES.validate_json(row.places), now.timestamp())
    found = next_place(places, now.timestamp())
    if found is None:
        return Slot(now + step, row.failures)
    place, free_at = found
    at = max(row.free_at or now, now, now + timedelta(seconds=free_at - now.timestamp()))
    lease = at.timestamp() + LEASE
    places[place] = (lease, True)
    values |= {"free_at": at + step, "places": _PLACES.dump_json(places).decode()}
    return Slot(at, row.failures, place, lease)


def _row(open_: Connection, tenant: str, connection: str, *, lock: bool = False) -> Row[Any] | None:
    query = select(erp_paces).where(_is(tenant, connection))
    return open_.execute(query.with_for_update() if lock else query).one_or_none()


def _set(open_: Connection, tenant: str, connection: str, values: Mapping[str, Any]) -> None:
    if values:
        open_.execute(update(erp_paces).where(_is(tenant, connection)).values(**values))


def _is(tenant: str, connection: str) -> Any:
    return and_(erp_paces.c.tenant == tenant, erp_paces.c.connection == connection)


def _pause(lasted: timedelta) -> timedelta:
    return min(max(FIRST_PROBE, lasted / 4), LONGEST_PROBE)
