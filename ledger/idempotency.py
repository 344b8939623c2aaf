"""Answers given before, so that a repeated request gets the same one and has no second effect."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import and_, delete, select, update

from domain.errors import ConflictError
from ledger.database import Database
from ledger.rows import StoredResponse
from ledger.tables import idempotency

LEASE: Final = timedelta(seconds=60)
"""How long a claim blocks the key: longer than any request, so that a crash does not block it for ever."""


@dataclass(frozen=True, slots=True)
class LedgerIdempotency:
    """Idempotency keys of all tenants."""

    database: Database

    def claim(self, tenant: str, key: str, request_hash: str) -> StoredResponse | None:
        """Return the answer given before, or None: the caller then does the work and calls `finish`.

        Raises:
            ConflictError: the key was used for another request, or the same request is being worked on.
        """
        now = self.database.clock.now()
        row = {"tenant": tenant, "key": key, "request_hash": request_hash, "claimed_at": now}
        insert = self.database.insert(idempotency).values(row).on_conflict_do_nothing()
        with self.database.write() as connection:
            if connection.execute(insert.returning(idempotency.c.key)).scalar() is not None:
                return None
            query = select(idempotency).where(_is(tenant, key)).with_for_update()
            known = connection.execute(query).one()
            if known.request_hash != request_hash:
                raise ConflictError("the idempotency key was used for another request")
            if known.status is not None:
                return StoredResponse(known.status, bytes(known.body))
            if now - known.claimed_at < LEASE:
                raise ConflictError("the same request is being worked on", retry_after=timedelta(seconds=1))
            connection.execute(update(idempotency).where(_is(tenant, key)).values(claimed_at=now))
        return None

    def finish(self, tenant: str, key: str, status: int, body: bytes) -> None:
        """Keep the answer; the first one stays."""
        with self.database.write() as connection:
            connection.execute(
                update(idempotency)
                .where(_is(tenant, key), idempotency.c.status.is_(None))
                .values(status=status, body=body)
            )

    def release(self, tenant: str, key: str) -> None:
        """Give up a claim whose work had no effect, so that the caller may try again at once."""
        with self.database.write() as connection:
            connection.execute(delete(idempotency).where(_is(tenant, key), idempotency.c.status.is_(None)))

    def expire(self, older_than: timedelta) -> int:
        """Forget keys claimed longer ago than that; return how many."""
        before = self.database.clock.now() - older_than
        with self.database.write() as connection:
            return connection.execute(delete(idempotency).where(idempotency.c.claimed_at < before)).rowcount


def _is(tenant: str, key: str) -> Any:
    return and_(idempotency.c.tenant == tenant, idempotency.c.key == key)
