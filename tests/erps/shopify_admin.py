"""The HTTP side of the simulated store: one GraphQL route per version, keys, scopes, cost and the form of errors."""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    default_field_resolver,
    graphql_sync,
    parse,
)

from tests.erps import shopify_rules as rules
from tests.erps.shopify_store import MAX_FIRST, SUPPORTED, Fulfillment, FulfillmentOrder, Order, Store

SCHEMA: Final[GraphQLSchema] = build_schema(Path(__file__).with_name("shopify_admin.graphql").read_text())
SCHEMA.type_map["Node"].resolve_type = lambda *_: "Order"  # type: ignore[attr-defined]  # the only kind of node here
GID: Final = re.compile(r"gid://shopify/\w+/\d+")
MUTATION_COST: Final = 10.0

SCOPE: Final = {
    "orders": "read_orders",
    "order": "read_orders",
    "fulfillment": "read_orders",
    "nodes": "read_orders",
    "orderUpdate": "write_orders",
    "fulfillmentEventCreate": "write_fulfillments",
    "fulfillmentCreate": "write_merchant_managed_fulfillment_orders",
    "fulfillmentTrackingInfoUpdate": "write_merchant_managed_fulfillment_orders",
    "fulfillmentOrderHold": "write_merchant_managed_fulfillment_orders",
    "fulfillmentOrderReleaseHold": "write_merchant_managed_fulfillment_orders",
    "fulfillmentOrderAcceptFulfillmentRequest": "write_merchant_managed_fulfillment_orders",
    "fulfillmentOrderAcceptCancellationRequest": "write_merchant_managed_fulfillment_orders",
    "fulfillmentOrderRejectCancellationRequest": "write_merchant_managed_fulfillment_orders",
}
"""Field of the root to the access scope that an app needs for it (one of several that the reference names)."""


@dataclass
class Faults:
    """Answers given in place of the next ones, or after the next requests were carried out: success that got lost."""

    ahead: list[Response] = field(default_factory=list)
    after: list[Response | None] = field(default_factory=list)

    def lose(self, number: int) -> None:
        """Carry out the request with that number, counted from the next one, and answer it like a broken gateway."""
        self.after = [None] * (number - 1) + [Response(status_code=504)]


@dataclass
class Root:
    """The root of one request: every field of Query and Mutation by its own name."""

    store: Store

    def resolve(self, name: str, args: dict[str, Any]) -> Any:
        scope = SCOPE.get(name)
        if scope is not None and scope not in self.store.scopes:
            message = f"Access denied for {name} field. Required access: `{scope}` access scope."
            raise GraphQLError(
                message, extensions={"code": "ACCESS_DENIED", "requiredAccess": f"`{scope}` access scope."}
            )
        for gid in [args.get("id"), args.get("fulfillmentId"), *(args.get("holdIds") or []), *(args.get("ids") or [])]:
            if gid is not None and not GID.fullmatch(gid):
                raise GraphQLError(f"Invalid global id '{gid}'", extensions={"code": "argumentLiteralsIncompatible"})
        return FIELDS[name](self.store, args)


def page(found: list[Any], args: dict[str, Any]) -> dict[str, Any]:
    """Return a page of a connection; the cursor is the place of its last node."""
    first = args.get("first")
    if first is None:
        raise GraphQLError("you must provide one of first or last", extensions={"code": "BAD_REQUEST"})
    if not 0 < first <= MAX_FIRST:
        raise GraphQLError(f"first cannot exceed {MAX_FIRST}", extensions={"code": "MAX_COST_EXCEEDED"})
    start = int(args.get("after") or 0)
    end = min(start + first, len(found))
    return {"nodes": found[start:end], "pageInfo": {"hasNextPage": end < len(found), "endCursor": str(end)}}


def _orders(store: Store, args: dict[str, Any]) -> Any:
    found = list(store.orders)
    for term in (args.get("query") or "").split():
        name, _, value = term.partition(":")
        value = value.strip("'\"")
        if name == "updated_at" and value.startswith(">="):
            since = datetime.fromisoformat(value[2:].strip("'\"")).astimezone(UTC)
            found = [one for one in found if one.updated.replace(microsecond=0) >= since]
        elif name == "created_at" and value.startswith(">="):
            made = datetime.fromisoformat(value[2:].strip("'\"")).astimezone(UTC)
            found = [one for one in found if (one.created or one.updated).replace(microsecond=0) >= made]
        elif name == "status" and value == "open":
            found = [one for one in found if one.cancelledAt is None and not one.is_closed]
        elif name == "name":
            found = [one for one in found if one.name == value]
        # Search ignores a filter that it does not know: the answer holds everything then.
    by_time, reverse = args.get("sortKey") == "UPDATED_AT", bool(args.get("reverse"))
    found.sort(key=lambda one: _place(one, by_time=by_time), reverse=reverse)
    after = args.get("after")
    if after is not None:
        # A cursor holds what its node was sorted by: a node that moves takes no other one's place.
        last = tuple(json.loads(b64decode(after)))
        found = [one for one in found if (_place(one, by_time=by_time) > last) is not reverse]
    shown = page(found, {**args, "after": None})
    if shown["nodes"]:
        last = _place(shown["nodes"][-1], by_time=by_time)
        shown["pageInfo"]["endCursor"] = b64encode(json.dumps(last).encode()).decode()
    return shown


def _place(one: Order, *, by_time: bool) -> tuple[str, int]:
    return one.updatedAt if by_time else "", int(one.id.rpartition("/")[2])


