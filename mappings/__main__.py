"""`python -m mappings check|expect|schema|gaps`: what somebody who writes a mapping needs, without a server."""

import argparse
import sys
from pathlib import Path
from typing import Final

from domain.errors import MappingInvalidError
from mappings import call_files
from mappings.coverage import gaps
from mappings.dialect import Dialect
from mappings.expectations import expectation_of, fixtures, outcome, text
from mappings.expecting import renew
from mappings.loading import ROOT, SCHEMA_FILE, folders, load, schema_text
from mappings.pins import FILE, pinned, pins_of

_SHOWN: Final = 25


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return 1 when something has to be looked at."""
    parser = argparse.ArgumentParser(prog="python -m mappings", description=__doc__)
    parser.add_argument("command", choices=("check", "expect", "schema", "gaps"))
    parser.add_argument("carrier", nargs="?", help="folder below mappings/carriers; without it all of them")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder that holds the carriers' folders")
    parser.add_argument("--write", action="store_true", help="expect: overwrite what differs (read the diff!)")
    chosen = parser.parse_args(arguments)
    if chosen.command == "schema":
        SCHEMA_FILE.write_text(schema_text())
        call_files.SCHEMA_FILE.write_text(call_files.schema_text())
        return _say([f"written: {SCHEMA_FILE.name}"], failed=False)
    names = [chosen.root / chosen.carrier] if chosen.carrier else folders(chosen.root)
    return max([_run(chosen.command, folder, write=chosen.write) for folder in names], default=1)


def _run(command: str, folder: Path, *, write: bool) -> int:
    try:
        dialect = Dialect(*load(folder))
    except MappingInvalidError as error:
        return _say([str(error)], failed=True)
    if command == "expect":
        return _say(renew(dialect, folder, write=write) or [f"{folder.name}: nothing to draft"], failed=False)
    said = [f"{folder.name}: {gap}" for gap in gaps(dialect, folder)]
    if len(said) > _SHOWN:
        said[_SHOWN:] = [f"{folder.name}: and {len(said) - _SHOWN} more"]
    if command == "check":
        said += _differences(dialect, folder)
    good = f"{folder.name}: {len(fixtures(folder))} fixtures, {len(dialect.mapping.codes)} codes, good"
    return _say(said or [good], failed=bool(said))


def _differences(dialect: Dialect, folder: Path) -> list[str]:
    pins = pins_of(folder)
    said = []
    if pins.is_file() and pins.read_text("utf-8") != pinned(dialect.mapping):
        said.append(
            f"{folder.name}: the rows are not what {FILE} pins; run expect {folder.name} --write, read the diff"
        )
    for fixture in fixtures(folder):
        path = expectation_of(fixture)
        if not path.exists():
            said.append(f"{folder.name}: {fixture.name} has no expectation; run expect {folder.name}")
        elif path.read_text() != text(outcome(dialect, fixture.read_bytes())):
            said.append(f"{folder.name}: {fixture.name} does not become what {path.name} says")
    return said


def _say(lines: list[str], *, failed: bool) -> int:
    print("\n".join(lines), file=sys.stderr if failed else sys.stdout)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
