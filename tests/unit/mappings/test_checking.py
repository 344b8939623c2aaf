"""What a folder lacks is named with file, line and next step; coverage counts; explanations name the row."""

import shutil
from pathlib import Path

import pytest

from mappings.checking.coverage import coverage_of
from mappings.checking.explaining import explain_code, explain_payload
from mappings.checking.findings import Finding, findings
from mappings.checking.lines import line_of, lines_with
from mappings.dialect import Dialect
from mappings.loading import ROOT, load
from mappings.scaffold import scaffold

TOML = """\
carrier = "x"

[[shapes]]
events = "a"
[shapes.event]
code = "b"
[[shapes]]
events = "c"

[codes]
P = "PICKED_UP"
"A/B" = "TODO" # TODO in a comment
'Q.R' = { milestone = "LOST" }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a good folder that lists its documented codes."""
    return Path(shutil.copytree(ROOT / "royalmail", tmp_path / "royalmail"))


def edit(path: Path, old: str, new: str) -> None:
    body = path.read_text()
    assert old in body
    path.write_text(body.replace(old, new, 1))


def first_code(folder: Path) -> str:
    return next(iter(load(folder)[0].codes))


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("carrier", 1), ("shapes.0.events", 4), ("shapes.0.event.code.parts", 6), ("shapes.1.events", 8),
        ("codes.P", 11), ("codes.A/B", 12), ("codes.Q.R", 13), ("codes.Z", 10), ("nothing", None),
    ],
)  # fmt: skip
def test_a_key_is_found_by_its_line_or_by_its_table(key: str, line: int | None) -> None:
    assert line_of(TOML, key) == line


def test_a_mark_counts_only_outside_comments() -> None:
    assert lines_with(TOML, "TODO") == [(12, "A/B")]
    said = "EXAMPLE: write this\nA. EXAMPLE lives here\n# EXAMPLE: no\n"
    assert lines_with(said, "EXAMPLE") == [(1, "EXAMPLE: write this")]


def test_a_good_folder_lacks_nothing(folder: Path) -> None:
    assert findings(folder) == []


def test_a_skeleton_names_every_stand_in(tmp_path: Path) -> None:
    scaffold(tmp_path, "nordbahn")

    said = findings(tmp_path / "nordbahn")

    marked = {(one.file.name, one.line) for one in said if "still the example" in one.problem}
    assert {name for name, _ in marked} == {"mapping.toml", "documented.toml", "README.md"}
    assert {one.problem for one in said} >= {"no payload", "no payload with a code that no table knows"}


def test_an_unjudged_code_is_one_finding_with_its_line(folder: Path) -> None:
    path = folder / "mapping.toml"
    edit(path, "[codes]\n", '[codes]\nNEW = "TODO"\n')
    line = path.read_text().splitlines().index('NEW = "TODO"') + 1

    assert findings(folder) == [
        Finding(path, line, "NEW: TODO waits for a decision", "judge it by the carrier's own definition")
    ]


def test_a_fault_of_the_schema_is_named_with_its_line(folder: Path) -> None:
    path = folder / "mapping.toml"
    edit(path, "[codes]\n", '[codes]\nNEW = "ARRIVD"\n')
    line = path.read_text().splitlines().index('NEW = "ARRIVD"') + 1

    [said] = findings(folder)

    assert (said.file, said.line) == (path, line)
    assert said.problem.startswith("codes.NEW: 'ARRIVD' is not allowed; allowed: SHIPMENT_CREATED")


def test_a_file_that_is_no_toml_is_named_with_its_line(folder: Path) -> None:
    edit(folder / "mapping.toml", "[codes]\n", "[codes\n")

    [said] = findings(folder)

    assert said.line is not None
    assert (folder / "mapping.toml").read_text().splitlines()[said.line - 1] == "[codes"


def test_a_row_that_nothing_shows_breaks_the_pins_too(folder: Path) -> None:
    edit(folder / "mapping.toml", "[codes]\n", '[codes]\nNEW = "LOST"\n')

    said = {one.file.name: one for one in findings(folder)}

    assert said["mapping.toml"].problem == "codes.NEW: no fixture shows it"
    assert said["table.expected.txt"].line == 1
    assert "expect royalmail --write" in said["table.expected.txt"].next_step


