"""Personal data, encrypted per shipment: without the shipment's key it is noise, and the key can be thrown away.

The audit chain holds references only, so it verifies before and after an erasure.
"""

import hmac
import json
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, and_, delete, select, update

from domain.errors import ConflictError, NotFoundError
from ledger.database import Database
from ledger.tables import private_data, private_keys
from ledger.vault import KEY_BYTES, Vault, decrypt, encrypt


@dataclass(frozen=True, slots=True)
class LedgerPrivate:
    """Personal data of shipments. The shipment need not be registered (yet)."""

    database: Database
    vault: Vault

    def put(self, tenant: str, shipment_id: str, kind: str, data: dict[str, Any]) -> str:
        """Keep data and return its reference, which says nothing about it; the same data gets the same reference.

        Raises:
            ConflictError: the shipment's personal data was erased.
        """
        text = json.dumps(data, sort_keys=True, separators=(",", ":")).encode()
        with self.database.write() as connection:
            key = self._key(connection, tenant, shipment_id)
            ref = "p_" + hmac.new(key, kind.encode() + b"\x00" + text, sha256).hexdigest()[:32]
            row = {
                "tenant": tenant,
                "shipment_id": shipment_id,
                "ref": ref,
                "kind": kind,
                "ciphertext": encrypt(key, text, _label(tenant, shipment_id, ref)),
                "created_at": self.database.clock.now(),
            }
            self.database.insert_new(connection, private_data, [row])
        return ref

    def get(self, tenant: str, shipment_id: str, ref: str) -> dict[str, Any]:
        """Return the data; raise `NotFoundError` when there is none or it was erased."""
        query = (
            select(private_data.c.ciphertext, private_keys.c.sealed_key)
            .join(
                private_keys,
                and_(
                    private_keys.c.tenant == private_data.c.tenant,
                    private_keys.c.shipment_id == private_data.c.shipment_id,
                ),
            )
            .where(
                private_data.c.tenant == tenant,
                private_data.c.shipment_id == shipment_id,
                private_data.c.ref == ref,
            )
        )
        with self.database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None or row.sealed_key is None:
            raise NotFoundError("no such personal data, or erased", shipment_id=shipment_id, ref=ref)
        key = self.vault.open(bytes(row.sealed_key), _key_label(tenant, shipment_id))
        data: dict[str, Any] = json.loads(decrypt(key, bytes(row.ciphertext), _label(tenant, shipment_id, ref)))
        return data

    def erase(self, tenant: str, shipment_id: str) -> int:
        """Throw the shipment's key and data away for good; return how many pieces there were."""
        of_data = and_(private_data.c.tenant == tenant, private_data.c.shipment_id == shipment_id)
        with self.database.write() as connection:
            # The row is made when it is missing: late data must not slip in after the erasure.
            row = {"tenant": tenant, "shipment_id": shipment_id, "created_at": self.database.clock.now()}
            self.database.insert_new(connection, private_keys, [row])
            connection.execute(
                update(private_keys)
                .where(_is(tenant, shipment_id), private_keys.c.erased_at.is_(None))
                .values(sealed_key=None, erased_at=self.database.clock.now())
            )
            erased = connection.execute(delete(private_data).where(of_data)).rowcount
        self._shred()
        return erased

    def _key(self, connection: Connection, tenant: str, shipment_id: str) -> bytes:
        fresh = self.vault.seal(secrets.token_bytes(KEY_BYTES), _key_label(tenant, shipment_id))
        row = {
            "tenant": tenant,
            "shipment_id": shipment_id,
            "sealed_key": fresh,
            "created_at": self.database.clock.now(),
        }
        self.database.insert_new(connection, private_keys, [row])
        query = select(private_keys.c.sealed_key).where(_is(tenant, shipment_id)).with_for_update(read=True)
        sealed = connection.execute(query).scalar_one()
        if sealed is None:
            raise ConflictError("the personal data of this shipment was erased", shipment_id=shipment_id)
        return self.vault.open(bytes(sealed), _key_label(tenant, shipment_id))

    def _shred(self) -> None:
        """Empty SQLite's write-ahead log, where the old pages would otherwise stay readable for a while."""
        if self.database.is_postgres:
            return
        with self.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _is(tenant: str, shipment_id: str) -> Any:
    return and_(private_keys.c.tenant == tenant, private_keys.c.shipment_id == shipment_id)


def _label(tenant: str, shipment_id: str, ref: str) -> str:
    return f"private/{tenant}/{shipment_id}/{ref}"


def _key_label(tenant: str, shipment_id: str) -> str:
    return f"private-key/{tenant}/{shipment_id}"
