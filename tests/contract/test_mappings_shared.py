"""The carriers' own sample payloads, kept beside the repository and never copied into it."""

from pathlib import Path
from typing import Any

import pytest

from domain.errors import HubError
from domain.milestones import Milestone
from domain.normalised import Normalised
from mappings.engine import Mappings
from mappings.expectations import RECEIVED_AT
from mappings.report import report

PAYLOADS = Path(__file__).parents[3] / "shared" / "carriers" / "payloads"
MAPPINGS = Mappings.load()
FILES = [
    pytest.param(carrier, path, id=f"{carrier}/{path.name}")
    for carrier in MAPPINGS.carriers
    for path in sorted((PAYLOADS / carrier).glob("*"))
] or [pytest.param("fedex", PAYLOADS, marks=pytest.mark.skip("../shared is absent: no sample payloads to read"))]


def read(carrier: str, name: str) -> Normalised:
    path = PAYLOADS / carrier / name
    if not path.exists():
        pytest.skip("../shared is absent: no sample payloads to read")
    return MAPPINGS.normalise(carrier, path.read_bytes(), received_at=RECEIVED_AT)


def known_codes() -> set[str]:
    return {"ignored", "unknown_reason", "conflict"} | {kind.code for kind in _kinds(HubError)}


def _kinds(kind: type[HubError]) -> set[type[HubError]]:
    return {kind}.union(*(_kinds(child) for child in kind.__subclasses__()))


@pytest.mark.parametrize(("carrier", "path"), FILES)
def test_a_sample_payload_is_read_whole(carrier: str, path: Path) -> None:
    dialect = MAPPINGS.dialect(carrier)
    normalised = dialect.normalise(path.read_bytes(), received_at=RECEIVED_AT)
    events = dialect.explain(path.read_bytes())

    assert normalised.facts or normalised.problems
    assert [
        fact for fact in normalised.facts if fact.occurred_at is not None and fact.occurred_at.utcoffset() is None
    ] == []
    assert {problem.code for problem in normalised.problems} <= known_codes()
    told = {fact.source.index for fact in normalised.facts} | {one.index for one in normalised.rejected}
    assert told <= set(range(len(events)))
    assert [event.sent for index, event in enumerate(events) if index not in told and event] == []


@pytest.mark.parametrize(("carrier", "path"), FILES)
def test_the_report_of_a_sample_payload_keeps_its_contract(carrier: str, path: Path) -> None:
    said = report(MAPPINGS.normalise(carrier, path.read_bytes(), received_at=RECEIVED_AT))

    assert {"facts", "rejected", "problems", "journeys"} <= set(said)
    keys = {"index", "tracking_number", "milestone", "reasons", "classifier", "occurred_at", "precision", "raw_code",
            "raw_text", "location", "event_id"}  # fmt: skip
    assert [fact for fact in said["facts"] if not keys <= set(fact)] == []
    assert {one["tracking_number"] for one in said["journeys"]} == {fact["tracking_number"] for fact in said["facts"]}
    assert [one for one in said["journeys"] if not {"state", "anomalies"} <= set(one)] == []


@pytest.mark.parametrize(
    ("carrier", "name", "problems"),
    [
        ("fedex", "error.json", {"request_rejected"}),
        ("fedex", "multiple_piece.json", {"partner_contract"}),
        ("fedex", "proof_of_delivery.json", {"partner_contract"}),
        ("dhl_parcel_de", "tracking_error.xml", {"not_known_yet"}),
        ("canadapost", "auth_error.xml", {"credentials_rejected"}),
        ("canadapost", "unknown_tracking_number.xml", {"not_known_yet"}),
        ("laposte", "error.json", {"request_rejected"}),
        ("royalmail", "tracking_error.json", {"request_rejected"}),
        ("usps", "auth_error.json", {"credentials_rejected"}),
        ("usps", "error.json", {"partner_error"}),
    ],
)
def test_an_error_body_is_named(carrier: str, name: str, problems: set[str]) -> None:
    normalised = read(carrier, name)

    assert normalised.facts == []
    assert {problem.code for problem in normalised.problems} == problems


def by_index(normalised: Normalised) -> dict[int | None, Any]:
    return {fact.source.index: fact for fact in normalised.facts}


def test_fedex_midnight_pick_up_is_a_day() -> None:
    picked_up = by_index(read("fedex", "inconsistent_date_time.json"))[16]

    assert picked_up.milestone is Milestone.PICKED_UP
    assert (picked_up.precision, picked_up.occurred_at.isoformat()) == ("DAY", "2024-08-15T00:00:00+00:00")


def test_fedex_two_halves_of_one_story_are_one_parcel() -> None:
    normalised = read("fedex", "duplicate_tracking.json")

    assert {fact.parcel for fact in normalised.facts} == {None}
    assert [problem.code for problem in normalised.problems] == ["conflict"]
    assert len(normalised.facts) == 18
    assert [journey["state"] for journey in report(normalised)["journeys"]] == ["DELIVERED"]


def test_fedex_beside_an_error_the_scan_is_kept() -> None:
    normalised = read("fedex", "tracking.json")

    assert [(fact.milestone, fact.source.raw_code) for fact in normalised.facts] == [(Milestone.PICKED_UP, "PU/A25")]
    assert [problem.code for problem in normalised.problems] == ["request_rejected", "not_known_yet"]


def test_17track_contradicting_summary_is_a_conflict_and_the_event_wins() -> None:
    normalised = read("17track", "webhook_v2_dhl_paket_exception.json")

    assert [fact.milestone for fact in normalised.facts] == [Milestone.AVAILABLE_FOR_PICKUP]
    assert normalised.facts[0].occurred_at.isoformat() == "2022-09-14T07:47:00+00:00"  # type: ignore[union-attr]  # dated
    assert [(problem.code, problem.partner_code) for problem in normalised.problems] == [
        ("conflict", "Exception_Other")
    ]
