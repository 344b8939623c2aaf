"""The path language of mapping files: where a value sits in a JSON or XML document.

`a.b` steps into a field or child element; `a[]` takes every item; `a[key=value]` takes the items whose field, child
element or (`@key`) attribute has that value; `@a` is an attribute; `**` is any depth; `.` is the node itself. A path
starts at its own node, at the document with `$.`, or one enclosing item further out per `^`.
"""

import re
from dataclasses import dataclass
from typing import Final

from domain.errors import MappingInvalidError

_STEP: Final = re.compile(
    r"""(?P<name>\*\*|@?[^.\[\]@^$*=\s]+)?(?:\[(?:(?P<key>@?[^\]=]+)=(?P<value>[^\]]*))?(?P<end>\]))?""",
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `many` opens a scope: a path inside it can reach it with `^`."""

    name: str
    many: bool = False
    key: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Path:
    """A parsed path. `up` counts enclosing items, `root` starts at the document."""

    text: str
    steps: tuple[Step, ...]
    up: int = 0
    root: bool = False


def parse(text: str) -> Path:
    """Return the parsed path; raise `MappingInvalidError` naming the place where it stops making sense."""
    rest = text
    up = len(rest) - len(rest.lstrip("^"))
    rest = rest[up:]
    root = not up and rest.startswith("$")
    rest = rest[1:] if root else rest
    if up or root:
        if rest and rest[0] not in ".[":
            raise MappingInvalidError(f"path {text!r}: expected '.' after {text[: len(text) - len(rest)]!r}")
        rest = rest.removeprefix(".")
    elif rest == ".":
        return Path(text, ())
    elif not rest:
        raise MappingInvalidError("a path must not be empty; '.' is the node itself")
    return Path(text, _steps(text, rest), up, root)


def _steps(text: str, rest: str) -> tuple[Step, ...]:
    """Cut the text after the prefix into steps."""
    steps: list[Step] = []
    position = 0
    while position < len(rest):
        match = _STEP.match(rest, position)
        if match is None or match.end() == position or (match["name"] == "**" and match["end"]):
            raise MappingInvalidError(f"path {text!r}: cannot read {rest[position:]!r}")
        steps.append(Step(match["name"] or "", match["end"] is not None, match["key"], match["value"]))
        position = match.end()
        if position < len(rest):
            if rest[position] != "." or position + 1 == len(rest):
                raise MappingInvalidError(f"path {text!r}: cannot read {rest[position:]!r}")
            position += 1
    return tuple(steps)
