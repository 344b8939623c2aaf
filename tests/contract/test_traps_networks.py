"""Traps of parcel networks and aggregators, one test each; docs/carrier-traps.md lists them all."""

from typing import Any

import pytest

from domain.milestones import Milestone
from domain.reasons import Reason
from tests.contract.reading import meanings, normalised, stamps, states


def dhl_parcel(*events: str) -> str:
    return (
        '<data name="piece-shipment-list" code="0"><data name="piece-shipment" piece-code="1" error-status="0" '
        f'international-flag="0"><data name="piece-event-list">{"".join(events)}</data></data></data>'
    )


def piece(stamp: str, ice: str, ric: str) -> str:
    return f'<data name="piece-event" event-timestamp="{stamp}" ice="{ice}" ric="{ric}" event-country="Deutschland"/>'


def test_dhl_parcel_takes_what_from_ice_and_why_from_ric() -> None:
    [fact] = normalised("dhl_parcel_de", dhl_parcel(piece("02.03.2026 10:00", "NTDEL", "BDADD"))).facts

    assert (fact.milestone, fact.reasons) == (Milestone.DELIVERY_ATTEMPTED, (Reason.ADDRESS_INCORRECT,))


def test_dhl_parcel_reads_german_stamps_as_german_clock() -> None:
    assert stamps("dhl_parcel_de", dhl_parcel(piece("02.07.2026 10:00", "ARRVD", "UNLDD"))) == [
        ("2026-07-02T10:00:00+02:00", "MINUTE")
    ]


def dpd(status: str, date: str | None, reached: str = "true", place: str = "Puurs (BE)") -> str:
    stamp = "" if date is None else f"<date><content>{date}</content></date>"
    where = f"<location><content>{place}</content></location>"
    step = f"<status>{status}</status><statusHasBeenReached>{reached}</statusHasBeenReached>{where}{stamp}"
    return (
        f'<asked number="1"><getTrackingDataResponse><trackingresult><statusInfo>{step}</statusInfo></trackingresult>'
        "</getTrackingDataResponse></asked>"
    )


@pytest.mark.parametrize(("date", "reached"), [(None, "false"), ("8/18/2026 4:09:55 PM", "false")])
def test_dpd_draws_steps_that_are_still_to_come_and_they_are_no_events(date: str | None, reached: str) -> None:
    found = normalised("dpd", dpd("DELIVERED", date, reached))

    assert (found.facts, "ignored" in {problem.code for problem in found.problems}) == ([], True)


def test_dpd_writes_the_month_first_only_with_am_and_pm() -> None:
    assert stamps("dpd", dpd("Depot", "8/7/2026 4:09:55 PM")) == [("2026-08-07T16:09:55+02:00", "SECOND")]
    assert stamps("dpd", dpd("Depot", "07.08.2026, 16:09")) == [("2026-08-07T16:09:00+02:00", "MINUTE")]
    assert [one.problem for one in normalised("dpd", dpd("Depot", "8/7/2026 16:09")).rejected] == ["time_unreadable"]


def cainiao(*events: dict[str, Any]) -> dict[str, Any]:
    return {
        "success": True,
        "module": [{"mailNo": "1", "originCountry": "CN", "destCountry": "ES", "detailList": events}],
    }


def test_cainiao_counts_every_epoch_as_chinese_time_and_the_text_with_its_zone_is_the_truth() -> None:
    epoch = 1_772_438_400_000  # 2026-03-02 08:00 UTC, made of the text 16:00 as if it were China's
    told = {"actionCode": "GTMS_SIGNED", "time": epoch, "timeStr": "2026-03-02 16:00:00", "timeZone": "GMT+1"}
    bare = {"actionCode": "GTMS_SIGNED", "time": epoch, "timeZone": "GMT+1"}

    assert stamps("cainiao", cainiao(told)) == [("2026-03-02T16:00:00+01:00", "SECOND")]
    assert stamps("cainiao", cainiao(bare)) == [("2026-03-02T16:00:00+01:00", "SECOND")]


def test_cainiao_is_out_of_order_and_clears_import_before_the_flight_leaves() -> None:
    def at(code: str, hour: int) -> dict[str, Any]:
        return {"actionCode": code, "timeStr": f"2026-03-02 {hour:02}:00:00", "timeZone": "GMT+8"}

    flown = [at("LH_DEPART", 12), at("CC_IM_START", 9), at("PU_PICKUP_SUCCESS", 7), at("CC_EX_SUCCESS", 10)]

    assert states("cainiao", cainiao(*flown)) == {"1": "LINEHAUL"}
    assert meanings("cainiao", cainiao(*flown))[1] == "IMPORT_CUSTOMS_SUBMITTED"


