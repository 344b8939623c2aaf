"""Writing what a shipment decided into the ledger."""

from dataclasses import dataclass

from temporalio import activity

from domain.audit import LedgerCommit
from domain.ports import Journal


@dataclass(frozen=True, slots=True)
class JournalActivities:
    """The journal's work, bound to the ledger the worker was given."""

    journal: Journal

    @activity.defn(name="journal.commit")
    def commit(self, commit: LedgerCommit) -> None:
        """Append one wake's entries and changes and replace the snapshot; blocks, so it runs in the thread pool."""
        self.journal.commit(commit)
