"""Carrier accounts: whose webhooks come in under which name, signed with which keys, and how the carrier is called."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update
from typing_extensions import override

from domain.carriers import AccountSwitch
from domain.errors import ConflictError, NotFoundError
from ledger.database import Database
from ledger.rows import AccountStatus, CarrierAccount
from ledger.tables import accounts
from ledger.vault import Vault

_KEYS_KEPT: Final = 2  # the current one and the one before, while the carrier changes over


@dataclass(frozen=True, slots=True)
class LedgerAccounts(AccountSwitch):
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

    def set_credentials(self, account_id: str, credentials: Mapping[str, str]) -> CarrierAccount:
        """Replace the named secrets of outgoing calls and let a stopped account call again.

        The same secrets again are no new generation. Calls under way end with the secrets they began with; the next
        call takes the new ones.
        """
        with self.database.write() as connection:
            account = self._get(connection, account_id, lock=True)
            values: dict[str, Any] = {"status": AccountStatus.ACTIVE, "reason": None}
            if dict(account.credentials) != dict(credentials):
                sealed = self.vault.seal(json.dumps(dict(credentials)).encode(), _credentials_label(account_id))
                values |= {"credentials": sealed, "generation": account.generation + 1}
            self._change(connection, account_id, values)
            return self._get(connection, account_id)

    def configure(
        self,
        account_id: str,
        *,
        base_url: str | None,
        requests_per_second: float | None,
        options: Mapping[str, str],
    ) -> CarrierAccount:
        """Replace address, rate and options; None and an empty mapping mean the carrier's own."""
        values = {
            "base_url": base_url,
            "requests_per_second": requests_per_second,
            "options": json.dumps(dict(options)),
        }
        with self.database.write() as connection:
            self._get(connection, account_id, lock=True)
            self._change(connection, account_id, values)
            return self._get(connection, account_id)

    @override
    def stop(self, account: str, /, *, reason: str) -> None:
        """Stop asking through the account; the first reason stays. Raise `NotFoundError`."""
        with self.database.write() as connection:
            if self._get(connection, account, lock=True).status is AccountStatus.ACTIVE:
                self._change(connection, account, {"status": AccountStatus.STOPPED, "reason": reason})

    def resume(self, account_id: str) -> CarrierAccount:
        """Let a stopped account call again; raise `NotFoundError`."""
        with self.database.write() as connection:
            self._get(connection, account_id, lock=True)
            self._change(connection, account_id, {"status": AccountStatus.ACTIVE, "reason": None})
            return self._get(connection, account_id)

    def _change(self, connection: Connection, account_id: str, values: Mapping[str, Any]) -> None:
        connection.execute(update(accounts).where(accounts.c.account_id == account_id).values(**values))

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
            credentials=self._credentials(row),
            generation=row.generation,
            base_url=row.base_url,
            requests_per_second=row.requests_per_second,
            options=json.loads(row.options),
            status=AccountStatus(row.status),
            reason=row.reason,
        )

    def _credentials(self, row: Row[Any]) -> dict[str, str]:
        if row.credentials is None:
            return {}
        opened: dict[str, str] = json.loads(self.vault.open(row.credentials, _credentials_label(row.account_id)))
        return opened


def _label(account_id: str) -> str:
    return f"account/{account_id}"


def _credentials_label(account_id: str) -> str:
    return f"account/{account_id}/credentials"
