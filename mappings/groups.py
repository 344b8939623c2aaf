"""Big code tables: `codes.toml` beside a mapping says once what many codes mean.

A partner that documents a thousand codes documents far fewer meanings. A group lists the values of each code part;
every combination becomes a key of `[codes]` or `[excused]`, so that everything behind the loader sees one table.
"""

import tomllib
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.errors import MappingInvalidError
from mappings.schema import Row, Why

FILE: Final = "codes.toml"

_CLOSED: Final = ConfigDict(extra="forbid", frozen=True)

Parts = Annotated[list[Annotated[list[str], Field(min_length=1)]], Field(min_length=1, max_length=4)]
"""Values of the first code part, of the second, and so on; parts left off at the end may be anything."""


class RowGroup(BaseModel):
    """One meaning and the codes that have it.

    `unverified` says why the rows that no fixture shows are believed; `seen` are the keys that a fixture does show.
    """

    model_config = _CLOSED

    parts: Parts
    row: Row
    unverified: Why | None = None
    seen: list[str] = []


class ExcusedGroup(BaseModel):
    """Codes that stay UNMAPPED for one reason."""

    model_config = _CLOSED

    parts: Parts
    because: Why


class Groups(BaseModel):
    """A whole `codes.toml`."""

    model_config = _CLOSED

    rows: list[RowGroup] = []
    excused: list[ExcusedGroup] = []


def with_groups(data: dict[str, Any], folder: Path) -> tuple[dict[str, Any], bytes]:
    """Return the mapping's data with the groups of its folder spelt out, and the bytes they were read from.

    Raises:
        MappingInvalidError: the file breaks its form, says a code twice, or `seen` names a key outside its group.
    """
    path = folder / FILE
    if not path.is_file():
        return data, b""
    name = f"{folder.name}/{FILE}"
    body = path.read_bytes()
    try:
        groups = Groups.model_validate(tomllib.loads(body.decode()))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise MappingInvalidError(f"{name}: {error}", file=name) from error
    spec: dict[str, Any] = data.get("event", {}).get("code", {})
    spelt = _Spelt(data, name, spec.get("joined_by", "/"), len(spec.get("parts", ())))
    for group in groups.rows:
        spelt.add(group)
    for excuse in groups.excused:
        spelt.excuse(excuse)
    return spelt.data, body


class _Spelt:
    """Collects what the groups say under the keys of a mapping."""

    def __init__(self, data: dict[str, Any], name: str, join: str, width: int) -> None:
        self.data = data | {
            "codes": dict(data.get("codes", {})),
            "excused": dict(data.get("excused", {})),
            "unverified": list(data.get("unverified", [])),
        }
        self._name = name
        self._join = join
        self._width = width

    def add(self, group: RowGroup) -> None:
        row = group.row if isinstance(group.row, str) else group.row.model_dump(mode="json", exclude_unset=True)
        keys = list(self._keys(group.parts))
        self._put("codes", keys, row)
        strange = sorted(set(group.seen) - set(keys))
        if strange:
            raise MappingInvalidError(f"{self._name}: seen: {', '.join(strange)} are not in their group")
        if group.unverified is not None:
            left = [key for key in keys if key not in group.seen]
            self.data["unverified"].append({"because": group.unverified, "codes": left})

    def excuse(self, group: ExcusedGroup) -> None:
        self._put("excused", list(self._keys(group.parts)), group.because)

    def _put(self, table: str, keys: list[str], value: Any) -> None:
        known = self.data[table]
        twice = sorted({key for key in keys if key in known or keys.count(key) > 1})
        if twice:
            raise MappingInvalidError(f"{self._name}: {table}: {', '.join(twice)} stand more than once")
        known.update(dict.fromkeys(keys, value))

    def _keys(self, parts: Parts) -> Iterator[str]:
        rest = ["*"] if len(parts) < self._width else []
        for values in product(*parts):
            yield self._join.join([*values, *rest])
