"""Everything that a folder lacks before it may be committed: `milepost mappings check`."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from domain.errors import MappingInvalidError
from mappings.checking.lines import line_of, lines_with
from mappings.coverage import gaps
from mappings.dialect import Dialect
from mappings.documented import FILE as DOCUMENTED
from mappings.documented import documented, judged
from mappings.drafting.writing import TODO
from mappings.expectations import expectation_of, fixtures, outcome, text
from mappings.loading import faults, load
from mappings.pins import FILE as PINS
from mappings.pins import pinned, pins_of
from mappings.scaffold import EXAMPLE

_NAME: Final = re.compile(r"[a-z]+__[a-z0-9_]+\.(json|xml|edi)")
_FAMILIES: Final = (
    ("", "payload"),
    ("error__", "answer about a number that the carrier does not know"),
    ("unmapped__", "payload with a code that no table knows"),
)
_MARKED: Final = ("mapping.toml", "codes.toml", DOCUMENTED, "README.md")


class Finding(NamedTuple):
    """What is wrong, where (`line` from 1; None for the whole file), and what to do next."""

    file: Path
    line: int | None
    problem: str
    next_step: str


def findings(folder: Path) -> list[Finding]:
    """Return what a folder lacks; an empty list means that it may be committed."""
    said = list(_marks(folder))
    try:
        dialect = Dialect(*load(folder))
    except MappingInvalidError as error:
        return _of_schema(folder, str(error), {(one.file, one.line) for one in said}) + said
    return [
        *said,
        *_rows(dialect, folder),
        *_fixtures(dialect, folder),
        *_pins(dialect, folder),
        *_lists(dialect, folder),
        *_readme(folder),
    ]


def _of_schema(folder: Path, message: str, marked: set[tuple[Path, int | None]]) -> list[Finding]:
    """Return the faults of the schema by line; what only waits for a person is said once, by its mark."""
    path = folder / "mapping.toml"
    if not path.is_file():
        return [Finding(path, None, "no mapping", f"milepost mappings new {folder.name}")]
    body = path.read_text("utf-8")
    step = "docs/mapping-language.md explains each key"
    found = [Finding(path, _line(body, one), one, step) for one in faults(folder)]
    found = [one for one in found if (path, one.line) not in marked]
    if found or marked:
        return found
    at = re.search(r"\(at line (\d+)", message)
    return [Finding(path, int(at[1]) if at else _line(body, message.partition(": ")[2]), message, "correct it")]


def _line(body: str, said: str) -> int | None:
    """Return the line of a message that begins with its key."""
    return line_of(body, said.partition(": ")[0])


def _marks(folder: Path) -> Iterator[Finding]:
    """Find what stands in for something that a person has to write."""
    for path in (folder / name for name in _MARKED):
        body = path.read_text("utf-8") if path.is_file() else ""
        for line, key in lines_with(body, TODO):
            yield Finding(path, line, f"{key}: {TODO} waits for a decision", "judge it by the carrier's own definition")
        for line, key in lines_with(body, EXAMPLE):
            yield Finding(path, line, f"{key}: still the example of the skeleton", "replace it, or take it out")


def _rows(dialect: Dialect, folder: Path) -> Iterator[Finding]:
    path = folder / "mapping.toml"
    body = path.read_text("utf-8")
    for gap in gaps(dialect, folder):
        stale = "declared unverified" in gap
        step = "take it out of [[unverified]]" if stale else "record a fixture, or say in [[unverified]] why it holds"
        yield Finding(path, _line(body, gap), gap.partition(";")[0], step)


def _fixtures(dialect: Dialect, folder: Path) -> Iterator[Finding]:
    found = fixtures(folder)
    expect = f"milepost mappings expect {folder.name}, then read every line"
    for family, what in _FAMILIES:
        if not any(path.name.startswith(family) for path in found):
            yield Finding(folder / "fixtures", None, f"no {what}", f"add fixtures/{family or 'tracking__'}...")
    for path in found:
        if _NAME.fullmatch(path.name) is None:
            yield Finding(path, None, "not named <family>__<case>.json, .xml or .edi", "rename it")
        now, expected = outcome(dialect, path.read_bytes()), expectation_of(path)
        if not expected.exists():
            yield Finding(path, None, "no expectation", expect)
        elif expected.read_text("utf-8") != text(now):
            step = f"correct the row, or with --write {expect}"
            yield Finding(expected, None, "the fixture becomes something else", step)
        yield from _against_its_name(path, now)
    stems = {path.stem for path in found}
    for path in sorted((folder / "fixtures").glob("*.expected.json")):
        if path.name.removesuffix(".expected.json") not in stems:
            yield Finding(path, None, "an expectation without its fixture", "remove it")


def _against_its_name(path: Path, now: dict[str, Any]) -> Iterator[Finding]:
    """Find what a fixture's family promises and its outcome does not keep."""
    if path.name.startswith("error__") and not now.get("problems") and "raises" not in now:
        yield Finding(path, None, "tells no problem", "say in [[errors]] where the answer keeps code and text")
    unknown = sorted({one["raw_code"] for one in now.get("facts", ()) if _is_unknown(one)})
    if unknown and not path.name.startswith("unmapped__"):
        said = f"codes without a row: {', '.join(unknown)}"
        yield Finding(path, None, said, "judge them, or name the fixture unmapped__...")


def _is_unknown(fact: dict[str, object]) -> bool:
    return fact["milestone"] == "UNMAPPED" and "raw_code" in fact


def _pins(dialect: Dialect, folder: Path) -> Iterator[Finding]:
    path, now = pins_of(folder), pinned(dialect.mapping).splitlines()
    if not path.is_file():
        yield Finding(path, None, "the rows are not pinned", f"milepost mappings expect {folder.name}")
        return
    then = path.read_text("utf-8").splitlines()
    differing = (at for at, (old, new) in enumerate(zip(then, now, strict=False), 1) if old != new)
    at = next(differing, None if len(then) == len(now) else min(len(then), len(now)) + 1)
    if at is not None:
        step = f"milepost mappings expect {folder.name} --write, then read the diff"
        yield Finding(path, at, f"the rows are not what {PINS} says", step)


def _lists(dialect: Dialect, folder: Path) -> Iterator[Finding]:
    path = folder / DOCUMENTED
    try:
        lists = documented(folder)
    except MappingInvalidError as error:
        yield Finding(path, None, str(error).partition("\n")[0], "correct it")
        return
    if lists is None:
        yield Finding(path, None, "no list of the carrier's documented codes", "write it: codes and their source")
        return
    body = path.read_text("utf-8")
    for one in judged(dialect, lists):
        for code in one.missing:
            line = next((at for at, text_ in enumerate(body.splitlines(), 1) if f'"{code}"' in text_), None)
            yield Finding(path, line, f"{one.table.name}: {code} is neither mapped nor excused", "map it, or [excused]")


def _readme(folder: Path) -> Iterator[Finding]:
    path = folder / "README.md"
    body = path.read_text("utf-8") if path.is_file() else ""
    for heading in ("Quirks", "Sources"):
        if heading not in body:
            yield Finding(path, None, f"no section {heading}", f"write `## {heading}`")
