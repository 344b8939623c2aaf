"""Bytes into plain trees of dict, list and scalars, the same for every format; hostile input is refused here.

An XML element becomes a dict: attributes as `@name`, child elements by local name (repeated ones as a list), its own
text as `#text`; an element with nothing but text becomes that text. An EDI interchange becomes its segments, nested
(`mappings.edi`). One set of paths then reads every format.
"""

from collections.abc import Callable
from typing import Any, Final

import orjson
from lxml import etree

from domain.errors import PayloadRefusedError, PayloadUnreadableError
from mappings.edi import reading

MAX_BYTES: Final = 4 * 1024 * 1024
MAX_DEPTH: Final = 200

_PARSER: Final = etree.XMLParser(
    resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
)
"""Shared: making one costs more than parsing a body; lxml lets one thread at a time use it."""

_TEXT: Final = "#text"
_BOM: Final = b"\xef\xbb\xbf"


def read_json(body: bytes) -> Any:
    """Return the tree of a JSON body."""
    _bounded(body)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if body.startswith(_BOM):
            return read_json(body[len(_BOM) :])
        if _deeper_than(body, MAX_DEPTH):
            raise PayloadRefusedError(f"nested deeper than {MAX_DEPTH} levels", limit=MAX_DEPTH) from None
        raise PayloadUnreadableError(f"not JSON: {error.msg}", position=error.pos) from None


def read_xml(body: bytes) -> Any:
    """Return the tree of an XML body: a dict with the root element as its only key."""
    _bounded(body)
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise PayloadRefusedError("document type declarations and entities are refused")
    try:
        root = etree.fromstring(body, _PARSER)
    except (etree.XMLSyntaxError, ValueError) as error:
        if isinstance(error, etree.XMLSyntaxError) and "depth" in str(error):
            raise PayloadRefusedError(f"nested deeper than {MAX_DEPTH} levels", limit=MAX_DEPTH) from None
        raise PayloadUnreadableError(f"not XML: {str(error)[:200]}") from None
    # A declaration in an encoding that hides it from the byte search above still shows here.
    if root.getroottree().docinfo.internalDTD is not None:
        raise PayloadRefusedError("document type declarations and entities are refused")
    return {_tags[root.tag]: _element(root, MAX_DEPTH)}


def _bounded(body: bytes) -> None:
    if len(body) > MAX_BYTES:
        raise PayloadRefusedError(f"larger than {MAX_BYTES} bytes", size=len(body), limit=MAX_BYTES)
    if not body.strip():
        raise PayloadUnreadableError("empty body")


def _deeper_than(body: bytes, limit: int) -> bool:
    """Tell whether brackets nest deeper than the limit, strings left aside; only asked about broken bodies."""
    depth, quoted, escaped = 0, False, False
    for byte in body:
        if quoted:
            quoted, escaped = escaped or byte != ord('"'), not escaped and byte == ord("\\")
        elif byte == ord('"'):
            quoted = True
        elif byte in b"[{":
            depth += 1
            if depth > limit:
                return True
        elif byte in b"]}":
            depth -= 1
    return False


class _Names(dict[str, str]):
    """XML name -> key in the tree; a bounded cache, since names repeat in every event."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._prefix = prefix

    def __missing__(self, name: str) -> str:
        key = self._prefix + name.rpartition("}")[2]
        if len(self) < _MAX_NAMES:
            self[name] = key
        return key


_MAX_NAMES: Final = 2_000
_attributes: Final = _Names("@")
_tags: Final = _Names("")


def _element(element: Any, depth: int) -> Any:
    """Convert one element; `depth` is what is left of the limit."""
    if not depth:
        raise PayloadRefusedError(f"nested deeper than {MAX_DEPTH} levels", limit=MAX_DEPTH)
    attributes = element.items()
    if not attributes and not len(element):
        return element.text
    names, tags = _attributes, _tags
    node: dict[str, Any] = {names[name]: value for name, value in attributes}
    for child in element:
        tag = child.tag
        if tag.__class__ is not str:
            continue
        tag = tags[tag]
        value = _element(child, depth - 1) if len(child) or child.items() else child.text
        if tag not in node:
            node[tag] = value
        elif node[tag].__class__ is list:
            node[tag].append(value)
        else:
            node[tag] = [node[tag], value]
    if element.text is not None:
        text = element.text.strip()
        if text:
            node[_TEXT] = text
    return node


def read_x12(body: bytes) -> Any:
    """Return the tree of X12 interchanges."""
    _bounded(body)
    return reading.read_x12(body)


def read_edifact(body: bytes) -> Any:
    """Return the tree of EDIFACT interchanges."""
    _bounded(body)
    return reading.read_edifact(body)


READERS: Final[dict[str, Callable[[bytes], Any]]] = {
    "json": read_json, "xml": read_xml, "x12": read_x12, "edifact": read_edifact,
}  # fmt: skip
"""Format name -> reader."""

EDI: Final = frozenset({"x12", "edifact"})
"""Formats whose trees carry findings of their envelope."""


def format_of(body: bytes) -> str:
    """Return the format that a body looks like, for partners that answer in several: XML begins with `<`."""
    start = body[:_SNIFFED].removeprefix(_BOM).lstrip()
    if start[:1] == b"<":
        return "xml"
    standard = reading.standard_of(start)
    return "json" if standard is None else standard.name.lower()


_SNIFFED: Final = 1_000
"""Leading bytes among which the first sign must be."""
