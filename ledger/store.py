"""The ledger as the rest of the hub sees it: one object with a part per concern."""

from dataclasses import dataclass
from typing import Self

from sqlalchemy import select

from domain.ports import Clock
from ledger.access import LedgerAccess
from ledger.accounts import LedgerAccounts
from ledger.amending import LedgerAmendments
from ledger.connections import LedgerConnections
from ledger.convergence import LedgerConvergence
from ledger.database import Database, connect
from ledger.erp_records import LedgerErpRecords, LedgerShipmentViews
from ledger.erp_rounds import LedgerBacklog, LedgerReadingStates
from ledger.findings import VerifyReport
from ledger.idempotency import LedgerIdempotency
from ledger.inbox import LedgerInbox
from ledger.journal import LedgerJournal
from ledger.links import LedgerLinks
from ledger.paces import LedgerPaces
from ledger.polling import LedgerPolling
from ledger.private import LedgerPrivate
from ledger.reads import LedgerReads
from ledger.rederiving import Earlier, Rederive
from ledger.registry import LedgerRegistry
from ledger.renormalisations import LedgerMappings, LedgerRenormalisations
from ledger.subscriptions import LedgerSubscriptions
from ledger.tables import counters
from ledger.unknown import LedgerUnknown
from ledger.vault import Vault
from ledger.verify import verify


@dataclass(frozen=True, slots=True)
class Ledger:
    """The durable record. Blocking: an event loop calls it through threads, which may share it."""

    database: Database
    vault: Vault
    inbox: LedgerInbox
    links: LedgerLinks
    registry: LedgerRegistry
    journal: LedgerJournal
    reads: LedgerReads
    access: LedgerAccess
    accounts: LedgerAccounts
    connections: LedgerConnections
    convergence: LedgerConvergence
    idempotency: LedgerIdempotency
    private: LedgerPrivate
    polling: LedgerPolling
    unknown: LedgerUnknown
    amendments: LedgerAmendments
    renormalisations: LedgerRenormalisations
    mappings: LedgerMappings
    subscriptions: LedgerSubscriptions
    erp_records: LedgerErpRecords
    shipment_views: LedgerShipmentViews
    reading_states: LedgerReadingStates
    backlog: LedgerBacklog
    paces: LedgerPaces

    @classmethod
    def open(cls, url: str, *, master_key: bytes | None = None, clock: Clock | None = None) -> Self:
        """Open a migrated ledger at `sqlite:///<file>` or `postgresql+psycopg://...`; connects on first use.

        Args:
            url: Where it is; `ledger.migrate.upgrade(url)` makes or updates the schema.
            master_key: 32 bytes that secrets and shipment keys are sealed with; without it they are kept plainly.
            clock: What time it is, for tests.

        Raises:
            ValueError: the URL or the key has another form.
        """
        vault = Vault(master_key)
        database = connect(url, clock)
        convergence = LedgerConvergence(database)
        inbox = LedgerInbox(database)
        private = LedgerPrivate(database, vault)
        return cls(
            database=database,
            vault=vault,
            inbox=inbox,
            links=LedgerLinks(database),
            registry=LedgerRegistry(database),
            journal=LedgerJournal(database, convergence),
            reads=LedgerReads(database),
            access=LedgerAccess(database),
            accounts=LedgerAccounts(database, vault),
            connections=LedgerConnections(database, vault),
            convergence=convergence,
            idempotency=LedgerIdempotency(database),
            private=private,
            polling=LedgerPolling(database),
            unknown=LedgerUnknown(database),
            amendments=LedgerAmendments(database, inbox),
            renormalisations=LedgerRenormalisations(database),
            mappings=LedgerMappings(database),
            subscriptions=LedgerSubscriptions(database),
            erp_records=LedgerErpRecords(database),
            shipment_views=LedgerShipmentViews(database, private),
            reading_states=LedgerReadingStates(database),
            backlog=LedgerBacklog(database),
            paces=LedgerPaces(database),
        )

    def ping(self) -> None:
        """Raise SQLAlchemy's error unless the database answers and has the hub's tables."""
        with self.database.read() as connection:
            connection.execute(select(counters).limit(1))

    def verify(
        self,
        tenant: str | None = None,
        shipment_id: str | None = None,
        *,
        rederive: Rederive | None = None,
        earlier: Earlier | None = None,
    ) -> VerifyReport:
        """Prove chains, raw bytes, facts and read model; see `ledger.verify`."""
        return verify(self.database, tenant, shipment_id, rederive=rederive, earlier=earlier)

    def close(self) -> None:
        """Close all connections; a later use opens new ones."""
        self.database.engine.dispose()
