"""A Tryton to try the hub with, and a clerk for it: `python -m bench.erp.trial serve|order|label|notes`.

`serve` (`make erp-shop`) installs Tryton once, starts it on a copy of a small shop's database, and ends with Ctrl-C.
The other commands do what its clerk would do in Tryton's own client.
"""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
from pathlib import Path
from typing import Final

from bench.erp.carrier import JOURNEY, webhook
from connectors.erps.tryton.client import TrytonClient
from connectors.erps.tryton.shipments import Shipments
from tests.erp.tryton.clerk import SHIPMENT, Clerk
from tests.erp.tryton.installation import Installation, installation
from tests.erp.tryton.people import CLERK, HUB, client_of, partner_http
from tests.erp.tryton.server import TrytonServer

PORT: Final = 8123


def serve(port: int) -> None:
    """Run the shop until it is interrupted."""
    with tempfile.TemporaryDirectory(prefix="milepost-tryton-") as directory:
        server = TrytonServer(installation(), Path(directory), port=port)
        server.prepare()
        server.start()
        print(
            f"Tryton 8.0 at {server.url}; the hub's user there: {HUB[0]}, password {HUB[1]}; Ctrl-C ends it", flush=True
        )
        # Waiting for a signal needs it blocked: otherwise it ends this process, and Tryton lives on.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        try:
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
        finally:
            server.stop()


async def order(clerk: Clerk) -> None:
    """Enter and confirm an order."""
    shipment = await clerk.order()
    print(f"order {shipment.order_reference}: shipment {shipment.number}")


async def label(clerk: Clerk, number: str, tracking_number: str) -> None:
    """Pack a shipment and enter the carrier's number."""
    (shipment,) = await Shipments(clerk.client).called(number)
    await clerk.pack(shipment)
    await clerk.client.call(f"{SHIPMENT}.write", [shipment.id], {"shipping_reference": tracking_number})
    print(f"shipment {number} is packed; its label says {tracking_number}")


async def notes(clerk: Clerk, number: str) -> None:
    """Show what stands beside a shipment."""
    (shipment,) = await Shipments(clerk.client).called(number)
    domain = [["resource", "=", shipment.record]]
    rows = await clerk.client.call("model.ir.note.search_read", domain, 0, None, [["id", "ASC"]], ["message"])
    print(f"shipment {number} is {shipment.state}")
    print("\n".join(row["message"] for row in rows))


async def _act(options: argparse.Namespace, place: Installation) -> None:
    async with partner_http() as http:
        client: TrytonClient = client_of(TrytonServer(place, Path(), port=options.port), http, CLERK)
        clerk = Clerk(client, place.seeded)
        if options.what == "order":
            await order(clerk)
        elif options.what == "label":
            await label(clerk, options.number, options.tracking_number)
        else:
            await notes(clerk, options.number)


def main() -> None:
    """Do what was asked."""
    parser = argparse.ArgumentParser(prog="python -m bench.erp.trial", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT)
    what = parser.add_subparsers(dest="what", required=True)
    what.add_parser("serve", help="run the shop until Ctrl-C")
    what.add_parser("order", help="enter and confirm an order")
    labelled = what.add_parser("label", help="pack a shipment and enter the carrier's number")
    labelled.add_argument("number")
    labelled.add_argument("tracking_number")
    what.add_parser("notes", help="show the notes beside a shipment").add_argument("number")
    told = what.add_parser("carrier", help="print what a carrier would report of a number by now")
    told.add_argument("tracking_number")
    told.add_argument("--steps", type=int, default=len(JOURNEY), help=f"1 to {len(JOURNEY)}: label to delivery")
    options = parser.parse_args()
    if options.what == "serve":
        serve(options.port)
    elif options.what == "carrier":
        print(json.dumps(json.loads(webhook(options.tracking_number, range(options.steps))), indent=1))
    else:
        asyncio.run(_act(options, installation()))


if __name__ == "__main__":
    sys.exit(main())
