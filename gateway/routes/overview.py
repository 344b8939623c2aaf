"""The whole at a glance: how many shipments are where, and which codes nobody knows."""

from typing import Final

from fastapi import APIRouter

from gateway.access import Reader
from gateway.answers import Counts, UnmappedCode, UnmappedList
from gateway.deps import InGateway
from gateway.documented import GUARDED, errors

router: Final = APIRouter(prefix="/v1", tags=["overview"])


@router.get("/counts", summary="Count shipments by state", responses=errors(*GUARDED, "unavailable"))
def counts(caller: Reader, gateway: InGateway) -> Counts:
    """Count the tenant's shipments by state; states without any are left out. Needs the scope `shipments:read`."""
    states = gateway.deps.ledger.reads.counts(caller.tenant)
    return Counts(states=states, total=sum(states.values()))


@router.get("/unmapped", summary="List unknown codes", responses=errors(*GUARDED, "unavailable"))
def unmapped(caller: Reader, gateway: InGateway) -> UnmappedList:
    """List carrier codes that no table knows, most seen first. Needs the scope `shipments:read`."""
    return UnmappedList(items=[UnmappedCode.of(row) for row in gateway.deps.ledger.reads.unmapped(caller.tenant)])
