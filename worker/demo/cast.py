"""The cast of the demonstration: ten parcels, five dialects. Numbers, places and people are made up.

Times are set off from a first day, so that durations are the same on every run.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from domain.shipments import LegRole
from domain.states import State
from worker.demo.dialects import Parcel, Scan
from worker.demo.story import Ask, Calendar, Episode, Track

LASTS: Final = timedelta(days=13)
"""From the first day to the day of the last scan."""

_BERLIN, _ZURICH, _SHANGHAI, _TORONTO, _VANCOUVER, _NEW_YORK = (
    "Europe/Berlin",
    "Europe/Zurich",
    "Asia/Shanghai",
    "America/Toronto",
    "America/Vancouver",
    "America/New_York",
)


def cast(first: date) -> Sequence[Episode]:
    """Return the ten episodes, beginning on that day."""
    on = Calendar(first)
    return [
        _rerouted_to_a_locker(on),
        _second_try(on),
        _refused(on),
        _unruly(on),
        _unknown_code(on),
        _early_facts(on),
        _released_by_a_person(on),
        _two_carriers(on),
        _told_too_early(on),
        _still_held(on),
    ]


def _rerouted_to_a_locker(on: Calendar) -> Episode:
    scans = (
        Scan(on.at(0, "09:12", _BERLIN), "PARCV/NRQRD/VA", "The sender has announced the shipment", "Bremen", "DE"),
        Scan(on.at(0, "16:40", _BERLIN), "SHRCU/SERPT/ES", "Handed in at a parcel shop", "Bremen", "DE"),
        Scan(on.at(1, "20:15", _BERLIN), "ICPRC/FWEXH/ZO", "Export clearance has begun", "Hannover", "DE"),
        Scan(on.at(2, "08:05", _BERLIN), "RSDCP/FWEXH/ZO", "Released for export", "Hannover", "DE"),
        Scan(on.at(2, "22:30", _BERLIN), "LDTMV/FWEXH/AA", "On its way to the destination country", "Hannover", "DE"),
        Scan(on.at(4, "07:30", _ZURICH), "ULFMV/UNLDD/EE", "Arrived in the destination country", "Zürich", "CH"),
        Scan(on.at(4, "15:00", _ZURICH), "EXPHD/PWMFD/BV", "Customs papers are missing", "Zürich", "CH"),
        Scan(on.at(6, "11:20", _ZURICH), "RSDCP/OARRV/ZO", "Released by import customs", "Zürich", "CH"),
        Scan(on.at(6, "18:45", _ZURICH), "OFWRD/RDRCR/AA", "The recipient chose a parcel locker", "Zürich", "CH"),
        Scan(on.at(7, "07:10", _ZURICH), "SRTED/NRQRD/PO", "Loaded onto the delivery vehicle", "Zürich", "CH"),
        Scan(on.at(7, "11:05", _ZURICH), "HLDCC/LDPCK/LA", "Waits in the parcel locker", "Zürich", "CH"),
        Scan(on.at(8, "17:42", _ZURICH), "DLVRD/ACCPK/ZU", "Taken from the parcel locker", "Zürich", "CH"),
    )
    parcel = Parcel("00340434161094000011", "DE", "CH")
    cuts = {1: 2, 2: 4, 3: 6, 4: 7, 5: 8, 6: 9, 7: 11, 8: 12}
    return Episode(
        "S-1001",
        "held by customs, resolved, rerouted to a locker, collected",
        "DE",
        "CH",
        (Track("dhl_parcel_de", parcel, LegRole.WHOLE, scans, cuts),),
        (
            State.FIRST_MILE,
            State.EXPORT,
            State.LINEHAUL,
            State.IMPORT_CUSTOMS,
            State.CUSTOMS_HOLD,
            State.RESOLVED,
            State.REROUTED,
            State.OUT_FOR_DELIVERY,
            State.AVAILABLE_FOR_PICKUP,
            State.DELIVERED,
        ),
    )


def _second_try(on: Calendar) -> Episode:
    scans = (
        Scan(on.at(2, "15:20", _NEW_YORK), "PU", "Picked up", "Newark", "US", "PICKUP_LOCATION"),
        Scan(on.at(2, "21:02", _NEW_YORK), "OF", "At FedEx origin facility", "Newark", "US", "ORIGIN_FEDEX_FACILITY"),
        Scan(on.at(3, "04:30", _NEW_YORK), "DP", "Departed FedEx location", "Newark", "US"),
        Scan(on.at(3, "09:10", _TORONTO), "AR", "Arrived at FedEx location", "Mississauga", "CA"),
        Scan(on.at(3, "13:00", _TORONTO), "CC", "International shipment release - Import", "Mississauga", "CA"),
        Scan(on.at(4, "08:15", _TORONTO), "OD", "On FedEx vehicle for delivery", "Toronto", "CA"),
        Scan(on.at(4, "14:40", _TORONTO), "DE/08", "Customer not available", "Toronto", "CA", "DELIVERY_LOCATION"),
        Scan(on.at(5, "08:05", _TORONTO), "OD", "On FedEx vehicle for delivery", "Toronto", "CA"),
        Scan(on.at(5, "10:55", _TORONTO), "DL", "Delivered", "Toronto", "CA", "DELIVERY_LOCATION"),
    )
    return Episode(
        "S-1002",
        "nobody at home, delivered the next day",
        "US",
        "CA",
        (Track("fedex", Parcel("770000001002", "US", "CA"), LegRole.WHOLE, scans, {1: 2, 2: 4, 3: 5, 4: 7, 6: 9}),),
        (
            State.FIRST_MILE,
            State.LINEHAUL,
            State.IMPORT_CUSTOMS,
            State.LAST_MILE,
            State.OUT_FOR_DELIVERY,
            State.DELIVERY_ATTEMPTED,
            State.OUT_FOR_DELIVERY,
            State.DELIVERED,
        ),
    )


def _refused(on: Calendar) -> Episode:
    scans = (
        Scan(on.at(1, "10:30:00", _TORONTO), "2300", "Item picked up", "TORONTO", "CA", "ON"),
        Scan(on.at(1, "19:12:00", _TORONTO), "100", "Item processed", "MISSISSAUGA", "CA", "ON"),
        Scan(on.at(3, "06:40:00", _VANCOUVER), "100", "Item processed", "RICHMOND", "CA", "BC"),
        Scan(on.at(3, "08:20:00", _VANCOUVER), "174", "Item out for delivery", "VANCOUVER", "CA", "BC"),
        Scan(on.at(3, "12:05:00", _VANCOUVER), "1417", "Item refused by the recipient", "VANCOUVER", "CA", "BC"),
        Scan(on.at(5, "07:15:00", _TORONTO), "100", "Item processed", "MISSISSAUGA", "CA", "ON"),
        Scan(on.at(6, "13:50:00", _TORONTO), "1496", "Item delivered to sender", "TORONTO", "CA", "ON"),
    )
    parcel = Parcel("7023210000001003", "CA", "CA")
    return Episode(
        "S-1003",
        "refused at the door, back with the sender",
        "CA",
        "CA",
        (Track("canadapost", parcel, LegRole.WHOLE, scans, {1: 1, 2: 2, 3: 4, 4: 5, 5: 6, 6: 7}),),
        (State.FIRST_MILE, State.LINEHAUL, State.OUT_FOR_DELIVERY, State.RETURNING, State.RETURNED),
    )


def _unruly(on: Calendar) -> Episode:
    scans = (
        Scan(on.at(1, "09:00", _NEW_YORK), "InfoReceived", "Shipping label created", "", "US"),
        Scan(on.at(1, "17:30", _NEW_YORK), "InTransit_PickedUp", "Accepted at the post office", "Boston", "US"),
        Scan(on.at(3, "22:10", _NEW_YORK), "InTransit_Departure", "Departed the origin country", "New York", "US"),
        Scan(on.at(5, "13:45", _BERLIN), "InTransit_Arrival", "Arrived in the destination country", "Frankfurt", "DE"),
        Scan(on.at(5, "16:00", _BERLIN), "InTransit_CustomsProcessing", "Presented to customs", "Frankfurt", "DE"),
        Scan(on.at(7, "10:20", _BERLIN), "InTransit_CustomsReleased", "Released by customs", "Frankfurt", "DE"),
        Scan(on.at(8, "08:30", _BERLIN), "OutForDelivery_Other", "Out for delivery", "Leipzig", "DE"),
        Scan(on.at(8, "13:05", _BERLIN), "Delivered_Other", "Delivered, signed", "Leipzig", "DE"),
    )
    return Episode(
        "S-1004",
        "every webhook sent twice and in the wrong order",
        "US",
        "DE",
        (Track("17track", Parcel("LX000001004US", "US", "DE"), LegRole.WHOLE, scans, {3: 8}),),
        (
            State.FIRST_MILE,
            State.LINEHAUL,
            State.IMPORT_CUSTOMS,
            State.LAST_MILE,
            State.OUT_FOR_DELIVERY,
            State.DELIVERED,
        ),
        is_unruly=True,
    )


def _unknown_code(on: Calendar) -> Episode:
    scans = (
        Scan(on.at(4, "16:10", _BERLIN), "PU", "Picked up", "Köln", "DE", "PICKUP_LOCATION"),
        Scan(on.at(5, "01:30", _BERLIN), "DP", "Departed FedEx location", "Köln", "DE"),
        Scan(on.at(5, "03:15", _BERLIN), "QX", "Routed through the new sorter", "Köln", "DE"),
        Scan(on.at(5, "09:40", _NEW_YORK), "AR", "Arrived at FedEx location", "Memphis", "US"),
        Scan(on.at(5, "15:00", _NEW_YORK), "CC", "International shipment release - Import", "Memphis", "US"),
        Scan(on.at(6, "08:30", _NEW_YORK), "OD", "On FedEx vehicle for delivery", "Atlanta", "US"),
        Scan(on.at(6, "11:25", _NEW_YORK), "DL", "Delivered", "Atlanta", "US", "DELIVERY_LOCATION"),
    )
    return Episode(
        "S-1005",
        "one scan with a code that nobody knows",
        "DE",
        "US",
        (Track("fedex", Parcel("770000001005", "DE", "US"), LegRole.WHOLE, scans, {1: 1, 2: 3, 3: 5, 4: 6, 5: 7}),),
        (
            State.FIRST_MILE,
            State.LINEHAUL,
            State.IMPORT_CUSTOMS,
            State.LAST_MILE,
            State.OUT_FOR_DELIVERY,
            State.DELIVERED,
        ),
    )


def _early_facts(on: Calendar) -> Episode:
    scans = (
        Scan(on.at(0, "11:00:00", _SHANGHAI), "GWMS_ACCEPT", "仓库已接单"),
        Scan(on.at(0, "20:20:21", _SHANGHAI), "PU_PICKUP_SUCCESS", "揽收成功"),
        Scan(on.at(1, "14:35:19", _SHANGHAI), "CC_EX_START", "出口清关开始"),
        Scan(on.at(1, "18:55:42", _SHANGHAI), "CC_EX_SUCCESS", "出口清关完成"),
        Scan(on.at(2, "23:18:00", _SHANGHAI), "LH_DEPART", "离开始发国"),
        Scan(on.at(4, "13:23:00", _BERLIN), "LH_ARRIVE", "Arrived in the destination country"),
        Scan(on.at(5, "09:46:53", _BERLIN), "CC_IM_SUCCESS", "Import customs clearance complete"),
        Scan(on.at(7, "08:05:00", _BERLIN), "GTMS_DELIVERING", "Out for delivery"),
        Scan(on.at(7, "15:31:00", _BERLIN), "GTMS_SIGNED", "Delivered"),
    )
    return Episode(
        "S-1006",
        "four scans before anybody registers the order",
        "CN",
        "DE",
        (
            Track(
                "cainiao", Parcel("LP00000000001006", "CN", "DE"), LegRole.WHOLE, scans, {1: 2, 2: 4, 4: 6, 5: 7, 6: 9}
            ),
        ),
        (
            State.FIRST_MILE,
            State.EXPORT,
            State.LINEHAUL,
            State.IMPORT_CUSTOMS,
            State.LAST_MILE,
            State.OUT_FOR_DELIVERY,
            State.DELIVERED,
        ),
        register_in=3,
    )


def _released_by_a_person(on: Calendar) -> Episode:
    scans = (
        Scan(on.at(7, "18:00", _BERLIN), "PU", "Picked up", "Hamburg", "DE", "PICKUP_LOCATION"),
        Scan(on.at(8, "02:20", _BERLIN), "DP", "Departed FedEx location", "Köln", "DE"),
        Scan(on.at(8, "10:05", _TORONTO), "AR", "Arrived at FedEx location", "Mississauga", "CA"),
        Scan(on.at(8, "14:30", _TORONTO), "CD/50", "Clearance delay - Import", "Mississauga", "CA"),
        Scan(on.at(12, "08:45", _TORONTO), "HP", "Ready for recipient pickup", "Toronto", "CA"),
        Scan(on.at(12, "12:10", _TORONTO), "DL", "Delivered", "Toronto", "CA"),
    )
    return Episode(
        "S-1007",
        "papers missing; a person releases the hold and reroutes to a shop",
        "DE",
        "CA",
        (
            Track(
                "fedex",
                Parcel("770000001007", "DE", "CA"),
                LegRole.WHOLE,
                scans,
                {1: 2, 2: 3, 3: 4, 7: 5, 8: 6},
                live_from=4,
            ),
        ),
        (
            State.FIRST_MILE,
            State.LINEHAUL,
            State.IMPORT_CUSTOMS,
            State.CUSTOMS_HOLD,
            State.RESOLVED,
            State.REROUTED,
            State.AVAILABLE_FOR_PICKUP,
            State.DELIVERED,
        ),
        asks=(
            Ask(5, {"kind": "release_hold", "reason": "CUSTOMS.DOCS_MISSING", "note": "invoice sent to the broker"}),
            Ask(
                6,
                {
                    "kind": "reroute",
                    "reason": "RECIPIENT.REQUESTED_PICKUP",
                    "pickup_point": "Shop 12",
                    "confirmed": True,
                },
            ),
        ),
    )


def _two_carriers(on: Calendar) -> Episode:
    far = (
        Scan(on.at(0, "19:40:00", _SHANGHAI), "PU_PICKUP_SUCCESS", "揽收成功"),
        Scan(on.at(1, "12:00:00", _SHANGHAI), "CC_EX_START", "出口清关开始"),
        Scan(on.at(1, "15:10:00", _SHANGHAI), "CC_EX_SUCCESS", "出口清关完成"),
        Scan(on.at(2, "06:30:00", _SHANGHAI), "LH_DEPART", "离开始发国"),
        Scan(on.at(3, "17:45:00", _BERLIN), "LH_ARRIVE", "Arrived in the destination country"),
        Scan(on.at(4, "10:15:00", _BERLIN), "CC_IM_SUCCESS", "Import customs clearance complete"),
        Scan(on.at(4, "18:30:00", _BERLIN), "GTMS_ACCEPT", "Received by the local delivery company"),
    )
    near = (
        Scan(on.at(5, "04:10", _BERLIN), "ULFMV/UNLDD/PO", "Processed in the delivery depot", "Leipzig", "DE"),
        Scan(on.at(5, "08:20", _BERLIN), "SRTED/NRQRD/PO", "Loaded onto the delivery vehicle", "Leipzig", "DE"),
        Scan(on.at(5, "11:15", _BERLIN), "NTDEL/NHOME/ZN", "Nobody at home", "Leipzig", "DE"),
        Scan(on.at(5, "16:00", _BERLIN), "HLDCC/SERPT/LA", "Waits at the parcel shop", "Leipzig", "DE"),
        Scan(on.at(6, "10:40", _BERLIN), "DLVRD/SERPT/ZU", "Collected at the parcel shop", "Leipzig", "DE"),
    )
    return Episode(
        "S-1008",
        "one carrier to the border, another one to the door",
        "CN",
        "DE",
        (
            Track(
                "cainiao", Parcel("LP00000000001008", "CN", "DE"), LegRole.LINEHAUL, far, {1: 1, 2: 3, 3: 4, 4: 5, 5: 7}
            ),
            Track(
                "dhl_parcel_de",
                Parcel("00340434161094000088", "DE", "DE"),
                LegRole.LAST_MILE,
                near,
                {5: 1, 6: 3, 7: 4, 8: 5},
            ),
        ),
        (
            State.FIRST_MILE,
            State.EXPORT,
            State.LINEHAUL,
            State.IMPORT_CUSTOMS,
            State.LAST_MILE,
            State.OUT_FOR_DELIVERY,
            State.DELIVERY_ATTEMPTED,
            State.AVAILABLE_FOR_PICKUP,
            State.DELIVERED,
        ),
        later_legs=1,
    )


def _told_too_early(on: Calendar) -> Episode:
    scans = (
        Scan(on.at(2, "09:30:00", _VANCOUVER), "1301", "Item accepted at the post office", "VANCOUVER", "CA", "BC"),
        Scan(on.at(2, "20:10:00", _VANCOUVER), "100", "Item processed", "RICHMOND", "CA", "BC"),
        Scan(on.at(4, "07:40:00", _TORONTO), "174", "Item out for delivery", "OTTAWA", "CA", "ON"),
        Scan(on.at(4, "11:50:00", _TORONTO), "1479", "Attempted delivery, notice card left", "OTTAWA", "CA", "ON"),
        Scan(on.at(5, "09:05:00", _TORONTO), "1701", "Item available for pickup", "OTTAWA", "CA", "ON"),
        Scan(on.at(6, "15:20:00", _TORONTO), "1409", "Item delivered", "OTTAWA", "CA", "ON"),
    )
    return Episode(
        "S-1009",
        "a scan comes late: the told history is corrected",
        "CA",
        "CA",
        (
            Track(
                "canadapost",
                Parcel("7023210000001009", "CA", "CA"),
                LegRole.WHOLE,
                scans,
                {1: 2, 2: 3, 3: 5, 4: 5, 5: 6},
                {3: frozenset({3})},
            ),
        ),
        (
            State.FIRST_MILE,
            State.OUT_FOR_DELIVERY,
            State.DELIVERY_ATTEMPTED,
            State.AVAILABLE_FOR_PICKUP,
            State.DELIVERED,
        ),
        corrections=1,
    )


def _still_held(on: Calendar) -> Episode:
    scans = (
        Scan(on.at(4, "10:02:00", _SHANGHAI), "PU_PICKUP_SUCCESS", "揽收成功"),
        Scan(on.at(5, "09:30:00", _SHANGHAI), "CC_EX_SUCCESS", "出口清关完成"),
        Scan(on.at(6, "22:00:00", _SHANGHAI), "LH_DEPART", "离开始发国"),
        Scan(on.at(8, "12:40:00", _TORONTO), "LH_ARRIVE", "Arrived in the destination country"),
        Scan(on.at(8, "16:25:00", _TORONTO), "CUS_TAX", "Duty has to be paid"),
    )
    return Episode(
        "S-1010",
        "duty unpaid for days: an alarm, and the recipient acts next",
        "CN",
        "CA",
        (
            Track(
                "cainiao", Parcel("LP00000000001010", "CN", "CA"), LegRole.WHOLE, scans, {2: 1, 3: 2, 4: 3, 5: 4, 6: 5}
            ),
        ),
        (State.FIRST_MILE, State.EXPORT, State.LINEHAUL, State.IMPORT_CUSTOMS, State.CUSTOMS_HOLD),
        hold_sla="P3D",
        alarms=1,
    )
