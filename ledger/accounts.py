"""Carrier accounts: whose webhooks come in under which name, in which dialect, signed with which keys."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from domain.errors import ConflictError, NotFoundError
from ledger.database import Database
from ledger.rows import CarrierAccount
from ledger.tables import accounts
from ledger.vault import Vault

_KEYS_KEPT: Final = 2  # the current one and the one before, while the carrier changes over


@dataclass(frozen=True, slots=True)
class LedgerAccounts:
    """Carrier accounts; an account id is unique over all tenants, because webhook addresses carry nothing else."""

    database: Database
    vault: Vault

    def add(self, account_id: str, tenant: str, dialect: str, *, signing_keys: Iterable[str] = ()) -> CarrierAccount:
        """Add an account; repeating it changes nothing.

        Raises:
            ConflictError: the id belongs to another tenant or dialect.
        """
        row = {
            "account_id": account_id,
            "tenant": tenant,
            "dialect": dialect,
            "secrets": self.vault.seal_texts(list(signing_keys)[:_KEYS_KEPT], _label(account_id)),
            "created_at": self.database.clock.now(),
        }
        with self.database.write() as connection:
            self.database.insert_new(connection, accounts, [row])
            account = self._get(connection, account_id)
        if (account.tenant, account.dialect) != (tenant, dialect):
            raise ConflictError(f"carrier account {account_id} is taken", account_id=account_id)
        return account

    def get(self, account_id: str) -> CarrierAccount:
        """Return the account; raise `NotFoundError`."""
        with self.database.read() as connection:
            return self._get(connection, account_id)

    def list(self, tenant: str | None = None) -> tuple[CarrierAccount, ...]:
        """Return accounts by id."""
        query = select(accounts).order_by(accounts.c.account_id)
        with self.database.read() as connection:
            rows = connection.execute(query if tenant is None else query.where(accounts.c.tenant == tenant))
            return tuple(self._account(row) for row in rows)

    def rotate(self, account_id: str, signing_key: str) -> CarrierAccount:
        """Put a new signing key first and keep the one before; repeating it changes nothing."""
        with self.database.write() as connection:
            account = self._get(connection, account_id, lock=True)
            if account.signing_keys[:1] != (signing_key,):
                keys = (signing_key, *account.signing_keys)[:_KEYS_KEPT]
                values = {
                    "secrets": self.vault.seal_texts(keys, _label(account_id)),
                    "rotated_at": self.database.clock.now(),
                }
                connection.execute(update(accounts).where(accounts.c.account_id == account_id).values(values))
            return self._get(connection, account_id)

    def _get(self, connection: Connection, account_id: str, *, lock: bool = False) -> CarrierAccount:
        query = select(accounts).where(accounts.c.account_id == account_id)
        row = connection.execute(query.with_for_update() if lock else query).one_or_none()
        if row is None:
            raise NotFoundError(f"no carrier account {account_id}", account_id=account_id)
        return self._account(row)

    def _account(self, row: Row[Any]) -> CarrierAccount:
        return CarrierAccount(
            account_id=row.account_id,
            tenant=row.tenant,
            dialect=row.dialect,
            created_at=row.created_at,
            rotated_at=row.rotated_at,
            signing_keys=self.vault.open_texts(row.secrets, _label(row.account_id)),
        )


def _label(account_id: str) -> str:
    return f"account/{account_id}"
