"""What each order system knows of each shipment, and the pushes that were given up."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, case, func, select, update

from domain.errors import NotFoundError
from domain.publication import Publication, PushResult
from ledger.database import Database, Insert, insert_into
from ledger.rows import ConvergenceReport, ConvergenceRow, DeadLetter
from ledger.tables import convergence, dead_letters


@dataclass(frozen=True, slots=True)
class LedgerConvergence:
    """The convergence table and the dead letters."""

    database: Database

    def settle(self, publication: Publication, result: PushResult) -> None:
        """Record the outcome of a push; an ack resolves the dead letters it covers, a refusal buries one.

        Revisions only grow: an outcome that arrives late or twice takes nothing back.
        """
        now = self.database.clock.now()
        sent = publication.changes[-1].revision
        acked = result.revision if result.acked else 0
        with self.database.write() as connection:
            self._upsert(connection, publication, sent=sent, acked=acked, outcome=result.outcome, now=now)
            if result.acked:
                _resolve(connection, publication, acked, now)
            else:
                self._bury(connection, publication, result.outcome, now)

    def bury(self, publication: Publication, reason: str) -> str:
        """Keep a push that was given up and return its letter's id; burying it again changes nothing."""
        with self.database.write() as connection:
            return self._bury(connection, publication, reason, self.database.clock.now())

    def status(self, tenant: str | None = None) -> ConvergenceReport:
        """Return how many pairs of shipment and connection there are, and those behind, longest first."""
        of_tenant = [convergence.c.tenant == tenant] if tenant is not None else []
        behind = (
            select(convergence)
            .where(*of_tenant, convergence.c.acked < convergence.c.wanted)
            .order_by(convergence.c.updated_at, convergence.c.shipment_id, convergence.c.connection)
        )
        with self.database.read() as connection:
            total = connection.execute(select(func.count()).select_from(convergence).where(*of_tenant)).scalar_one()
            return ConvergenceReport(total, [convergence_row(row) for row in connection.execute(behind)])

    def dead_letters(self, tenant: str | None = None, *, open_only: bool = True) -> list[DeadLetter]:
        """Return dead letters, oldest first."""
        query = select(dead_letters).order_by(dead_letters.c.created_at, dead_letters.c.letter_id)
        if tenant is not None:
            query = query.where(dead_letters.c.tenant == tenant)
        if open_only:
            query = query.where(dead_letters.c.resolved_at.is_(None))
        with self.database.read() as connection:
            return [_letter(row) for row in connection.execute(query)]

    def dead_letter(self, letter_id: str, tenant: str | None = None) -> DeadLetter:
        """Return one dead letter; raise `NotFoundError`, also for another tenant's."""
        query = select(dead_letters).where(dead_letters.c.letter_id == letter_id)
        with self.database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None or tenant not in {None, row.tenant}:
            raise NotFoundError(f"no dead letter {letter_id}", letter_id=letter_id)
        return _letter(row)

    def replayed(self, letter_id: str) -> None:
        """Note that a person has sent the letter again; only an ack resolves it."""
        with self.database.write() as connection:
            connection.execute(
                update(dead_letters)
                .where(dead_letters.c.letter_id == letter_id)
                .values(replayed_at=self.database.clock.now())
            )

    def _upsert(
        self, connection: Connection, publication: Publication, *, sent: int, acked: int, outcome: str, now: datetime
    ) -> None:
        row = {
            "tenant": publication.tenant,
            "shipment_id": publication.shipment_id,
            "connection": publication.connection,
            "wanted": sent,
            "sent": sent,
            "acked": acked,
            "outcome": outcome,
            "updated_at": now,
        }
        connection.execute(_settling(self.database.engine.dialect.name), row)

    def _bury(self, connection: Connection, publication: Publication, reason: str, now: datetime) -> str:
        row = {
            "letter_id": letter_id(publication),
            "tenant": publication.tenant,
            "shipment_id": publication.shipment_id,
            "connection": publication.connection,
            "revision": publication.changes[-1].revision,
            "message_id": publication.message_id,
            "publication": publication.model_dump_json(),
            "reason": reason,
            "created_at": now,
            # A push can fail late, after another attempt has got through.
            "resolved_at": now if _acked(connection, publication) else None,
        }
        self.database.insert_new(connection, dead_letters, [row])
        return str(row["letter_id"])


def letter_id(publication: Publication) -> str:
    """Return the id of the letter that this push would become: one per connection and message."""
    text = f"{publication.connection}\x1f{publication.message_id}"
    return "d_" + blake2b(text.encode(), digest_size=10).hexdigest()


def convergence_row(row: Row[Any]) -> ConvergenceRow:
    """Return a row of `convergence`."""
    return ConvergenceRow(**row._mapping)  # noqa: SLF001 - the documented way to a row's names


def _larger(left: Any, right: Any) -> Any:
    return case((left > right, left), else_=right)


@cache
def _settling(dialect: str) -> Insert:
    insert = insert_into(convergence, dialect)
    of = convergence.c
    grown = {name: _larger(of[name], insert.excluded[name]) for name in ("wanted", "sent", "acked")}
    # The outcome of an older push must not hide that of a newer one.
    said = case((insert.excluded.sent >= of.sent, insert.excluded.outcome), else_=of.outcome)
    return insert.on_conflict_do_update(
        index_elements=["tenant", "shipment_id", "connection"],
        set_={**grown, "outcome": said, "updated_at": insert.excluded.updated_at},
    )


_RESOLVE: Final = (
    update(dead_letters)
    .where(
        dead_letters.c.tenant == bindparam("of_tenant"),
        dead_letters.c.shipment_id == bindparam("of_shipment"),
        dead_letters.c.connection == bindparam("of_connection"),
        dead_letters.c.revision <= bindparam("up_to"),
        dead_letters.c.resolved_at.is_(None),
    )
    .values(resolved_at=bindparam("now"))
)


def _resolve(connection: Connection, publication: Publication, revision: int, now: datetime) -> None:
    these = {
        "of_tenant": publication.tenant,
        "of_shipment": publication.shipment_id,
        "of_connection": publication.connection,
        "up_to": revision,
    }
    connection.execute(_RESOLVE, {**these, "now": now})


def _acked(connection: Connection, publication: Publication) -> bool:
    query = select(convergence.c.acked).where(
        convergence.c.tenant == publication.tenant,
        convergence.c.shipment_id == publication.shipment_id,
        convergence.c.connection == publication.connection,
    )
    return (connection.execute(query).scalar() or 0) >= publication.changes[-1].revision


def _letter(row: Row[Any]) -> DeadLetter:
    return DeadLetter(
        letter_id=row.letter_id,
        publication=Publication.model_validate_json(row.publication),
        message_id=row.message_id,
        reason=row.reason,
        created_at=row.created_at,
        replayed_at=row.replayed_at,
        resolved_at=row.resolved_at,
    )
