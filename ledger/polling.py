"""When each number is asked about: plans, claims and turns, in the ledger's database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, Row, and_, func, or_, select, update
from typing_extensions import override

from domain.cadence import Standing, due_after_failure, is_same_trouble, next_due
from domain.errors import NotFoundError
from domain.polling import AskedNumber, Claim, PollCounts, PollLedger
from domain.shipments import ShipmentPlan
from domain.states import State
from ledger.database import Database
from ledger.polling_counts import counted, counts_of, is_somebodys
from ledger.polling_tables import account_tenants, polled_numbers
from ledger.routing import number_key
from ledger.tables import accounts, shipments

_CATCH_UP: Final = 1_000
"""Numbers that one transaction plans anew; the next call takes the rest."""

_OF: Final = polled_numbers.c
_SHIPMENT: Final = and_(shipments.c.tenant == _OF.tenant, shipments.c.shipment_id == _OF.shipment_id)
_JOINED: Final = polled_numbers.join(shipments, _SHIPMENT)
_STANDING: Final = (
    shipments.c.state.label("state_now"),
    shipments.c.stage,
    shipments.c.is_stale.label("is_stale_now"),
    shipments.c.is_ended,
    shipments.c.open_holds,
    shipments.c.state_since,
    shipments.c.plan,
)


@dataclass(frozen=True, slots=True)
class LedgerPolling(PollLedger):
    """The plans kept in the ledger's database."""

    database: Database

    @override
    def catch_up(self, account: str, /) -> int:
        """Plan anew the numbers whose shipments have moved since."""
        now = self.database.clock.now()
        with self.database.write() as connection:
            moved = or_(shipments.c.state != _OF.state, shipments.c.is_stale != _OF.is_stale)
            ended = and_(shipments.c.is_ended, _OF.due_at.is_not(None))
            query = (
                select(polled_numbers, *_STANDING)
                .select_from(_JOINED)
                .where(_asked_by(connection, account), or_(moved, ended), _is_free(now))
                .order_by(_OF.tenant, _OF.number_key)
                .limit(_CATCH_UP)
                .with_for_update(of=polled_numbers, skip_locked=True)
            )
            rows = connection.execute(query).all()
            for row in rows:
                self._replan(connection, row, now)
        return len(rows)

    @override
    def claim(self, account: str, /, *, limit: int, lease: timedelta) -> Claim | None:
        """Take due numbers of the tenant whose turn it is."""
        now = self.database.clock.now()
        with self.database.write() as connection:
            carrier = _carrier(connection, account)
            for tenant in _in_turn(self.database, connection, account):
                query = (
                    select(_OF.number_key, _OF.number)
                    .where(_OF.carrier == carrier, _OF.tenant == tenant, _OF.due_at <= now, _is_free(now))
                    .order_by(_OF.deadline_at, _OF.due_at, _OF.number_key)
                    .limit(limit)
                    .with_for_update(skip_locked=True)
                )
                rows = connection.execute(query).all()
                if rows:
                    token = f"p_{uuid4().hex}"
                    these = _are(carrier, tenant, [row.number_key for row in rows])
                    values = {"claim": token, "claimed_until": now + lease}
                    connection.execute(update(polled_numbers).where(these).values(values))
                    _took_turn(connection, account, tenant)
                    return Claim(token, account, tenant, carrier, tuple(row.number for row in rows))
        return None

    @override
    def settle(self, claim: Claim, asked: Sequence[AskedNumber], /) -> None:
        """Plan the next ask of each number and end the claim."""
        now = self.database.clock.now()
        by_key = {number_key(one.number): one for one in asked}
        with self.database.write() as connection:
            query = (
                select(polled_numbers, *_STANDING)
                .select_from(_JOINED)
                .where(_OF.carrier == claim.carrier, _OF.tenant == claim.tenant, _OF.claim == claim.token)
                .order_by(_OF.number_key)
                .with_for_update(of=polled_numbers)
            )
            for row in connection.execute(query).all():
                one = by_key.get(row.number_key)
                values = {} if one is None else _outcome(row, one, now)
                _write(connection, row, {**values, "claim": None, "claimed_until": None})

    @override
    def next_due(self, account: str, /) -> datetime | None:
        """Return when the account has something to ask next."""
        with self.database.read() as connection:
            earliest = select(func.min(_OF.due_at)).where(
                _asked_by(connection, account), _is_free(self.database.clock.now())
            )
            found: datetime | None = connection.execute(earliest).scalar()
        return found

    @override
    def hurry(self, account: str, /) -> int:
        """Make every number that waits, or was given up, due now."""
        now = self.database.clock.now()
        with self.database.write() as connection:
            waits = or_(_OF.due_at > now, and_(_OF.due_at.is_(None), _OF.failure.is_not(None)))
            these = and_(_asked_by(connection, account), waits)
            connection.execute(
                select(_OF.number_key).where(these).order_by(_OF.tenant, _OF.number_key).with_for_update()
            )
            changed = connection.execute(
                update(polled_numbers).where(these).values(due_at=now, deadline_at=now, failures=0)
            )
        return changed.rowcount

    def counts(self, account: str) -> PollCounts:
        """Return where the account stands; raise `NotFoundError`."""
        now = self.database.clock.now()
        with self.database.read() as connection:
            row = connection.execute(select(*counted(now)).where(_asked_by(connection, account))).one()
        return counts_of(row)

    def by_carrier(self) -> dict[str, PollCounts]:
        """Return where each carrier stands with the numbers that some account has to ask about, over all tenants."""
        query = select(_OF.carrier, *counted(self.database.clock.now())).where(is_somebodys())
        query = query.group_by(_OF.carrier).order_by(_OF.carrier)
        with self.database.read() as connection:
            return {row.carrier: counts_of(row) for row in connection.execute(query)}

    def share(self, account: str, tenant: str) -> None:
        """Let the account ask for one more tenant; repeating it changes nothing. Raise `NotFoundError`."""
        with self.database.write() as connection:
            _carrier(connection, account)
            row = {"account_id": account, "tenant": tenant, "turn": 0}
            self.database.insert_new(connection, account_tenants, [row])

    def _replan(self, connection: Connection, row: Row[Any], now: datetime) -> None:
        due = next_due(row.number_key, _standing(row), row.asked_at or now) if not row.is_ended else None
        values: dict[str, Any] = {"state": row.state_now, "is_stale": row.is_stale_now}
        is_given_up = row.due_at is None and row.failure is not None
        if due is None:
            values |= {"due_at": None, "deadline_at": None, "failures": 0, "failure": None}
        elif row.asked_at is not None and not is_given_up and row.failure is None:
            values |= {"due_at": due.due_at, "deadline_at": due.deadline_at}
        _write(connection, row, values)


