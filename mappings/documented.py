"""The codes that a partner documents, as `documented.toml` beside its mapping lists them, and what became of each.

A listed code is mapped (a row or a rule knows it), excused with a reason, or missing. The lists hold codes only: what
they mean is said by the rows, and where they come from by `source`.
"""

import tomllib
from pathlib import Path
from typing import Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.errors import MappingInvalidError
from mappings.dialect import Dialect
from mappings.rows import CodeReader
from mappings.schema import Why

FILE: Final = "documented.toml"

_CLOSED: Final = ConfigDict(extra="forbid", frozen=True)


class CodeTable(BaseModel):
    """One code list of the partner. `read` says which field it is for: the event's code, or the second code.

    `excused` says why none of its codes can come in this dialect.
    """

    model_config = _CLOSED

    name: str = Field(min_length=3)
    source: Why
    read: Literal["code", "reason"] = "code"
    codes: list[str] = Field(min_length=1)
    excused: Why | None = None


class Documented(BaseModel):
    """Every code list that a partner publishes."""

    model_config = _CLOSED

    tables: list[CodeTable] = Field(min_length=1)


class Judged(NamedTuple):
    """What the mapping makes of one code list, in the order of the list."""

    table: CodeTable
    mapped: tuple[str, ...]
    excused: tuple[str, ...]
    missing: tuple[str, ...]


def documented(folder: Path) -> Documented | None:
    """Return the partner's code lists; None when the folder has none.

    Raises:
        MappingInvalidError: the file breaks its form, or lists a code twice.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        found = Documented.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise MappingInvalidError(f"{folder.name}/{FILE}: {error}") from error
    for table in found.tables:
        twice = sorted({code for code in table.codes if table.codes.count(code) > 1})
        if twice:
            raise MappingInvalidError(f"{folder.name}/{FILE}: {table.name} lists {', '.join(twice)} more than once")
    return found


def judged(dialect: Dialect, lists: Documented) -> list[Judged]:
    """Return what became of every documented code."""
    return [_judged(dialect, table) for table in lists.tables]


def _judged(dialect: Dialect, table: CodeTable) -> Judged:
    if table.excused is not None:
        return Judged(table, (), tuple(table.codes), ())
    mapping = dialect.mapping
    key = CodeReader(mapping.event.code).key
    rest = f"{mapping.event.code.joined_by}*"
    excused = {code.upper().removesuffix(rest) for code in mapping.excused}
    reasons = {code.upper() for code in mapping.reasons}
    sorted_out: dict[str, list[str]] = {"mapped": [], "excused": [], "missing": []}
    for code in table.codes:
        entry = dialect.codes.entry(key(code)) if table.read == "code" else None
        known = code.upper() in reasons if entry is None else entry.row is not None or bool(entry.rules)
        named = "excused" if code.upper().removesuffix(rest) in excused else "mapped" if known else "missing"
        sorted_out[named].append(code)
    return Judged(table, *(tuple(sorted_out[name]) for name in ("mapped", "excused", "missing")))
