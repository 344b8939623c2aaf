"""Text into segments with their positions. The text is the bytes one by one (Latin-1), so offsets count bytes.

The hot path is `str.split` and `dict(zip(...))`: one node per segment, without an object per element. Elements are
`01`, `02` ...; the second and later components of an element are `01-2`, `01-3` ...; repeated elements are lists.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final

from mappings.edi.findings import AT, TAG, Position
from mappings.edi.separators import Separators

MAX_ELEMENTS: Final = 99
MAX_COMPONENTS: Final = 99
MAX_SEGMENT: Final = 16 * 1024
"""Bytes of one segment; the longest of the standards are below 3 KB, free text included."""

_KEYS: Final = (TAG, *(f"{number:02}" for number in range(1, MAX_ELEMENTS + 1)))
_HIDDEN: Final = 0xE000
"""Released characters wait in the private use area, which Latin-1 text cannot hold, until everything is parted."""
_SHOWN: Final = re.compile("([\ue000-\ue0ff])\\1")

Node = dict[str, Any]
Decode = Callable[[str], str]


@lru_cache(maxsize=2_000)
def _component_key(element: int, component: int) -> str:
    return f"{_KEYS[element]}-{component}"


def hide_released(text: str, release: str) -> str:
    """Replace each released character by a pair that no separator matches; the length stays."""
    return re.sub(re.escape(release) + "(.)", lambda found: chr(_HIDDEN + ord(found[1])) * 2, text, flags=re.DOTALL)


def show_released(value: str) -> str:
    """Put the released characters of one value back."""
    return _SHOWN.sub(lambda found: chr(ord(found[1]) - _HIDDEN), value)


def cut(text: str, separators: Separators, offset: int) -> Iterator[tuple[str, int]]:
    """Yield each segment's text and offset; `offset` is the text's own, blanks between segments belong to none."""
    terminator = separators.segment
    for piece in text.split(terminator):
        content = piece.lstrip("\r\n\t \x00")
        if content:
            yield content.rstrip("\r\n") if terminator != "\r" else content, offset + len(piece) - len(content)
        offset += len(piece) + 1


def node_of(content: str, separators: Separators, at: Position, decode: Decode | None) -> Node:
    """Return the node of one segment; `decode` makes real text of bytes that are not ASCII."""
    parts = content.split(separators.element)
    node: Node = dict(zip(_KEYS, parts, strict=False))
    marks = [mark for mark in (separators.component, separators.repetition) if mark is not None and mark in content]
    if marks:
        for number, value in enumerate(parts[1 : MAX_ELEMENTS + 1], 1):
            if any(mark in value for mark in marks):
                _part(node, number, value, separators)
    if decode is not None:
        for key, value in node.items():
            node[key] = [decode(one) for one in value] if value.__class__ is list else decode(value)
    node[AT] = at
    return node


def _part(node: Node, number: int, value: str, separators: Separators) -> None:
    """Part one element into its repetitions and components."""
    repeated = value.split(separators.repetition) if separators.repetition else [value]
    if len(repeated) == 1:
        _components(node, number, value, separators)
        return
    rows = [one.split(separators.component)[:MAX_COMPONENTS] if separators.component else [one] for one in repeated]
    for place in range(max(map(len, rows))):
        key = _component_key(number, place + 1) if place else _KEYS[number]
        node[key] = [row[place] if place < len(row) else "" for row in rows]


def _components(node: Node, number: int, value: str, separators: Separators) -> None:
    components = value.split(separators.component)[:MAX_COMPONENTS]
    node[_KEYS[number]] = components[0]
    for place, component in enumerate(components[1:], 2):
        node[_component_key(number, place)] = component
