"""Sending order systems what they missed: dead letters, and shipments behind on a connection."""

from collections.abc import Iterable

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from domain.errors import HubError
from domain.publication import Publication
from gateway.dispatch import TemporalDispatcher
from ledger.rows import DeadLetter
from ledger.store import Ledger
from worker.late import LedgerLateFacts
from worker.processes import connect_temporal, settle_down
from worker.settings import Settings
from worker.wiring import open_sinks


async def replay_letter(
    settings: Settings, ledger: Ledger, letters: Iterable[DeadLetter]
) -> list[tuple[DeadLetter, str]]:
    """Send each letter again and return what became of it.

    A running shipment pushes by itself, everything since the last acknowledged revision; for one that has ended, the
    letter's own content goes out.
    """
    client = await connect_temporal(settings)
    outcomes = []
    try:
        for letter in letters:
            ledger.convergence.replayed(letter.letter_id)
            publication = letter.publication
            if await _nudge(
                _dispatcher(ledger, client), publication.tenant, publication.shipment_id, publication.connection
            ):
                outcomes.append((letter, "the shipment was told to push now"))
            else:
                outcomes.append((letter, await _push(settings, ledger, publication)))
    finally:
        await settle_down()
    return outcomes


async def nudge_divergent(settings: Settings, ledger: Ledger, tenant: str, connection: str) -> int:
    """Make every running shipment that is behind on the connection push now; return how many."""
    behind = [row for row in ledger.convergence.status(tenant).divergent if row.connection == connection]
    if not behind:
        return 0
    client = await connect_temporal(settings)
    try:
        dispatcher = _dispatcher(ledger, client)
        return sum([await _nudge(dispatcher, tenant, row.shipment_id, connection) for row in behind])
    finally:
        await settle_down()


def _dispatcher(ledger: Ledger, client: Client) -> TemporalDispatcher:
    return TemporalDispatcher(client, ledger.registry, LedgerLateFacts(ledger))


async def _nudge(dispatcher: TemporalDispatcher, tenant: str, shipment_id: str, connection: str) -> bool:
    try:
        await dispatcher.nudge(tenant, shipment_id, connection)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return True


async def _push(settings: Settings, ledger: Ledger, publication: Publication) -> str:
    async with open_sinks(settings, ledger) as sinks:
        try:
            result = await sinks.sink(publication.tenant, publication.connection).push(publication)
        except HubError as error:
            return f"{error.code}: {error}"
    ledger.journal.acked(publication, result)
    return result.outcome
