"""Status maps: one folder per kind of order system, read, checked and applied here."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from typing_extensions import override

from domain.erp_status import StatusMap, Told, note_of
from domain.errors import MappingInvalidError
from domain.publication import StatusChange
from domain.states import State
from mappings.erps.schema import ErpMapping

ROOT: Final = Path(__file__).parent


def kinds(root: Path = ROOT) -> list[str]:
    """Return the kinds of order systems that have a map, by name."""
    return sorted(path.parent.name for path in root.glob("*/mapping.toml"))


def load(folder: Path) -> ErpMapping:
    """Return one map; raise `MappingInvalidError` that names file, row and fix."""
    name = f"{folder.name}/mapping.toml"
    try:
        data = tomllib.loads((folder / "mapping.toml").read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MappingInvalidError(f"{name}: {error}", file=name) from error
    try:
        mapping = ErpMapping.model_validate(data)
    except ValidationError as error:
        raise MappingInvalidError(f"{name}: {'; '.join(_said(error))}", file=name) from error
    if mapping.kind != folder.name:
        raise MappingInvalidError(f"{name}: kind: {mapping.kind!r} is not the folder's name", file=name, key="kind")
    return mapping


@cache
def status_map(kind: str) -> StatusMap:
    """Return the map of a kind of order system; raise `MappingInvalidError`."""
    return TableMap(load(ROOT / kind))


@dataclass(frozen=True)
class TableMap(StatusMap):
    """A map read from its file."""

    mapping: ErpMapping

    @override
    def told(self, change: StatusChange, /) -> Told:
        number = self.mapping.decides((change.kind, change.state, change.milestone))
        assert number is not None, "the file was checked to decide every change"  # noqa: S101 - narrows the type
        row = self.mapping.rows[number]
        return Told(row.status, row.event, row.repeats, note_of(change) if row.note else None)

    @override
    def button(self, stage: State, record_state: str, /) -> str | None:
        fitting = (one for one in self.mapping.buttons if stage in one.stages and record_state in one.when)
        return next((one.press for one in fitting), None)


def _said(error: ValidationError) -> list[str]:
    return [f"{_place(one['loc'])}{one['msg'].removeprefix('Value error, ')}" for one in error.errors()]


def _place(parts: tuple[int | str, ...]) -> str:
    named = [f"row {part + 1}" if isinstance(part, int) else str(part) for part in parts]
    return f"{'.'.join(named)}: " if named else ""
