"""A process that pushes through a connection of a ledger: `python -m tests.integration.paced_pusher URL NAME COUNT`."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta

from connectors.connections import ConnectionSinks
from connectors.egress import EgressPolicy
from connectors.http import PartnerHttp
from domain.errors import PostponedError
from domain.publication import ChangeKind, Publication, StatusChange
from domain.states import State
from ledger.store import Ledger
from worker.wiring import CLOCK, LedgerDirectory

AT = datetime(2026, 3, 1, tzinfo=UTC)


def publication(shipment_id: str) -> Publication:
    change = StatusChange(revision=1, kind=ChangeKind.STATUS, state=State.FIRST_MILE, recorded_at=AT)
    return Publication(tenant="acme", shipment_id=shipment_id, connection="shop", changes=(change,))


async def push(sinks: ConnectionSinks, shipment_id: str) -> None:
    """Push until it is done, as a shipment does: after the pause that it is told."""
    while True:
        try:
            await sinks.sink("acme", "shop").push(publication(shipment_id))
        except PostponedError as error:
            await asyncio.sleep((error.retry_after or timedelta()).total_seconds())
        else:
            return


async def main(url: str, name: str, count: int) -> None:
    ledger = Ledger.open(url)
    async with PartnerHttp(EgressPolicy(allow_loopback=True)) as http:
        sinks = ConnectionSinks(LedgerDirectory(ledger), http, CLOCK, paces=ledger.paces)
        await asyncio.gather(*(push(sinks, f"{name}-{index}") for index in range(count)))
    ledger.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
