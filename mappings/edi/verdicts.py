"""What the checks say of each level of an interchange, as both acknowledgements tell it."""

from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import Final

from mappings.edi.building import IMPLIED, headers
from mappings.edi.findings import FINDINGS, Finding, Level
from mappings.edi.segments import Node
from mappings.edi.standards import Standard


class Verdict(IntEnum):
    """Worse is greater. `REJECTED` is said only of what nothing was taken from."""

    ACCEPTED = 0
    WITH_ERRORS = 1
    REJECTED = 2


_INSIDE: Final = (Level.SEGMENT, Level.ELEMENT)


def found(node: Node, *levels: Level) -> list[Finding]:
    """Return the findings kept at a header, of the given levels or of all, in the order of the file."""
    kept: list[Finding] = [one for one in node.get(FINDINGS, ()) if not levels or one.level in levels]
    return sorted(kept, key=lambda one: one.at)


def of_message(message: Node) -> Verdict:
    """Judge one message: rejected where its content was not read."""
    findings = found(message, Level.MESSAGE, *_INSIDE)
    if any(one.fatal for one in findings):
        return Verdict.REJECTED
    return Verdict.WITH_ERRORS if findings else Verdict.ACCEPTED


def together(verdicts: list[Verdict], *, faulty: bool = False) -> Verdict:
    """Judge a level by those below it and by faults of its own: rejected only where all below it is."""
    if verdicts and min(verdicts) is Verdict.REJECTED:
        return Verdict.REJECTED
    return Verdict.WITH_ERRORS if faulty or any(verdicts) else Verdict.ACCEPTED


def of_group(group: Node, verdicts: list[Verdict]) -> Verdict:
    """Judge a group by its own findings and by its messages."""
    return together(verdicts, faulty=bool(found(group, Level.GROUP)))


def of_interchange(interchange: Node, standard: Standard) -> list[Finding]:
    """Return what is wrong with the interchange itself, wherever it was noticed."""
    return [one for node in headers(interchange, standard) for one in found(node, Level.INTERCHANGE)]


def inside(message: Node) -> Iterator[tuple[Finding, list[Finding]]]:
    """Yield each segment with findings once: its first finding, and those about its elements."""
    by_segment: dict[int, list[Finding]] = {}
    for one in found(message, *_INSIDE):
        by_segment.setdefault(one.at.segment, []).append(one)
    for findings in by_segment.values():
        yield findings[0], [one for one in findings if one.level is Level.ELEMENT]


def to_acknowledge(interchange: Node, standard: Standard) -> list[tuple[Node, list[Node]]]:
    """Return the groups that have a header or messages to answer, without messages that are acknowledgements."""
    groups = []
    for group in interchange.get(standard.group.header, ()):
        all_messages = group.get(standard.message.header, [])
        messages = [one for one in all_messages if one.get(standard.kind) not in standard.acknowledgements]
        if messages or not all_messages:
            groups.append((group, messages))
    return groups


def is_real(node: Node) -> bool:
    """Tell whether the sender wrote this header, or the reader put it in."""
    return IMPLIED not in node


def element(node: Node, key: str) -> str:
    """Return one element; blank where it is missing or repeated."""
    value = node.get(key)
    return value.strip() if isinstance(value, str) else ""


def codes(findings: Iterable[Finding], most: int) -> list[str]:
    """Return the codes of findings, each once, at most as many as the segment has room for."""
    return list(dict.fromkeys(one.code for one in findings))[:most]
