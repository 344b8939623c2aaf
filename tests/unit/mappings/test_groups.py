"""Code tables in groups: what is spelt out, what refuses the folder, and that both files make the version."""

from pathlib import Path

import pytest

from domain.errors import MappingInvalidError
from mappings.dialect import Dialect
from mappings.documented import CodeTable, Documented, judged
from mappings.expectations import RECEIVED_AT
from mappings.loading import load

TOML = """
carrier = "acme_post"
name = "Acme Post"
format = "json"

[[shapes]]
when = { path = "$.number", present = true }
shipments = "$"
events = "."
shipment = { tracking_number = "number" }

[shapes.event]
code = { parts = ["kind", "what", "class"], clean = ["upper", "strip_zeros"] }
identity = { time = ["day", "hour"] }

[[shapes]]
shipments = "$.parcels[]"
events = "scans[]"

[shipment]
tracking_number = "no"

[event]
code = { parts = ["kind", "what", "class"], clean = ["upper", "strip_zeros"] }
identity = { time = ["date", "time"], place = ["town"] }

[[time]]
fields = ["utc"]
formats = ["iso"]

[[time]]
fields = ["date", "time"]
formats = ["%Y%m%d %H%M%S"]

[codes]
"I/AR/*" = "~HUB_ARRIVED"
"""
GROUPS = """
[[rows]]
parts = [["X", "I"], ["A1", "B2"]]
row = { milestone = "EXCEPTION_RAISED", reasons = ["RECIPIENT.MOVED"] }
unverified = "table of the manual, not seen yet"
seen = ["X/A1/*"]

[[rows]]
parts = [["X"], ["*", "B2"], ["14"]]
row = "~IMPORT_CUSTOMS_CLEARED"

[[excused]]
parts = [["X"], ["C3"]]
because = "news about a claim"
"""


def folder(tmp_path: Path, groups: str = GROUPS) -> Path:
    place = tmp_path / "acme_post"
    place.mkdir(exist_ok=True)
    (place / "mapping.toml").write_text(TOML)
    (place / "codes.toml").write_text(groups)
    return place


def test_groups_become_rows_excuses_and_declarations(tmp_path: Path) -> None:
    mapping, _ = load(folder(tmp_path))

    assert list(mapping.codes) == [
        "I/AR/*", "X/A1/*", "X/B2/*", "I/A1/*", "I/B2/*", "X/*/14", "X/B2/14",
    ]  # fmt: skip
    assert mapping.excused == {"X/C3/*": "news about a claim"}
    assert [group.codes for group in mapping.unverified] == [["X/B2/*", "I/A1/*", "I/B2/*"]]


def test_both_files_make_the_version(tmp_path: Path) -> None:
    _, before = load(folder(tmp_path))
    _, after = load(folder(tmp_path, GROUPS.replace("RECIPIENT.MOVED", "RECIPIENT.UNKNOWN")))

    assert before != after


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ('[[rows]]\nparts = [["I"], ["AR"]]\nrow = "DELIVERED"', "codes.toml: codes: I/AR/\\* stand more than once"),
        ('[[rows]]\nparts = [["I"], ["B", "B"]]\nrow = "DELIVERED"', "I/B/\\* stand more than once"),
        (
            '[[rows]]\nparts = [["I"], ["B"]]\nrow = "DELIVERED"\nseen = ["I/C/*"]',
            "seen: I/C/\\* are not in their group",
        ),
        ('[[rows]]\nparts = [["I"], []]\nrow = "DELIVERED"', "at least 1 item"),
        ('[[rows]]\nparts = [["I"], ["B"]]\nrow = "SHIPPED"', "is not a milestone"),
        ('[[rows]]\nparts = [["*"], ["B"]]\nrow = "DELIVERED"', "the first part must be a code"),
        ('[[excused]]\nparts = [["I"], ["AR"]]\nbecause = "says nothing"', "also stand in"),
        ("rows = 3", "codes.toml"),
    ],
)
def test_a_wrong_group_refuses_the_folder_by_name(tmp_path: Path, groups: str, said: str) -> None:
    with pytest.raises(MappingInvalidError, match=said):
        load(folder(tmp_path, groups))


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("X/A1/12", "X/A1/*"),
        ("X/B2/14", "X/B2/14"),
        ("X/A1/14", "X/A1/*"),
        ("X/NEW/14", "X/*/14"),
        ("X/-/14", "X/*/14"),
        ("X/A1", "X/A1/*"),
        ("X/NEW/15", None),
        ("X/14", None),
    ],
)
def test_the_coarse_part_counts_only_where_the_fine_one_is_unknown(tmp_path: Path, code: str, key: str | None) -> None:
    assert Dialect(*load(folder(tmp_path))).codes.entry(code).key == key


def test_a_list_that_feeds_another_field_is_excused_as_a_whole(tmp_path: Path) -> None:
    lists = Documented(
        tables=[
            CodeTable(name="exceptions", source="the manual", codes=["X/A1", "X/C3", "X/D4"]),
            CodeTable(name="freight", source="the manual", codes=["A1"], excused="freight answers are another dialect"),
        ]
    )

    found = judged(Dialect(*load(folder(tmp_path))), lists)

    assert [(one.mapped, one.excused, one.missing) for one in found] == [
        (("X/A1",), ("X/C3",), ("X/D4",)),
        ((), ("A1",), ()),
    ]


POLL = b"""{"parcels": [{"no": "1", "scans": [{"kind": "I", "what": "AR", "class": "005", "date": "20260501",
 "time": "091519", "utc": "2026-05-01T13:15:19Z", "town": "%s"}]}]}"""
ALERT = (
    b"""{"number": "1", "kind": "I", "what": "AR", "class": 5, "day": "20260501", "hour": "91519", "zip": "30004"}"""
)


def ids(tmp_path: Path, *bodies: bytes) -> list[str]:
    dialect = Dialect(*load(folder(tmp_path)))
    return [fact.event_id for body in bodies for fact in dialect.normalise(body, received_at=RECEIVED_AT).facts]


def test_two_shapes_of_one_event_have_one_identity(tmp_path: Path) -> None:
    poll, alert = ids(tmp_path, POLL % b"", ALERT)

    assert poll == alert


def test_a_place_that_is_named_stays_part_of_the_identity(tmp_path: Path) -> None:
    here, same, elsewhere = ids(tmp_path, POLL % b"Lyon", POLL % b" LYON ", POLL % b"Paris")

    assert here == same != elsewhere


def test_without_its_own_values_the_time_as_sent_identifies(tmp_path: Path) -> None:
    bare = POLL % b""
    early, late = (
        bare.replace(b'"date": "20260501",', b"").replace(b'"time": "091519",', b"").replace(b"T13", hour)
        for hour in (b"T13", b"T14")
    )

    assert len(set(ids(tmp_path, early, late))) == 2
