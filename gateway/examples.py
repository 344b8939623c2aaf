"""What a good answer looks like, per operation, for the OpenAPI document."""

from typing import Any, Final

_SHIPMENT: Final[dict[str, Any]] = {
    "shipment_id": "S-2026-0001",
    "reference": "ORDER-10045",
    "kind": "PARCEL",
    "direction": "FORWARD",
    "origin_country": "CN",
    "destination_country": "DE",
    "legs": [{"carrier": "cainiao", "tracking_number": "LP00123456789012", "role": "LINEHAUL", "parcel": None}],
    "parcels": [],
    "connections": ["shop"],
    "registered_at": "2026-02-27T10:00:00Z",
    "state": "CUSTOMS_HOLD",
    "stage": "IMPORT_CUSTOMS",
    "owner": "SHIPPER",
    "revision": 5,
    "last_milestone": "CUSTOMS_HELD",
    "last_at": "2026-03-02T08:10:00Z",
    "state_since": "2026-03-02T08:10:00Z",
    "expected_at": None,
    "promised_at": "2026-03-20T17:00:00Z",
    "open_holds": 1,
    "anomalies": 0,
    "facts": 7,
    "attempts": 0,
    "is_stale": False,
    "is_damaged": False,
    "is_ended": False,
    "updated_at": "2026-03-02T08:12:31Z",
}
_CHANGE: Final[dict[str, Any]] = {
    "revision": 5,
    "kind": "STATUS",
    "state": "CUSTOMS_HOLD",
    "milestone": "CUSTOMS_HELD",
    "reasons": ["CUSTOMS.DOCS_MISSING"],
    "owner": "SHIPPER",
    "occurred_at": "2026-03-02T08:10:00Z",
    "recorded_at": "2026-03-02T08:12:31Z",
    "event_id": "e_5d0c7f2a91b84e63a0c4d7e8f19b2c",
    "supersedes": [],
    "flags": [],
    "note": None,
}
_TOLD: Final[dict[str, Any]] = {
    "connection": "shop",
    "wanted": 5,
    "sent": 5,
    "acked": 5,
    "outcome": "accepted 204",
    "updated_at": "2026-03-02T08:12:31Z",
}
_ENTRY: Final[dict[str, Any]] = {
    "seq": 12,
    "kind": "STATE",
    "at": "2026-03-02T08:12:31Z",
    "body": {"state": "CUSTOMS_HOLD", "revision": 5},
    "previous_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "hash": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
    "fact": None,
    "raw_code": None,
    "raw_text": None,
    "message_id": None,
}
_UNKNOWN: Final[dict[str, Any]] = {
    "dialect": "cainiao",
    "code": "GTMS_NEW_STEP",
    "sample_text": "Handed to partner",
    "seen": 3,
    "first_seen_at": "2026-03-01T09:00:00Z",
    "last_seen_at": "2026-03-02T09:00:00Z",
    "waiting": 3,
    "shipments": 2,
}
_COVERED: Final[dict[str, Any]] = {
    "dialect": "fedex",
    "codes": {"documented": 412, "mapped": 398, "excused": 14, "missing": 0},
    "events": 20410,
    "mapped_events": 20398,
}
_ACCEPTED: Final[dict[str, Any]] = {"message_id": "m_9f86d081884c7d659a2feaa0c55ad015", "is_new": True}
_REGISTERED: Final[dict[str, Any]] = {
    "shipment_id": "S-2026-0001",
    "is_new": True,
    "is_started": True,
    "parked_facts": 0,
}
_ANSWERED: Final[dict[str, Any]] = {
    "command_id": "c-1",
    "state": "RESOLVED",
    "revision": 6,
    "event_ids": ["e_0b1f6f3f0a6f4d1c9f0e6a2b7c8d9e"],
    "outcome": "released",
    "repeated": False,
}

_DETECTED: Final[dict[str, Any]] = {
    "number": "986578788855",
    "carrier": None,
    "candidates": [
        {"carrier": "fedex", "format": "Express, 12 digits", "odds": 0.0925, "is_checked": True},
        {"carrier": "sf_express", "format": "waybill, 12 digits", "odds": 1.0, "is_checked": False},
    ],
}

ANSWERS: Final[dict[tuple[str, str, str], Any]] = {
    ("post", "/webhooks/carriers/{account}", "202"): _ACCEPTED,
    ("post", "/webhooks/erps/{tenant}/{connection}", "200"): {"heard": True},
    ("post", "/v1/messages/{dialect}", "202"): _ACCEPTED,
    ("get", "/v1/carriers/detect", "200"): _DETECTED,
    ("post", "/v1/shipments", "201"): _REGISTERED,
    ("post", "/v1/shipments", "200"): _REGISTERED | {"is_new": False},
    ("get", "/v1/shipments", "200"): {"items": [_SHIPMENT], "next": "cDE6NDI"},
    ("get", "/v1/shipments/{shipment_id}", "200"): _SHIPMENT
    | {"audit_entries": 12, "convergence": [_TOLD], "journey": {"state": "CUSTOMS_HOLD", "stage": "IMPORT_CUSTOMS"}},
    ("get", "/v1/shipments/{shipment_id}/timeline", "200"): {"items": [_ENTRY], "next": None},
    ("post", "/v1/shipments/{shipment_id}/commands", "200"): _ANSWERED,
    ("get", "/v1/changes", "200"): {
        "items": [{"cursor": 41, "shipment_id": "S-2026-0001", "reference": "ORDER-10045", "change": _CHANGE}],
        "next": 41,
    },
    ("get", "/v1/counts", "200"): {"states": {"LINEHAUL": 120, "CUSTOMS_HOLD": 4, "DELIVERED": 870}, "total": 994},
    ("get", "/v1/unmapped", "200"): {"items": [_UNKNOWN], "milestone": "UNMAPPED"},
    ("get", "/v1/mappings/coverage", "200"): {"items": [_COVERED], "days": 30},
    ("get", "/v1/mappings/unmapped/shipments", "200"): {"items": ["S-2026-0001"], "next": None},
    ("get", "/healthz", "200"): {"status": "ok", "failing": {}},
    ("get", "/readyz", "200"): {"status": "ok", "failing": {}},
    ("get", "/readyz", "503"): {
        "status": "failing",
        "failing": {"temporal": "does not answer; check the server and MILEPOST_TEMPORAL__ADDRESS"},
    },
}
