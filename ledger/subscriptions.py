"""Numbers that providers were asked to send webhooks about: which are due, and what came of asking."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from domain.shipments import ShipmentPlan
from domain.subscriptions import Subscribed, Subscription, SubscriptionStatus, applied, is_due
from ledger.database import Database
from ledger.routing import number_key
from ledger.rows import CarrierAccount
from ledger.subscription_tables import carrier_subscriptions
from ledger.tables import shipments


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
        """Return numbers of open shipments of the account's tenant that have to be asked for now, oldest first.

        Args:
            account: Through which they are asked for.
            carriers: Whose legs, by dialect.
            secret_since: See `domain.subscriptions.is_due`.
            limit: How many at most.
        """
        now = self.database.clock.now()
        plans = (
            select(shipments.c.plan)
            .where(shipments.c.tenant == account.tenant, shipments.c.is_ended.is_(False))
            .order_by(shipments.c.registered_at, shipments.c.shipment_id)
        )
        found: dict[str, str] = {}
        with self.database.read() as connection:
            known = self._known(connection, account.account_id)
            for body in connection.execute(plans).scalars():
                for leg in ShipmentPlan.model_validate_json(body).legs:
                    key = number_key(leg.tracking_number)
                    if leg.carrier in carriers and is_due(known.get(key), at=now, secret_since=secret_since):
                        found.setdefault(key, leg.tracking_number)
                if len(found) >= limit:
                    break
        return list(found.values())[:limit]

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


_KEY = ["account_id", "number_key"]


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
