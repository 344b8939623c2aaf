"""Traps of the express carriers, one test each; docs/carrier-traps.md lists them all."""

from typing import Any

import pytest

from domain.errors import PayloadError
from domain.milestones import Milestone
from tests.contract.reading import meanings, normalised, stamps, states


def mydhl(*events: dict[str, Any]) -> dict[str, Any]:
    return {
        "shipments": [{"shipmentTrackingNumber": "1", "shipmentTimestamp": "2026-03-02T09:00:00", "events": events}]
    }


def scan(area: str, words: str, **more: str) -> dict[str, Any]:
    event = {"date": "2026-03-02", "time": "10:00:00", "typeCode": "AF", "description": "Arrived"}
    return event | {"serviceArea": [{"code": area, "description": words}]} | more


def test_mydhl_takes_the_offset_from_the_event_or_the_service_area_and_else_claims_no_hour() -> None:
    told = scan("LEJ", "LEIPZIG-DE", GMTOffset="+03:00")
    found = scan("LEJ", "LEIPZIG-DE", time="11:00:00")

    assert stamps("mydhl", mydhl(told, found, scan("ZZZ", "SOMEWHERE"))) == [
        ("2026-03-02T10:00:00+03:00", "SECOND"),
        ("2026-03-02T11:00:00+01:00", "SECOND"),
        ("2026-03-02T00:00:00+00:00", "DAY"),
    ]


def test_mydhl_keeps_the_service_area_as_the_place() -> None:
    [fact] = normalised("mydhl", mydhl(scan("LEJ", "LEIPZIG-DE"))).facts

    assert fact.location is not None
    assert (fact.location.facility, fact.location.country) == ("LEJ", "DE")


AWB = """<req:TrackingResponse xmlns:req="http://www.dhl.com">
  <AWBInfo><AWBNumber>1</AWBNumber><Status><ActionStatus>No Shipments Found</ActionStatus>
    <Condition><ConditionCode>209</ConditionCode><ConditionData>none</ConditionData></Condition></Status></AWBInfo>
  <AWBInfo><AWBNumber>2</AWBNumber><Status><ActionStatus>success</ActionStatus></Status><ShipmentInfo><ShipmentEvent>
    <Date>2026-03-02</Date><Time>10:00:00</Time><ServiceEvent><EventCode>PU</EventCode></ServiceEvent>
    <ServiceArea><ServiceAreaCode>LEJ</ServiceAreaCode><Description>Leipzig - Germany</Description></ServiceArea>
  </ShipmentEvent></ShipmentInfo></AWBInfo>
</req:TrackingResponse>"""


def test_dhl_express_reads_the_waybills_beside_one_that_fails() -> None:
    found = normalised("dhl_express", AWB)

    assert [(fact.tracking_number, fact.milestone) for fact in found.facts] == [("2", Milestone.PICKED_UP)]
    assert [(problem.tracking_number, problem.code) for problem in found.problems] == [("1", "not_known_yet")]


def fedex(*results: tuple[str, list[dict[str, Any]]]) -> dict[str, Any]:
    tracks = [
        {"trackingNumberInfo": {"trackingNumber": "9", "trackingNumberUniqueId": unique}, "scanEvents": scans}
        for unique, scans in results
    ]
    return {"output": {"completeTrackResults": [{"trackingNumber": "9", "trackResults": tracks}]}}


def test_fedex_keeps_two_uses_of_one_number_apart() -> None:
    old = [{"date": "2024-03-02T10:00:00+01:00", "eventType": "DL"}]
    new = [{"date": "2026-03-02T10:00:00+01:00", "eventType": "PU"}]
    found = normalised("fedex", fedex(("first~1", old), ("second~2", new)))

    assert {fact.milestone: fact.parcel for fact in found.facts} == {
        Milestone.DELIVERED: "first~1",
        Milestone.PICKED_UP: "second~2",
    }
    assert [problem.code for problem in found.problems] == ["conflict"]


def test_fedex_reads_a_midnight_without_offset_as_a_date() -> None:
    scans = [
        {"date": "2026-03-02T00:00:00", "eventType": "PU"},
        {"date": "2026-03-02T00:00:00-05:00", "eventType": "AR"},
    ]

    assert stamps("fedex", fedex(("one~1", scans))) == [
        ("2026-03-02T00:00:00+00:00", "DAY"),
        ("2026-03-02T00:00:00-05:00", "SECOND"),
    ]


