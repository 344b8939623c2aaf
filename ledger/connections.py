"""Connections to order systems: where status updates go, signed with which secrets, and whether they go at all."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection as Open
from sqlalchemy import Row, and_, select, update

from domain.errors import ConflictError, NotFoundError
from ledger.database import Database
from ledger.rows import Connection, ConnectionStatus
from ledger.tables import connections
from ledger.vault import Vault

_SECRETS_KEPT: Final = 2


@dataclass(frozen=True, slots=True)
class LedgerConnections:
    """ERP connections of all tenants."""

    database: Database
    vault: Vault

    def add(self, tenant: str, connection_id: str, kind: str, url: str, *, secrets: Iterable[str] = ()) -> Connection:
        """Add a connection; repeating it changes nothing.

        Raises:
            ConflictError: the id is there with another kind or address.
        """
        row = {
            "tenant": tenant,
            "connection_id": connection_id,
            "kind": kind,
            "url": url,
            "secrets": self.vault.seal_texts(list(secrets)[:_SECRETS_KEPT], _label(tenant, connection_id)),
            "status": ConnectionStatus.ACTIVE,
            "created_at": self.database.clock.now(),
        }
        with self.database.write() as connection:
            self.database.insert_new(connection, connections, [row])
            known = self._get(connection, tenant, connection_id)
        if (known.kind, known.url) != (kind, url):
            raise ConflictError(f"connection {connection_id} is there with other content", connection=connection_id)
        return known

    def get(self, tenant: str, connection_id: str) -> Connection:
        """Return the connection; raise `NotFoundError`."""
        with self.database.read() as connection:
            return self._get(connection, tenant, connection_id)

    def list(self, tenant: str | None = None) -> tuple[Connection, ...]:
        """Return connections by tenant and id."""
        query = select(connections).order_by(connections.c.tenant, connections.c.connection_id)
        with self.database.read() as connection:
            rows = connection.execute(query if tenant is None else query.where(connections.c.tenant == tenant))
            return tuple(self._connection(row) for row in rows)

    def enable(self, tenant: str, connection_id: str) -> None:
        """Let pushes go out again; raise `NotFoundError`."""
        self._change(tenant, connection_id, {"status": ConnectionStatus.ACTIVE, "reason": None})

    def disable(self, tenant: str, connection_id: str, *, reason: str) -> None:
        """Stop pushes until a person enables the connection; raise `NotFoundError`."""
        self._change(tenant, connection_id, {"status": ConnectionStatus.DISABLED, "reason": reason})

    def rotate(self, tenant: str, connection_id: str, secret: str) -> Connection:
        """Put a new secret first and keep the one before; repeating it changes nothing."""
        with self.database.write() as connection:
            known = self._get(connection, tenant, connection_id, lock=True)
            if known.secrets[:1] != (secret,):
                kept = (secret, *known.secrets)[:_SECRETS_KEPT]
                sealed = self.vault.seal_texts(kept, _label(tenant, connection_id))
                connection.execute(update(connections).where(_is(tenant, connection_id)).values(secrets=sealed))
            return self._get(connection, tenant, connection_id)

    def configure(
        self, tenant: str, connection_id: str, *, settings: Mapping[str, str], requests_per_second: float | None
    ) -> Connection:
        """Replace settings and rate; None means the kind's own rate. Raise `NotFoundError`."""
        values = {"settings": json.dumps(dict(settings)), "requests_per_second": requests_per_second}
        self._change(tenant, connection_id, values)
        return self.get(tenant, connection_id)

    def set_credentials(self, tenant: str, connection_id: str, credentials: Mapping[str, str]) -> Connection:
        """Replace the secrets with which the hub gets in; raise `NotFoundError`."""
        label = _credentials_label(tenant, connection_id)
        sealed = self.vault.seal(json.dumps(dict(credentials)).encode(), label)
        self._change(tenant, connection_id, {"credentials": sealed})
        return self.get(tenant, connection_id)

    def _change(self, tenant: str, connection_id: str, values: dict[str, Any]) -> None:
        with self.database.write() as connection:
            self._get(connection, tenant, connection_id, lock=True)
            connection.execute(update(connections).where(_is(tenant, connection_id)).values(values))

    def _get(self, connection: Open, tenant: str, connection_id: str, *, lock: bool = False) -> Connection:
        query = select(connections).where(_is(tenant, connection_id))
        row = connection.execute(query.with_for_update() if lock else query).one_or_none()
        if row is None:
            raise NotFoundError(f"no connection {connection_id}", connection=connection_id)
        return self._connection(row)

    def _connection(self, row: Row[Any]) -> Connection:
        return Connection(
            tenant=row.tenant,
            connection_id=row.connection_id,
            kind=row.kind,
            url=row.url,
            status=ConnectionStatus(row.status),
            created_at=row.created_at,
            reason=row.reason,
            secrets=self.vault.open_texts(row.secrets, _label(row.tenant, row.connection_id)),
            settings=json.loads(row.settings),
            credentials=self._credentials(row),
            requests_per_second=row.requests_per_second,
        )

    def _credentials(self, row: Row[Any]) -> dict[str, str]:
        if row.credentials is None:
            return {}
        label = _credentials_label(row.tenant, row.connection_id)
        opened: dict[str, str] = json.loads(self.vault.open(row.credentials, label))
        return opened


def _is(tenant: str, connection_id: str) -> Any:
    return and_(connections.c.tenant == tenant, connections.c.connection_id == connection_id)


def _label(tenant: str, connection_id: str) -> str:
    return f"connection/{tenant}/{connection_id}"


def _credentials_label(tenant: str, connection_id: str) -> str:
    return f"connection/{tenant}/{connection_id}/credentials"
