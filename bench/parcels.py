"""Payloads for load: 17TRACK webhooks in their documented form, one event each, and the journey they make."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

EPOCH: Final = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

JOURNEY: Final = (
    ("InfoReceived", "InfoReceived", "DE", "CREATED"),
    ("InTransit", "InTransit_PickedUp", "DE", "FIRST_MILE"),
    ("InTransit", "InTransit_Departure", "DE", "LINEHAUL"),
    ("InTransit", "InTransit_Arrival", "US", "IMPORT_CUSTOMS"),
    ("InTransit", "InTransit_CustomsProcessing", "US", "IMPORT_CUSTOMS"),
    ("InTransit", "InTransit_CustomsReleased", "US", "LAST_MILE"),
    ("OutForDelivery", "OutForDelivery_Other", "US", "OUT_FOR_DELIVERY"),
    ("Delivered", "Delivered_Other", "US", "DELIVERED"),
)
"""Stage, sub-status and country of eight events, and the state after each."""


def number(index: int) -> str:
    """Return the tracking number of the nth parcel."""
    return f"MP{index:09d}DE"


def plan(index: int, *, connection: str) -> dict[str, Any]:
    """Return the registration of the nth parcel, as the API takes it."""
    return {
        "shipment_id": number(index),
        "reference": f"order-{index}",
        "origin_country": "DE",
        "destination_country": "US",
        "legs": [{"carrier": "17track", "tracking_number": number(index)}],
        "connections": [connection],
    }


def expected_states() -> list[str]:
    """Return the status sequence an order system has at the end: each change of the state, once, in order."""
    states: list[str] = []
    for _, _, _, state in JOURNEY:
        if state != (states[-1] if states else "CREATED"):
            states.append(state)
    return states


def webhook(index: int, step: int, *, count: int = 1) -> bytes:
    """Return the webhook body that reports `count` events of a parcel from the given step on."""
    events = [_event(position) for position in range(step, step + count)]
    status, sub_status, _, _ = JOURNEY[step + count - 1]
    return orjson.dumps(
        {
            "event": "TRACKING_UPDATED",
            "data": {
                "number": number(index),
                "carrier": 7041,
                "tag": None,
                "track_info": {
                    "shipping_info": {
                        "shipper_address": {"country": "DE"},
                        "recipient_address": {"country": "US"},
                    },
                    "latest_status": {"status": status, "sub_status": sub_status},
                    "tracking": {"providers": [{"provider": {"key": 7041, "name": "DHL Paket"}, "events": events}]},
                },
            },
        }
    )


def _event(step: int) -> dict[str, Any]:
    stage, sub_status, country, _ = JOURNEY[step]
    at = EPOCH + timedelta(hours=9 * step)
    return {
        "time_iso": at.isoformat(),
        "time_utc": at.isoformat().replace("+00:00", "Z"),
        "description": f"{stage} ({step})",
        "location": country,
        "stage": stage,
        "sub_status": sub_status,
        "address": {"country": country, "city": None},
    }
