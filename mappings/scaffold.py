"""A new partner's folder: files that already load, whose comments say what belongs where.

Everything that is a stand-in holds `EXAMPLE`, so that `milepost mappings check` can name what is not filled in yet.
"""

import re
from pathlib import Path
from typing import Final

from domain.errors import MappingInvalidError
from mappings.documented import FILE as DOCUMENTED
from mappings.skeleton import MAPPING, QUIRKS, TABLES

EXAMPLE: Final = "EXAMPLE"
"""Stands for a code of the partner until somebody has replaced it."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_]{0,39}")


def scaffold(root: Path, carrier: str, *, name: str | None = None, format_: str = "json") -> list[Path]:
    """Write the folder of a new partner below `root`; return its files and directories in the order to fill them.

    Args:
        root: The folder that holds the partners' folders.
        carrier: The partner's id, which becomes the folder's name.
        name: How people call the partner; default: made of the id.
        format_: `json`, `xml`, `x12` or `edifact`.

    Raises:
        MappingInvalidError: The id cannot be a folder's name, or is taken.
    """
    if _NAME.fullmatch(carrier) is None:
        raise MappingInvalidError(
            f"{carrier!r} cannot be an id: small letters, digits and underscores, at most 40, no underscore in front"
        )
    folder = root / carrier
    if (folder / "mapping.toml").exists():
        raise MappingInvalidError(f"{carrier} exists: {folder / 'mapping.toml'}")
    if folder.exists() and (folder / DOCUMENTED).exists():
        raise MappingInvalidError(f"{carrier} exists without a mapping, but with {folder / DOCUMENTED}")
    (folder / "fixtures").mkdir(parents=True, exist_ok=True)
    texts = skeleton(carrier, name=name, format_=format_)
    for file, text in texts.items():
        path = folder / file
        if not path.exists():  # a partner that is only called so far has a README already
            path.write_text(text, "utf-8")
    return [folder / "fixtures", *(folder / file for file in texts)]


def skeleton(carrier: str, *, name: str | None = None, format_: str = "json") -> dict[str, str]:
    """Return the files of a new folder, by name; the mapping loads as it stands."""
    known = name or carrier.replace("_", " ").title()
    said = {"@CARRIER@": carrier, "@NAME@": known.replace("\\", "").replace('"', "'"), "@FORMAT@": format_}
    return {file: _filled(text, said) for file, text in _FILES.items()}


def is_untouched(folder: Path) -> bool:
    """Tell whether a mapping is still what `scaffold` wrote, whatever its name and format say."""
    path = folder / "mapping.toml"
    return path.is_file() and _bare(path.read_text("utf-8")) == _bare(skeleton(folder.name)["mapping.toml"])


_FILES: Final = {"mapping.toml": MAPPING, DOCUMENTED: TABLES, "README.md": QUIRKS}


def _filled(text: str, said: dict[str, str]) -> str:
    for mark, value in said.items():
        text = text.replace(mark, value)
    return text


def _bare(text: str) -> str:
    return re.sub(r'^(?:name|format) = ".*"$', "", text, flags=re.MULTILINE)
