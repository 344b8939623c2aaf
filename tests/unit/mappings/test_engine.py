"""The engine on a made-up partner: rows, rules, reasons, shapes, errors, skips, limits, and what a bad file says."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from domain.axes import Classifier, DeliveryMode, DeliveryPlace, Direction, Evidence, Side
from domain.errors import MappingInvalidError, NotFoundError, PayloadRefusedError
from domain.milestones import Milestone
from domain.reasons import Reason
from mappings.dialect import MAX_EVENTS, Dialect
from mappings.engine import Mappings
from mappings.expectations import RECEIVED_AT
from mappings.loading import load
from mappings.report import report

M = Milestone
TOML = """
carrier = "acme_post"
name = "Acme Post"
format = "json"
countries = { Inland = "DE" }

[[shapes]]
when = { path = "$.kind", equals = ["stop"] }
shipments = "$.parcel"
events = "."
event = { code = { parts = ["$.kind"] } }

[[shapes]]
shipments = "$.parcels[]"
events = "legs[].scans[]"

[shipment]
tracking_number = "no"
unique_id = "uid"
origin_country = "from"
destination_country = "to"
direction = { path = "way", values = { back = "RETURN" } }
partner_numbers = [{ carrier = "next.who", number = "next.no" }]

[event]
code = { parts = ["code", "sub"], clean = ["upper", "strip_zeros"] }
reason_code = ["why", "cause"]
text = "text"
id = "id"
party = "^.carrier"
direction = { path = "back", values = { yes = "RETURN" } }
hold_key = "hold"
authority = "office"
parcel = "piece"
pickup_point = "shop"

[[time]]
fields = ["at"]
formats = ["iso"]

[place]
city = "city"
country = "country"

[header]
code = { parts = ["status"] }

[codes]
"1" = "PREADVICE_ACCEPTED"
"DL/*" = "DELIVERED"
"AR/*" = "~HUB_ARRIVED"
"AR/X" = { milestone = "IN_TRANSIT", classifier = "PLN" }
"HD" = { milestone = "HELD", hold = { key = "fixed", side = "IMPORT" } }
"PR" = { milestone = "AVAILABLE_FOR_PICKUP", delivery = { place = "LOCKER" } }
"RT" = { milestone = "DELIVERED", direction = "RETURN" }
"ET" = "ETA_UPDATED"
"STOP" = "TRACKING_STALE"
"HO" = { milestone = "HANDED_OVER", custody = { from_party = "CARRIER", to_party = "next_post", side = "GIVEN" } }
"EX" = { milestone = "EXCEPTION_RAISED" }

[codes.TW]
milestone = "ARRIVED_DESTINATION"
also = ["~IMPORT_CUSTOMS_SUBMITTED", { milestone = "CUSTOMS_HELD", reasons = ["CUSTOMS.INSPECTION"] }]

[[rules]]
codes = ["AR/*"]
when = [{ path = "text", contains = ["last depot"] }, { path = "city", present = true }]
row = "ARRIVED_DELIVERY_DEPOT"

[[rules]]
codes = ["ZZ"]
when = [{ path = "text", starts_with = ["lost"] }]
row = { milestone = "LOST" }

[[rules]]
when = [{ path = "text", equals = ["handed to neighbour"] }]
row = { milestone = "DELIVERED", delivery = { mode = "NEIGHBOUR" } }

[reasons]
W = "EXTERNAL.WEATHER"
NB = "RECIPIENT.NOT_AVAILABLE"

[excused]
Q = "a reason code that names no cause"

[[skip]]
when = { path = "planned", equals = ["true"] }
because = "planned scans are not events"

[[delivery]]
path = "spot"
values = { Porch = { mode = "SAFE_PLACE", place = "ADDRESS" }, "*" = { evidence = ["GEO"] } }

[[delivery]]
path = "signed"
values = { true = { evidence = ["SIGNATURE"] } }

[[errors]]
each = "$.faults[]"
code = "c"
text = "t"
number = "no"
ok = ["0"]

[error_codes]
E1 = "not_known_yet"
E2 = "ignored"

