"""A strict WooCommerce shop: REST API v3 (`/wp-json/wc/v3`) with its ids, errors, paging, notes and quirks.

Read for it: the REST API documentation of WooCommerce (orders, order notes, webhooks, authentication, errors) and the
error codes of its REST controllers. Where the real shop insists on TLS, this one takes loopback for a TLS proxy.
"""

import base64
import binascii
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

STATUSES: Final = ("pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed")
"""Core's statuses that can be set; a shop's plugins add their own."""

MAX_PER_PAGE: Final = 100
ORDER_BY: Final = {"date", "modified", "id", "include", "title", "slug"}


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
    meta: dict[str, Any] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "number": self.number,
            "status": self.status,
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
    orders: dict[int, Order] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)
    ahead: list[Response] = field(default_factory=list)
    """Answers given instead of the next ones: what a proxy or an overloaded host says."""

    after: list[Response] = field(default_factory=list)
    """Answers given after the next requests were carried out: success whose answer got lost."""

    def order(self, number: str, status: str = "processing") -> Order:
        """Let a customer order."""
        address = {"first_name": "A.", "last_name": "Example", "address_1": "1 Example Street", "city": "Lyon"}
        made = Order(
            len(self.orders) + 101, number, status, self.now(), address | {"postcode": "69001", "country": "FR"}
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

    def _note(self, order: Order, text: str, *, author: str, customer: bool = False) -> dict[str, Any]:
        note = {
            "id": 1000 + sum(len(one.notes) for one in self.orders.values()),
            "author": author,
            "date_created_gmt": _stamp(self.now()),
            "note": text,
            "customer_note": customer,
        }
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
        return self._note(order, str(body["note"]), author="WooCommerce", customer=bool(body.get("customer_note")))


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _integer(query: Any, name: str, default: int, *, most: int | None = None) -> int:
    raw = query.get(name, str(default))
    if not raw.isdigit() or int(raw) < 1 or (most is not None and int(raw) > most):
        bounds = f"{name} must be between 1 (inclusive) and {most} (inclusive)"
        raise RefusedError(400, "rest_invalid_param", f"Invalid parameter(s): {name}", params={name: bounds})
    return int(raw)


def create_shop(shop: WooShop) -> FastAPI:
    """Return the shop's HTTP side."""
    app = FastAPI(openapi_url=None)
    base = "/wp-json/wc/v3"

    @app.exception_handler(RefusedError)
    async def refused(_: Request, error: RefusedError) -> JSONResponse:
        return JSONResponse(error.body, error.status)

    @app.middleware("http")
    async def faults(request: Request, call_next: Any) -> Response:
        if shop.ahead:
            return shop.ahead.pop(0)
        answer: Response = await call_next(request)
        return shop.after.pop(0) if shop.after else answer

    @app.get(base + "/orders")
    async def orders(request: Request) -> JSONResponse:
        _allowed(shop, request)
        found = _selected(shop, request.query_params)
        per_page = _integer(request.query_params, "per_page", 10, most=MAX_PER_PAGE)
        page = _integer(request.query_params, "page", 1)
        shown = found[(page - 1) * per_page : page * per_page]
        pages = -(-len(found) // per_page)
        headers = {"x-wp-total": str(len(found)), "x-wp-totalpages": str(pages)}
        return JSONResponse([order.document() for order in shown], headers=headers)

    @app.get(base + "/orders/{order_id}")
    async def order(request: Request, order_id: str) -> dict[str, Any]:
        _allowed(shop, request)
        return _found(shop, order_id, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.").document()

    @app.put(base + "/orders/{order_id}")
    async def change(request: Request, order_id: str) -> dict[str, Any]:
        _allowed(shop, request, writing=True)
        found = _found(shop, order_id, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
        shop.put(found, await _body(request))
        return found.document()

    @app.get(base + "/orders/{order_id}/notes")
    async def notes(request: Request, order_id: str) -> list[dict[str, Any]]:
        _allowed(shop, request)
        found = _found(shop, order_id, "woocommerce_rest_order_invalid_id", "Invalid order ID.")
        # Newest first, every kind of note, and no paging.
        return list(reversed(found.notes))

    @app.post(base + "/orders/{order_id}/notes", status_code=201)
    async def add_note(request: Request, order_id: str) -> dict[str, Any]:
        _allowed(shop, request, writing=True)
        found = _found(shop, order_id, "woocommerce_rest_order_invalid_id", "Invalid order ID.")
        return shop.add_note(found, await _body(request))

    @app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    async def nowhere(path: str) -> None:
        message = "No route was found matching the URL and request method."
        raise RefusedError(404, "rest_no_route", message, path=path)

    return app


async def _body(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").split(";")[0] != "application/json":
        return {}
    try:
        body = await request.json()
    except ValueError:
        raise RefusedError(400, "rest_invalid_json", "Invalid JSON body passed.") from None
    return body if isinstance(body, dict) else {}


def _allowed(shop: WooShop, request: Request, *, writing: bool = False) -> None:
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        action = "edit" if writing else "view"
        raise RefusedError(401, f"woocommerce_rest_cannot_{action}", f"Sorry, you cannot {action} this resource.")
    try:
        key, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        key, secret = "", ""
    for known, given, name in ((shop.key, key, "key"), (shop.secret, secret, "secret")):
        if known != given:
            raise RefusedError(401, "woocommerce_rest_authentication_error", f"Consumer {name} is invalid.")
    if writing and not shop.may_write:
        message = "The API key provided does not have write permissions."
        raise RefusedError(401, "woocommerce_rest_authentication_error", message)


def _found(shop: WooShop, order_id: str, code: str, message: str) -> Order:
    order = shop.orders.get(int(order_id)) if order_id.isdigit() else None
    if order is None:
        raise RefusedError(404, code, message)
    return order


def _selected(shop: WooShop, query: Any) -> list[Order]:
    by = query.get("orderby", "date")
    if by not in ORDER_BY:
        raise RefusedError(
            400,
            "rest_invalid_param",
            "Invalid parameter(s): orderby",
            params={"orderby": f"{by} is not one of its values."},
        )
    found = list(shop.orders.values())
    if "modified_after" in query:
        # Strictly after, and local time unless `dates_are_gmt` says otherwise: this shop's zone is two hours ahead.
        zone = timedelta() if query.get("dates_are_gmt") == "true" else timedelta(hours=2)
        try:
            after = datetime.fromisoformat(query["modified_after"]).replace(tzinfo=UTC) - zone
        except ValueError:
            raise RefusedError(
                400,
                "rest_invalid_param",
                "Invalid parameter(s): modified_after",
                params={"modified_after": "Invalid date."},
            ) from None
        found = [order for order in found if order.modified.replace(microsecond=0) > after]
    if "search" in query:
        found = [order for order in found if query["search"] in order.number]
    found.sort(key=lambda order: (order.modified if by == "modified" else order.id, order.id))
    return found if query.get("order", "desc") == "asc" else found[::-1]