def _outcome(row: Row[Any], one: AskedNumber, now: datetime) -> dict[str, Any]:
    standing = _standing(row)
    failures = 0
    if row.is_ended:
        due = None
    elif one.failure is None:
        due = next_due(row.number_key, standing, now)
    else:
        failures = row.failures + 1 if is_same_trouble(row.failure, one.failure) else 1
        due = due_after_failure(row.number_key, standing, now, code=one.failure, failures=failures)
    return {
        "due_at": due.due_at if due else None,
        "deadline_at": due.deadline_at if due else None,
        "state": row.state_now,
        "is_stale": row.is_stale_now,
        "asked_at": now,
        "failures": failures,
        "failure": one.failure,
    }


def _standing(row: Row[Any]) -> Standing:
    held_until = None
    if row.open_holds and row.state_since is not None:
        held_until = row.state_since + ShipmentPlan.model_validate_json(row.plan).levels.hold_sla
    return Standing(State(row.stage), is_stale=row.is_stale_now, held_until=held_until)


def _write(connection: Connection, row: Row[Any], values: dict[str, Any]) -> None:
    these = _are(row.carrier, row.tenant, [row.number_key])
    connection.execute(update(polled_numbers).where(these).values(values))


def _are(carrier: str, tenant: str, keys: Sequence[str]) -> Any:
    return and_(_OF.carrier == carrier, _OF.tenant == tenant, _OF.number_key.in_(keys))


def _is_free(now: datetime) -> Any:
    return or_(_OF.claimed_until.is_(None), _OF.claimed_until <= now)


def _carrier(connection: Connection, account: str) -> str:
    carrier: str | None = connection.execute(
        select(accounts.c.dialect).where(accounts.c.account_id == account)
    ).scalar()
    if carrier is None:
        raise NotFoundError(f"no carrier account {account}", account=account)
    return carrier


def _tenants(account: str) -> Any:
    own = select(accounts.c.tenant).where(accounts.c.account_id == account)
    return own.union(select(account_tenants.c.tenant).where(account_tenants.c.account_id == account))


def _asked_by(connection: Connection, account: str) -> Any:
    return and_(_OF.carrier == _carrier(connection, account), _OF.tenant.in_(_tenants(account)))


def _in_turn(database: Database, connection: Connection, account: str) -> list[str]:
    """Return the tenants that have something due, the one that waited longest for its turn first."""
    now = database.clock.now()
    carrier = _carrier(connection, account)
    named = connection.execute(_tenants(account)).scalars().all()
    rows = [{"account_id": account, "tenant": tenant, "turn": 0} for tenant in sorted(named)]
    database.insert_new(connection, account_tenants, rows)
    mine = account_tenants.c.account_id == account
    # The rows lock two workers of one account against taking the same turn.
    connection.execute(
        select(account_tenants.c.tenant).where(mine).order_by(account_tenants.c.tenant).with_for_update()
    )
    is_due = (
        select(_OF.number_key)
        .where(_OF.carrier == carrier, _OF.tenant == account_tenants.c.tenant, _OF.due_at <= now, _is_free(now))
        .exists()
    )
    query = (
        select(account_tenants.c.tenant).where(mine, is_due).order_by(account_tenants.c.turn, account_tenants.c.tenant)
    )
    return list(connection.execute(query).scalars())


def _took_turn(connection: Connection, account: str, tenant: str) -> None:
    mine = account_tenants.c.account_id == account
    latest = connection.execute(select(func.max(account_tenants.c.turn)).where(mine)).scalar_one()
    this = and_(mine, account_tenants.c.tenant == tenant)
    connection.execute(update(account_tenants).where(this).values(turn=latest + 1))
