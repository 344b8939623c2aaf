"""The characters that part an interchange, as its own first bytes declare them."""

import re
from typing import Final, NamedTuple

from domain.errors import PayloadUnreadableError

_ISA_ELEMENTS: Final = 16
_LONGEST_ISA: Final = 400
"""Bytes within which the header must end; it has 106."""
_UNA: Final = 9
_REPETITION_FROM: Final = "00402"
"""First X12 version whose ISA11 is the repetition separator and no longer a standards identifier."""
_WHITE: Final = "\r\n"


class Separators(NamedTuple):
    """One character each; None for what the interchange does not use. `clash` names separators that are the same."""

    segment: str
    element: str
    component: str | None
    repetition: str | None = None
    release: str | None = None
    clash: str | None = None


def of_x12(text: str, start: int) -> Separators:
    """Read the separators of the ISA segment at `start`; the header may have been cut or padded on its way.

    Raises:
        PayloadUnreadableError: there is no such segment, or it ends nowhere.
    """
    head = text[start : start + _LONGEST_ISA]
    element = head[3:4]
    if not head.startswith("ISA") or not element or element.isalnum() or element in _WHITE:
        raise PayloadUnreadableError("not X12: no ISA segment at the beginning")
    elements = head.split(element, _ISA_ELEMENTS)
    if len(elements) <= _ISA_ELEMENTS or len(elements[-1]) < 2:  # noqa: PLR2004 - the separator and the terminator
        raise PayloadUnreadableError("not X12: the ISA segment is cut off")
    component, segment = elements[-1][0], elements[-1][1]
    if segment.isalnum() or segment == element:
        raise PayloadUnreadableError("not X12: the ISA segment has no terminator")
    version, mark = elements[12], elements[11]
    repetition = mark if version >= _REPETITION_FROM and len(mark) == 1 and not mark.isalnum() else None
    if component in (element, segment) or component.isalnum():
        return Separators(segment, element, None, clash=f"component separator {component!r}")
    if repetition in (element, segment, component):
        return Separators(segment, element, component, clash=f"repetition separator {repetition!r}")
    return Separators(segment, element, component, repetition)


def of_edifact(text: str, start: int) -> tuple[Separators, int]:
    """Read the separators of UNA, or take those of the standard; return them and where UNB begins.

    Raises:
        PayloadUnreadableError: there is neither UNA nor UNB, or the separators are the same.
    """
    release: str | None
    if text.startswith("UNA", start):
        una = text[start : start + _UNA]
        if len(una) < _UNA:
            raise PayloadUnreadableError("not EDIFACT: the UNA segment is cut off")
        component, element, release, repetition, segment = una[3], una[4], una[6], una[7], una[8]
        body = _skip_blanks(text, start + _UNA)
    else:
        component, element, release, repetition, segment, body = ":", "+", "?", " ", "'", start
    if not text.startswith("UNB", body):
        raise PayloadUnreadableError("not EDIFACT: no UNB segment at the beginning")
    if len({component, element, segment}) < 3 or any(one.isalnum() for one in (component, element, segment)):  # noqa: PLR2004 - all three differ
        raise PayloadUnreadableError("not EDIFACT: UNA declares separators that are the same or letters")
    syntax = re.match(rf"UNB.[A-Z]{{4}}{re.escape(component)}(\d)", text[body : body + 20])
    if repetition == " " and syntax is not None and int(syntax[1]) >= 4:  # noqa: PLR2004 - syntax version 4 brought it
        repetition = "*"
    reserved = (component, element, segment, " ")
    return (
        Separators(
            segment,
            element,
            component,
            repetition if repetition not in reserved and not repetition.isalnum() else None,
            release if release not in reserved else None,
        ),
        body,
    )


def _skip_blanks(text: str, start: int) -> int:
    while start < len(text) and text[start] in " \t\r\n":
        start += 1
    return start