def test_fixtures_without_expectation_expectations_without_fixture_and_wrong_ones(folder: Path) -> None:
    first, second, third = sorted(folder.glob("fixtures/*.expected.json"))[:3]
    first.unlink()
    second.write_text("{}")
    third.with_name("tracking__gone.expected.json").write_text("{}")

    said = {(one.file.name, one.problem) for one in findings(folder)}

    assert said == {
        (first.name.replace(".expected", ""), "no expectation"),
        (second.name, "the fixture becomes something else"),
        ("tracking__gone.expected.json", "an expectation without its fixture"),
    }


def test_a_documented_code_that_nobody_judged_is_named(folder: Path) -> None:
    edit(folder / "documented.toml", "codes = [", 'codes = [\n  "NEVER",')

    [said] = findings(folder)

    assert said.problem.endswith("NEVER is neither mapped nor excused")
    assert said.line is not None
    assert '"NEVER"' in (folder / "documented.toml").read_text().splitlines()[said.line - 1]


def test_an_error_that_the_mapping_does_not_read_is_named(folder: Path) -> None:
    path = folder / "fixtures/error__unread.json"
    shutil.copy(folder / "fixtures/events__delivered.json", path)

    said = Finding(path, None, "tells no problem", "say in [[errors]] where the answer keeps code and text")

    assert said in findings(folder)


def test_missing_lists_and_sections_are_named(folder: Path) -> None:
    (folder / "documented.toml").unlink()
    (folder / "README.md").write_text("# Royal Mail\n\n## Quirks\n")

    assert [one.problem for one in findings(folder)] == [
        "no list of the carrier's documented codes", "no section Sources",
    ]  # fmt: skip


def test_coverage_counts_missing_codes_and_guessed_rows(folder: Path) -> None:
    before = coverage_of(Dialect(*load(folder)), folder)
    edit(folder / "documented.toml", "codes = [", 'codes = [\n  "NEVER",')
    edit(folder / "mapping.toml", "[codes]\n", '[codes]\nNEW = "LOST"\n')
    after = coverage_of(Dialect(*load(folder)), folder)

    assert (before.percent, before.guessed, before.is_whole) == (100.0, (), True)
    assert (after.missing, after.guessed, after.rows, after.is_whole) == (1, ("NEW",), before.rows + 1, False)
    assert after.percent is not None
    assert after.percent < 100
    assert after.shown + after.believed + len(after.guessed) == after.rows


def test_a_folder_without_a_list_is_never_whole(folder: Path) -> None:
    (folder / "documented.toml").unlink()

    said = coverage_of(Dialect(*load(folder)), folder)

    assert (said.tables, said.percent, said.is_whole) == (None, None, False)


def test_a_code_is_explained_by_its_row_and_what_shows_it() -> None:
    folder = ROOT / "fedex"
    said = explain_code(Dialect(*load(folder)), folder, "de/08")

    assert (said.key, said.rules) == ("DE/08", ())
    assert said.meaning is not None
    assert said.meaning.startswith("DELIVERY_ATTEMPTED")
    assert said.where is not None
    line = int(said.where.removeprefix("mapping.toml:"))
    assert (folder / "mapping.toml").read_text().splitlines()[line - 1].startswith('"DE/08"')
    assert said.because.startswith("shown by fixtures/")


def test_rules_come_before_the_row() -> None:
    said = explain_code(Dialect(*load(ROOT / "fedex")), ROOT / "fedex", "AR")

    assert said.key == "AR/*"
    assert any("DESTINATION_FEDEX_FACILITY" in rule for rule in said.rules)


def test_an_unknown_code_and_a_guessed_row_are_called_so(folder: Path) -> None:
    edit(folder / "mapping.toml", "[codes]\n", '[codes]\nNEW = "LOST"\n')
    dialect = Dialect(*load(folder))

    assert explain_code(dialect, folder, "NEVER").because.startswith("no row knows it")
    assert explain_code(dialect, folder, "NEW").because.startswith("guessed")


def test_every_event_of_a_payload_is_explained() -> None:
    folder = ROOT / "fedex"
    body = (folder / "fixtures/tracking__delivered.json").read_bytes()

    said = explain_payload(Dialect(*load(folder)), folder, body)

    assert said[0].milestones == ("DELIVERED",)
    assert said[0].decided_by.startswith("row DL/* (mapping.toml:")
    assert any(one.decided_by.startswith("rule 0: AR/*") for one in said)
    assert [one.number for one in said] == list(range(len(said)))
