"""What may be kept of a partner's answer: enough to act on, no free text that could name a person."""

import json
import re
from hashlib import sha256
from typing import Any, Final

MAX_EXCERPT: Final = 300

_MACHINE_KEYS: Final = frozenset(
    {"code", "error", "error_code", "errors", "field", "loc", "path", "pointer", "status", "title", "type"}
)
_MAIL: Final = re.compile(r"[^\s@\"']+@[^\s@\"']+")
_NUMBER: Final = re.compile(r"\+?\d[\d\s()./-]{5,}\d")
_MAX_DEPTH: Final = 4
_MAX_ITEMS: Final = 5


def excerpt(body: bytes, content_type: str) -> str:
    """Return a bounded account of an answer's body.

    Of JSON the machine-readable members of problem documents stay, with mail addresses and long numbers masked;
    of anything else only its type, size and digest, by which the receiver's own log can be searched.
    """
    if not body:
        return "empty"
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    kept = _machine_part(document, _MAX_DEPTH)
    if kept:
        text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
        return _NUMBER.sub("[number]", _MAIL.sub("[mail]", text))[:MAX_EXCERPT]
    media = content_type.partition(";")[0].strip()[:60] or "no content type"
    return f"{media}, {len(body)} bytes, sha256 {sha256(body).hexdigest()[:16]}"


def _machine_part(node: Any, depth: int) -> Any:
    if depth == 0:
        return None
    if isinstance(node, dict):
        parts = {key: _leaf(value, depth) for key, value in node.items() if key in _MACHINE_KEYS}
        return {key: value for key, value in parts.items() if value is not None}
    if isinstance(node, list):
        return [part for item in node[:_MAX_ITEMS] if (part := _machine_part(item, depth - 1))]
    return None


def _leaf(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return value[:80]
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, list) and all(isinstance(item, str | int) for item in value):
        return [str(item)[:80] for item in value[:_MAX_ITEMS]]
    return _machine_part(value, depth - 1) or None
