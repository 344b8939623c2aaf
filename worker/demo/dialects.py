"""Payloads as five carriers send them, built from a list of scans; formats are the carriers' documented ones.

All numbers and places are made up for the demonstration. A scan's time is the local time of its place, with offset.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, NamedTuple
from xml.sax.saxutils import escape, quoteattr


class Scan(NamedTuple):
    """One event as a carrier reports it. `code` is the carrier's own, its parts joined by a slash."""

    at: datetime
    code: str
    text: str
    city: str = ""
    country: str = ""
    kind: str = ""


class Parcel(NamedTuple):
    """A tracking number and the countries it travels between."""

    number: str
    origin: str
    destination: str


Writer = Callable[[Parcel, Sequence[Scan]], bytes]

JSON: Final = "application/json"
XML: Final = "application/xml"


def fedex(parcel: Parcel, scans: Sequence[Scan]) -> bytes:
    """Return a Track API answer: newest scan first, times with offset, exception codes beside the type."""
    events = []
    for scan in reversed(scans):
        code, _, exception = scan.code.partition("/")
        events.append(
            {
                "date": scan.at.isoformat(timespec="seconds"),
                "eventType": code,
                "eventDescription": scan.text,
                "exceptionCode": exception,
                "exceptionDescription": "",
                "scanLocation": {"city": scan.city.upper(), "countryCode": scan.country, "residential": False},
                "locationType": scan.kind or "FEDEX_FACILITY",
                "derivedStatus": scan.text,
            }
        )
    result = {
        "trackingNumberInfo": {
            "trackingNumber": parcel.number,
            "carrierCode": "FDXE",
            "trackingNumberUniqueId": f"2461000000~{parcel.number}~FX",
        },
        "originLocation": {"locationContactAndAddress": {"address": {"countryCode": parcel.origin}}},
        "destinationLocation": {"locationContactAndAddress": {"address": {"countryCode": parcel.destination}}},
        "scanEvents": events,
    }
    answer = {"completeTrackResults": [{"trackingNumber": parcel.number, "trackResults": [result]}]}
    return _json({"transactionId": "demo", "output": answer})


def dhl_parcel_de(parcel: Parcel, scans: Sequence[Scan]) -> bytes:
    """Return a parcel DE tracking answer: nested `data` elements, ICE and RIC, local time without offset."""
    rows = "".join(_dhl_event(scan) for scan in scans)
    number = quoteattr(parcel.number)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<data name="piece-shipment-list" code="0" request-id="demo">'
        f'<data name="piece-shipment" error-status="0" piece-code={number} searched-piece-code={number} '
        f'origin-country="{parcel.origin}" dest-country="{parcel.destination}" ruecksendung="false">'
        f'<data name="piece-event-list">{rows}</data></data></data>'
    ).encode()


def _dhl_event(scan: Scan) -> str:
    ice, ric, standard = scan.code.split("/")
    return (
        f'<data name="piece-event" event-timestamp="{scan.at:%d.%m.%Y %H:%M}" event-status={quoteattr(scan.text)} '
        f'event-text={quoteattr(scan.text)} ice="{ice}" ric="{ric}" event-location={quoteattr(scan.city)} '
        f'event-country={quoteattr(scan.country)} standard-event-code="{standard}" ruecksendung="false"/>'
    )


def cainiao(parcel: Parcel, scans: Sequence[Scan]) -> bytes:
    """Return a global tracking answer: the text carries the zone, the epoch is counted as if it were GMT+8."""
    details = [
        {
            "time": int(scan.at.replace(tzinfo=timezone(timedelta(hours=8))).timestamp() * 1000),
            "timeStr": f"{scan.at:%Y-%m-%d %H:%M:%S}",
            "desc": scan.text,
            "standerdDesc": scan.text,
            "timeZone": _gmt(scan.at),
            "actionCode": scan.code,
        }
        for scan in reversed(scans)
    ]
    module = {
        "mailNo": parcel.number,
        "originCountry": {"CN": "Mainland China"}.get(parcel.origin, parcel.origin),
        "destCountry": {"DE": "Germany", "CA": "Canada"}.get(parcel.destination, parcel.destination),
        "status": "DELIVERING",
        "detailList": details,
    }
    return _json({"module": [module], "success": True})


def _gmt(at: datetime) -> str:
    hours = int((at.utcoffset() or timedelta()).total_seconds() // 3600)
    return f"GMT{hours:+d}"


def canadapost(parcel: Parcel, scans: Sequence[Scan]) -> bytes:
    """Return a tracking detail: date, time and zone abbreviation in three elements, newest first."""
    zones = {-5: "EST", -4: "EDT", -8: "PST", -7: "PDT"}
    rows = []
    for scan in reversed(scans):
        hours = int((scan.at.utcoffset() or timedelta()).total_seconds() // 3600)
        rows.append(
            f"<occurrence><event-identifier>{scan.code}</event-identifier>"
            f"<event-date>{scan.at:%Y-%m-%d}</event-date><event-time>{scan.at:%H:%M:%S}</event-time>"
            f"<event-time-zone>{zones[hours]}</event-time-zone>"
            f"<event-description>{escape(scan.text)}</event-description><signatory-name/>"
            f"<event-site>{escape(scan.city)}</event-site><event-province>{escape(scan.kind)}</event-province>"
            "<event-retail-location-id/><event-retail-name/></occurrence>"
        )
    return (
        f"<tracking-detail><pin>{parcel.number}</pin><active-exists>1</active-exists>"
        f"<significant-events>{''.join(rows)}</significant-events></tracking-detail>"
    ).encode()


def track17(parcel: Parcel, scans: Sequence[Scan]) -> bytes:
    """Return an aggregator's push: one provider, newest event first, each with its UTC and local time."""
    events = [
        {
            "time_iso": scan.at.isoformat(timespec="seconds"),
            "time_utc": scan.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "description": scan.text,
            "location": ", ".join(filter(None, [scan.city, scan.country])),
            "stage": scan.kind or None,
            "sub_status": scan.code,
            "address": {"country": scan.country or None, "city": scan.city or None, "state": None},
        }
        for scan in reversed(scans)
    ]
    latest = scans[-1].code
    info = {
        "shipping_info": {
            "shipper_address": {"country": parcel.origin},
            "recipient_address": {"country": parcel.destination},
        },
        "latest_status": {"status": latest.split("_")[0], "sub_status": latest, "sub_status_descr": None},
        "latest_event": events[0],
        "tracking": {
            "providers_hash": 1,
            "providers": [{"provider": {"key": 21051, "name": "USPS", "country": "US"}, "events": events}],
        },
    }
    data = {"number": parcel.number, "carrier": 21051, "tag": None, "track_info": info}
    return _json({"event": "TRACKING_UPDATED", "data": data})


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


WRITERS: Final[dict[str, tuple[Writer, str]]] = {
    "fedex": (fedex, JSON),
    "dhl_parcel_de": (dhl_parcel_de, XML),
    "cainiao": (cainiao, JSON),
    "canadapost": (canadapost, XML),
    "17track": (track17, JSON),
}
"""Dialect -> how its payloads are written, and their content type."""
