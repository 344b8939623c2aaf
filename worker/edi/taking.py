"""One interchange through the one way in, and what its sender and its operator are told about it."""

from dataclasses import dataclass, field
from typing import Any, Final

from domain.errors import HubError, PayloadError
from domain.intake import Intake
from domain.messages import Delivery, IncomingMessage
from domain.normalised import Normalised
from mappings.edi.acknowledging import Acknowledgement
from mappings.edi.verdicts import Verdict
from mappings.engine import Mappings
from mappings.trees import format_of

MEDIA_TYPES: Final = {
    "json": "application/json",
    "xml": "application/xml",
    "x12": "application/edi-x12",
    "edifact": "application/edifact",
}
"""Format of a dialect -> media type that its bytes are kept under."""


@dataclass(frozen=True, slots=True)
class Source:
    """Whose interchanges these are and in which dialect they are written."""

    tenant: str
    dialect: str

    @property
    def account(self) -> str:
        """The name that the messages are stored under; no carrier account can have it."""
        return f"edi:{self.dialect}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one interchange. `report` is for people; `is_taken` is False when nothing in it could be used."""

    is_taken: bool
    report: dict[str, Any]
    acknowledgement: Acknowledgement | None = None
    deliveries: list[Delivery] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Taker:
    """Takes interchanges in. Taking one again adds nothing and gives the same acknowledgement."""

    intake: Intake
    mappings: Mappings
    source: Source

    def take(self, body: bytes) -> Outcome:
        """Keep the bytes, read them, and say what was taken; the facts are not handed over yet."""
        intake, source = self.intake, self.source
        kind = MEDIA_TYPES[format_of(body)]
        stored = intake.keep(
            IncomingMessage(source.tenant, source.account, source.dialect, body, kind, received_at=intake.clock.now())
        )
        recorded = intake.read(stored)
        common = {
            "message_id": stored.message_id,
            "is_new": stored.is_new,
            "received_at": stored.received_at.isoformat(),
            "new_facts": recorded.new_facts,
            "known_facts": recorded.known_facts,
            "parked": recorded.parked,
        }
        try:
            # The stored time, not now: a file that comes again is read and answered as it was the first time.
            normalised = self.mappings.normalise(
                source.dialect, stored.body, received_at=stored.received_at, message_id=stored.message_id
            )
            answer = self.mappings.acknowledge(source.dialect, stored.body, stored.received_at)
        except PayloadError as error:
            return Outcome(is_taken=False, report=common | refusal(error))
        is_taken = bool(normalised.facts) or (answer is not None and answer.verdict is not Verdict.REJECTED)
        return Outcome(is_taken, common | _said(normalised, answer), answer, list(recorded.deliveries))


def refusal(error: HubError) -> dict[str, Any]:
    """Return the part of a report about bytes of which nothing was read."""
    problem = {"code": error.code, "partner_code": None, "detail": str(error), "tracking_number": None}
    return {"acknowledgement": None, "facts": 0, "shipments": 0, "problems": [problem], "rejected": []}


def _said(normalised: Normalised, answer: Acknowledgement | None) -> dict[str, Any]:
    return {
        "acknowledgement": None if answer is None else {"kind": answer.kind, "verdict": answer.verdict.name},
        "facts": len(normalised.facts),
        "shipments": len({fact.tracking_number for fact in normalised.facts}),
        "problems": [
            {
                "code": one.code,
                "partner_code": one.partner_code,
                "detail": one.detail,
                "tracking_number": one.tracking_number,
            }
            for one in normalised.problems
        ],
        "rejected": [
            {
                "index": one.index,
                "code": one.problem,
                "detail": one.detail,
                "tracking_number": one.tracking_number,
                "raw_code": one.raw_code,
            }
            for one in normalised.rejected
        ],
    }
