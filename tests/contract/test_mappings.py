"""Every mapping folder against its own fixtures; collected from the folders, no registration."""

import csv
import re
import tomllib
from datetime import datetime
from pathlib import Path

import orjson
import pytest

from domain.milestones import MILESTONES, Ending, Milestone
from mappings.coverage import gaps
from mappings.dialect import Dialect
from mappings.documented import documented, judged
from mappings.engine import Mappings
from mappings.expectations import RECEIVED_AT, expectation_of, fixtures, outcome
from mappings.loading import ROOT, SCHEMA_FILE, folders, schema_text
from mappings.pins import pinned, pins_of
from mappings.rows import CodeReader

CARRIERS = (
    "17track",
    "aftership",
    "cainiao",
    "canadapost",
    "canadapost_x12_214",
    "dhl_express",
    "dhl_parcel_de",
    "dhl_universal",
    "dpd",
    "easypost",
    "fedex",
    "laposte",
    "mydhl",
    "royalmail",
    "sf_express",
    "ups",
    "ups_iftsta",
    "upu",
    "usps",
)
"""Folders that must be found: a discovery that finds nothing must not pass. Only ever gets longer."""

UNJUDGED: set[tuple[str, str]] = set()
"""Tables with codes that nobody has judged yet: UNMAPPED, and counted as missing; only ever gets shorter."""

MAPPINGS = Mappings.load()
FOLDERS = folders(ROOT)
FOUND = tuple(folder.name for folder in FOLDERS)
FIXTURES = [
    pytest.param(folder.name, path, id=f"{folder.name}/{path.name}") for folder in FOLDERS for path in fixtures(folder)
]
TABLES = Path(__file__).parents[3] / "shared" / "carriers" / "code_tables"


def by_carrier() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("carrier", FOUND)


def test_discovery_finds_every_known_carrier() -> None:
    assert sorted(set(CARRIERS) - set(FOUND)) == []
    assert MAPPINGS.carriers == FOUND


def test_the_schema_for_editors_is_what_the_models_say() -> None:
    assert SCHEMA_FILE.read_text() == schema_text(), "run: python -m mappings schema"


@by_carrier()
def test_the_file_names_the_schema_for_editors(carrier: str) -> None:
    first_line = (ROOT / carrier / "mapping.toml").read_text().splitlines()[0]

    assert first_line == "#:schema ../../mapping.schema.json"


@by_carrier()
def test_the_folder_says_where_its_knowledge_comes_from(carrier: str) -> None:
    text = (ROOT / carrier / "README.md").read_text()

    assert "Quirks" in text
    assert "Sources" in text


@pytest.mark.parametrize(("carrier", "fixture"), FIXTURES)
def test_a_fixture_becomes_what_its_expectation_says(carrier: str, fixture: Path) -> None:
    expected = orjson.loads(expectation_of(fixture).read_bytes())

    assert orjson.loads(orjson.dumps(outcome(MAPPINGS.dialect(carrier), fixture.read_bytes()))) == expected


@by_carrier()
def test_every_expectation_has_its_fixture(carrier: str) -> None:
    folder = ROOT / carrier / "fixtures"

    stems = {path.name.removesuffix(".expected.json") for path in folder.glob("*.expected.json")}

    assert stems == {path.stem for path in fixtures(ROOT / carrier)}


@by_carrier()
def test_fixture_names_say_family_and_case(carrier: str) -> None:
    bad = [
        path.name
        for path in fixtures(ROOT / carrier)
        if not re.fullmatch(r"[a-z]+__[a-z0-9_]+\.(json|xml|edi)", path.name)
    ]

    assert bad == []


@by_carrier()
def test_every_row_is_shown_by_a_fixture_or_declared_unverified_and_no_declaration_is_stale(carrier: str) -> None:
    assert gaps(MAPPINGS.dialect(carrier), ROOT / carrier) == []


@pytest.mark.parametrize(("carrier", "fixture"), FIXTURES)
def test_only_unmapped_fixtures_hold_unknown_codes(carrier: str, fixture: Path) -> None:
    facts = outcome(MAPPINGS.dialect(carrier), fixture.read_bytes()).get("facts", [])

    unknown = [fact["raw_code"] for fact in facts if fact["milestone"] == "UNMAPPED" and "raw_code" in fact]

    assert bool(unknown) <= fixture.name.startswith("unmapped__"), unknown


@by_carrier()
def test_each_carrier_shows_an_unknown_code(carrier: str) -> None:
    names = [path.name for path in fixtures(ROOT / carrier)]

    assert [name for name in names if name.startswith("unmapped__")]


@by_carrier()
def test_an_ending_can_be_reached(carrier: str) -> None:
    rows = (MAPPINGS.dialect(carrier).codes.entry(code).row or () for code in _keys(carrier))

    found = {template.milestone for row in rows for template in row}

    assert {Milestone.DELIVERED} <= found
    assert any(MILESTONES[milestone].ending is not Ending.NO for milestone in found)