FIELDS: Final[dict[str, Callable[[Store, dict[str, Any]], Any]]] = {
    "shop": lambda _, __: {"name": "Example", "myshopifyDomain": "example.myshopify.com"},
    "order": lambda store, args: next((one for one in store.orders if one.id == args["id"]), None),
    "orders": _orders,
    "nodes": lambda store, args: [next((one for one in store.orders if one.id == gid), None) for gid in args["ids"]],
    "orderUpdate": lambda store, args: rules.update_order(store, args["input"]),
    "fulfillment": lambda store, args: (store.find_fulfillment(args["id"]) or (None, None))[1],
    "currentAppInstallation": lambda store, _: {"accessScopes": [{"handle": one} for one in sorted(store.scopes)]},
    "fulfillmentOrderAcceptFulfillmentRequest": lambda store, args: rules.accept_request(store, args["id"]),
    "fulfillmentCreate": lambda store, args: rules.create_fulfillment(store, args["fulfillment"]),
    "fulfillmentTrackingInfoUpdate": lambda store, args: rules.update_tracking(
        store, args["fulfillmentId"], args["trackingInfoInput"]
    ),
    "fulfillmentEventCreate": lambda store, args: rules.create_event(store, args["fulfillmentEvent"]),
    "fulfillmentOrderHold": lambda store, args: rules.hold(store, args["id"], args["fulfillmentHold"]),
    "fulfillmentOrderReleaseHold": lambda store, args: rules.release(store, args["id"], args.get("holdIds")),
    "fulfillmentOrderAcceptCancellationRequest": lambda store, args: rules.answer_cancellation(
        store, args["id"], accept=True
    ),
    "fulfillmentOrderRejectCancellationRequest": lambda store, args: rules.answer_cancellation(
        store, args["id"], accept=False
    ),
}


def resolve(source: Any, info: GraphQLResolveInfo, **args: Any) -> Any:
    """Resolve any field: the root's by its table, connections and lists by their arguments, the rest by name."""
    name = info.field_name
    if isinstance(source, Root):
        return source.resolve(name, args)
    match source, name:
        case Order(), "fulfillments":
            return source.sent[: args.get("first")]
        case Fulfillment(), "trackingInfo":
            return source.tracking[: args.get("first")]
        case _:
            found = _pages(source, name)
            return default_field_resolver(source, info, **args) if found is None else page(found, args)


def _pages(source: Any, name: str) -> list[Any] | None:
    match source, name:
        case Order(), "fulfillmentOrders":
            return source.parts
        case FulfillmentOrder(), "fulfillments":
            return source.sent
        case Fulfillment(), "events":
            return source.event_log
        case _:
            return None


def cost_of(query: str) -> float:
    """Return points that a request asks for: ten per mutation, and one per object that its `first` may bring."""
    document = parse(query)
    total = 0.0
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            fields = [one for one in node.selection_set.selections if isinstance(one, FieldNode)]
            total += len(fields) * MUTATION_COST if node.operation is OperationType.MUTATION else 1.0
        elif isinstance(node, FragmentDefinitionNode):
            total += 1.0
    return total + query.count("nodes")


def create_admin(store: Store, faults: Faults | None = None) -> FastAPI:
    """Return the store's Admin API."""
    app, faults = FastAPI(openapi_url=None), faults or Faults()

    @app.post("/admin/api/{version}/graphql.json")
    async def graphql(version: str, request: Request) -> Response:
        if faults.ahead:
            return faults.ahead.pop(0)
        answer = _answer(store, version, request.headers, await _document(request))
        instead = faults.after.pop(0) if faults.after else None
        return instead or answer

    return app


async def _document(request: Request) -> Any:
    try:
        return await request.json()
    except ValueError:
        return None


def _answer(store: Store, version: str, headers: Any, document: Any) -> Response:
    if headers.get("x-shopify-access-token") != store.token:
        text = "[API] Invalid API key or access token (unrecognized login or wrong password)"
        return JSONResponse({"errors": text}, 401)
    if not re.fullmatch(r"\d{4}-(01|04|07|10)", version):
        return JSONResponse({"errors": "Not Found"}, 404)
    # A retired version is served by the oldest one that is still supported; the header says which one it was.
    served = version if version in SUPPORTED else SUPPORTED[0]
    shown = {"x-shopify-api-version": served}
    if not isinstance(document, dict) or not isinstance(document.get("query"), str):
        return JSONResponse({"errors": {"query": "Required parameter missing or invalid"}}, 400, headers=shown)
    return JSONResponse(_executed(store, document), headers=shown)


def _executed(store: Store, document: dict[str, Any]) -> dict[str, Any]:
    try:
        cost = cost_of(document["query"])
    except GraphQLError as error:
        return {"errors": [error.formatted]}
    allowed = store.take(cost)
    bucket = {"maximumAvailable": store.size, "currentlyAvailable": store.points, "restoreRate": store.restore}
    spent = {"requestedQueryCost": cost, "actualQueryCost": cost if allowed else None, "throttleStatus": bucket}
    extensions = {"cost": spent}
    if not allowed:
        return {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}], "extensions": extensions}
    result = graphql_sync(
        SCHEMA, document["query"], Root(store), variable_values=document.get("variables"), field_resolver=resolve
    )
    answer: dict[str, Any] = {"data": result.data, "extensions": extensions}
    if result.errors:
        answer["errors"] = [error.formatted for error in result.errors]
    return answer
