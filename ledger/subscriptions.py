"""Numbers that providers were asked to send webhooks about: which are due, and what came of asking."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, and_, func, or_, select, update

from domain.subscriptions import Subscribed, Subscription, SubscriptionStatus, applied, is_due
from ledger.database import Database
from ledger.polling_tables import polled_numbers
from ledger.routing import number_key
from ledger.rows import CarrierAccount
from ledger.subscription_tables import carrier_subscriptions
from ledger.tables import numbers, shipments

_SUBSCRIBED: Final = carrier_subscriptions
_OF: Final = carrier_subscriptions.c
_IS_OPEN: Final = shipments.c.is_ended.is_(False)
_IS_OF_NUMBER: Final = and_(numbers.c.tenant == _OF.tenant, numbers.c.number_key == _OF.number_key)
_IS_ROUTED: Final = and_(shipments.c.tenant == numbers.c.tenant, shipments.c.shipment_id == numbers.c.shipment_id)


@dataclass(frozen=True, slots=True)
class LedgerSubscriptions:
    """The subscriptions of carrier accounts."""

    database: Database

    def due(
        self,
        account: CarrierAccount,
        *,
        carriers: Collection[str],
        secret_since: datetime | None = None,
        limit: int = 1_000,
    ) -> list[str]:
        """Return numbers of open shipments of the account's tenant that have to be asked for now.

        Those come first that were never asked for, the oldest shipment's before others; then those to be asked again.
        A number that the carrier refused for days when it was polled is not asked for anew.

        Args:
            account: Through which they are asked for.
            carriers: Whose legs are asked for the first time, by dialect; known numbers are asked again in any case.
            secret_since: See `domain.subscriptions.is_due`.
            limit: How many at most.
        """
        now = self.database.clock.now()
        found: dict[str, str] = {}
        with self.database.read() as connection:
            for query in (_new(account, carriers, now), _old(account, now, secret_since)):
                for row in connection.execute(query.limit(limit)):
                    known = None if row.status is None else _subscription(row)
                    if is_due(known, at=now, secret_since=secret_since):
                        found.setdefault(row.asked_key, row.asked_number)
        return list(found.values())[:limit]

    def retire(self, account_id: str) -> int:
        """Plan no renewal of numbers whose shipments have ended; return how many there were.

        Should a shipment come back to life, its numbers are due once their subscriptions have run out.
        """
        now = self.database.clock.now()
        mine = and_(_OF.account_id == account_id, _OF.next_at <= now)
        open_shipment = (
            select(numbers.c.number_key)
            .select_from(numbers.join(shipments, _IS_ROUTED))
            .where(_IS_OF_NUMBER, _IS_OPEN)
            .exists()
        )
        with self.database.write() as connection:
            return connection.execute(update(_SUBSCRIBED).where(mine, ~open_shipment).values(next_at=None)).rowcount

    def next_at(self, account_id: str) -> datetime | None:
        """Return when a known number has to be asked for again, in the past when that is now; None when never."""
        with self.database.read() as connection:
            earliest = select(func.min(_OF.next_at)).where(_OF.account_id == account_id)
            found: datetime | None = connection.execute(earliest).scalar()
        return found

    def record(self, account: CarrierAccount, told: Subscribed, *, lifetime: timedelta | None) -> None:
        """Keep what the provider said about each number; `lifetime` is how long a subscription holds there."""
        numbers = [*told.taken, *(failure.number for failure in told.failures)]
        keys = {number_key(number) for number in numbers}
        with self.database.write() as connection:
            known = self._known(connection, account.account_id, keys)
            before = [replace(known[key], number=number) for number in numbers if (key := number_key(number)) in known]
            changed = applied(before, told, at=self.database.clock.now(), lifetime=lifetime)
            rows = {number_key(one.number): _row(account, one) for one in changed}
            for key in sorted(rows):
                insert = self.database.insert(carrier_subscriptions).values(rows[key])
                changes = {name: insert.excluded[name] for name in rows[key] if name not in _KEY}
                connection.execute(insert.on_conflict_do_update(index_elements=_KEY, set_=changes))

    def list(self, account_id: str) -> list[Subscription]:
        """Return the subscriptions of an account by number."""
        with self.database.read() as connection:
            known = self._known(connection, account_id)
        return [known[key] for key in sorted(known)]

    def _known(
        self, connection: Connection, account_id: str, keys: Collection[str] | None = None
    ) -> dict[str, Subscription]:
        of = carrier_subscriptions.c
        query = select(carrier_subscriptions).where(of.account_id == account_id)
        if keys is not None:
            query = query.where(of.number_key.in_(sorted(keys))).order_by(of.number_key).with_for_update()
        return {row.number_key: _subscription(row) for row in connection.execute(query)}


_KEY: Final = ["account_id", "number_key"]


def _new(account: CarrierAccount, carriers: Collection[str], now: datetime) -> Select[Any]:
    """Return the query for numbers under way that are not known, or are planned never and have run out."""
    asked = polled_numbers.c
    of_shipment = and_(shipments.c.tenant == asked.tenant, shipments.c.shipment_id == asked.shipment_id)
    is_known = and_(_OF.account_id == account.account_id, _OF.number_key == asked.number_key)
    is_over = and_(_OF.next_at.is_(None), or_(_OF.status == SubscriptionStatus.FAILED, _OF.expires_at <= now))
    return (
        select(*_SUBSCRIBED.c, asked.number_key.label("asked_key"), asked.number.label("asked_number"))
        .select_from(polled_numbers.join(shipments, of_shipment).outerjoin(_SUBSCRIBED, is_known))
        .where(asked.carrier.in_(sorted(carriers)), asked.tenant == account.tenant, asked.due_at.is_not(None), _IS_OPEN)
        .where(or_(_OF.number_key.is_(None), is_over))
        .order_by(shipments.c.registered_at, asked.shipment_id, asked.number_key)
    )


def _old(account: CarrierAccount, now: datetime, secret_since: datetime | None) -> Select[Any]:
    """Return the query for known numbers under way that have to be asked for again."""
    is_wanted: Any = _OF.next_at <= now
    if secret_since is not None:
        # Planned never, though it runs out: its shipment had ended.
        is_alive = or_(_OF.next_at.is_not(None), _OF.expires_at.is_(None))
        is_wanted = or_(is_wanted, and_(_OF.subscribed_at < secret_since, is_alive))
    return (
        select(*_SUBSCRIBED.c, _OF.number_key.label("asked_key"), _OF.number.label("asked_number"))
        .select_from(_SUBSCRIBED.join(numbers, _IS_OF_NUMBER).join(shipments, _IS_ROUTED))
        .where(_OF.account_id == account.account_id, is_wanted, _IS_OPEN)
        .order_by(_OF.next_at, _OF.number_key)
    )


def _row(account: CarrierAccount, one: Subscription) -> dict[str, Any]:
    return {
        "account_id": account.account_id,
        "number_key": number_key(one.number),
        "tenant": account.tenant,
        "number": one.number,
        "status": one.status,
        "next_at": one.next_at,
        "subscribed_at": one.subscribed_at,
        "expires_at": one.expires_at,
        "failures": one.failures,
        "detail": one.detail,
    }


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(
        number=row.number,
        status=SubscriptionStatus(row.status),
        next_at=row.next_at,
        subscribed_at=row.subscribed_at,
        expires_at=row.expires_at,
        failures=row.failures,
        detail=row.detail,
    )
