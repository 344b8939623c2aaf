"""Carriers: whose number is this?"""

from typing import Annotated, Final, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from gateway.access import Reader
from gateway.deps import InGateway
from gateway.documented import GUARDED, errors
from mappings.detection import MAX_NUMBER, Candidate, Detection

router: Final = APIRouter(prefix="/v1/carriers", tags=["carriers"])


class CandidateOut(BaseModel):
    """A carrier whose format the number has."""

    carrier: str = Field(description="The carrier's dialect.", examples=["ups"])
    format: str = Field(description="Which of its formats.", examples=["1Z number"])
    odds: float = Field(description="Share of random numbers of the same make-up that have it, too.", examples=[0.0003])
    is_checked: bool = Field(description="True when a check digit was verified.")

    @classmethod
    def of(cls, found: Candidate) -> Self:
        """Return the answer's form of a candidate."""
        return cls(**found._asdict())


class DetectionOut(BaseModel):
    """Every carrier that a number fits, best first. The choice is yours unless `carrier` is given."""

    number: str = Field(description="The number without blanks, in capitals.", examples=["1Z5R89390357567127"])
    carrier: str | None = Field(description="The one carrier that fits on strong evidence; null in any other case.")
    candidates: list[CandidateOut]

    @classmethod
    def of(cls, found: Detection) -> Self:
        """Return the answer's form of a detection."""
        candidates = [CandidateOut.of(one) for one in found.candidates]
        return cls(number=found.number, carrier=found.carrier, candidates=candidates)


@router.get("/detect", summary="Ask which carrier a number is of", responses=errors(*GUARDED))
def detect(
    number: Annotated[str, Query(min_length=1, max_length=MAX_NUMBER, examples=["1Z5R89390357567127"])],
    caller: Reader,  # noqa: ARG001 - the scope is the point
    gateway: InGateway,
) -> DetectionOut:
    """Rank the carriers whose format and check digit a tracking number has. Needs the scope `shipments:read`.

    Nothing is picked silently: a registration names its carrier, and this answer helps a person or a program to.
    """
    return DetectionOut.of(gateway.deps.detector.detect(number))
