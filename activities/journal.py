"""Writing what a shipment decided into the ledger, and telling order systems of it."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pydantic import BaseModel
from temporalio import activity

from activities.publishing import PublishingActivities, PushOutcome
from domain.audit import LedgerCommit
from domain.facts import FROZEN
from domain.ports import Journal
from domain.publication import Publication

GATHER: Final = timedelta(milliseconds=75)
"""Lets messages that are sent one by one share a wake, for a delay that nobody notices."""


class Wake(BaseModel):
    """One wake of a shipment: what to write, then whom to tell."""

    model_config = FROZEN

    commit: LedgerCommit
    publications: tuple[Publication, ...] = ()


class Told(BaseModel):
    """What became of the quick pushes of one wake, in the order of the publications."""

    model_config = FROZEN

    outcomes: tuple[PushOutcome, ...] = ()


@dataclass(frozen=True, slots=True)
class JournalActivities:
    """The journal's work, bound to the ledger and the pushes the worker was given.

    `gather` is how long a local commit waits: the server keeps what comes meanwhile together for the next one.
    """

    journal: Journal
    pushes: PublishingActivities
    gather: timedelta = GATHER

    @activity.defn(name="journal.commit")
    async def commit(self, wake: Wake) -> Told:
        """Write, and only then make one quick push per connection; both may be repeated.

        One activity for both: a local activity costs the worker more than what it does here.
        """
        if activity.info().is_local:
            await asyncio.sleep(self.gather.total_seconds())
        await self.pushes.blocking(lambda: self.journal.commit(wake.commit))
        attempts = (self.pushes.push_at_once(publication) for publication in wake.publications)
        return Told(outcomes=tuple(await asyncio.gather(*attempts)))
