"""What headers and trailers say of each other: control numbers and counts. Faults are noted at the header."""

from typing import Final

from mappings.edi.findings import AT, Finding, note
from mappings.edi.segments import Node
from mappings.edi.standards import Envelope, Standard

_SHOWN: Final = 40
"""Characters of a value that a finding quotes."""


def check_number(standard: Standard, envelope: Envelope, node: Node, known: set[str]) -> None:
    """Note a control number that is missing, or that is known from a header beside this one; add it to the known."""
    own = text_of(node, envelope.reference)
    if not own:
        detail = f"{envelope.header} has no control number"
        note(node, Finding(envelope.level, envelope.unnumbered, detail, envelope.header, node[AT]))
        return
    plain = _plain(standard, own)
    if plain in known:
        detail = f"control number {say(own)} is used twice"
        note(node, Finding(envelope.level, envelope.repeated, detail, envelope.header, node[AT]))
    known.add(plain)


def check_trailer(standard: Standard, envelope: Envelope, header: Node, trailer: Node, *, counted: int) -> None:
    """Note a trailer that counts otherwise, or that has another number than its header."""
    said = text_of(trailer, "01")
    if not said.isascii() or not said.isdigit() or int(said[:12]) != counted:
        detail = f"{envelope.trailer} says {say(said) or 'nothing'}, counted {counted}"
        note(header, Finding(envelope.level, envelope.miscounted, detail, envelope.trailer, trailer[AT], element=1))
    ends, begins = text_of(trailer, "02"), text_of(header, envelope.reference)
    if ends != begins and _plain(standard, ends) != _plain(standard, begins):
        detail = f"control number {say(ends)!r} does not close {say(begins)!r}"
        note(header, Finding(envelope.level, envelope.differs, detail, envelope.trailer, trailer[AT], element=2))


def text_of(node: Node, key: str) -> str:
    """Return an element as trimmed text; empty where it is absent or repeated."""
    value = node.get(key)
    return value.strip() if value.__class__ is str else ""


def say(value: str) -> str:
    """Return as much of a value as a finding quotes."""
    return value[:_SHOWN]


def _plain(standard: Standard, control: str) -> str:
    return control.lstrip("0") if standard.numbers_are_numeric else control
