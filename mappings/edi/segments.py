"""Text into segments with their positions. The text is the bytes one by one (Latin-1), so offsets count bytes.

The hot path is `str.split` and `dict(zip(...))`: one node per segment, without an object per element. Elements are
`01`, `02` ...; the second and later components of an element are `01-2`, `01-3` ...; repeated elements are lists.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from mappings.edi.findings import TAG
from mappings.edi.separators import Separators

MAX_ELEMENTS: Final = 99
MAX_COMPONENTS: Final = 99
MAX_SEGMENT: Final = 16 * 1024
"""Bytes of one segment; the longest of the standards are below 3 KB, free text included."""

_KEYS: Final = (TAG, *(f"{number:02}" for number in range(1, MAX_ELEMENTS + 1)))
_NONE: Final = "\uffff"
"""Stands for a separator that is not used: Latin-1 text cannot hold it."""
_HIDDEN: Final = 0xE000
"""Released characters wait in the private use area, which Latin-1 text cannot hold, until everything is parted."""
_SHOWN: Final = re.compile("([\ue000-\ue0ff])\\1")

Node = dict[str, Any]
Decode = Callable[[str], str]


Make = Callable[[str], Node]


@lru_cache(maxsize=MAX_ELEMENTS)
def _component_keys(element: int) -> tuple[str, ...]:
    key = _KEYS[element]
    return (key, *(f"{key}-{component}" for component in range(2, MAX_COMPONENTS + 1)))


def hide_released(text: str, release: str) -> str:
    """Replace each released character by a pair that no separator matches; the length stays."""
    return re.sub(re.escape(release) + "(.)", lambda found: chr(_HIDDEN + ord(found[1])) * 2, text, flags=re.DOTALL)


def show_released(value: str) -> str:
    """Put the released characters of one value back."""
    return _SHOWN.sub(lambda found: chr(ord(found[1]) - _HIDDEN), value)


def maker(separators: Separators, decode: Decode | None) -> Make:
    """Return what makes the node of one segment; `decode` makes real text of bytes that are not ASCII."""
    mark = separators.element
    component, repetition = separators.component or _NONE, separators.repetition or _NONE

    def make(content: str) -> Node:
        parts = content.split(mark)
        node: Node = dict(zip(_KEYS, parts))  # noqa: B905 - what is beyond the keys is left out; the hottest line
        if component in content or repetition in content:
            for number, value in enumerate(parts[1 : MAX_ELEMENTS + 1], 1):
                if repetition in value:
                    node.update(_repeated(number, value.split(repetition), component))
                elif component in value:
                    node.update(zip(_component_keys(number), value.split(component), strict=False))
        if decode is not None and not content.isascii():
            for key, value in node.items():
                node[key] = [decode(one) for one in value] if value.__class__ is list else decode(value)
        return node

    return make


def _repeated(number: int, repeated: list[str], component: str) -> Node:
    """Part the repetitions of one element into lists, one for each component."""
    rows = [one.split(component)[:MAX_COMPONENTS] for one in repeated]
    keys = _component_keys(number)[: max(map(len, rows))]
    return {key: [row[place] if place < len(row) else "" for row in rows] for place, key in enumerate(keys)}
