"""Mapping files from disk: read, validated against the generated JSON Schema, then typed. Faults name file and key."""

import tomllib
from collections.abc import Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import orjson
from jsonschema import Draft202012Validator, ValidationError
from pydantic import ValidationError as ModelError

from domain.errors import MappingInvalidError
from mappings.groups import with_groups
from mappings.schema import Mapping

ROOT: Final = Path(__file__).parent / "carriers"
SCHEMA_FILE: Final = Path(__file__).parent / "mapping.schema.json"
_SHOWN: Final = 60
"""Allowed values that a message lists at most."""


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a mapping file, as the models define it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mapping.toml",
        **Mapping.model_json_schema(),
    }


def schema_text() -> str:
    """Return the schema as it is kept in the tree."""
    return orjson.dumps(schema(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n"


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


def folders(root: Path) -> list[Path]:
    """Return the folders that hold a mapping, by name."""
    return sorted(path.parent for path in root.glob("*/mapping.toml"))


def load(folder: Path) -> tuple[Mapping, str]:
    """Return one mapping and its version (short hash of its files); raise `MappingInvalidError`."""
    name = f"{folder.name}/mapping.toml"
    data, body = _read(folder, name)
    problems = [_said(error) for error in _validator().iter_errors(data)]
    if problems:
        raise MappingInvalidError(f"{name}: {'; '.join(sorted(problems))}", file=name)
    try:
        mapping = Mapping.model_validate(data)
    except ModelError as error:
        raise MappingInvalidError(f"{name}: {_model_said(error)}", file=name) from error
    if mapping.carrier != folder.name:
        raise MappingInvalidError(
            f"{name}: carrier: {mapping.carrier!r} is not the folder's name {folder.name!r}", file=name, key="carrier"
        )
    return mapping, blake2b(body, digest_size=6).hexdigest()


def faults(folder: Path) -> list[str]:
    """Return what breaks the schema in a folder's mapping, each beginning with its key; empty when it is no TOML."""
    try:
        data, _ = _read(folder, folder.name)
    except MappingInvalidError:
        return []
    return sorted(_said(error) for error in _validator().iter_errors(data))


def _read(folder: Path, name: str) -> tuple[dict[str, Any], bytes]:
    """Return the mapping's data, groups spelt out, and the bytes it was read from."""
    try:
        body = (folder / "mapping.toml").read_bytes()
        data = tomllib.loads(body.decode())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MappingInvalidError(f"{name}: {error}", file=name) from error
    data, more = with_groups(data, folder)
    return data, body + more


def _key(path: Sequence[str | int]) -> str:
    return ".".join(str(part) for part in path) or "(top)"


def _said(error: ValidationError) -> str:
    """Say which key is wrong and what it may be; of several alternatives the one of the value's own type counts."""
    best = _deepest(error)
    key = _key(best.absolute_path)
    rule: Any = best.schema
    if best.validator == "enum":
        allowed = [str(value) for value in rule["enum"]]
        more = f" and {len(allowed) - _SHOWN} more" if len(allowed) > _SHOWN else ""
        return f"{key}: {best.instance!r} is not allowed; allowed: {', '.join(allowed[:_SHOWN])}{more}"
    if best.validator == "additionalProperties":
        return f"{key}: {best.message}; allowed: {', '.join(sorted(rule.get('properties', {})))}"
    return f"{key}: {best.message}"


def _model_said(error: ModelError) -> str:
    """Say what the models found beyond the schema, without their names of union branches."""
    said = {
        f"{_key([part for part in one['loc'] if '[' not in str(part)])}: {one['msg'].removeprefix('Value error, ')}"
        for one in error.errors()
        if one["type"] == "value_error"
    }
    return "; ".join(sorted(said)) or str(error)


def _deepest(error: ValidationError) -> ValidationError:
    while error.context:
        fitting = [one for one in error.context if one.validator != "type" or len(one.relative_path)]
        if not fitting:
            break
        error = max(fitting, key=lambda one: (len(one.absolute_path), one.validator == "enum"))
    return error
