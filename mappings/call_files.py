"""`calls.toml` from disk, checked against its model; faults name the file and the key."""

import tomllib
from pathlib import Path
from typing import Any, Final

import orjson
from pydantic import ValidationError

from domain.errors import MappingInvalidError
from mappings.calls import Calls
from mappings.loading import ROOT

FILE: Final = "calls.toml"
SCHEMA_FILE: Final = Path(__file__).parent / "calls.schema.json"


def schema_text() -> str:
    """Return the JSON Schema of `calls.toml`, for editors, as it is kept in the tree."""
    made: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Calls.model_json_schema(),
        "title": FILE,
    }
    return orjson.dumps(made, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n"


def load_all(root: Path | None = None) -> dict[str, Calls]:
    """Return the calls of every carrier that has a mapping and a `calls.toml`; raise `MappingInvalidError`."""
    found = sorted((root or ROOT).glob(f"*/{FILE}"))
    return {path.parent.name: load(path) for path in found if (path.parent / "mapping.toml").is_file()}


def load(path: Path) -> Calls:
    """Return one carrier's calls; raise `MappingInvalidError` naming file, key and what is allowed."""
    name = f"{path.parent.name}/{path.name}"
    try:
        return Calls.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MappingInvalidError(f"{name}: {error}", file=name) from error
    except ValidationError as error:
        faults = "; ".join(_said(fault["loc"], fault["msg"]) for fault in error.errors())
        raise MappingInvalidError(f"{name}: {faults}", file=name) from error


def _said(place: tuple[int | str, ...], message: str) -> str:
    key = ".".join(str(part) for part in place) or "(top)"
    return f"{key}: {message.removeprefix('Value error, ')}"
