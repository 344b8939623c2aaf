"""Sending order systems what they missed: dead letters, and shipments behind on a connection.

A shipment that runs pushes by itself, everything since the last acknowledged revision. For one that has ended nobody
else does, so it is done here, from the ledger: the same changes, in the same order, under the same ids.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from temporalio.service import RPCError, RPCStatusCode

from domain.errors import EndpointGoneError, HubError
from domain.ports import StatusSinks
from domain.publication import Publication, PushResult
from gateway.dispatch import TemporalDispatcher
from ledger.rows import ConnectionStatus, ConvergenceRow, DeadLetter
from ledger.store import Ledger
from worker.late import LedgerLateFacts
from worker.processes import connect_temporal, settle_down
from worker.settings import Settings
from worker.wiring import open_sinks

TOLD: Final = "the shipment was told to push now"
KNOWN: Final = "the order system knows it already"


@dataclass(frozen=True, slots=True)
class Resent:
    """What became of one shipment on one connection; `is_ok` is False when the order system still misses something."""

    shipment_id: str
    connection: str
    is_ok: bool
    outcome: str


async def replay_letters(
    settings: Settings, ledger: Ledger, letters: Iterable[DeadLetter]
) -> list[tuple[DeadLetter, Resent]]:
    """Send each letter again, oldest first, and return what became of it."""
    outcomes = []
    asked = list(letters)
    for key in {(one.publication.tenant, one.publication.connection) for one in asked}:
        ledger.paces.forgive(*key)
    async with _resender(settings, ledger) as resender:
        for letter in asked:
            publication = letter.publication
            row = _row(ledger, publication)
            ledger.convergence.replayed(letter.letter_id)
            outcomes.append((letter, await resender.resend(row, up_to=publication.changes[-1].revision)))
    return outcomes


async def resend_divergent(settings: Settings, ledger: Ledger, tenant: str, connection: str) -> list[Resent]:
    """Send every shipment that is behind on the connection what it misses; return what became of each."""
    behind = [row for row in ledger.convergence.status(tenant).divergent if row.connection == connection]
    if not behind:
        return []
    ledger.paces.forgive(tenant, connection)
    async with _resender(settings, ledger) as resender:
        return [await resender.resend(row, up_to=row.wanted) for row in behind]


@asynccontextmanager
async def _resender(settings: Settings, ledger: Ledger) -> AsyncIterator["_Resender"]:
    client = await connect_temporal(settings)
    try:
        async with open_sinks(settings, ledger) as sinks:
            dispatcher = TemporalDispatcher(client, ledger.registry, LedgerLateFacts(ledger), ledger.journal)
            yield _Resender(ledger, dispatcher, sinks)
    finally:
        await settle_down()


def _row(ledger: Ledger, publication: Publication) -> ConvergenceRow:
    rows = ledger.reads.shipment(publication.tenant, publication.shipment_id).convergence
    return next(row for row in rows if row.connection == publication.connection)


@dataclass(slots=True)
class _Resender:
    """Leaves an order system alone for the rest of the command once it has said that it cannot take more now."""

    ledger: Ledger
    dispatcher: TemporalDispatcher
    sinks: StatusSinks
    _busy: dict[tuple[str, str], str] = field(default_factory=dict)
    _told: set[tuple[str, str, str]] = field(default_factory=set)

    async def resend(self, row: ConvergenceRow, *, up_to: int) -> Resent:
        """Have the changes after the last acknowledged one sent, as far as that revision."""
        connection = self.ledger.connections.get(row.tenant, row.connection)
        if connection.status is not ConnectionStatus.ACTIVE:
            return _failed(row, f"not sent: the connection is off; `milepost erp enable {row.connection}`")
        if row.acked >= up_to:
            return Resent(row.shipment_id, row.connection, True, KNOWN)
        if await self._nudge(row):
            return Resent(row.shipment_id, row.connection, True, TOLD)
        reason = self._busy.get((row.tenant, row.connection))
        return _failed(row, f"not sent: {reason}") if reason else await self._push(row, up_to)

    async def _nudge(self, row: ConvergenceRow) -> bool:
        this = (row.tenant, row.shipment_id, row.connection)
        if this in self._told:
            # A second word would only break off the push that the first one began.
            return True
        try:
            await self.dispatcher.nudge(row.tenant, row.shipment_id, row.connection)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        self._told.add(this)
        return True

    async def _push(self, row: ConvergenceRow, up_to: int) -> Resent:
        publication = self._publication(row, up_to)
        try:
            result = await self.sinks.sink(row.tenant, row.connection).push(publication)
        except HubError as error:
            return self._refused(row, publication, error)
        self.ledger.journal.acked(publication, result)
        return Resent(row.shipment_id, row.connection, True, result.outcome)

    def _publication(self, row: ConvergenceRow, up_to: int) -> Publication:
        plan = self.ledger.registry.plan(row.tenant, row.shipment_id)
        told = self.ledger.reads.told(row.tenant, row.shipment_id, after=row.acked, up_to=up_to)
        return Publication(
            tenant=row.tenant,
            shipment_id=row.shipment_id,
            connection=row.connection,
            reference=plan.reference,
            tracking_numbers=tuple(leg.tracking_number for leg in plan.legs),
            changes=told,
        )

    def _refused(self, row: ConvergenceRow, publication: Publication, error: HubError) -> Resent:
        reason = f"{error.code}: {error}"
        if error.retry_after is not None:
            reason += f"; it asks to wait {error.retry_after.total_seconds():.0f} s"
        if isinstance(error, EndpointGoneError):
            self.ledger.connections.disable(row.tenant, row.connection, reason=error.code)
        elif error.retryable:
            self._busy[row.tenant, row.connection] = reason
        letter = self.ledger.convergence.bury(publication, reason)
        revision = publication.changes[-1].revision
        result = PushResult(acked=False, revision=revision, outcome=error.code, dead_letter=letter)
        self.ledger.journal.acked(publication, result)
        return _failed(row, reason)


def _failed(row: ConvergenceRow, outcome: str) -> Resent:
    return Resent(row.shipment_id, row.connection, False, outcome)
