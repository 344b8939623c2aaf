"""EDIFACT acknowledgements (CONTRL): what was taken, what not, and where it is wrong.

One interchange answers one interchange and bears its reference, so that the answer is the same whenever it is made.
"""

from datetime import datetime
from typing import Final

from mappings.edi.findings import Finding, Level
from mappings.edi.segments import Node
from mappings.edi.standards import EDIFACT
from mappings.edi.verdicts import (
    Verdict,
    element,
    found,
    inside,
    is_real,
    of_group,
    of_interchange,
    of_message,
    to_acknowledge,
    together,
)

_ACTION: Final = {Verdict.ACCEPTED: "7", Verdict.WITH_ERRORS: "7", Verdict.REJECTED: "4"}
"""0083: 7 acknowledges this level and what below is not rejected by name, 4 rejects this level and all below."""
_FOUR: Final = "4"
_INVALID: Final = "12"
_RELEASED: Final = str.maketrans({one: f"?{one}" for one in "+:?'"} | dict.fromkeys("\r\n", " "))

Element = str | list[str]


def acknowledge(interchange: Node, at: datetime) -> tuple[str, Verdict] | None:
    """Return the interchange that answers, written at `at`, and the verdict; None where none is due."""
    faults = of_interchange(interchange, EDIFACT)
    groups = to_acknowledge(interchange, EDIFACT)
    if not groups and not faults:
        return None
    reference = element(interchange, "05")
    version = _FOUR if element(interchange, "01-2") == _FOUR else "3"
    body: list[list[Element]] = [["UNH", "1", ["CONTRL", "D", version, "UN"]]]
    lower, verdicts = _lower(groups)
    parties: list[Element] = [_party(interchange, "02"), _party(interchange, "03")]
    body.append(["UCI", reference, *parties, _ACTION[Verdict.ACCEPTED], *_fault(faults)])
    body += lower
    body.append(["UNT", str(len(body) + 1), "1"])
    syntax: Element = [element(interchange, "01") or "UNOC", version]
    day = f"{at:%Y%m%d}" if version == _FOUR else f"{at:%y%m%d}"
    opening: list[Element] = ["UNB", syntax, parties[1], parties[0], [day, f"{at:%H%M}"], reference]
    segments: list[list[Element]] = [opening, *body, ["UNZ", "1", reference]]
    return "".join(_written(one) for one in segments), together(verdicts, faulty=bool(faults))


def _lower(groups: list[tuple[Node, list[Node]]]) -> tuple[list[list[Element]], list[Verdict]]:
    """Return the segments about groups and messages, and the verdict on each group."""
    said: list[list[Element]] = []
    judged_groups: list[Verdict] = []
    for group, messages in groups:
        verdicts = [of_message(one) for one in messages]
        verdict = of_group(group, verdicts)
        judged_groups.append(verdict)
        if is_real(group):
            parties: list[Element] = [_party(group, "02"), _party(group, "03")]
            own = _fault(found(group, Level.GROUP))
            said.append(["UCF", element(group, "05"), *parties, _ACTION[verdict], *own])
        for one, judged in zip(messages, verdicts, strict=True):
            said += _message(one, judged)
    return said, judged_groups


def _message(sent: Node, verdict: Verdict) -> list[list[Element]]:
    own = found(sent, Level.MESSAGE)
    kind: Element = [element(sent, key) for key in ("02", "02-2", "02-3", "02-4")]
    said: list[list[Element]] = [["UCM", element(sent, "01"), kind, _ACTION[verdict], *_fault(own)]]
    # UCM has room for one fault; the others stand at their segments.
    said += [["UCS", str(one.at.in_message), one.code] for one in own[1:]]
    for segment, elements in inside(sent):
        said.append(["UCS", str(segment.at.in_message), _INVALID if elements else segment.code])
        said += [["UCD", one.code, _place(one)] for one in elements]
    return said


def _fault(faults: list[Finding]) -> list[Element]:
    """Return code, service segment and place of the first fault."""
    if not faults:
        return []
    first = faults[0]
    return [first.code, first.tag, *([_place(first)] if first.element else [])]


def _place(one: Finding) -> Element:
    """Return the place of an element (0098, 0104); the segment's tag counts as the first."""
    return [str((one.element or 0) + 1), *([str(one.component)] if one.component else [])]


def _party(node: Node, key: str) -> Element:
    return [element(node, key), element(node, f"{key}-2")]


def _written(segment: list[Element]) -> str:
    elements = [":".join(_trimmed([part.translate(_RELEASED) for part in _parts(one)])) for one in segment]
    return "+".join(_trimmed(elements)) + "'\n"


def _parts(element: Element) -> list[str]:
    return element if isinstance(element, list) else [element]


def _trimmed(parts: list[str]) -> list[str]:
    while len(parts) > 1 and parts[-1] == "":
        parts = parts[:-1]
    return parts