[parties]
77 = "next_post"
"""
AT = "2026-05-01T10:00:00+02:00"


def dialect(tmp_path: Path, text: str = TOML) -> Dialect:
    folder = tmp_path / "acme_post"
    folder.mkdir(exist_ok=True)
    (folder / "mapping.toml").write_text(text)
    return Dialect(*load(folder))


def body(*scans: Any, **parcel: Any) -> bytes:
    return orjson.dumps({"parcels": [{"no": "A 1", "legs": [{"carrier": 77, "scans": list(scans)}]} | parcel]})


def one(tmp_path: Path, **scan: Any) -> Any:
    [fact] = dialect(tmp_path).normalise(body({"at": AT} | scan), received_at=RECEIVED_AT).facts
    return fact


@pytest.mark.parametrize(
    ("scan", "milestone"),
    [
        ({"code": "1"}, M.PREADVICE_ACCEPTED),
        ({"code": 1}, M.PREADVICE_ACCEPTED),
        ({"code": "0001"}, M.PREADVICE_ACCEPTED),
        ({"code": "dl"}, M.DELIVERED),
        ({"code": "DL", "sub": "anything"}, M.DELIVERED),
        ({"code": "AR", "sub": "X"}, M.IN_TRANSIT),
        ({"code": "AR", "sub": "Y"}, M.HUB_ARRIVED),
        ({"code": "HD", "sub": "Y"}, M.UNMAPPED),
        ({"code": "NEW"}, M.UNMAPPED),
        ({"code": "DL/X"}, M.UNMAPPED),
        ({"code": "*"}, M.UNMAPPED),
        ({"code": "DL/*"}, M.UNMAPPED),
        ({}, M.UNMAPPED),
        ({"sub": "X"}, M.UNMAPPED),
        ({"code": "AR", "text": "Arrived at last depot", "city": "Bonn"}, M.ARRIVED_DELIVERY_DEPOT),
        ({"code": "AR", "text": "Arrived at last depot"}, M.HUB_ARRIVED),
        ({"code": "AR", "sub": "X", "text": "Arrived at last depot", "city": "Bonn"}, M.IN_TRANSIT),
        ({"code": "ZZ", "text": "Lost by the courier"}, M.LOST),
        ({"code": "ZZ", "text": "other"}, M.UNMAPPED),
        ({"text": "Handed to neighbour"}, M.DELIVERED),
    ],
)
def test_a_code_means_what_its_row_says(tmp_path: Path, scan: dict[str, Any], milestone: M) -> None:
    assert one(tmp_path, **scan).milestone is milestone


@pytest.mark.parametrize(
    ("scan", "reasons"),
    [
        ({"code": "EX"}, (Reason.OTHER_UNSPECIFIED,)),
        ({"code": "EX", "why": "w"}, (Reason.EXTERNAL_WEATHER,)),
        ({"code": "EX", "why": "Q", "cause": "NB"}, (Reason.RECIPIENT_NOT_AVAILABLE,)),
        ({"code": "AR"}, ()),
        ({"code": "AR", "why": "W"}, (Reason.EXTERNAL_WEATHER,)),
        ({"code": "NEW", "why": "W"}, ()),
    ],
)
def test_reasons(tmp_path: Path, scan: dict[str, Any], reasons: tuple[Reason, ...]) -> None:
    assert one(tmp_path, **scan).reasons == reasons


def test_an_unknown_reason_code_is_named_once(tmp_path: Path) -> None:
    scans = [{"code": "EX", "why": "V", "at": AT}, {"code": "AR", "why": "V", "at": AT}, {"code": "EX", "why": "Q"}]

    problems = dialect(tmp_path).normalise(body(*scans), received_at=RECEIVED_AT).problems

    assert [(problem.code, problem.partner_code) for problem in problems] == [("unknown_reason", "V")]


def test_one_event_with_several_meanings(tmp_path: Path) -> None:
    facts = dialect(tmp_path).normalise(body({"code": "TW", "at": AT}), received_at=RECEIVED_AT).facts

    assert [(fact.milestone, fact.by_context, fact.source.index) for fact in facts] == [
        (M.ARRIVED_DESTINATION, False, 0), (M.IMPORT_CUSTOMS_SUBMITTED, True, 0), (M.CUSTOMS_HELD, False, 0),
    ]  # fmt: skip
    assert len({fact.event_id for fact in facts}) == 3


def test_axes_of_a_row(tmp_path: Path) -> None:
    assert one(tmp_path, code="AR", sub="X").classifier is Classifier.PLN
    assert one(tmp_path, code="ET").classifier is Classifier.EST
    assert one(tmp_path, code="RT").direction is Direction.RETURN
    assert one(tmp_path, code="RT").custody is None
    assert one(tmp_path, code="AR", back="YES").direction is Direction.RETURN
    assert one(tmp_path, code="AR", piece="2 of 3").parcel == "2 of 3"


def test_party_and_custody(tmp_path: Path) -> None:
    fact = one(tmp_path, code="HO")

    assert (fact.source.party, fact.source.system) == ("next_post", "acme_post")
    assert (fact.custody.from_party, fact.custody.to_party, fact.custody.side) == ("next_post", "next_post", "GIVEN")
    assert one(tmp_path, code="DL").custody.to_party == "recipient"


def test_hold_fields_complete_the_row(tmp_path: Path) -> None:
    fixed = one(tmp_path, code="HD", office="Main office").hold
    named = one(tmp_path, code="HD", hold="H-7").hold

    assert (fixed.key, fixed.authority, fixed.side) == ("fixed", "Main office", Side.IMPORT)
    assert named.key == "H-7"
    assert one(tmp_path, code="AR", hold="H-7").hold is None


def test_delivery_fields_complete_the_row(tmp_path: Path) -> None:
    delivered = one(tmp_path, code="DL", spot="porch", signed=True).delivery
    waiting = one(tmp_path, code="PR", shop="Corner shop", spot="porch").delivery

    assert (delivered.mode, delivered.place, delivered.evidence) == (
        DeliveryMode.SAFE_PLACE, DeliveryPlace.ADDRESS, (Evidence.SIGNATURE,)
    )  # fmt: skip
    assert (waiting.place, waiting.pickup_point, waiting.mode) == (DeliveryPlace.LOCKER, "Corner shop", None)
    assert one(tmp_path, code="DL", spot="roof").delivery.evidence == (Evidence.GEO,)
    assert one(tmp_path, code="AR", spot="porch").delivery is None


def test_predicted_rows_are_no_events_and_are_counted(tmp_path: Path) -> None:
    scans = [{"code": "DL", "planned": True}, {"code": "AR", "at": AT}, {"code": "DL", "planned": True}]

    normalised = dialect(tmp_path).normalise(body(*scans), received_at=RECEIVED_AT)

    assert [fact.source.index for fact in normalised.facts] == [1]
    assert [(problem.code, problem.detail) for problem in normalised.problems] == [
        ("ignored", "2 rows: planned scans are not events")
    ]


def test_one_bad_event_leaves_its_siblings_alone(tmp_path: Path) -> None:
    scans = [{"code": "AR", "at": "soon"}, 5, {"code": "x" * 500, "at": AT}, {"code": "DL", "at": AT}, {"code": "AR"}]

    normalised = dialect(tmp_path).normalise(body(*scans), received_at=RECEIVED_AT)

    assert [(one.index, one.problem, one.tracking_number) for one in normalised.rejected] == [
        (0, "time_unreadable", "A1"), (1, "event_malformed", "A1"), (2, "code_malformed", "A1"),
    ]  # fmt: skip
    assert [(fact.source.index, fact.occurred_at is None) for fact in normalised.facts] == [(3, False), (4, True)]


def test_errors_in_the_body_are_named(tmp_path: Path) -> None:
    faults = [{"c": "E1", "t": "never heard of it", "no": "A 2"}, {"c": "E2"}, {"c": "E9"}, {"c": 0}, {"t": "no code"}]

    problems = dialect(tmp_path).normalise(orjson.dumps({"faults": faults}), received_at=RECEIVED_AT).problems

    assert [(problem.code, problem.partner_code, problem.tracking_number) for problem in problems] == [
        ("not_known_yet", "E1", "A2"), ("ignored", "E2", None), ("partner_error", "E9", None),
    ]  # fmt: skip


def test_another_format_is_said_to_be_none_of_the_partner(tmp_path: Path) -> None:
    problems = dialect(tmp_path).normalise(b'{"hello": 1}', received_at=RECEIVED_AT).problems

    assert [problem.code for problem in problems] == ["partner_contract"]


def test_the_first_shape_that_fits_is_used(tmp_path: Path) -> None:
    stop = orjson.dumps({"kind": "STOP", "parcel": {"no": "A1"}})

    [fact] = dialect(tmp_path).normalise(stop, received_at=RECEIVED_AT).facts

    assert (fact.milestone, fact.tracking_number, fact.occurred_at) == (M.TRACKING_STALE, "A1", None)


def test_hints(tmp_path: Path) -> None:
    parcel = {"from": "Inland", "to": "France", "way": "Back", "next": {"who": 77, "no": "N 1"}}

    [hint] = dialect(tmp_path).normalise(body(**parcel), received_at=RECEIVED_AT).hints

    assert (hint.tracking_number, hint.origin_country, hint.destination_country) == ("A1", "DE", "FR")
    assert (hint.direction, hint.partner_numbers) == (Direction.RETURN, (("next_post", "N1", "WHOLE"),))


@pytest.mark.parametrize(("status", "codes"), [("DL", []), ("AR/X", []), ("EX", ["conflict"]), ("ET", []), ("?", [])])
def test_a_summary_that_disagrees_is_a_conflict(tmp_path: Path, status: str, codes: list[str]) -> None:
    scans = [{"code": "DL", "at": AT}] if status == "DL" else [{"code": "AR", "at": AT}]

    problems = dialect(tmp_path).normalise(body(*scans, status=status), received_at=RECEIVED_AT).problems

    assert [problem.code for problem in problems] == codes


def test_two_meanings_of_one_identity_are_named_and_order_does_not_decide(tmp_path: Path) -> None:
    found = {"code": "ZZ", "at": AT, "text": "lost"}
    other = {"code": "ZZ", "at": AT, "text": "nothing of the kind"}
    reader = dialect(tmp_path)

    ways = [reader.normalise(body(*scans), received_at=RECEIVED_AT) for scans in ((found, other), (other, found))]

    assert [[fact.milestone for fact in way.facts] for way in ways] == [[M.LOST], [M.LOST]]
    assert [[(one.index, one.problem) for one in way.rejected] for way in ways] == [
        [(1, "identity_shared")], [(0, "identity_shared")],
    ]  # fmt: skip


def results(*spans: tuple[str, list[str | None]]) -> bytes:
    parcels = [
        {"no": "A1", "uid": uid, "legs": [{"scans": [{"code": "AR", "city": uid, "at": at} for at in times]}]}
        for uid, times in spans
    ]
    return orjson.dumps({"parcels": parcels})


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("spans", "parcels"),
    [
        ([("u1", ["2025-01-01", "2025-01-09"]), ("u2", ["2025-01-05", "2025-01-12"])], {"u1": None, "u2": None}),
        ([("u1", ["2025-01-01", "2025-01-09"]), ("u2", ["2026-01-05"])], {"u1": "u1", "u2": "u2"}),
        (
            [("u1", ["2025-01-01", "2025-01-09"]), ("u2", ["2025-01-09", "2025-01-12"]), ("u3", ["2026-02-02"])],
            {"u1": "u1", "u2": "u1", "u3": "u3"},
        ),
        ([("u1", ["2025-01-01"]), ("u2", [None])], {"u1": None, "u2": None}),
        ([("u1", [None]), ("u2", [None])], {"u1": None, "u2": None}),
    ],
)
def test_results_of_one_number_are_one_parcel_where_they_overlap_and_uses_apart_where_not(
    tmp_path: Path, order: int, spans: list[Any], parcels: dict[str, str | None]
) -> None:
    normalised = dialect(tmp_path).normalise(results(*spans[::order]), received_at=RECEIVED_AT)

    cities = {(fact.location.city, fact.parcel) for fact in normalised.facts if fact.location is not None}
    assert cities == set(parcels.items())
    assert [problem.code for problem in normalised.problems] == ["conflict"]


def test_what_else_is_under_a_number_is_no_part_of_the_identity(tmp_path: Path) -> None:
    spans: list[Any] = [("u1", ["2025-01-01"]), ("u2", ["2026-01-01"])]
    reader = dialect(tmp_path)

    both = reader.normalise(results(*spans), received_at=RECEIVED_AT)
    alone = reader.normalise(results(spans[0]), received_at=RECEIVED_AT)

    assert [(fact.parcel, fact.event_id) for fact in alone.facts] == [(None, both.facts[0].event_id)]


def test_a_shipment_without_number_keeps_its_facts_and_says_so(tmp_path: Path) -> None:
    normalised = dialect(tmp_path).normalise(body({"code": "DL", "at": AT}, no="x" * 500), received_at=RECEIVED_AT)

    assert [fact.tracking_number for fact in normalised.facts] == [""]
    assert [problem.code for problem in normalised.problems] == ["partner_contract"]


def test_too_many_events_refuse_the_payload(tmp_path: Path) -> None:
    with pytest.raises(PayloadRefusedError, match="more than"):
        dialect(tmp_path).normalise(body(*[{"code": "AR"}] * (MAX_EVENTS + 1)), received_at=RECEIVED_AT)


def test_a_row_changed_in_the_table_keeps_the_identity_and_changes_the_version(tmp_path: Path) -> None:
    scans = body({"code": "AR", "at": AT})
    before = dialect(tmp_path).normalise(scans, received_at=RECEIVED_AT)
    changed = TOML.replace('"~HUB_ARRIVED"', '"IN_TRANSIT"')
    after = dialect(tmp_path, changed).normalise(scans, received_at=RECEIVED_AT)

    assert [fact.event_id for fact in before.facts] == [fact.event_id for fact in after.facts]
    assert [fact.milestone for fact in after.facts] == [M.IN_TRANSIT]
    assert before.mapping_version != after.mapping_version
    assert after.facts[0].source.mapping_version == after.mapping_version


def test_the_report_resolves_by_context_and_keeps_what_was_reported(tmp_path: Path) -> None:
    scan = {"code": "AR", "at": AT, "country": "FR", "city": "Lyon", "text": "arrived"}

    said = report(dialect(tmp_path).normalise(body(scan, **{"from": "DE", "to": "FR"}), received_at=RECEIVED_AT))

    [fact] = said["facts"]
    assert (fact["milestone"], fact["reported"]) == ("ARRIVED_DESTINATION", "HUB_ARRIVED")
    assert (fact["index"], fact["tracking_number"], fact["raw_text"]) == (0, "A1", "arrived")
    assert (fact["occurred_at"], fact["precision"]) == ("2026-05-01T10:00:00+02:00", "SECOND")
    assert fact["location"] == {"country": "FR", "city": "Lyon"}
    [journey] = said["journeys"]
    assert (journey["tracking_number"], journey["state"]) == ("A1", "IMPORT_CUSTOMS")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"STOP" = "TRACKING_STALE"', '"STOP" = "TRACKING_STAL"', ["codes.STOP", "'TRACKING_STAL'", "LABEL_CREATED"]),
        ('side = "IMPORT"', 'side = "INLAND"', ["codes.HD.hold.side", "EXPORT, IMPORT, TRANSIT"]),
        ('W = "EXTERNAL.WEATHER"', 'W = "WEATHER"', ["reasons.W", "CUSTOMS.DOCS_MISSING"]),
        ('name = "Acme Post"', 'name = "Acme Post"\nnick = "AP"', ["nick", "allowed: carrier"]),
        ('format = "json"', 'format = "yaml"', ["format", "json, xml"]),
        ('city = "city"', 'city = "city..x"', ["place.city", "cannot read"]),
        ('carrier = "acme_post"', 'carrier = "acme"', ["carrier", "acme_post"]),
        ('"DL/*" = ', '"*/DL" = ', ["codes.*/DL", "guess"]),
        ('"HD" = ', '"01" = "RETURNED"\n"HD" = ', ["same code"]),
        ("[excused]", "[excused]\nHD = 'has a row already'", ["excused", "HD"]),
        ("[excused]", "[[unverified]]\nbecause = 'never seen'\ncodes = ['NO']\n[excused]", ["unverified", "NO"]),
        ("[excused]", "[[unverified]]\nbecause = 'never seen'\nreasons = ['NO']\n[excused]", ["unverified", "NO"]),
        ('formats = ["iso"]', 'formats = ["ISO"]', ["time format", "epoch_ms"]),
        ("present = true }]", "present = true, equals = ['x'] }]", ["exactly one"]),
        ('E1 = "not_known_yet"', 'E1 = "unknown"', ["error_codes.E1", "credentials_rejected"]),
        ("[codes]", "[codes", ["mapping.toml"]),
    ],
)
def test_a_bad_file_is_refused_by_file_key_and_allowed_values(
    tmp_path: Path, old: str, new: str, said: list[str]
) -> None:
    folder = tmp_path / "acme_post"
    folder.mkdir()
    (folder / "mapping.toml").write_text(TOML.replace(old, new, 1))

    with pytest.raises(MappingInvalidError) as caught:
        Mappings.load(tmp_path)

    assert [word for word in ["acme_post/mapping.toml", *said] if word not in str(caught.value)] == []


def test_a_good_folder_is_found_by_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "acme_post"
    folder.mkdir()
    (folder / "mapping.toml").write_text(TOML)

    mappings = Mappings.load(tmp_path)

    assert mappings.carriers == ("acme_post",)
    assert len(mappings.normalise("acme_post", body({"code": "DL"}), received_at=RECEIVED_AT).facts) == 1
    with pytest.raises(NotFoundError, match="known: acme_post"):
        mappings.normalise("acme", b"{}", received_at=RECEIVED_AT)


def test_an_empty_root_is_no_set_of_mappings(tmp_path: Path) -> None:
    with pytest.raises(MappingInvalidError, match="no mapping"):
        Mappings.load(tmp_path)
