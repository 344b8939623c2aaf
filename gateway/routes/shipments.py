"""Shipments: register, list, show, prove."""

import asyncio
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from domain.errors import NotFoundError
from domain.messages import Registered
from domain.parties import Owner
from domain.shipments import ShipmentPlan
from domain.states import State
from gateway.access import Reader, Writer
from gateway.answers import RegisteredOut, ShipmentDetail, ShipmentOut, ShipmentPage, TimelineEntry, TimelinePage
from gateway.deps import Gateway, InGateway
from gateway.documented import GUARDED, Responses, errors
from gateway.fields import Instant, Number, ShipmentId, Text
from gateway.idempotent import IdempotencyKey, json_answer, once
from gateway.links import next_link
from gateway.problems import ApiError
from gateway.requests import ShipmentIn

router: Final = APIRouter(prefix="/v1/shipments", tags=["shipments"])

START_WITHIN: Final = 5.0
"""Seconds a registration waits for its workflow; the courier starts what did not start in time."""

_MAX_SEQ: Final = 2**31 - 1

_REPEATED: Final[Responses] = {
    200: {"model": RegisteredOut, "description": "Registered before, with the same content."}
}

ThisShipment = Annotated[ShipmentId, Path(description="The shipment's id.", examples=["S-2026-0001"])]

_log = structlog.get_logger()


@router.post(
    "",
    status_code=201,
    summary="Register a shipment",
    response_model=RegisteredOut,
    response_description="Registered now.",
    responses=_REPEATED | errors(*GUARDED, "bad_request", "conflict", "too_large", "unavailable"),
)
async def register(
    body: ShipmentIn, caller: Writer, gateway: InGateway, idempotency_key: IdempotencyKey = None
) -> Response:
    """Register a shipment and the numbers that lead to it. Needs the scope `shipments:write`.

    Registering the same content again changes nothing; other content under the same id is a conflict. Facts that
    arrived before attach themselves.
    """

    async def work() -> Response:
        plan = body.plan(caller.tenant)
        registered = await run_in_threadpool(gateway.deps.ledger.registry.register, plan)
        is_started = await _start(gateway, plan, registered)
        facts = sum(len(delivery.facts) for delivery in registered.deliveries)
        answer = RegisteredOut(
            shipment_id=plan.shipment_id, is_new=registered.is_new, is_started=is_started, parked_facts=facts
        )
        return json_answer(answer, 201 if registered.is_new else 200)

    key = None if idempotency_key is None else f"register:{idempotency_key}"
    return await once(gateway, caller, key=key, request=body, work=work)


async def _start(gateway: Gateway, plan: ShipmentPlan, registered: Registered) -> bool:
    if registered.deliveries:
        # Handing the facts over starts the workflow too, and is one action less.
        gateway.courier.submit_deliveries(registered.deliveries)
        return True
    try:
        async with asyncio.timeout(START_WITHIN):
            # The stored plan also knows when it was registered, now or the first time.
            stored = await run_in_threadpool(gateway.deps.ledger.registry.plan, plan.tenant, plan.shipment_id)
            await gateway.deps.dispatcher.start(stored)
    except Exception as error:  # noqa: BLE001 - it is registered in any case, and the courier's sweep starts it
        _log.warning("shipment.start_postponed", shipment_id=plan.shipment_id, failure=type(error).__name__)
        return False
    return True


class Filters(BaseModel):
    """What narrows the list of shipments, and which page of it is wanted."""

    state: State | None = Field(default=None, description="Where it stands.")
    stage: State | None = Field(default=None, description="How far it is, holds left out.")
    owner: Owner | None = Field(default=None, description="Who acts next.")
    reference: Text | None = Field(default=None, description="Your order's number.")
    tracking_number: Number | None = Field(default=None, description="Any carrier's number of it.")
    updated_after: Instant | None = Field(
        default=None, description="ISO 8601 with offset; write `+` as `%2B`.", examples=["2026-03-02T00:00:00Z"]
    )
    has_anomalies: bool | None = Field(default=None, description="Whether something did not fit.")
    ended: bool | None = Field(default=None, description="Whether its journey is over.")
    cursor: Text | None = Field(default=None, description="`next` of the page before.")
    limit: int = Field(default=50, ge=1, le=500)


@router.get(
    "",
    summary="List shipments",
    response_description="One page. A `Link` header with `rel=next` leads to the one after.",
    responses=errors(*GUARDED, "bad_request", "unavailable"),
)
def listing(
    filters: Annotated[Filters, Query()], caller: Reader, gateway: InGateway, *, request: Request, response: Response
) -> ShipmentPage:
    """List shipments, latest registration first. Needs the scope `shipments:read`.

    Pages neither skip nor repeat shipments while others are registered.
    """
    chosen = filters.model_dump()
    chosen["is_ended"] = chosen.pop("ended")
    try:
        page = gateway.deps.ledger.reads.shipments(caller.tenant, **chosen)
    except NotFoundError as error:
        raise ApiError("bad_request", "`cursor` is not one that a page gave out.") from error
    if page.next_cursor is not None:
        response.headers["link"] = next_link(request, cursor=page.next_cursor)
    return ShipmentPage(items=[ShipmentOut.of(row) for row in page.items], next=page.next_cursor)


@router.get(
    "/{shipment_id}",
    summary="Show a shipment",
    responses=errors(*GUARDED, "not_found", "unavailable"),
)
def show(shipment_id: ThisShipment, caller: Reader, gateway: InGateway) -> ShipmentDetail:
    """Show a shipment with its journey and what each order system knows of it. Needs the scope `shipments:read`."""
    reads = gateway.deps.ledger.reads
    row = reads.shipment(caller.tenant, shipment_id)
    return ShipmentDetail.detailed(row, reads.journey(caller.tenant, shipment_id))


@router.get(
    "/{shipment_id}/timeline",
    summary="Prove a shipment's history",
    response_description="One page. A `Link` header with `rel=next` leads to the one after.",
    responses=errors(*GUARDED, "not_found", "unavailable"),
)
def timeline(  # noqa: PLR0913 - whose, which, two page parameters, and both ends of the request
    shipment_id: ThisShipment,
    caller: Reader,
    gateway: InGateway,
    *,
    request: Request,
    response: Response,
    after: Annotated[int, Query(ge=0, le=_MAX_SEQ, description="`next` of the page before.")] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> TimelinePage:
    """List the audit entries of a shipment with their hashes and the facts behind them. Needs `shipments:read`."""
    reads = gateway.deps.ledger.reads
    entries = reads.shipment(caller.tenant, shipment_id).entries
    rows = reads.timeline(caller.tenant, shipment_id, after_seq=after, limit=limit)
    following = rows[-1].seq if rows and rows[-1].seq < entries else None
    if following is not None:
        response.headers["link"] = next_link(request, after=following)
    return TimelinePage(items=[TimelineEntry.of(row) for row in rows], next=following)
