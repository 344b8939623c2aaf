"""X12 functional acknowledgements (997, with TA1 for the interchange): what was taken, what not, and where it is wrong.

One interchange answers one interchange. Its control numbers are those of the interchange that it answers: unique as
far as the partner's own are, and the same whenever the answer is made again.
"""

from datetime import datetime
from typing import Final

from mappings.edi.findings import Finding, Level
from mappings.edi.segments import Node
from mappings.edi.standards import X12
from mappings.edi.verdicts import (
    Verdict,
    codes,
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

_ELEMENT, _COMPONENT, _SEGMENT, _REPETITION = "*", ">", "~", "^"
_SEPARATORS: Final = str.maketrans(dict.fromkeys("*>~^\r\n", " "))
_LETTERS: Final = {Verdict.ACCEPTED: "A", Verdict.WITH_ERRORS: "E", Verdict.REJECTED: "R"}
_IN_ERROR: Final = "5"
"""718: the set holds segments with errors. 720 has 8 for a segment whose elements have errors."""
_ELEMENTS_WRONG: Final = "8"
_NUMBERS: Final = {"8": "373", "9": "337"}
"""Code 723 of a wrong date or time -> number of the data element in the dictionary."""
_MOST: Final = 5
"""Codes that AK5 and AK9 have room for."""
_REPETITION_FROM: Final = "00402"


def acknowledge(interchange: Node, at: datetime) -> tuple[str, Verdict] | None:
    """Return the interchange that answers, written at `at`, and the verdict; None where none is due."""
    faults = of_interchange(interchange, X12)
    groups = [(group, sets) for group, sets in to_acknowledge(interchange, X12) if is_real(group)]
    wants_ta1 = bool(faults) or element(interchange, "14") == "1"
    if not groups and not wants_ta1:
        return None
    number = _digits(element(interchange, "13"), 9)
    segments = [_isa(interchange, number, at)]
    verdicts: list[Verdict] = []
    if wants_ta1:
        segments.append(_ta1(interchange, faults, number))
    for count, (group, sets) in enumerate(groups, 1):
        # A receiver tells groups apart by their number, so each group of one answer has its own.
        answer, verdict = _answered(group, sets, str(int(number) * 100 + count)[-9:], at)
        segments += answer
        verdicts.append(verdict)
    segments.append(["IEA", str(len(groups)), number])
    return "".join(_ELEMENT.join(_trimmed(one)) + _SEGMENT + "\n" for one in segments), together(
        verdicts, faulty=bool(faults)
    )


def _isa(sent: Node, number: str, at: datetime) -> list[str]:
    version = element(sent, "12") or "00401"
    mark = _REPETITION if version >= _REPETITION_FROM else "U"
    blank = " " * 10
    return [
        "ISA", "00", blank, "00", blank, _of(sent, "07", 2), _of(sent, "08", 15), _of(sent, "05", 2),
        _of(sent, "06", 15), f"{at:%y%m%d}", f"{at:%H%M}", mark, version, number, "0", element(sent, "15") or "P",
        _COMPONENT,
    ]  # fmt: skip


def _ta1(sent: Node, faults: list[Finding], number: str) -> list[str]:
    code = faults[0].code if faults else "000"
    return ["TA1", number, _of(sent, "09"), _of(sent, "10"), "E" if faults else "A", code]


def _answered(group: Node, sets: list[Node], number: str, at: datetime) -> tuple[list[list[str]], Verdict]:
    verdicts = [of_message(one) for one in sets]
    verdict = of_group(group, verdicts)
    body = [["ST", "997", "0001"], ["AK1", _of(group, "01"), _of(group, "06")]]
    for one, judged in zip(sets, verdicts, strict=True):
        body += _set(one, judged)
    letter = "P" if verdict is Verdict.WITH_ERRORS and Verdict.REJECTED in verdicts else _LETTERS[verdict]
    accepted = str(sum(one is not Verdict.REJECTED for one in verdicts))
    said = _digits(element(group.get("@trailer", {}), "01"), 1)
    body.append(["AK9", letter, said, str(len(sets)), accepted, *codes(found(group, Level.GROUP), _MOST)])
    body.append(["SE", str(len(body) + 1), "0001"])
    release = _of(group, "08") or "004010"
    opening = ["GS", "FA", _of(group, "03"), _of(group, "02"), f"{at:%Y%m%d}", f"{at:%H%M}", number, "X", release]
    return [opening, *body, ["GE", "1", number]], verdict


def _set(sent: Node, verdict: Verdict) -> list[list[str]]:
    said = [["AK2", _of(sent, "01"), _of(sent, "02")]]
    wrong = False
    for segment, elements in inside(sent):
        wrong = True
        code = _ELEMENTS_WRONG if elements else segment.code
        said.append(["AK3", segment.tag, str(segment.at.in_message), "", code])
        said += [_place(one) for one in elements]
    own = codes(found(sent, Level.MESSAGE), _MOST)
    if wrong and _IN_ERROR not in own:
        own = [*own[: _MOST - 1], _IN_ERROR]
    return [*said, ["AK5", _LETTERS[verdict], *own]]


def _place(one: Finding) -> list[str]:
    place = str(one.element or 1) + (f"{_COMPONENT}{one.component}" if one.component else "")
    return ["AK4", place, _NUMBERS.get(one.code, ""), one.code, _clean(one.value or "")]


def _of(node: Node, key: str, width: int = 0) -> str:
    return f"{_clean(element(node, key)):{width}}" if width else _clean(element(node, key))


def _clean(value: str) -> str:
    return value.translate(_SEPARATORS)


def _digits(value: str, width: int) -> str:
    return f"{int(value):0{width}}" if value.isascii() and value.isdigit() and len(value) <= 9 else "0" * width  # noqa: PLR2004 - the widest control number


def _trimmed(segment: list[str]) -> list[str]:
    while segment[-1] == "" and segment[0] != "ISA":
        segment = segment[:-1]
    return segment
