"""Traps of DHL's unified answer: classes beside codes, clocks of several kinds in one answer."""

from typing import Any

from tests.contract.reading import meanings, stamps


def told(*events: dict[str, Any], service: str = "express") -> dict[str, Any]:
    return {"shipments": [{"id": "1000000001", "service": service, "events": list(events)}]}


def scan(status: str, at: str, *, kind: str = "transit") -> dict[str, Any]:
    place = {"address": {"countryCode": "US", "addressLocality": "CINCINNATI HUB - Ohio - USA"}}
    return {"timestamp": at, "location": place, "statusCode": kind, "status": status}


def test_the_divisions_code_counts_and_the_class_only_where_there_is_none() -> None:
    at = "2026-03-06T08:51:00"
    answer = told(scan("WC", at), scan("TRANSIT", at), scan("DELIVERED", at, kind="pre-transit"))

    assert meanings("dhl_universal", answer) == ["OUT_FOR_DELIVERY", "IN_TRANSIT", "UNMAPPED"]


def test_one_code_means_what_its_division_says() -> None:
    at = "2026-03-06T08:51:00"

    assert meanings("dhl_universal", told(scan("600", at, kind="delivered"), service="ecommerce")) == ["DELIVERED"]
    assert meanings("dhl_universal", told(scan("600", at, kind="delivered"), service="sameday")) == ["UNMAPPED"]


def test_a_stamp_is_local_to_its_place_or_carries_an_offset_with_nanoseconds() -> None:
    answer = told(
        scan("WC", "2026-03-06T08:51:00"), scan("OK", "2026-03-06T11:24:09.123456789-05:00", kind="delivered")
    )

    assert stamps("dhl_universal", answer) == [
        ("2026-03-06T08:51:00-05:00", "SECOND"),
        ("2026-03-06T11:24:09.123456-05:00", "SECOND"),
    ]
