"""A strict WooCommerce shop: REST API v3 (`/wp-json/wc/v3`) with its ids, errors, paging, notes and quirks.

Read for it: the REST API documentation of WooCommerce (orders, order notes, webhooks, authentication, errors) and the
error codes of its REST controllers. Where the real shop insists on TLS, this one takes loopback for a TLS proxy.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fastapi.responses import Response

STATUSES: Final = ("pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed")
"""Core's statuses that can be set; a shop's plugins add their own."""

BIN: Final = "trash"
"""The status of an order in the bin: by its id it still answers, no list has it."""


class RefusedError(Exception):
    """An answer with an error in WordPress's form: `{code, message, data: {status}}`."""

    def __init__(self, status: int, code: str, message: str, **data: Any) -> None:
        super().__init__(code)
        self.status = status
        self.body = {"code": code, "message": message, "data": {"status": status, **data}}


@dataclass
class Order:
    """One order, with the notes that only its own route shows."""

    id: int
    number: str
    status: str
    modified: datetime
    shipping: dict[str, str]
    created: datetime
    meta: dict[str, Any] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "number": self.number,
            "status": self.status,
            "date_created_gmt": _stamp(self.created),
            "date_modified_gmt": _stamp(self.modified),
            "shipping": self.shipping,
            "meta_data": [
                {"id": place, "key": key, "value": value} for place, (key, value) in enumerate(self.meta.items(), 1)
            ],
            "line_items": [{"id": 1, "name": "Lamp", "quantity": 1, "sku": "LAMP-1"}],
        }


@dataclass
class WooShop:
    """The shop's memory: orders, keys and what was written."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    key: str = "ck_" + "a" * 40
    secret: str = field(default_factory=lambda: "cs_" + secrets.token_hex(20))
    may_write: bool = True
    statuses: set[str] = field(default_factory=lambda: set(STATUSES))
    hidden: set[str] = field(default_factory=set)
    """Statuses of plugins that keep their orders out of lists of any status."""

    orders: dict[int, Order] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)
    noted: int = 0
    ahead: list[Response] = field(default_factory=list)
    """Answers given instead of the next ones: what a proxy or an overloaded host says."""

    after: list[Response | None] = field(default_factory=list)
    """Answers given after the next requests were carried out: success whose answer got lost; None lets one pass."""

    noted_by: Callable[[], None] | None = None
    """What a clerk does right after the next note was added."""

    meeting: asyncio.Barrier | None = None
    """Where requests for notes wait for each other with what they have found: readers at the same time."""

    def order(self, number: str, status: str = "processing") -> Order:
        """Let a customer order."""
        address = {"first_name": "A.", "last_name": "Example", "address_1": "1 Example Street", "city": "Lyon"}
        made = Order(
            max(self.orders, default=100) + 1,
            number,
            status,
            self.now(),
            address | {"postcode": "69001", "country": "FR"},
            self.now(),
        )
        self.orders[made.id] = made
        return made

    def clerk_sets(self, order: Order, status: str) -> None:
        """Change a status as the shop's back office does: with a system note and a new modification time."""
        if status == order.status:
            return
        self._note(order, f"Order status changed from {order.status} to {status}.", author="system")
        order.status = status
        order.modified = max(self.now(), order.modified + timedelta(seconds=1))

    def clerk_moves(self, order: Order, **parts: str) -> None:
        """Change the address as the shop's back office does."""
        order.shipping |= parts
        order.modified = max(self.now(), order.modified + timedelta(seconds=1))

    def _note(self, order: Order, text: str, *, author: str, customer: bool = False) -> dict[str, Any]:
        note = {
            "id": 1000 + self.noted,
            "author": author,
            "date_created_gmt": _stamp(self.now()),
            "note": text,
            "customer_note": customer,
        }
        self.noted += 1
        order.notes.append(note)
        return note

    def put(self, order: Order, body: dict[str, Any]) -> None:
        """Update an order; unknown fields are ignored, as WordPress does."""
        status = body.get("status")
        if status is not None and status not in self.statuses:
            raise RefusedError(
                400,
                "rest_invalid_param",
                "Invalid parameter(s): status",
                params={"status": "status is not one of its values."},
            )
        for item in body.get("meta_data", []):
            if order.meta.get(item["key"]) != item["value"]:
                order.meta[item["key"]] = item["value"]
                order.modified = max(self.now(), order.modified + timedelta(seconds=1))
        if status is not None:
            self.clerk_sets(order, status)
        self.writes.append(f"PUT {order.number} {status or 'meta'}")

    def add_note(self, order: Order, body: dict[str, Any]) -> dict[str, Any]:
        """Add a note; the order's modification time stays as it is."""
        if not body.get("note"):
            raise RefusedError(400, "rest_missing_callback_param", "Missing parameter(s): note", params=["note"])
        self.writes.append(f"NOTE {order.number}")
        note = self._note(order, str(body["note"]), author="WooCommerce", customer=bool(body.get("customer_note")))
        if self.noted_by is not None:
            self.noted_by()
        return note

    def delete_note(self, order: Order, note_id: str, *, is_forced: bool) -> dict[str, Any]:
        """Delete a note for good: notes have no bin."""
        note = next((one for one in order.notes if str(one["id"]) == note_id), None)
        if note is None:
            raise RefusedError(404, "woocommerce_rest_invalid_id", "Invalid resource ID.")
        if not is_forced:
            raise RefusedError(501, "woocommerce_rest_trash_not_supported", "order_note does not support trashing.")
        order.notes.remove(note)
        self.writes.append(f"UNNOTE {order.number}")
        return note


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
