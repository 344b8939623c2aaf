"""Which plans were approved, and whether they are done; mappings as they were when they read something."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, update

from ledger.database import Database
from ledger.reading_tables import kept_mappings, renormalisation_items, renormalisations

_CHUNK: Final = 1_000


@dataclass(frozen=True, slots=True)
class ApprovedPlan:
    """A plan that somebody approved; without `finished_at` it is still to be done, or was interrupted."""

    digest: str
    dialect: str
    mapping_version: str
    items: int
    shipments: int
    approved_at: datetime
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LedgerRenormalisations:
    """Approved plans by their digest, each with the hashes of what it may do."""

    database: Database

    def approve(self, plan: ApprovedPlan, items: Iterable[str]) -> ApprovedPlan:
        """Remember that the plan may be done; repeating it changes nothing. Return it as it is remembered."""
        with self.database.write() as connection:
            row = {name: getattr(plan, name) for name in ApprovedPlan.__dataclass_fields__}
            self.database.insert_new(connection, renormalisations, [row])
            chunk: list[dict[str, str]] = []
            for item in items:
                chunk.append({"digest": plan.digest, "item": item})
                if len(chunk) == _CHUNK:
                    self.database.insert_new(connection, renormalisation_items, chunk)
                    chunk = []
            self.database.insert_new(connection, renormalisation_items, chunk)
        return self.get(plan.digest) or plan

    def get(self, digest: str) -> ApprovedPlan | None:
        """Return an approved plan."""
        query = select(renormalisations).where(renormalisations.c.digest == digest)
        with self.database.read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else ApprovedPlan(**row)

    def list(self) -> list[ApprovedPlan]:
        """Return every approved plan, latest first."""
        query = select(renormalisations).order_by(renormalisations.c.approved_at.desc(), renormalisations.c.digest)
        with self.database.read() as connection:
            return [ApprovedPlan(**row) for row in connection.execute(query).mappings()]

    def allowed(self, digest: str, items: Iterable[str]) -> set[str]:
        """Return which of the items the plan may do."""
        of = renormalisation_items.c
        query = select(of.item).where(of.digest == digest, of.item.in_(sorted(items)))
        with self.database.read() as connection:
            return set(connection.execute(query).scalars())

    def finish(self, digest: str) -> None:
        """Mark the plan as done; what it was allowed to do is forgotten."""
        with self.database.write() as connection:
            connection.execute(
                update(renormalisations)
                .where(renormalisations.c.digest == digest, renormalisations.c.finished_at.is_(None))
                .values(finished_at=self.database.clock.now())
            )
            connection.execute(delete(renormalisation_items).where(renormalisation_items.c.digest == digest))


@dataclass(frozen=True, slots=True)
class LedgerMappings:
    """Mappings by version, as JSON: a fact can be derived again by the mapping that read it, whatever came after."""

    database: Database

    def keep(self, dialect: str, version: str, body: bytes) -> bool:
        """Keep a mapping; return False when it was kept before."""
        if self.get(dialect, version) is not None:
            return False
        row = {"dialect": dialect, "version": version, "body": body, "kept_at": self.database.clock.now()}
        with self.database.write() as connection:
            self.database.insert_new(connection, kept_mappings, [row])
        return True

    def get(self, dialect: str, version: str) -> bytes | None:
        """Return a kept mapping."""
        of = kept_mappings.c
        with self.database.read() as connection:
            return connection.execute(select(of.body).where(of.dialect == dialect, of.version == version)).scalar()
