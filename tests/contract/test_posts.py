"""Traps of the posts, told as journeys: what a support agent would read after the payload."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from domain.milestones import Milestone
from mappings.engine import Mappings
from mappings.expectations import RECEIVED_AT
from mappings.loading import ROOT
from mappings.report import report

MAPPINGS = Mappings.load()


def normalised(carrier: str, body: bytes) -> Any:
    return MAPPINGS.normalise(carrier, body, received_at=RECEIVED_AT)


def fixture(carrier: str, name: str) -> bytes:
    return (ROOT / carrier / "fixtures" / name).read_bytes()


def states(carrier: str, body: bytes) -> dict[str, str]:
    return {one["tracking_number"]: one["state"] for one in report(normalised(carrier, body))["journeys"]}


def laposte(*events: dict[str, Any], **shipment: Any) -> bytes:
    return orjson.dumps([{"returnCode": 200, "shipment": {"idShip": "6A1", "event": list(events)} | shipment}])


def upu(*events: dict[str, Any], **item: Any) -> bytes:
    return orjson.dumps(
        {"items": [{"id": "RR1CN", "origin": "CN", "destination": "US", "events": list(events)} | item]}
    )


def test_steps_still_to_come_are_no_events() -> None:
    event = {"code": "PC1", "label": "Pris en charge", "date": "2026-02-02T09:00:00+01:00"}
    steps = [{"shortLabel": "Livré", "id": 5, "status": False, "type": 0, "date": "2026-02-05T09:00:00+01:00"}]

    assert states("laposte", laposte(event, timeline=steps)) == {"6A1": "FIRST_MILE"}
    assert normalised("laposte", laposte(timeline=steps)).facts == []


def test_the_post_that_takes_over_is_named_with_its_number() -> None:
    partner = {"name": "USPS", "network": "US", "reference": "LA 1 US"}
    [hint] = normalised("laposte", laposte(contextData={"partner": partner})).hints

    assert hint.partner_numbers == (("usps", "LA1US", "WHOLE"),)


@pytest.mark.parametrize("partner", [None, {}, {"name": "USPS"}, {"reference": "LA1US"}])
def test_half_a_partner_is_none(partner: dict[str, Any] | None) -> None:
    [hint] = normalised("laposte", laposte(contextData={"partner": partner})).hints

    assert hint.partner_numbers == ()


def test_every_number_of_a_call_has_its_own_error() -> None:
    problems = normalised("laposte", fixture("laposte", "error__one_of_three.json")).problems

    assert [(one.code, one.tracking_number) for one in problems] == [
        ("not_known_yet", "6A00000000048"),
        ("request_rejected", "6A000"),
    ]


def test_waiting_at_a_counter_is_not_delivered() -> None:
    pickup = {"code": "AG1", "label": "", "date": "2026-02-04T14:00:00+01:00"}
    collection_point = fixture("royalmail", "summary__several.json")

    assert states("laposte", laposte(pickup)) == {"6A1": "AVAILABLE_FOR_PICKUP"}
    assert states("royalmail", collection_point)["AA000000028GB"] == "AVAILABLE_FOR_PICKUP"


def test_a_signature_without_a_delivery_never_delivers() -> None:
    body = fixture("royalmail", "signature__alone.json")

    assert [fact.milestone for fact in normalised("royalmail", body).facts] == [Milestone.POD_RECEIVED]
    assert states("royalmail", body) == {"AA000000102GB": "CREATED"}


@pytest.mark.parametrize(
    ("carrier", "name"),
    [
        ("royalmail", "signature__alone.json"),
        ("royalmail", "events__delivered.json"),
        ("usps", "detail__delivered.json"),
        ("usps", "webtools__fields.xml"),
        ("canadapost", "summary__three_parcels.xml"),
    ],
)
def test_whoever_signed_is_evidence_and_never_a_name(carrier: str, name: str) -> None:
    body = fixture(carrier, name)
    facts = normalised(carrier, body).facts

    assert any(fact.delivery is not None and "SIGNATURE" in fact.delivery.evidence for fact in facts)
    assert b"EXAMPLE" in body.upper()
    assert [fact for fact in facts if "A EXAMPLE" in fact.model_dump_json().upper().replace(".", "")] == []


def test_a_refused_item_is_on_its_way_back_after_one_event() -> None:
    said = states("royalmail", fixture("royalmail", "summary__several.json"))

    assert said["AA000000031GB"] == "RETURNING"
    assert said["AA000000062GB"] == "RETURNED"


def test_a_delivery_to_the_sender_is_a_return() -> None:
    assert states("usps", fixture("usps", "detail__trouble_and_return.json")) == {"9400100000000000000024": "RETURNED"}


def test_usps_in_every_form_ends_where_the_scan_ended() -> None:
    ends = {
        "detail__delivered.json": "DELIVERED",
        "detail__as_xml.xml": "DELIVERED",
        "summary__lines.json": "DELIVERED",
        "summary__as_xml.xml": "OUT_FOR_DELIVERY",
        "webtools__fields.xml": "DELIVERED",
        "webtools__first_rest_version.json": "DELIVERED",
    }

    assert {name: next(iter(states("usps", fixture("usps", name)).values())) for name in ends} == ends


def test_the_first_facility_is_the_origin_whatever_the_code_calls_it() -> None:
    steps = {fact["index"]: fact for fact in report(normalised("usps", _shared_usps()))["facts"]}

    assert (steps[8]["raw_code"], steps[8]["milestone"]) == ("10", "RECEIVED_AT_ORIGIN")
    assert (steps[3]["raw_code"], steps[3]["milestone"]) == ("A1", "HUB_ARRIVED")


def _shared_usps() -> bytes:
    path = Path(__file__).parents[3] / "shared" / "carriers" / "payloads" / "usps" / "tracking.json"
    if not path.is_file():
        pytest.skip("../shared is absent: no sample payloads to read")
    return path.read_bytes()


def test_an_old_xml_scan_and_a_new_json_scan_of_one_instant_agree() -> None:
    local = fixture("usps", "webtools__first_rest_version.json")
    [delivered] = [one for one in normalised("usps", local).facts if one.milestone is Milestone.DELIVERED]
    assert delivered.occurred_at is not None

    assert delivered.occurred_at.isoformat() == "2025-11-30T19:00:00+00:00"


def test_two_customs_two_holds_each_with_its_side() -> None:
    held = {"code": "EXB", "time": "2026-03-02T12:00:00", "office": "CNCANA", "retention": "security"}
    let_go = {"code": "EXC", "time": "2026-03-02T17:00:00", "office": "CNCANA"}
    again = {"code": "EME", "time": "2026-03-05T12:00:00", "office": "USJFKA", "retention": "duty"}
    cleared = {"code": "EDC", "time": "2026-03-09T12:00:00", "office": "USJFKA"}
    taken = {"code": "EMA", "time": "2026-03-01T12:00:00", "office": "CNCANA"}

    assert states("upu", upu(taken, held)) == {"RR1CN": "CUSTOMS_HOLD"}
    assert states("upu", upu(taken, held, let_go)) == {"RR1CN": "RESOLVED"}
    assert states("upu", upu(taken, held, let_go, again)) == {"RR1CN": "CUSTOMS_HOLD"}
    assert states("upu", upu(cleared, again, let_go, held, taken)) == {"RR1CN": "RESOLVED"}
    assert [fact.hold.side for fact in normalised("upu", upu(held, again)).facts if fact.hold] == ["EXPORT", "IMPORT"]


def test_a_delivery_on_the_way_back_is_the_return() -> None:
    turned = {
        "code": "EMH",
        "time": "2026-03-10T10:00:00",
        "office": "USJFKA",
        "reason": "refused",
        "action": "returned",
    }
    back = {"code": "EMI", "time": "2026-03-20T10:00:00", "office": "CNCANA", "leg": "return"}
    taken = {"code": "EMA", "time": "2026-03-01T12:00:00", "office": "CNCANA"}

    assert states("upu", upu(taken, turned)) == {"RR1CN": "RETURNING"}
    assert states("upu", upu(back, turned, taken)) == {"RR1CN": "RETURNED"}


def test_nested_and_flat_rows_are_the_same_events() -> None:
    event = {"code": "EMC", "time": "2026-03-02T21:40:00", "office": "CNCANA", "reason": "missent"}
    flat = orjson.dumps({"events": [event | {"item": "RR1CN"}]})
    bare = orjson.dumps([event | {"item": "RR 1 CN"}])

    ids = {form: normalised("upu", form).facts[0].event_id for form in (upu(event), flat, bare)}

    assert len(set(ids.values())) == 1


@pytest.mark.parametrize(("office", "at"), [("USJFKA", "2026-03-08T12:00:00-04:00"), ("USQQQA", None)])
def test_a_stamp_is_local_to_the_office_or_a_day(office: str, at: str | None) -> None:
    [fact] = normalised("upu", upu({"code": "EMD", "time": "2026-03-08T12:00:00", "office": office})).facts
    assert fact.occurred_at is not None

    assert (fact.occurred_at.isoformat() if fact.precision == "SECOND" else None) == at


@pytest.mark.parametrize("identifier", ["0174", "174", "00174"])
def test_padded_identifiers_are_one_event(identifier: str) -> None:
    ids = {normalised("canadapost", _canadapost(code)).facts[0].event_id for code in ("174", identifier)}

    assert len(ids) == 1


def _canadapost(code: str) -> bytes:
    return (
        "<tracking-detail><pin>1</pin><significant-events><occurrence>"
        f"<event-identifier>{code}</event-identifier><event-date>2026-02-03</event-date><event-time>08:27:43</event-time>"
        "<event-time-zone>EST</event-time-zone></occurrence></significant-events></tracking-detail>"
    ).encode()
