"""The feed for systems that pull: status changes of all shipments behind one cursor."""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool

from gateway.access import FeedReader
from gateway.answers import Change, ChangePage
from gateway.deps import Gateway, InGateway
from gateway.documented import GUARDED, errors

router: Final = APIRouter(prefix="/v1", tags=["changes"])

LOOK_EVERY: Final = 0.5
"""Seconds between looks into the feed while a caller waits."""

_MAX_CURSOR: Final = 2**62


@router.get(
    "/changes",
    summary="Pull status changes",
    response_description="Changes after the cursor, oldest first; none when there are none yet.",
    responses=errors(*GUARDED, "unavailable"),
)
async def changes(
    caller: FeedReader,
    gateway: InGateway,
    *,
    after: Annotated[int, Query(ge=0, le=_MAX_CURSOR, description="`next` of the page before; 0 at first.")] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    wait: Annotated[float, Query(ge=0, le=30, description="Seconds to wait for a change when there is none.")] = 0,
) -> ChangePage:
    """Return status changes of all shipments in the order in which the hub made them. Needs `changes:read`.

    Cursors count up without gaps. Reading again from the same cursor gives the same changes, so a reader that
    crashed simply starts again where it was.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait
    items = await run_in_threadpool(_read, gateway, caller.tenant, after, limit)
    if not items and wait and gateway.waiters.locked():
        return ChangePage(items=[], next=after)
    if not items and wait:
        async with gateway.waiters:
            while not items and loop.time() < deadline:
                await asyncio.sleep(min(LOOK_EVERY, max(deadline - loop.time(), 0.01)))
                items = await run_in_threadpool(_read, gateway, caller.tenant, after, limit)
    return ChangePage(items=items, next=items[-1].cursor if items else after)


def _read(gateway: Gateway, tenant: str, after: int, limit: int) -> list[Change]:
    rows = gateway.deps.ledger.reads.changes(tenant, after=after, limit=limit)
    return [
        Change(cursor=cursor, shipment_id=shipment_id, reference=reference, change=change)
        for cursor, shipment_id, reference, change in rows
    ]
