"""What a fixture is expected to become: small enough to be read and judged by a person, complete enough to pin it.

Only what is said is written: a missing key means the field's default.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from domain.axes import Classifier
from domain.errors import PayloadError
from domain.facts import Fact
from domain.normalised import Normalised, PartnerNumber
from domain.shipments import LegRole
from mappings.dialect import Dialect

RECEIVED_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""When fixtures are received."""


def fixtures(folder: Path) -> list[Path]:
    """Return the payloads of a mapping folder, without their expectations."""
    return sorted(path for path in (folder / "fixtures").glob("*") if not path.name.endswith(".expected.json"))


def expectation_of(fixture: Path) -> Path:
    """Return the file that says what a fixture becomes."""
    return fixture.with_suffix(".expected.json")


def outcome(dialect: Dialect, body: bytes) -> dict[str, Any]:
    """Return the expectation form of what a body becomes now; a refused body gives the error's code."""
    try:
        normalised = dialect.normalise(body, received_at=RECEIVED_AT)
    except PayloadError as error:
        return {"raises": error.code}
    return said(normalised)


def text(expected: dict[str, Any]) -> str:
    """Return an expectation as it is written to disk."""
    return orjson.dumps(expected, option=orjson.OPT_INDENT_2).decode() + "\n"


def said(normalised: Normalised) -> dict[str, Any]:
    """Return facts, rejections and problems in expectation form."""
    return {
        "facts": [_fact(fact) for fact in normalised.facts],
        "rejected": [{"index": one.index, "problem": one.problem} for one in normalised.rejected],
        "problems": [
            _without_none({"code": one.code, "number": one.tracking_number, "partner_code": one.partner_code})
            for one in normalised.problems
        ],
        "hints": [
            _without_none(
                {
                    "number": hint.tracking_number,
                    "origin": hint.origin_country,
                    "destination": hint.destination_country,
                    "direction": hint.direction,
                    "partners": [_partner(one) for one in hint.partner_numbers] or None,
                }
            )
            for hint in normalised.hints
        ],
    }


def _fact(fact: Fact) -> dict[str, Any]:
    place = fact.location.model_dump(mode="json", exclude_none=True) if fact.location is not None else None
    return _without_none(
        {
            "index": fact.source.index,
            "number": fact.tracking_number or None,
            "raw_code": fact.source.raw_code,
            "milestone": ("~" if fact.by_context else "") + fact.milestone,
            "reasons": list(fact.reasons) or None,
            "classifier": fact.classifier if fact.classifier is not Classifier.ACT else None,
            "direction": fact.direction,
            "occurred_at": fact.occurred_at.isoformat() if fact.occurred_at is not None else None,
            "precision": fact.precision,
            "expected_at": fact.expected_at.isoformat() if fact.expected_at is not None else None,
            "note": fact.note,
            "place": place,
            "party": fact.source.party if fact.source.party != fact.source.system else None,
            "hold": fact.hold.model_dump(mode="json", exclude_none=True) if fact.hold is not None else None,
            "delivery": fact.delivery.model_dump(mode="json", exclude_defaults=True) if fact.delivery else None,
            "custody": fact.custody.model_dump(mode="json", exclude_none=True) if fact.custody is not None else None,
            "parcel": fact.parcel,
        }
    )


def _partner(one: PartnerNumber) -> list[str]:
    """Return a partner's number; its role only where the payload says one."""
    return [one.carrier, one.number] if one.role is LegRole.WHOLE else [one.carrier, one.number, one.role]


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
