"""Parcels from the clerk's order to its delivery, each by a fate of its own."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import httpx

from bench.erp.carrier import JOURNEY, headers, webhook
from bench.erp.site import ACCOUNT, CONNECTION, WEBHOOK_KEY
from bench.hub import Site
from connectors.erps.tryton.shipments import TrytonShipment
from tests.erp.tryton.clerk import SHIPMENT, Clerk

PATIENCE: Final = 120.0


class Fate(StrEnum):
    """What the clerk does before the carrier has the parcel."""

    PLAIN = "plain"
    CORRECTED = "address corrected"
    CANCELLED = "cancelled"
    RECREATED = "cancelled, deleted and made anew"


FATES: Final = (Fate.PLAIN, Fate.PLAIN, Fate.CORRECTED, Fate.PLAIN, Fate.CANCELLED, Fate.RECREATED)


@dataclass(slots=True)
class Parcel:
    """One order; `sent` is when the webhook of each step was first taken, by the machine's clock."""

    index: int
    fate: Fate
    shipment: TrytonShipment | None = None
    sent: dict[int, float] = field(default_factory=dict)

    @property
    def number(self) -> str:
        """The carrier's number."""
        return f"3SBENCH{self.index:07d}"

    @property
    def here(self) -> TrytonShipment:
        """Tryton's shipment, once it was ordered."""
        if self.shipment is None:
            raise RuntimeError(f"parcel {self.index} was not ordered")
        return self.shipment

    @property
    def shipment_id(self) -> str:
        """The hub's id of it."""
        return f"{CONNECTION}-{self.here.number}"


@dataclass(frozen=True, slots=True)
class Run:
    """One run over a set of parcels. `is_rough`: webhooks are doubled and come in any order."""

    hub: Site
    clerk: Clerk
    http: httpx.AsyncClient
    chance: random.Random
    is_rough: bool = False

    async def ordered(self, parcel: Parcel) -> None:
        """Let the clerk order, change his mind as the fate says, and print the label; the hub only watches."""
        parcel.shipment = await self.clerk.order()
        await self.state(parcel, "CREATED")
        if parcel.fate is Fate.CORRECTED:
            address = await self.clerk.address(street_unstructured=f"{parcel.index} Sample St", city="Utrecht")
            await self.clerk.move_to(parcel.here, address)
            await self._until(
                lambda: self._heard(parcel, "ADDRESS.CORRECTED"), f"the new address of {parcel.here.number}"
            )
        if parcel.fate in {Fate.CANCELLED, Fate.RECREATED}:
            await self.clerk.cancel(parcel.here)
            await self.state(parcel, "CANCELLED")
        if parcel.fate is Fate.RECREATED:
            await self.clerk.delete(parcel.here)
            parcel.shipment = await self.clerk.shipment_of(parcel.here.sale or 0)
            await self.state(parcel, "CREATED")
        if parcel.fate is not Fate.CANCELLED:
            await self.clerk.pack(parcel.here)
            label = {"shipping_reference": parcel.number}
            await self.clerk.client.call(f"{SHIPMENT}.write", [parcel.here.id], label)

    async def carried(self, parcel: Parcel, *, pause: float) -> None:
        """Let the carrier report the whole way; the hub knows the parcel by the number on its label only."""
        bodies = [(step, webhook(parcel.number, self._told(parcel, step))) for step in range(len(JOURNEY))]
        if self.is_rough:
            bodies *= 2
            self.chance.shuffle(bodies)
        for step, body in bodies:
            await self._posted(body)
            parcel.sent.setdefault(step, time.time())
            await asyncio.sleep(self.chance.uniform(0, 2 * pause))

    def _told(self, parcel: Parcel, step: int) -> range:
        """Every third parcel's carrier tells one event at a time, the others all events so far."""
        return range(step, step + 1) if parcel.index % 3 == 0 else range(step + 1)

    async def _posted(self, body: bytes) -> None:
        while True:
            try:
                answer = await self.http.post(
                    f"{self.hub.url}/webhooks/carriers/{ACCOUNT}", content=body, headers=headers(body, WEBHOOK_KEY)
                )
            except httpx.HTTPError:
                await asyncio.sleep(0.3)
                continue
            if answer.is_success:
                return
            await asyncio.sleep(0.3)

    async def state(self, parcel: Parcel, wanted: str) -> None:
        """Wait until the hub's shipment is in a state."""

        async def is_there() -> bool:
            shown = await self._shown(f"/v1/shipments/{parcel.shipment_id}")
            return shown is not None and shown["state"] == wanted

        await self._until(is_there, f"{parcel.shipment_id} in {wanted}")

    async def _heard(self, parcel: Parcel, reason: str) -> bool:
        shown = await self._shown(f"/v1/shipments/{parcel.shipment_id}/timeline")
        return shown is not None and reason in str(shown)

    async def _shown(self, path: str) -> Any:
        try:
            answer = await self.http.get(self.hub.url + path, headers={"authorization": f"Bearer {self.hub.token}"})
        except httpx.HTTPError:
            return None
        return answer.json() if answer.is_success else None

    async def _until(self, holds: Callable[[], Awaitable[bool]], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not await holds():
            if time.monotonic() > deadline:
                raise RuntimeError(f"after {PATIENCE:.0f} s: not yet {what}")
            await asyncio.sleep(0.1)


def parcels(count: int) -> list[Parcel]:
    """Return parcels, their fates in turn."""
    return [Parcel(index, FATES[index % len(FATES)]) for index in range(count)]
