"""API keys. Only a digest of a random secret is kept, so the ledger cannot give a token away."""

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Row, select, update

from domain.errors import NotFoundError
from ledger.database import Database
from ledger.rows import ApiKey, Scope
from ledger.tables import api_keys

_PREFIX: Final = "mp"
_NOTE_USE_EVERY: Final = timedelta(minutes=1)  # a write per request would cost more than the request
_NOBODY: Final = sha256(b"nobody").hexdigest()


@dataclass(frozen=True, slots=True)
class LedgerAccess:
    """Issues, checks and revokes tokens of the form `mp_<key id>_<secret>`."""

    database: Database

    def create(self, tenant: str, scopes: Iterable[Scope | str], label: str) -> tuple[ApiKey, str]:
        """Return the new key and its token, which is shown this once; raise `ValueError` for an unknown scope."""
        wanted = frozenset(Scope(scope) for scope in scopes)
        key_id, secret = secrets.token_hex(6), secrets.token_hex(32)
        now = self.database.clock.now()
        row = {
            "key_id": key_id,
            "tenant": tenant,
            "digest": _digest(secret),
            "scopes": " ".join(sorted(wanted)),
            "label": label,
            "created_at": now,
        }
        with self.database.write() as connection:
            connection.execute(api_keys.insert(), row)
        return ApiKey(key_id, tenant, wanted, label, now), f"{_PREFIX}_{key_id}_{secret}"

    def authenticate(self, token: str) -> ApiKey | None:
        """Return whom the token stands for; None when it is unknown, revoked or no token at all."""
        prefix, _, rest = token.partition("_")
        key_id, _, secret = rest.partition("_")
        with self.database.read() as connection:
            row = connection.execute(select(api_keys).where(api_keys.c.key_id == key_id[:32])).one_or_none()
        # Compared in every case: the time taken must not tell whether a key id exists.
        is_right = hmac.compare_digest(_digest(secret), _NOBODY if row is None else row.digest)
        if row is None or not is_right or prefix != _PREFIX or row.revoked_at is not None:
            return None
        self._note_use(row)
        return _key(row)

    def list(self, tenant: str | None = None) -> tuple[ApiKey, ...]:
        """Return keys, revoked ones too, oldest first."""
        query = select(api_keys).order_by(api_keys.c.created_at, api_keys.c.key_id)
        with self.database.read() as connection:
            rows = connection.execute(query if tenant is None else query.where(api_keys.c.tenant == tenant))
            return tuple(_key(row) for row in rows)

    def revoke(self, key_id: str, tenant: str | None = None) -> None:
        """Stop a key for good; repeating it keeps the first time.

        Raises:
            NotFoundError: there is no such key, or it is not the tenant's.
        """
        of_this = [api_keys.c.key_id == key_id]
        if tenant is not None:
            of_this.append(api_keys.c.tenant == tenant)
        with self.database.write() as connection:
            if connection.execute(select(api_keys.c.key_id).where(*of_this)).scalar() is None:
                raise NotFoundError(f"no API key {key_id}", key_id=key_id)
            connection.execute(
                update(api_keys)
                .where(*of_this, api_keys.c.revoked_at.is_(None))
                .values(revoked_at=self.database.clock.now())
            )

    def _note_use(self, row: Row[Any]) -> None:
        now = self.database.clock.now()
        if row.last_used_at is not None and now - row.last_used_at < _NOTE_USE_EVERY:
            return
        with self.database.write() as connection:
            connection.execute(update(api_keys).where(api_keys.c.key_id == row.key_id).values(last_used_at=now))


def _digest(secret: str) -> str:
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        key_id=row.key_id,
        tenant=row.tenant,
        scopes=frozenset(Scope(scope) for scope in row.scopes.split()),
        label=row.label,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )
