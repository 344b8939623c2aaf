"""Traps of the posts, one test each; docs/carrier-traps.md lists them all."""

from typing import Any

import pytest

from domain.milestones import Milestone
from tests.contract.reading import meanings, normalised, stamps


def usps(*events: dict[str, Any]) -> dict[str, Any]:
    return {"trackingNumber": "1", "trackingEvents": events}


def test_usps_takes_the_instant_then_the_offset_then_the_clock_of_the_state() -> None:
    local = {"eventCode": "A1", "eventTimestamp": "2026-03-02T10:00:00", "eventState": "NY"}
    offset = local | {"eventTimestamp": "2026-03-02T11:00:00", "GMTOffset": "-08:00"}
    instant = local | {"eventTimestamp": "2026-03-02T12:00:00", "GMTTimestamp": "2026-03-02T17:00:31Z"}

    assert stamps("usps", usps(local, offset, instant)) == [
        ("2026-03-02T10:00:00-05:00", "SECOND"),
        ("2026-03-02T11:00:00-08:00", "SECOND"),
        ("2026-03-02T17:00:31+00:00", "SECOND"),
    ]


def test_usps_reports_foreign_customs_with_their_side() -> None:
    events = [
        {"eventCode": code, "GMTTimestamp": f"2026-03-0{day}T10:00:00Z"}
        for day, code in enumerate(("EXA", "EXC", "EDB", "EDC"), 1)
    ]

    assert meanings("usps", usps(*events)) == [
        "EXPORT_CUSTOMS_SUBMITTED",
        "EXPORT_CUSTOMS_CLEARED",
        "IMPORT_CUSTOMS_SUBMITTED",
        "IMPORT_CUSTOMS_CLEARED",
    ]


def test_usps_names_the_sender_under_the_code_of_a_delivery() -> None:
    event = {"eventCode": "01", "eventType": "Delivered, To Original Sender", "GMTTimestamp": "2026-03-02T10:00:00Z"}

    assert meanings("usps", usps(event)) == ["RETURNED"]


def upu(*events: dict[str, Any]) -> dict[str, Any]:
    return {"items": [{"id": "RR1CN", "origin": "CN", "destination": "US", "events": events}]}


@pytest.mark.parametrize(
    ("code", "milestone", "side"),
    [
        ("EXA", Milestone.EXPORT_CUSTOMS_SUBMITTED, None),
        ("EXB", Milestone.CUSTOMS_HELD, "EXPORT"),
        ("EDB", Milestone.IMPORT_CUSTOMS_SUBMITTED, None),
        ("EME", Milestone.CUSTOMS_HELD, "IMPORT"),
        ("EDC", Milestone.IMPORT_CUSTOMS_CLEARED, None),
    ],
)
def test_the_upus_codes_carry_the_customs_side(code: str, milestone: Milestone, side: str | None) -> None:
    [fact] = normalised("upu", upu({"code": code, "time": "2026-03-02T10:00:00+01:00"})).facts

    assert (fact.milestone, fact.hold.side.value if fact.hold and fact.hold.side else None) == (milestone, side)


def test_an_office_of_exchange_gives_the_clock_of_its_country_or_no_hour() -> None:
    event = {"code": "EMD", "time": "2026-03-02T10:00:00"}

    assert stamps("upu", upu(event | {"office": "DEFRAA"}, event | {"office": "USJFKA", "code": "EMC"})) == [
        ("2026-03-02T10:00:00+01:00", "SECOND"),
        ("2026-03-02T10:00:00-05:00", "SECOND"),
    ]


def laposte(**event: str) -> list[dict[str, Any]]:
    return [{"returnCode": 200, "shipment": {"idShip": "6A1", "event": [event]}}]


def test_la_poste_writes_its_offset_and_it_is_kept() -> None:
    event = {"code": "PC1", "label": "Pris en charge", "date": "2026-07-02T10:00:00+02:00"}

    assert stamps("laposte", laposte(**event)) == [("2026-07-02T10:00:00+02:00", "SECOND")]


