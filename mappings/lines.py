"""Events that a partner sends as lines of text, cut into fields by the expressions of the mapping.

`Out for Delivery, 06/17/2022, 6:10 am, FAIRFAX, VA 22032` holds what, when and where, but no field says so. The named
groups of the first expression that fits the whole line become fields, the line itself stays as `line`. A line that none
fits has only `line`, hence no code: it is kept with its words and UNMAPPED.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

MAX_LINE: Final = 500
"""Characters of a line that are matched; a longer one is no event line and fits nothing."""


def splitter(patterns: Sequence[str]) -> Callable[[Any], Any]:
    """Compile the expressions; what is not text passes through."""
    compiled = tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)

    def split(node: Any) -> Any:
        if node.__class__ is not str:
            return node
        line = " ".join(node.split())
        fields: dict[str, Any] = {"line": line}
        if len(line) <= MAX_LINE:
            match = next((found for one in compiled if (found := one.fullmatch(line)) is not None), None)
            fields |= match.groupdict() if match is not None else {}
        return fields

    return split
