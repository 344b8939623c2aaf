"""Paths that lead to several items: walkers return the items with their scopes, `None` where the path does not exist.

Scopes are the enclosing items, outermost (the document) first; `^` counts from their end.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from mappings.paths import Path, Step, parse
from mappings.scalars import text

Scopes = tuple[Any, ...]
Walk = Callable[[Any, Scopes], list[tuple[Any, Scopes]] | None]

_MAX_DESCENT: Final = 40


def walker(path: str) -> Walk:
    """Compile a path into a walker; it returns None where the path does not exist in the document."""
    parsed = parse(path)
    origin = start(parsed) or itself
    if start(parsed) is None and parsed.steps and parsed.steps[-1].many and _are_plain(parsed.steps[:-1]):
        return _listing(parsed.steps)

    def walk(node: Any, scopes: Scopes) -> list[tuple[Any, Scopes]] | None:
        if parsed.up:
            node, scopes = origin(node, scopes), scopes[: -parsed.up]
        elif parsed.root:
            node, scopes = origin(node, scopes), ()
        found = list(walk_steps(node, scopes, parsed.steps, node))
        return found or (None if _absent(node, parsed.steps) else [])

    return walk


def _are_plain(steps: tuple[Step, ...]) -> bool:
    return not any(step.many or step.name == "**" for step in steps)


def _listing(steps: tuple[Step, ...]) -> Walk:
    """Walk the commonest shape, one list at the end of plain fields, without recursion."""
    *fields, last = steps
    keys = tuple(step.name for step in fields)

    def walk(node: Any, scopes: Scopes) -> list[tuple[Any, Scopes]] | None:
        around = (*scopes, node)
        for key in keys:
            if node.__class__ is list:
                node = node[0] if node else None
            node = node.get(key) if node.__class__ is dict else None
        found = [(child, around) for child in _children(node, last)]
        return found or (None if _absent(node, (last,)) else found)

    return walk


def itself(node: Any, _scopes: Scopes) -> Any:
    """Start at the node itself."""
    return node


def start(path: Path) -> Callable[[Any, Scopes], Any] | None:
    """Return how to reach the node that the path starts at; None for its own node."""
    if path.root:
        return lambda node, scopes: scopes[0] if scopes else node
    if path.up:
        up = path.up
        return lambda _node, scopes: scopes[-up] if len(scopes) >= up else None
    return None


def walk_steps(node: Any, scopes: Scopes, steps: tuple[Step, ...], item: Any) -> Iterator[tuple[Any, Scopes]]:
    """Yield what the steps lead to; `item` is the innermost enclosing item so far."""
    for position, step in enumerate(steps):
        if step.name == "**":
            for inner in _descend(node, _MAX_DESCENT):
                yield from walk_steps(inner, scopes, steps[position + 1 :], item)
            return
        if step.many:
            for child in _children(node, step):
                yield from walk_steps(child, (*scopes, item), steps[position + 1 :], child)
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


def _descend(node: Any, depth: int) -> list[Any]:
    """Return the node and everything below it that can hold fields, in document order."""
    found: list[Any] = []
    _collect(node, depth, found)
    return found


def _collect(node: Any, depth: int, found: list[Any]) -> None:
    if node.__class__ is dict:
        found.append(node)
        inner = list(node.values())
    elif node.__class__ is list:
        inner = node
    else:
        return
    if depth:
        for child in inner:
            if child.__class__ is dict or child.__class__ is list:
                _collect(child, depth - 1, found)


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