def test_cainiaos_words_are_kept_and_a_domestic_signature_in_china_ends_nothing() -> None:
    signed = {"actionCode": "SIGNED", "desc": "已签收", "timeStr": "2026-03-02 10:00:00", "timeZone": "GMT+8"}
    [fact] = normalised("cainiao", cainiao(signed)).facts

    assert (fact.milestone, fact.source.raw_text) == (Milestone.UNMAPPED, "已签收")


def sf(code: str, remark: str, **more: str) -> list[dict[str, str]]:
    return [{"opCode": code, "remark": remark, "acceptTime": "2026-03-02 01:15:16", "acceptAddress": "三藩市"} | more]


def test_sf_stamps_scans_abroad_by_chinas_clock() -> None:
    assert stamps("sf_express", sf("50", "顺丰速运 已收取快件")) == [("2026-03-02T01:15:16+08:00", "SECOND")]


@pytest.mark.parametrize(
    ("code", "remark", "milestone"),
    [
        ("605", "运力抵达口岸", "HUB_ARRIVED"),
        ("605", "清关进行中,请耐心等候", "IMPORT_CUSTOMS_SUBMITTED"),
        ("50", "已派件", "OUT_FOR_DELIVERY"),
        ("44", "正在派送途中,请您准备签收", "OUT_FOR_DELIVERY"),
        ("44", "我们正在为您的快件分配最合适的快递员", "ARRIVED_DELIVERY_DEPOT"),
        ("80", "已签收,感谢使用顺丰", "DELIVERED"),
        ("80", "快件已放入自助柜", "AVAILABLE_FOR_PICKUP"),
        ("80", "退回快件已签收", "RETURNED"),
        ("30", "快件在【甲】完成分拣 准备发往 【乙】", "HUB_ARRIVED"),
        ("30", "快件在【甲】装车 已发往 【乙】", "HUB_DEPARTED"),
    ],
)
def test_the_words_of_sf_decide(code: str, remark: str, milestone: str) -> None:
    [fact] = normalised("sf_express", sf(code, remark)).facts

    assert fact.milestone.value == milestone


def track17(*events: dict[str, Any], status: str) -> dict[str, Any]:
    tracking = {"providers": [{"provider": {"key": 7041}, "events": events}]}
    info = {"latest_status": {"status": status.partition("_")[0], "sub_status": status}, "tracking": tracking}
    return {"event": "TRACKING_UPDATED", "data": {"number": "1", "track_info": info}}


def test_17track_may_call_exception_what_waits_for_pickup_and_the_event_wins() -> None:
    waiting = {"sub_status": "AvailableForPickup_Other", "time_utc": "2026-03-02T10:00:00Z"}
    found = normalised("17track", track17(waiting, status="Exception_Other"))

    assert [fact.milestone for fact in found.facts] == [Milestone.AVAILABLE_FOR_PICKUP]
    assert [problem.code for problem in found.problems] == ["conflict"]
    assert states("17track", track17(waiting, status="Exception_Other")) == {"1": "AVAILABLE_FOR_PICKUP"}


def test_17track_names_one_instant_twice_and_the_utc_one_is_taken() -> None:
    stamp = {"time_utc": "2026-07-02T08:00:00Z", "time_iso": "2026-07-02T09:00:00+01:00"}

    assert stamps("17track", track17({"sub_status": "InTransit_Other"} | stamp, status="InTransit_Other")) == [
        ("2026-07-02T08:00:00+00:00", "SECOND")
    ]


def test_easypost_writes_z() -> None:
    detail = {"status": "in_transit", "status_detail": "departed_facility", "datetime": "2026-03-02T10:00:00Z"}
    tracker = {"object": "Tracker", "tracking_code": "1", "tracking_details": [detail]}

    assert stamps("easypost", tracker) == [("2026-03-02T10:00:00+00:00", "SECOND")]


@pytest.mark.parametrize(
    ("stamp", "read"),
    [
        ("2026-03-02T10:00:00-08:00", ("2026-03-02T10:00:00-08:00", "SECOND")),
        ("2026-03-02T10:00:00", ("2026-03-02T00:00:00+00:00", "DAY")),
    ],
)
def test_aftership_writes_stamps_with_and_without_offset(stamp: str, read: tuple[str, str]) -> None:
    checkpoint = {"tag": "InTransit", "subtag": "InTransit_002", "checkpoint_time": stamp}

    assert stamps("aftership", {"msg": {"tracking_number": "1", "checkpoints": [checkpoint]}}) == [read]
