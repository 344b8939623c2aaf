"""Bytes into the tree of all their interchanges. What is broken is left out with a finding, the rest is read."""

import re
from typing import Any, Final

from domain.errors import PayloadRefusedError, PayloadUnreadableError
from domain.normalised import Problem
from mappings.edi.building import Builder, headers
from mappings.edi.charsets import decoder
from mappings.edi.checks import EDIFACT_CHECKS, X12_CHECKS
from mappings.edi.findings import AT, FINDINGS, Finding, Level, Position, note
from mappings.edi.segments import Node, hide_released
from mappings.edi.separators import Separators, of_edifact, of_x12
from mappings.edi.standards import EDIFACT, X12, Standard

MAX_SEGMENTS: Final = 250_000
MAX_INTERCHANGES: Final = 1_000
_BOM: Final = b"\xef\xbb\xbf"


def read_x12(body: bytes) -> dict[str, Any]:
    """Return `{"ISA": [...]}`.

    Raises:
        PayloadUnreadableError: the first bytes are no ISA segment.
        PayloadRefusedError: more segments or interchanges than the limits.
    """
    return _read(body, X12, r"\s*(?=ISA[^A-Za-z0-9\s])")


def read_edifact(body: bytes) -> dict[str, Any]:
    """Return `{"UNB": [...]}`; raises as `read_x12`."""
    return _read(body, EDIFACT, r"\s*(?=UNA[^A-Za-z0-9\s]|UNB[^A-Za-z0-9\s])")


def standard_of(body: bytes) -> Standard | None:
    """Return the standard that the first bytes name; None for anything else."""
    head = body[:200].removeprefix(_BOM).lstrip()
    if head.startswith(b"ISA"):
        return X12
    return EDIFACT if head.startswith((b"UNA", b"UNB")) else None


def read(body: bytes) -> tuple[Standard, list[Node]]:
    """Return the standard and the interchanges of any EDI body; raises as `read_x12`."""
    standard = standard_of(body)
    if standard is None:
        raise PayloadUnreadableError("neither X12 nor EDIFACT: no ISA, UNA or UNB at the beginning")
    tree = read_x12(body) if standard is X12 else read_edifact(body)
    return standard, tree[standard.interchange.header]


def problems_of(tree: dict[str, Any]) -> list[Problem]:
    """Return every finding of a tree as the problem that people are shown, in the order of the file."""
    standard = X12 if X12.interchange.header in tree else EDIFACT
    found: list[tuple[Position, Problem]] = []
    for interchange in tree[standard.interchange.header]:
        for header in headers(interchange, standard):
            for one in header.get(FINDINGS, ()):
                detail = f"{one.detail}; {one.where}"
                found.append((one.at, Problem("partner_contract", detail, None, f"{one.tag}/{one.code}")))
    return [problem for _, problem in sorted(found, key=lambda pair: pair[0])]


def _read(body: bytes, standard: Standard, opening: str) -> dict[str, Any]:
    text = body.decode("latin-1")
    start = len(_BOM) if body.startswith(_BOM) else 0
    start += len(text[start:]) - len(text[start:].lstrip("\r\n\t \x00"))
    interchanges: list[Node] = []
    number = 0
    while start < len(text):
        separators, begin = _separators(text, start, standard)
        following = re.compile(re.escape(separators.segment) + opening).search(text, begin)
        end = following.end() if following is not None else len(text)
        if number + text.count(separators.segment, begin, end) > MAX_SEGMENTS:
            raise PayloadRefusedError(f"more than {MAX_SEGMENTS} segments", limit=MAX_SEGMENTS)
        if len(interchanges) == MAX_INTERCHANGES:
            raise PayloadRefusedError(f"more than {MAX_INTERCHANGES} interchanges", limit=MAX_INTERCHANGES)
        content = text[begin:end]
        is_released = separators.release is not None and separators.release in content
        if separators.release is not None and is_released:
            content = hide_released(content, separators.release)
        syntax = content[4:8] if standard is EDIFACT else None
        decode = decoder(body, syntax, has_release=is_released)
        builder = Builder(standard, separators, decode, X12_CHECKS if standard is X12 else EDIFACT_CHECKS)
        number = builder.read(content, begin, number)
        if separators.clash is not None:
            detail = f"{separators.clash} is also another separator; it is not used"
            at = Position(number, 0, begin)
            note(builder.interchange, Finding(Level.INTERCHANGE, "027", detail, standard.interchange.header, at))
        interchanges.append(builder.interchange)
        start = end
    if not interchanges:
        raise PayloadUnreadableError("empty body")
    _note_repeated(interchanges, standard)
    return {standard.interchange.header: interchanges}


def _separators(text: str, start: int, standard: Standard) -> tuple[Separators, int]:
    if standard is X12:
        return of_x12(text, start), start
    return of_edifact(text, start)


def _note_repeated(interchanges: list[Node], standard: Standard) -> None:
    """Note a control number that an earlier interchange of the same file and sender has."""
    envelope, seen = standard.interchange, set()
    sender = "06" if standard is X12 else "02"
    for one in interchanges:
        key = (str(one.get(sender)), str(one.get(envelope.reference)).strip().lstrip("0"))
        if key in seen:
            detail = f"control number {key[1][:40]} is used twice in the file"
            note(one, Finding(Level.INTERCHANGE, envelope.repeated, detail, envelope.header, one[AT]))
        seen.add(key)
