"""A scalar of a tree as text: one reading of JSON numbers, booleans, blanks and XML text for all paths."""

from typing import Any, Final

MAX_TEXT: Final = 2_000
"""Characters of one value that are kept; longer ones are cut."""


def text(value: Any) -> str | None:
    """Return a scalar as trimmed text; None for null, blanks and everything that is not a scalar."""
    if value.__class__ is list:
        value = value[0] if value else None
    if value.__class__ is dict:
        value = value.get("#text")
    if value.__class__ is str:
        return value.strip()[:MAX_TEXT] or None
    return _number(value)


def _number(value: Any) -> str | None:
    if value.__class__ is bool:
        return "true" if value else "false"
    if value.__class__ is int:
        return str(value)
    if value.__class__ is float:
        return str(int(value)) if value.is_integer() else repr(value)
    return None
