"""Mappings: how much of what carriers document and send has a meaning, and whom an unknown code touches."""

from datetime import timedelta
from typing import Annotated, Final, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from gateway.access import Reader
from gateway.deps import InGateway
from gateway.documented import GUARDED, errors
from gateway.fields import LongText, Name, ShipmentId
from ledger.rows import DialectVolume
from mappings.counted import CodeCounts

router: Final = APIRouter(prefix="/v1/mappings", tags=["mappings"])


class CodesOut(BaseModel):
    """The codes that the carrier documents, and what became of them."""

    documented: int = Field(description="Codes on the carrier's lists.", examples=[412])
    mapped: int = Field(examples=[398])
    excused: int = Field(description="Never a milestone, with a written reason.", examples=[14])
    missing: int = Field(description="Neither; such a code would be UNMAPPED.", examples=[0])


class CoverageOut(BaseModel):
    """One dialect: by code as documented, by volume as received. `codes` is null when no list is public."""

    dialect: str = Field(examples=["fedex"])
    codes: CodesOut | None
    events: int = Field(description="Source events of the period.", examples=[20410])
    mapped_events: int = Field(description="Events with a meaning.", examples=[20398])

    @classmethod
    def of(cls, dialect: str, codes: CodeCounts | None, volume: DialectVolume | None) -> Self:
        """Return the answer for a dialect that is documented, heard of, or both."""
        return cls(
            dialect=dialect,
            codes=None if codes is None else CodesOut(**codes._asdict()),
            events=volume.events if volume else 0,
            mapped_events=volume.mapped if volume else 0,
        )


class CoverageList(BaseModel):
    """Every dialect of the hub, in order of its name. An event without a meaning is UNMAPPED, never guessed."""

    items: list[CoverageOut]
    days: int


class AffectedList(BaseModel):
    """Shipments with events of one unknown code, in order of their ids; `next` is where the next page begins."""

    items: list[str]
    next: str | None


@router.get("/coverage", summary="Show coverage by code and volume", responses=errors(*GUARDED, "unavailable"))
def coverage(caller: Reader, gateway: InGateway, days: Annotated[int, Query(ge=1, le=366)] = 30) -> CoverageList:
    """Show which share of documented codes and of your own events has a meaning. Needs the scope `shipments:read`."""
    since = gateway.deps.clock.now() - timedelta(days=days)
    heard = {one.dialect: one for one in gateway.deps.ledger.reads.volumes(caller.tenant, since=since)}
    counts = gateway.deps.documented_codes()
    names = sorted(set(counts) | set(heard))
    return CoverageList(items=[CoverageOut.of(name, counts.get(name), heard.get(name)) for name in names], days=days)


@router.get("/unmapped/shipments", summary="List shipments that an unknown code touches", responses=errors(*GUARDED))
def affected(  # noqa: PLR0917 - a filter each
    dialect: Annotated[Name, Query(examples=["cainiao"])],
    code: Annotated[LongText, Query(examples=["GTMS_NEW_STEP"])],
    caller: Reader,
    gateway: InGateway,
    after: Annotated[ShipmentId | None, Query(description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> AffectedList:
    """List the shipments whose history has a code that no table knows. Needs the scope `shipments:read`."""
    unknown = gateway.deps.ledger.unknown
    found = unknown.shipments(caller.tenant, dialect, code, after=after or "", limit=limit + 1)
    page = found[:limit]
    return AffectedList(items=page, next=page[-1] if len(found) > limit else None)
