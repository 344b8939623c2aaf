"""A strict Shopify store: what the Admin API knows of one app's fulfilments, and the rules it keeps.

Read for it: shopify.dev, GraphQL Admin API 2026-10 (fulfillments, fulfillment orders, holds, cancellation requests),
response and status codes, rate limits. `shopify_admin.graphql` is the part of the schema that a hub touches.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

MAX_FIRST: Final = 250
MAX_HOLDS: Final = 10
FULFILLABLE: Final = {"OPEN", "IN_PROGRESS"}
SUPPORTED: Final = ("2026-01", "2026-04", "2026-07", "2026-10")


@dataclass
class Hold:
    id: str
    app: str
    reason: str
    reasonNotes: str | None = None  # noqa: N815 - the API's own name, resolved by name
    handle: str | None = None

    @property
    def heldByRequestingApp(self) -> bool:  # noqa: N802 - the API's own name, resolved by name
        return self.app == "hub"


@dataclass
class Event:
    id: str
    status: str
    message: str | None
    happenedAt: str  # noqa: N815 - the API's own name, resolved by name
    createdAt: str  # noqa: N815 - the API's own name, resolved by name
    estimatedDeliveryAt: str | None = None  # noqa: N815 - the API's own name, resolved by name


@dataclass
class Fulfillment:
    id: str
    status: str = "SUCCESS"
    tracking: list[dict[str, str | None]] = field(default_factory=list)
    event_log: list[Event] = field(default_factory=list)


@dataclass
class FulfillmentOrder:
    id: str
    status: str = "OPEN"
    requestStatus: str = "UNSUBMITTED"  # noqa: N815 - the API's own name, resolved by name
    fulfillmentHolds: list[Hold] = field(default_factory=list)  # noqa: N815 - the API's own name, resolved by name
    sent: list[Fulfillment] = field(default_factory=list)
    place: str = "gid://shopify/Location/1"

    @property
    def assignedLocation(self) -> dict[str, dict[str, str]]:  # noqa: N802 - the API's own name, resolved by name
        return {"location": {"id": self.place}}


@dataclass
class Order:
    id: str
    name: str
    updated: datetime
    parts: list[FulfillmentOrder]
    shippingAddress: dict[str, str]  # noqa: N815 - the API's own name, resolved by name
    cancelledAt: str | None = None  # noqa: N815 - the API's own name, resolved by name
    sent: list[Fulfillment] = field(default_factory=list)
    note: str | None = None
    is_closed: bool = False
    created: datetime | None = None

    @property
    def createdAt(self) -> str:  # noqa: N802 - the API's own name, resolved by name
        return stamp(self.created or self.updated)

    @property
    def updatedAt(self) -> str:  # noqa: N802 - the API's own name, resolved by name
        return stamp(self.updated)


@dataclass
class Store:
    """The store's memory. `points` is the bucket of query cost, refilled at `restore` points per second."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    token: str = "shpat_" + "0" * 32
    client_secret: str = "shpss_" + "1" * 32
    scopes: set[str] = field(
        default_factory=lambda: {
            "read_orders", "write_fulfillments", "read_merchant_managed_fulfillment_orders",
            "write_merchant_managed_fulfillment_orders", "write_orders",
        }
    )  # fmt: skip
    orders: list[Order] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    size: float = 1000.0
    restore: float = 100.0
    points: float = 1000.0
    filled_at: datetime | None = None
    _next: int = 1000

    def gid(self, kind: str) -> str:
        """Return the next global id."""
        self._next += 1
        return f"gid://shopify/{kind}/{self._next}"

    def order(self, name: str, *, parts: int = 1) -> Order:
        """Let a customer order; `parts` fulfilment orders stand for as many parcels."""
        address = {
            "name": "A. Example",
            "address1": "1 Example Street",
            "city": "Lyon",
            "zip": "69001",
            "countryCodeV2": "FR",
        }
        waiting = [FulfillmentOrder(self.gid("FulfillmentOrder")) for _ in range(parts)]
        made = Order(self.gid("Order"), name, self.now(), waiting, address, created=self.now())
        self.orders.append(made)
        return made

    def hold_by_merchant(self, part: FulfillmentOrder) -> Hold:
        """Hold a part as somebody else than the hub does."""
        hold = Hold(self.gid("FulfillmentHold"), "merchant", "HIGH_RISK_OF_FRAUD")
        part.fulfillmentHolds.append(hold)
        part.status = "ON_HOLD"
        return hold

    def fulfil(self, order: Order, *, number: str, is_all: bool = True) -> Fulfillment:
        """Let a clerk send the first part of an order by hand, or some of it."""
        part = order.parts[0]
        made = Fulfillment(self.gid("Fulfillment"), tracking=tracking_of({"number": number}))
        if is_all:
            part.status = part.requestStatus = "CLOSED"
        else:
            part.status = "IN_PROGRESS"
        part.sent.append(made)
        order.sent.append(made)
        self.touch(order)
        return made

    def tell(self, order: Order, status: str, message: str | None) -> None:
        """Let somebody else than the hub add an event to the first fulfilment."""
        now = stamp(self.now())
        order.sent[0].event_log.append(Event(self.gid("FulfillmentEvent"), status, message, now, now))

    def ask_to_fulfil(self, order: Order, part: FulfillmentOrder) -> None:
        """Ask the fulfilment service to send: a request that it accepts or rejects."""
        part.requestStatus = "SUBMITTED"
        self.touch(order)

    def ask_to_cancel(self, order: Order, part: FulfillmentOrder) -> None:
        """Ask the fulfilment service to cancel: a request that it accepts or rejects."""
        part.requestStatus = "CANCELLATION_REQUESTED"
        self.touch(order)

    def cancel(self, order: Order) -> None:
        """Cancel the order without telling the fulfilment service, as plain `cancel` does."""
        order.cancelledAt = stamp(self.now())
        self.touch(order)

    def touch(self, order: Order) -> None:
        """Move the order's modification time."""
        order.updated = max(self.now(), order.updated + timedelta(seconds=1))

    def take(self, cost: float) -> bool:
        """Take points from the bucket; False when there are too few."""
        now = self.now()
        since = (now - self.filled_at).total_seconds() if self.filled_at else 0.0
        self.points, self.filled_at = min(self.size, self.points + since * self.restore), now
        if cost > self.points:
            return False
        self.points -= cost
        return True

    def find_fulfillment(self, gid: str) -> tuple[Order, Fulfillment] | None:
        return next(((order, one) for order in self.orders for one in order.sent if one.id == gid), None)

    def find_part(self, gid: str) -> tuple[Order, FulfillmentOrder] | None:
        return next(((order, one) for order in self.orders for one in order.parts if one.id == gid), None)


def stamp(moment: datetime) -> str:
    """Write an instant as the API does, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def tracking_of(given: dict[str, Any] | None) -> list[dict[str, str | None]]:
    """Return the tracking entries that an input makes; `numbers` wins over `number`."""
    if not given:
        return []
    numbers = given.get("numbers") or ([given["number"]] if given.get("number") else [])
    urls = given.get("urls") or ([given["url"]] if given.get("url") else [])
    padded = [*urls, *[None] * len(numbers)]
    return [
        {"company": given.get("company"), "number": one, "url": url} for one, url in zip(numbers, padded, strict=False)
    ]
