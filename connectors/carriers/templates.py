"""Texts of `calls.toml` filled in: every value escaped for the text it goes into."""

import json
from collections.abc import Mapping
from xml.sax.saxutils import escape

from mappings.call_fields import PLACEHOLDER


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return the text with every `${name}` replaced, escaped as JSON or XML where the text is one of them.

    `numbers` goes in as it is: its parts were filled in by themselves.
    """
    start = text.lstrip()[:1]

    def put(name: str) -> str:
        value = values[name]
        if name == "numbers":
            return value
        if start in {"{", "["}:
            return json.dumps(value)[1:-1]
        return escape(value, {'"': "&quot;", "'": "&apos;"}) if start == "<" else value

    return PLACEHOLDER.sub(lambda match: put(match[1]), text)
