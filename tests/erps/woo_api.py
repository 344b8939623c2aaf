"""The HTTP side of the strict WooCommerce shop: routes, keys, parameters and refusals."""

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from tests.erps.woo_shop import BIN, Order, RefusedError, WooShop

MAX_PER_PAGE: Final = 100
ORDER_BY: Final = {"date", "modified", "id", "include", "title", "slug"}


def _integer(query: Any, name: str, default: int, *, most: int | None = None) -> int:
    raw = query.get(name, str(default))
    if not raw.isdigit() or int(raw) < 1 or (most is not None and int(raw) > most):
        bounds = f"{name} must be between 1 (inclusive) and {most} (inclusive)"
        raise _invalid(name, bounds)
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
        instead = shop.after.pop(0) if shop.after else None
        return instead or answer

    @app.get(base + "/orders")
    async def orders(request: Request) -> JSONResponse:
        _allowed(shop, request)
        found = _selected(shop, request.query_params)
        per_page = _integer(request.query_params, "per_page", 10, most=MAX_PER_PAGE)
        page = _integer(request.query_params, "page", 1)
        shown = found[(page - 1) * per_page : page * per_page]
        pages = -(-len(found) // per_page)
        headers = {"x-wp-total": str(len(found)), "x-wp-totalpages": str(pages)}
        return JSONResponse([_asked(request, order.document()) for order in shown], headers=headers)

    @app.get(base + "/orders/{order_id}")
    async def order(request: Request, order_id: str) -> dict[str, Any]:
        _allowed(shop, request)
        found = _found(shop, order_id, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
        return _asked(request, found.document())

    @app.put(base + "/orders/{order_id}")
    async def change(request: Request, order_id: str) -> dict[str, Any]:
        _allowed(shop, request, writing=True)
        # The controller answers a change of nothing with 400, a look at it with 404.
        found = _found(shop, order_id, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.", status=400)
        shop.put(found, await _body(request))
        return _asked(request, found.document())

    _serve_notes(app, shop, base)

    @app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    async def nowhere(path: str) -> None:
        message = "No route was found matching the URL and request method."
        raise RefusedError(404, "rest_no_route", message, path=path)

    return app


def _serve_notes(app: FastAPI, shop: WooShop, base: str) -> None:
    @app.get(base + "/orders/{order_id}/notes")
    async def notes(request: Request, order_id: str) -> list[dict[str, Any]]:
        _allowed(shop, request)
        found = _found(shop, order_id, "woocommerce_rest_order_invalid_id", "Invalid order ID.")
        # Newest first, every kind of note, and no paging.
        answer = [_asked(request, note) for note in reversed(found.notes)]
        if shop.meeting is not None:
            await shop.meeting.wait()
        return answer

    @app.post(base + "/orders/{order_id}/notes", status_code=201)
    async def add_note(request: Request, order_id: str) -> dict[str, Any]:
        _allowed(shop, request, writing=True)
        found = _found(shop, order_id, "woocommerce_rest_order_invalid_id", "Invalid order ID.")
        return shop.add_note(found, await _body(request))

    @app.delete(base + "/orders/{order_id}/notes/{note_id}")
    async def delete_note(request: Request, order_id: str, note_id: str) -> dict[str, Any]:
        _allowed(shop, request, writing=True)
        found = _found(shop, order_id, "woocommerce_rest_order_invalid_id", "Invalid order ID.")
        return shop.delete_note(found, note_id, is_forced=request.query_params.get("force") == "true")


def _asked(request: Request, document: dict[str, Any]) -> dict[str, Any]:
    """Leave out what WordPress's global parameter `_fields` does not name."""
    named = request.query_params.get("_fields")
    return document if named is None else {key: document[key] for key in named.split(",") if key in document}


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


def _found(shop: WooShop, order_id: str, code: str, message: str, *, status: int = 404) -> Order:
    order = shop.orders.get(int(order_id)) if order_id.isdigit() else None
    if order is None:
        raise RefusedError(status, code, message)
    return order


def _selected(shop: WooShop, query: Any) -> list[Order]:
    by = query.get("orderby", "date")
    if by not in ORDER_BY:
        raise _invalid("orderby", f"{by} is not one of its values.")
    found = [order for order in shop.orders.values() if order.status not in shop.hidden | {BIN}]
    if "status" in query:
        wanted = set(query["status"].split(","))
        if unknown := wanted - shop.statuses - {"any"}:
            raise _invalid("status", f"{min(unknown)} is not one of its values.")
        found = [order for order in found if order.status in wanted or "any" in wanted]
    if "include" in query:
        found = [order for order in found if str(order.id) in query["include"].split(",")]
    if "after" in query:
        after = _moment(query, "after")
        found = [order for order in found if order.created.replace(microsecond=0) > after]
    if "modified_after" in query:
        changed = _moment(query, "modified_after")
        found = [order for order in found if order.modified.replace(microsecond=0) > changed]
    if "search" in query:
        found = [order for order in found if query["search"] in order.number]
    keys = {"modified": lambda order: order.modified, "date": lambda order: order.created}
    found.sort(key=lambda order: (keys[by](order) if by in keys else order.id, order.id))
    return found if query.get("order", "desc") == "asc" else found[::-1]


def _moment(query: Any, name: str) -> datetime:
    """Return a time: strictly after it, and local unless `dates_are_gmt` says otherwise (two hours ahead here)."""
    zone = timedelta() if query.get("dates_are_gmt") == "true" else timedelta(hours=2)
    try:
        return datetime.fromisoformat(query[name]).replace(tzinfo=UTC) - zone
    except ValueError:
        raise _invalid(name, "Invalid date.") from None


def _invalid(name: str, said: str) -> RefusedError:
    return RefusedError(400, "rest_invalid_param", f"Invalid parameter(s): {name}", params={name: said})
