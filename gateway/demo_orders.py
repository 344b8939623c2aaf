"""The order system of the demo, and a reference for writing a receiver: verify, keep each revision once, apply.

`docs/receiving-webhooks.md` explains the three steps. It keeps everything in memory and belongs to demo and tests.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from connectors.cloud_events import EVENT_TYPE
from connectors.signatures import SignatureRefusedError
from connectors.standard_webhooks import verify


class Mode(StrEnum):
    """How the order system behaves: `DOWN` answers 503, `RATE_LIMITED` 429 with a pause, `GONE` 410, `REFUSING` 400."""

    OK = "ok"
    DOWN = "down"
    SLOW = "slow"
    RATE_LIMITED = "rate_limited"
    GONE = "gone"
    REFUSING = "refusing"


class ModeChange(BaseModel):
    """`seconds` is the delay of `slow` and the pause asked for by `rate_limited`."""

    mode: Mode
    seconds: float = 1.0


@dataclass(slots=True)
class Order:
    """What the order system knows of one shipment. `received` is in order of arrival, each revision once."""

    shipment_id: str
    reference: str | None
    tracking_numbers: list[str] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)

    def apply(self, change: dict[str, Any]) -> bool | None:
        """Keep a change unless its revision is known; return whether it was new, None when it contradicts itself."""
        known = next((one for one in self.received if one["revision"] == change["revision"]), None)
        if known is not None:
            return False if known == change else None
        self.received.append(change)
        return True

    @property
    def journey(self) -> list[dict[str, Any]]:
        """The status changes that hold, in order: corrections have taken out what they supersede."""
        superseded = {revision for change in self.received for revision in change.get("supersedes", ())}
        holding = [
            change for change in self.received if change["kind"] == "STATUS" and change["revision"] not in superseded
        ]
        return sorted(holding, key=lambda change: int(change["revision"]))

    @property
    def missing(self) -> list[int]:
        """Revisions below the newest one that never came."""
        known = {int(change["revision"]) for change in self.received}
        return [revision for revision in range(1, max(known, default=0)) if revision not in known]

    def view(self) -> dict[str, Any]:
        """Return the order as JSON."""
        journey = self.journey
        return {
            "shipment_id": self.shipment_id,
            "reference": self.reference,
            "tracking_numbers": self.tracking_numbers,
            "state": journey[-1]["state"] if journey else None,
            "revision": max((int(change["revision"]) for change in self.received), default=0),
            "states": [change["state"] for change in journey],
            "missing": self.missing,
            "journey": journey,
            "received": self.received,
        }


@dataclass(slots=True)
class Counters:
    """Requests by what became of them.

    `duplicates` counts changes that were known already, `conflicts` those whose revision had come with other content.
    """

    requests: int = 0
    accepted: int = 0
    duplicates: int = 0
    conflicts: int = 0
    bad_signatures: int = 0
    turned_away: int = 0


@dataclass(slots=True)
class OrderBook:
    """Everything the demo's order system remembers."""

    keys: Sequence[str]
    orders: dict[str, Order] = field(default_factory=dict)
    counters: Counters = field(default_factory=Counters)
    mode: Mode = Mode.OK
    seconds: float = 1.0

    def receive(self, body: bytes, headers: Mapping[str, str]) -> Response:
        """Verify the bytes as they came, then apply what they say; any 2xx acknowledges all of it."""
        try:
            verify(body, headers, keys=self.keys, now=datetime.now(UTC))
        except SignatureRefusedError as error:
            self.counters.bad_signatures += 1
            return JSONResponse({"error": error.problem.value}, status_code=401)
        event = json.loads(body)
        # An event type of a later version is none of ours; refusing it would only make the hub repeat it.
        if event.get("type") == EVENT_TYPE:
            self.take(event)
            self.counters.accepted += 1
        return Response(status_code=204)

    def take(self, event: dict[str, Any]) -> None:
        """Apply a verified event: each change once, by shipment and revision."""
        data = event["data"]
        order = self.orders.setdefault(data["shipment_id"], Order(data["shipment_id"], data["reference"]))
        order.tracking_numbers = list(data["tracking_numbers"])
        for change in data["changes"]:
            is_new = order.apply(change)
            if is_new is None:
                self.counters.conflicts += 1
            elif not is_new:
                self.counters.duplicates += 1

    async def turn_away(self) -> Response | None:
        """Count the request and behave as the mode says; None lets it through."""
        self.counters.requests += 1
        if self.mode is Mode.SLOW:
            await asyncio.sleep(self.seconds)
        status = {Mode.DOWN: 503, Mode.RATE_LIMITED: 429, Mode.GONE: 410, Mode.REFUSING: 400}.get(self.mode)
        if status is None:
            return None
        self.counters.turned_away += 1
        pause = {"retry-after": str(int(self.seconds))} if self.mode is Mode.RATE_LIMITED else {}
        return JSONResponse({"error": self.mode.value}, status_code=status, headers=pause)


def create_demo_orders(keys: Sequence[str]) -> FastAPI:
    """Return the app; `keys` are the live signing keys, so that two can be given while one is being replaced.

    Updates go to `POST /webhooks/milepost`.
    """
    app = FastAPI(title="Demo order system", docs_url=None, redoc_url=None)
    book = OrderBook(keys)
    app.state.book = book

    @app.post("/webhooks/milepost")
    async def receive(request: Request) -> Response:
        """Take a status update."""
        body = await request.body()
        return await book.turn_away() or book.receive(body, request.headers)

    @app.get("/orders")
    async def orders() -> dict[str, Any]:
        """List every order with the counters."""
        counters = {name: getattr(book.counters, name) for name in Counters.__slots__}
        return {"mode": book.mode, "counters": counters, "orders": [order.view() for order in book.orders.values()]}

    @app.get("/orders/{reference}")
    async def order(reference: str) -> Response:
        """Return one order, by its reference or its shipment id."""
        found = next((o for o in book.orders.values() if reference in (o.reference, o.shipment_id)), None)
        if found is None:
            return JSONResponse({"error": "not_found"}, status_code=404)
        return JSONResponse(found.view())

    @app.post("/_mode")
    async def mode(change: ModeChange) -> ModeChange:
        """Make the order system fail, or work again."""
        book.mode, book.seconds = change.mode, change.seconds
        return change

    return app