def ups(*activities: dict[str, Any]) -> dict[str, Any]:
    return {"trackResponse": {"shipment": [{"package": [{"trackingNumber": "1Z", "activity": activities}]}]}}


ARRIVAL = {"status": {"type": "I", "code": "AR"}, "date": "20260302", "time": "100000"}


def test_ups_prefers_the_gmt_stamps_to_the_local_ones() -> None:
    gmt = {"gmtDate": "20260302", "gmtTime": "15:00:00", "gmtOffset": "-05:00"}
    place = {"location": {"address": {"city": "Paris", "countryCode": "FR"}}}

    assert stamps("ups", ups(ARRIVAL | gmt | place)) == [("2026-03-02T15:00:00+00:00", "SECOND")]


def test_ups_takes_an_activity_without_a_city() -> None:
    country = {"location": {"address": {"countryCode": "FR"}}}

    assert stamps("ups", ups(ARRIVAL | country, ARRIVAL | {"time": "110000", "location": {}})) == [
        ("2026-03-02T10:00:00+01:00", "SECOND"),
        ("2026-03-02T00:00:00+00:00", "DAY"),
    ]


def test_an_alert_of_ups_is_one_activity_and_the_same_event_as_in_the_poll() -> None:
    stamp = {"localActivityDate": "20260302", "localActivityTime": "100000"}
    alert = {"trackingNumber": "1Z", "activityStatus": {"type": "I", "code": "AR"}} | stamp
    alert |= {"gmtActivityDate": "20260302", "gmtActivityTime": "090000"}

    [pushed] = normalised("ups", alert).facts
    [polled] = normalised("ups", ups(ARRIVAL)).facts

    assert pushed.event_id == polled.event_id


def test_several_results_and_a_return_never_end_as_delivered() -> None:
    back = {"status": {"type": "RS", "code": "KB"}, "date": "20260304", "time": "100000"}

    assert states("ups", ups(back, ARRIVAL))["1Z"] != "DELIVERED"


SEPARATORS = """UNA>|.! #
UNB|UNOC>3|EXAMPLE>UPS|MILEPOST>02|260311>2143|1||IFTSTA#UNG|IFTSTA|EXAMPLE>UPS|MILEPOST>02|260311>2143|1|UN|D>07B#
UNH|1|IFTSTA>D>07B>UN#BGM|77|A|9#CNI|1|1Z#STS|1|13|52#DTM|78>202603091015+0100>205#
STS|1|24|52#DTM|78>20260310>102#FTX|AAI|||kept !# together#UNT|8|1#UNE|1|1#UNZ|1|1#"""


def test_ups_iftsta_reads_separators_release_characters_and_qualified_times() -> None:
    assert stamps("ups_iftsta", SEPARATORS) == [
        ("2026-03-09T10:15:00+01:00", "MINUTE"),
        ("2026-03-10T00:00:00+00:00", "DAY"),
    ]
    assert normalised("ups_iftsta", SEPARATORS).rejected == []


def test_a_date_before_the_carriers_time_is_no_event_and_takes_no_sibling_along() -> None:
    found = normalised("ups", ups(ARRIVAL | {"date": "00000000"}, ARRIVAL))

    assert ([one.problem for one in found.rejected], len(found.facts)) == (["time_unreadable"], 1)


@pytest.mark.parametrize("body", [b"", b"<html>down for maintenance</html>", b'{"fault":'])
def test_a_page_in_the_place_of_an_answer_is_refused_by_name(body: bytes) -> None:
    with pytest.raises(PayloadError):
        normalised("mydhl", body)


@pytest.mark.parametrize("body", [b"[]", b"null", b"{}", b'{"shipments": "none"}'])
def test_an_answer_of_another_form_is_a_problem_and_no_silence(body: bytes) -> None:
    found = normalised("mydhl", body)

    assert (found.facts, [problem.code for problem in found.problems]) == ([], ["partner_contract"])


def test_context_decides_the_side_of_a_clearance() -> None:
    answer = mydhl(
        scan("PVG", "SHANGHAI-CN", typeCode="CR", time="08:00:00"),
        scan("LEJ", "LEIPZIG-DE", typeCode="CR", time="20:00:00"),
    )
    answer["shipments"][0] |= {
        "shipperDetails": {"postalAddress": {"countryCode": "CN"}},
        "receiverDetails": {"postalAddress": {"countryCode": "DE"}},
    }

    assert meanings("mydhl", answer) == ["EXPORT_CUSTOMS_CLEARED", "IMPORT_CUSTOMS_CLEARED"]
