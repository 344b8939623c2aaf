"""Paths compiled into getters: functions that return the text at the end of a path, or None."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from mappings.paths import Path, parse
from mappings.scalars import MAX_TEXT, text
from mappings.walks import Scopes, itself, start, walk_steps

Get = Callable[[Any, Scopes], str | None]


@lru_cache(maxsize=2_000)
def getter(path: str) -> Get:
    """Compile one path into a getter."""
    parsed = parse(path)
    outside = start(parsed)
    if any(step.many or step.name == "**" for step in parsed.steps):
        return _searching(parsed)
    keys = tuple(step.name for step in parsed.steps)
    if outside is None and len(keys) == 1:
        return _field(keys[0])
    if outside is None and len(keys) == 2:  # noqa: PLR2004 - the two commonest shapes have their own code
        return _nested(*keys)
    origin = outside or itself

    def get(node: Any, scopes: Scopes) -> str | None:
        node = origin(node, scopes)
        for key in keys:
            if node.__class__ is list:
                node = node[0] if node else None
            if node.__class__ is not dict:
                return None
            node = node.get(key)
        return text(node)

    return get


def first(paths: str | Sequence[str] | None) -> Get | None:
    """Compile alternatives: the first with a value counts. None stays None."""
    if paths is None:
        return None
    getters = tuple(getter(path) for path in ([paths] if isinstance(paths, str) else paths))
    if len(getters) == 1:
        return getters[0]

    def get(node: Any, scopes: Scopes) -> str | None:
        for one in getters:
            value = one(node, scopes)
            if value is not None:
                return value
        return None

    return get


def each(paths: str | Sequence[str] | None) -> tuple[Get, ...] | None:
    """Compile every alternative into a getter of its own. None stays None."""
    if paths is None:
        return None
    return tuple(getter(path) for path in ([paths] if isinstance(paths, str) else paths))


def _field(key: str) -> Get:
    def get(node: Any, _scopes: Scopes) -> str | None:
        if node.__class__ is not dict:
            return None
        value = node.get(key)
        if value.__class__ is str:
            return value.strip()[:MAX_TEXT] or None
        return text(value)

    return get


def _nested(outer: str, inner: str) -> Get:
    def get(node: Any, _scopes: Scopes) -> str | None:
        if node.__class__ is not dict:
            return None
        node = node.get(outer)
        if node.__class__ is list:
            node = node[0] if node else None
        if node.__class__ is not dict:
            return None
        value = node.get(inner)
        if value.__class__ is str:
            return value.strip()[:MAX_TEXT] or None
        return text(value)

    return get


def _searching(path: Path) -> Get:
    origin = start(path) or itself

    def get(node: Any, scopes: Scopes) -> str | None:
        node = origin(node, scopes)
        for item, _ in walk_steps(node, (), path.steps, node):
            value = text(item)
            if value is not None:
                return value
        return None

    return get
