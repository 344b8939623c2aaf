"""A carrier that reports by AfterShip's webhook, in its documented form: all events so far, or one at a time."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import orjson

from connectors.carrier_webhooks import AFTERSHIP

EPOCH: Final = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class Step(NamedTuple):
    """One event, where it happens, and the state that the order system hears of; None when it hears nothing new."""

    subtag: str
    country: str
    state: str | None


JOURNEY: Final = (
    Step("InfoReceived_001", "GBR", None),
    Step("InTransit_002", "GBR", "FIRST_MILE"),
    Step("InTransit_007", "GBR", "LINEHAUL"),
    Step("InTransit_004", "NLD", "IMPORT_CUSTOMS"),
    Step("Exception_018", "NLD", "CUSTOMS_HOLD"),
    Step("InTransit_008", "NLD", "RESOLVED"),
    Step("InTransit_009", "NLD", "REROUTED"),
    Step("OutForDelivery_001", "NLD", "OUT_FOR_DELIVERY"),
    Step("Delivered_001", "NLD", "DELIVERED"),
)
"""Picked up, across the border, held by customs, resolved, rerouted, delivered."""

STATES: Final = tuple(step.state for step in JOURNEY if step.state is not None)


def webhook(number: str, steps: range) -> bytes:
    """Return the webhook that tells these steps of a parcel's journey."""
    last = JOURNEY[steps[-1]]
    message = {
        "id": f"t-{number}",
        "tracking_number": number,
        "slug": "postnl-3s",
        "origin_country_iso3": "GBR",
        "destination_country_iso3": "NLD",
        "tag": last.subtag.partition("_")[0],
        "subtag": last.subtag,
        "checkpoints": [_checkpoint(step) for step in steps],
    }
    return orjson.dumps({"event": "tracking_update", "event_id": f"{number}-{steps[0]}-{steps[-1]}", "msg": message})


def headers(body: bytes, key: str) -> dict[str, str]:
    """Return the headers with AfterShip's signature."""
    return {"aftership-hmac-sha256": AFTERSHIP.sign(body, key), "content-type": "application/json"}


def _checkpoint(step: int) -> dict[str, Any]:
    subtag, country, _ = JOURNEY[step]
    at = EPOCH + timedelta(hours=7 * step)
    return {
        "slug": "postnl-3s",
        "city": None,
        "created_at": at.isoformat(),
        "country_iso3": country,
        "country_name": country,
        "message": f"{subtag} ({step})",
        "tag": subtag.partition("_")[0],
        "subtag": subtag,
        "checkpoint_time": at.isoformat(),
    }