def royalmail(code: str) -> dict[str, Any]:
    event = {"eventCode": code, "eventName": "x", "eventDateTime": "2026-07-02T10:00:00+01:00", "locationName": "A DO"}
    return {"mailPieces": {"mailPieceId": "1", "events": [event]}}


@pytest.mark.parametrize(
    ("code", "milestone"),
    [
        ("EVPLA", "AVAILABLE_FOR_PICKUP"),
        ("EVKLS", "AVAILABLE_FOR_PICKUP"),
        ("EVNDN", "DELAYED"),
        ("EVNAB", "RETURN_INITIATED"),
        ("EVGPD", "ARRIVED_DELIVERY_DEPOT"),
    ],
)
def test_royal_mails_own_classes_are_not_taken_over(code: str, milestone: str) -> None:
    assert meanings("royalmail", royalmail(code)) == [milestone]
    assert stamps("royalmail", royalmail(code)) == [("2026-07-02T10:00:00+01:00", "SECOND")]


def canadapost(identifier: str, zone: str = "", place: str = "<event-province>ON</event-province>") -> str:
    stamp = (
        f"<event-date>2026-03-02</event-date><event-time>10:00:00</event-time><event-time-zone>{zone}</event-time-zone>"
    )
    event = f"<occurrence><event-identifier>{identifier}</event-identifier>{stamp}{place}</occurrence>"
    return f"<tracking-detail><pin>1</pin><significant-events>{event}</significant-events></tracking-detail>"


def test_canada_post_pads_identifiers_or_not_and_it_is_one_event() -> None:
    [padded] = normalised("canadapost", canadapost("0174", "EST")).facts
    [bare] = normalised("canadapost", canadapost("174", "EST")).facts

    assert (padded.milestone, padded.event_id) == (bare.milestone, bare.event_id)
    assert (padded.source.raw_code, bare.source.raw_code) == ("0174", "174")
    assert padded.milestone is not Milestone.UNMAPPED


def test_canada_posts_zones_are_abbreviations_and_a_province_alone_claims_no_hour() -> None:
    assert stamps("canadapost", canadapost("0174", "NST")) == [("2026-03-02T10:00:00-03:30", "SECOND")]
    assert stamps("canadapost", canadapost("0174", place="")) == [("2026-03-02T00:00:00+00:00", "DAY")]


def x12(*scans: tuple[str, str]) -> str:
    """Return an interchange with one shipment per scan, each with its zone and its town."""
    sets = "".join(
        f"ST*214*{n:04}~B10*N{n}*N{n}*CPCC~LX*1~AT7*XB*NS***20260310*1534*{zone}~MS1*{town}~SE*6*{n:04}~"
        for n, (zone, town) in enumerate(scans, 1)
    )
    isa = "ISA*00*          *00*          *ZZ*CPC            *ZZ*MILEPOST       *260311*1800*U*00401*000000001*0*P*>~"
    return f"{isa}GS*QM*CPC*MILEPOST*20260311*1800*1*X*004010~{sets}GE*{len(scans)}*1~IEA*1*000000001~"


def test_x12_zones_of_two_letters_count_and_a_blank_one_is_that_of_the_town() -> None:
    scans = [
        ("PT", "VANCOUVER*BC*CA"),
        ("MT", "CALGARY*AB*CA"),
        ("CS", "REGINA*SK*CA"),
        ("", "TORONTO*ON*CA"),
        ("", "X*ON*CA"),
    ]

    assert stamps("canadapost_x12_214", x12(*scans)) == [
        ("2026-03-10T15:34:00-07:00", "MINUTE"),
        ("2026-03-10T15:34:00-06:00", "MINUTE"),
        ("2026-03-10T15:34:00-06:00", "MINUTE"),
        ("2026-03-10T15:34:00-04:00", "MINUTE"),
        ("2026-03-10T00:00:00+00:00", "DAY"),
    ]


def test_x12_interchanges_hold_several_shipments() -> None:
    found = normalised("canadapost_x12_214", x12(("ET", "TORONTO*ON*CA"), ("ET", "OTTAWA*ON*CA")))

    assert [fact.tracking_number for fact in found.facts] == ["N1", "N2"]
