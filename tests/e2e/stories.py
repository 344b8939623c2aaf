"""The journey of the tests: held by customs, resolved, rerouted to a locker, collected; under a number of its own."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from domain.shipments import Leg, ServiceLevels, ShipmentPlan
from tests.e2e.conftest import LEVELS, TENANT, RunningHub, Seller
from worker.demo.cast import LASTS, cast
from worker.demo.dialects import Parcel
from worker.demo.story import Episode

WANTED = [
    "FIRST_MILE",
    "EXPORT",
    "LINEHAUL",
    "IMPORT_CUSTOMS",
    "CUSTOMS_HOLD",
    "RESOLVED",
    "REROUTED",
    "OUT_FOR_DELIVERY",
    "AVAILABLE_FOR_PICKUP",
    "DELIVERED",
]
"""What the order system must hold in the end."""

KNOWN = {1: 1, 2: 2, 3: 4, 4: 5, 5: 6, 6: 7, 7: 9, 8: 10}
"""How many of them it knows after each round of webhooks."""


def story(**changes: object) -> Episode:
    """Return the journey; `changes` are to its one track."""
    episode = cast(datetime.now(UTC).date() - LASTS)[0]
    track = episode.tracks[0]
    parcel = Parcel(f"003404341{uuid4().int % 10**11:011}", track.parcel.origin, track.parcel.destination)
    return replace(episode, shipment_id=f"E-{uuid4().hex[:10]}", tracks=(replace(track, parcel=parcel, **changes),))


async def register(seller: Seller, episode: Episode) -> None:
    track = episode.tracks[0]
    leg = {"carrier": track.dialect, "tracking_number": track.parcel.number, "role": "WHOLE"}
    await seller.register(episode.shipment_id, leg, way=(episode.origin, episode.destination))


async def register_brief(hub: RunningHub, seller: Seller, episode: Episode) -> None:
    """Register a shipment whose workflow ends a second after its delivery; the API allows a minute at the least."""
    track = episode.tracks[0]
    plan = ShipmentPlan(
        tenant=TENANT,
        shipment_id=episode.shipment_id,
        reference=f"ORDER-{episode.shipment_id}",
        origin_country=episode.origin,
        destination_country=episode.destination,
        legs=(Leg(carrier=track.dialect, tracking_number=track.parcel.number),),
        connections=(seller.connection,),
        levels=ServiceLevels.model_validate(LEVELS | {"ending_grace": "PT1S"}),
    )
    await asyncio.to_thread(hub.ledger.registry.register, plan)


async def report(seller: Seller, episode: Episode, waves: Sequence[int]) -> None:
    for wave in waves:
        await seller.carriers.report(episode, wave, rng=random.Random(1))  # noqa: S311 - shuffles, guards nothing
