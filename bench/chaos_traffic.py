"""The traffic of a chaos run: registrations and one signed webhook per scan, each repeated until it is accepted."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx

from bench.chaos_scene import CONNECTION, TENANT, Scene
from worker.demo.dialects import WRITERS, Parcel, Scan

ABREAST = 24
"""Senders at one time."""

TWICE = 0.1
"""Share of webhooks that are sent a second time although they were accepted."""

STATES = (
    "FIRST_MILE",
    "LINEHAUL",
    "IMPORT_CUSTOMS",
    "CUSTOMS_HOLD",
    "RESOLVED",
    "OUT_FOR_DELIVERY",
    "DELIVERY_ATTEMPTED",
    "DELIVERED",
)
"""Where the order system must have seen each shipment after its first, second, ... milestone."""

_CODES = {
    "fedex": ("PU", "DP", "AR", "CD/50", "CC", "OD", "DE/08", "DL"),
    "17track": (
        "InTransit_PickedUp",
        "InTransit_Departure",
        "InTransit_Arrival",
        "InTransit_CustomsRequiringInformation",
        "InTransit_CustomsReleased",
        "OutForDelivery_Other",
        "DeliveryFailure_NoBody",
        "Delivered_Other",
    ),
}
_PLACES = (("Hamburg", "DE"), ("Hamburg", "DE"), *(("Toronto", "CA"),) * 6)


@dataclass(frozen=True)
class Trip:
    """One shipment of the run."""

    shipment_id: str
    dialect: str
    parcel: Parcel
    scans: tuple[Scan, ...]


@dataclass
class Traffic:
    """Sends everything; `attempts` counts tries, `sent` accepted webhooks, repeats included."""

    scene: Scene
    shipments: int
    milestones: int
    rng: random.Random
    attempts: int = 0
    sent: int = 0
    trips: list[Trip] = field(default_factory=list)

    def __post_init__(self) -> None:
        start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)
        for number in range(self.shipments):
            dialect = "fedex" if number % 2 else "17track"
            parcel = Parcel(f"CH{number:08}", "DE", "CA")
            scans = tuple(
                Scan(start + timedelta(hours=4 * place, seconds=number), code, "a scan", *_PLACES[place])
                for place, code in enumerate(_CODES[dialect][: self.milestones])
            )
            self.trips.append(Trip(f"C-{number:05}", dialect, parcel, scans))

    async def flow(self, say: Callable[[str], None]) -> None:
        """Send all trips, `ABREAST` at one time."""
        seats = asyncio.Semaphore(ABREAST)
        done = 0
        async with httpx.AsyncClient(base_url=self.scene.url, timeout=5) as http:

            async def travel(trip: Trip, rng: random.Random) -> None:
                nonlocal done
                async with seats:
                    await self._travel(http, trip, rng)
                done += 1
                if done % max(1, self.shipments // 10) == 0:
                    say(f"{done} of {self.shipments} shipments have sent everything")

            trips = [travel(trip, random.Random(self.rng.random())) for trip in self.trips]  # noqa: S311 - no secret
            await asyncio.gather(*trips)

    async def _travel(self, http: httpx.AsyncClient, trip: Trip, rng: random.Random) -> None:
        await self._register(http, trip)
        account, write = self.scene.accounts[trip.dialect], WRITERS[trip.dialect][0]
        for scan in trip.scans:
            body = write(trip.parcel, [scan])
            for _ in range(2 if rng.random() < TWICE else 1):
                await self._until_accepted(
                    http, f"/webhooks/carriers/{account.name}", body, lambda body=body: account.headers(body)
                )
                self.sent += 1
            await asyncio.sleep(rng.uniform(0.0, 0.8))

    async def _register(self, http: httpx.AsyncClient, trip: Trip) -> None:
        plan = {
            "shipment_id": trip.shipment_id,
            "reference": trip.shipment_id.replace("C-", "ORDER-"),
            "origin_country": trip.parcel.origin,
            "destination_country": trip.parcel.destination,
            "legs": [{"carrier": trip.dialect, "tracking_number": trip.parcel.number}],
            "connections": [CONNECTION],
            "levels": {"silence": "P60D", "silence_linehaul": "P60D", "hold_sla": "P60D", "proof_grace": "P60D"},
        }
        body = httpx.Request("POST", self.scene.url, json=plan).content
        headers = {"authorization": f"Bearer {self.scene.token}", "content-type": "application/json"}
        await self._until_accepted(http, "/v1/shipments", body, lambda: headers)

    async def _until_accepted(
        self, http: httpx.AsyncClient, path: str, body: bytes, headers: Callable[[], dict[str, str]]
    ) -> None:
        while True:
            self.attempts += 1
            try:
                answer = await http.post(path, content=body, headers=headers())
            except httpx.TransportError:
                await asyncio.sleep(0.3)
                continue
            if answer.is_success:
                return
            if answer.is_client_error:
                raise RuntimeError(f"{path} was answered {answer.status_code}: {answer.text[:300]}")
            await asyncio.sleep(0.3)

    async def settle(self, *, within: float) -> float:
        """Wait until the order system holds the right end of every shipment; return the seconds it took."""
        began = time.monotonic()
        wanted = list(STATES[: self.milestones])
        while time.monotonic() - began < within:
            orders = self.scene.book.orders
            arrived = sum(
                trip.shipment_id in orders
                and [change["state"] for change in orders[trip.shipment_id].journey] == wanted
                for trip in self.trips
            )
            if arrived == self.shipments and not self.scene.ledger.convergence.status(TENANT).divergent:
                break
            await asyncio.sleep(0.5)
        return time.monotonic() - began