@by_carrier()
def test_errors_in_the_body_are_named(carrier: str) -> None:
    errors = [path for path in fixtures(ROOT / carrier) if path.name.startswith("error__")]
    said = [orjson.loads(expectation_of(path).read_bytes()) for path in errors]

    assert errors
    assert [
        path.name for path, one in zip(errors, said, strict=True) if not one.get("problems") and "raises" not in one
    ] == []


@pytest.mark.parametrize(("carrier", "fixture"), FIXTURES)
def test_no_time_is_naive(carrier: str, fixture: Path) -> None:
    facts = outcome(MAPPINGS.dialect(carrier), fixture.read_bytes()).get("facts", [])

    times = [datetime.fromisoformat(fact["occurred_at"]) for fact in facts if "occurred_at" in fact]

    assert [time for time in times if time.tzinfo is None] == []


@pytest.mark.parametrize("fixture", [pytest.param(one.values[1], id=one.id) for one in FIXTURES])
def test_fixtures_name_no_real_people(fixture: Path) -> None:
    text = fixture.read_text(errors="replace") + expectation_of(fixture).read_text()

    mails = [mail for mail in re.findall(r"[\w.+-]+@[\w.-]+", text) if not re.search(r"@example\.(com|org|net)$", mail)]
    phones = [phone for phone in re.findall(r"\+\d[\d ()-]{7,}\d", text) if "0000000" not in phone]

    assert mails == []
    assert [phone for phone in phones if not re.fullmatch(r"\+\d\d", phone)] == []


@pytest.mark.parametrize(("carrier", "fixture"), FIXTURES)
def test_normalising_twice_gives_equal_facts(carrier: str, fixture: Path) -> None:
    dialect = MAPPINGS.dialect(carrier)

    assert outcome(dialect, fixture.read_bytes()) == outcome(dialect, fixture.read_bytes())


@by_carrier()
def test_built_facts_equal_validated_ones(carrier: str) -> None:
    """Facts are built without validation; this proves that each would have passed it unchanged."""
    dialect = MAPPINGS.dialect(carrier)
    bodies = [path.read_bytes() for path in fixtures(ROOT / carrier)]
    readable = [body for body in bodies if "raises" not in outcome(dialect, body)]

    facts = [fact for body in readable for fact in dialect.normalise(body, received_at=RECEIVED_AT).facts]

    assert facts
    assert [fact for fact in facts if type(fact).model_validate_json(fact.model_dump_json()) != fact] == []
    assert [fact for fact in facts if set(vars(fact)) != set(type(fact).model_fields)] == []


def _keys(carrier: str) -> list[str]:
    mapping = MAPPINGS.dialect(carrier).mapping
    reader = CodeReader(mapping.event.code)
    return [reader.key(code).replace(f"{mapping.event.code.joined_by}*", "") for code in mapping.codes]


def _table(name: str) -> list[dict[str, str]]:
    if not TABLES.exists():
        pytest.skip("../shared is absent: the carriers' code tables cannot be compared")
    with (TABLES / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _known(dialect: Dialect, code: str) -> bool:
    mapping = dialect.mapping
    return dialect.codes.entry(code) != dialect.codes.entry("\x00") or code in mapping.excused


@pytest.mark.parametrize(
    ("carrier", "table", "columns"),
    [
        ("fedex", "fedex_status_codes.csv", ("code",)),
        ("17track", "17track_sub_status.csv", ("sub_status",)),
        ("17track", "17track_sub_status.csv", ("main",)),
        ("upu", "upu_emsevt_v3_events.csv", ("code",)),
        ("dhl_parcel_de", "dhl_parcel_de_ice_ric.csv", ("ice_event_code", "ice_ric_code", "ttpro_event_code")),
    ],
)
def test_every_code_of_the_carriers_table_is_mapped_or_excused(
    carrier: str, table: str, columns: tuple[str, ...]
) -> None:
    dialect = MAPPINGS.dialect(carrier)
    reader = CodeReader(dialect.mapping.event.code)

    codes = {"/".join(row[column] for column in columns) for row in _table(table)}

    assert sorted(code for code in codes if not _known(dialect, reader.key(code))) == []


@by_carrier()
def test_every_documented_code_is_mapped_or_excused(carrier: str) -> None:
    lists = documented(ROOT / carrier)
    assert lists is not None, f"write {carrier}/documented.toml"

    missing = {one.table.name: one.missing for one in judged(MAPPINGS.dialect(carrier), lists) if one.missing}
    assert {name for name in missing if (carrier, name) not in UNJUDGED} == set()
    assert {name for of, name in UNJUDGED if of == carrier} <= set(missing)


@by_carrier()
def test_every_row_is_pinned_in_the_table(carrier: str) -> None:
    pins = pins_of(ROOT / carrier)

    assert pins.is_file(), f"run: milepost mappings expect {carrier}"
    assert pins.read_text("utf-8") == pinned(MAPPINGS.dialect(carrier).mapping), (
        f"run: milepost mappings expect {carrier} --write, and read the diff of {pins.name}"
    )


@by_carrier()
def test_toml_keys_are_text(carrier: str) -> None:
    data = tomllib.loads((ROOT / carrier / "mapping.toml").read_text())

    assert {type(key) for key in data["codes"]} == {str}
