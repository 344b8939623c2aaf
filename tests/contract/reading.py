"""Short readings of a payload for contract tests: what each event became, and where the journey stands."""

from typing import Any

import orjson

from domain.normalised import Normalised
from mappings.engine import Mappings
from mappings.expectations import RECEIVED_AT
from mappings.report import report

MAPPINGS = Mappings.load()


def normalised(carrier: str, payload: Any) -> Normalised:
    """Return what the dialect makes of a payload: bytes as they are, text in UTF-8, anything else as JSON."""
    body = payload if isinstance(payload, bytes) else payload.encode() if isinstance(payload, str) else None
    return MAPPINGS.normalise(carrier, orjson.dumps(payload) if body is None else body, received_at=RECEIVED_AT)


def stamps(carrier: str, payload: Any) -> list[tuple[str | None, str | None]]:
    """Return instant (ISO, as sent) and precision of every fact, in the order of the payload."""
    return [
        (fact.occurred_at.isoformat() if fact.occurred_at else None, fact.precision.value if fact.precision else None)
        for fact in normalised(carrier, payload).facts
    ]


def meanings(carrier: str, payload: Any) -> list[str]:
    """Return the milestone of every fact in its journey, where context decides hub, ends and customs side."""
    return [fact["milestone"] for fact in report(normalised(carrier, payload))["facts"]]


def states(carrier: str, payload: Any) -> dict[str, str]:
    """Return the state of every tracking number after its journey was folded."""
    return {one["tracking_number"]: one["state"] for one in report(normalised(carrier, payload))["journeys"]}
