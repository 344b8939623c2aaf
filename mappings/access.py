"""Paths compiled into functions. A getter returns text or None; a walker returns the items of a path with their scopes.

Scopes are the enclosing items, outermost (the document) first; `^` counts from their end.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from mappings.paths import Path, Step, parse

Scopes = tuple[Any, ...]
Get = Callable[[Any, Scopes], str | None]
Walk = Callable[[Any, Scopes], list[tuple[Any, Scopes]] | None]

MAX_TEXT: Final = 2_000
"""Characters of one value that are kept; longer ones are cut."""
_MAX_DESCENT: Final = 40


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


@lru_cache(maxsize=2_000)
def getter(path: str) -> Get:
    """Compile one path into a getter."""
    parsed = parse(path)
    start = _start(parsed)
    if any(step.many or step.name == "**" for step in parsed.steps):
        return _searching(parsed)
    keys = tuple(step.name for step in parsed.steps)
    if start is None and len(keys) == 1:
        return _field(keys[0])
    if start is None and len(keys) == 2:  # noqa: PLR2004 - the two commonest shapes have their own code
        return _nested(*keys)
    origin = start or _itself

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


def walker(path: str) -> Walk:
    """Compile a path into a walker; it returns None where the path does not exist in the document."""
    parsed = parse(path)
    origin = _start(parsed) or _itself

    def walk(node: Any, scopes: Scopes) -> list[tuple[Any, Scopes]] | None:
        if parsed.up:
            node, scopes = origin(node, scopes), scopes[: -parsed.up]
        elif parsed.root:
            node, scopes = origin(node, scopes), ()
        found = list(_walk(node, scopes, parsed.steps, node))
        return found or (None if _absent(node, parsed.steps) else [])

    return walk


def _itself(node: Any, _scopes: Scopes) -> Any:
    return node


def _start(path: Path) -> Callable[[Any, Scopes], Any] | None:
    if path.root:
        return lambda node, scopes: scopes[0] if scopes else node
    if path.up:
        up = path.up
        return lambda _node, scopes: scopes[-up] if len(scopes) >= up else None
    return None


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
    origin = _start(path) or _itself

    def get(node: Any, scopes: Scopes) -> str | None:
        node = origin(node, scopes)
        for item, _ in _walk(node, (), path.steps, node):
            value = text(item)
            if value is not None:
                return value
        return None

    return get


def _walk(node: Any, scopes: Scopes, steps: tuple[Step, ...], item: Any) -> Iterator[tuple[Any, Scopes]]:
    """Yield what the steps lead to; `item` is the innermost enclosing item so far."""
    for position, step in enumerate(steps):
        if step.name == "**":
            for inner in _descend(node, _MAX_DESCENT):
                yield from _walk(inner, scopes, steps[position + 1 :], item)
            return
        if step.many:
            for child in _children(node, step):
                yield from _walk(child, (*scopes, item), steps[position + 1 :], child)
            return
        if node.__class__ is list:
            node = node[0] if node else None
        if node.__class__ is not dict or node.get(step.name) is None:
            return
        node = node[step.name]
    yield node, (scopes if node is item else (*scopes, item))


def _children(node: Any, step: Step) -> list[Any]:
    """Return the items of a bracketed step; a lone named object counts as an array of one."""
    if step.name:
        if node.__class__ is list:
            node = node[0] if node else None
        node = node.get(step.name) if node.__class__ is dict else None
        items = node if node.__class__ is list else [] if node is None else [node]
    else:
        items = node if node.__class__ is list else []
    if step.key is None:
        return items
    return [item for item in items if item.__class__ is dict and text(item.get(step.key)) == step.value]


def _descend(node: Any, depth: int) -> Iterator[Any]:
    """Yield the node and everything below it."""
    if not depth:
        return
    yield node
    inner = node.values() if node.__class__ is dict else node if node.__class__ is list else ()
    for child in inner:
        if child.__class__ is dict or child.__class__ is list:
            yield from _descend(child, depth - 1)


def _absent(node: Any, steps: tuple[Step, ...]) -> bool:
    """Tell a path that does not exist from one that leads to an empty list."""
    for step in steps:
        if step.name == "**":
            return True
        if step.name:
            if node.__class__ is list:
                node = node[0] if node else None
            if node.__class__ is not dict or step.name not in node:
                return True
            node = node[step.name]
        elif node.__class__ is not list:
            return True
        if step.many and (node.__class__ is list or step.key is not None):
            return False
    return node is None
