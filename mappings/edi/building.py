"""Segments into the tree of interchanges, groups, messages and loops; faults of the envelope are noted at its headers.

The tree: `ISA[] / GS[] / ST[] / (loops)` or `UNB[] / UNG[] / UNH[] / (loops)`. A missing level is put in, so that one
path reads interchanges with and without groups. Opening segments are lists, other segments only where they repeat.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from mappings.edi.checks import Check
from mappings.edi.findings import AT, TAG, Finding, Level, Position, note
from mappings.edi.segments import MAX_SEGMENT, Decode, Node, cut, node_of
from mappings.edi.separators import Separators
from mappings.edi.standards import Envelope, Loops, Standard

IMPLIED: Final = "@implied"
"""Key of a header that the interchange left out."""

PACKAGE: Final = "@package"
"""Key of a loop that is about exactly one numbered package; blank when it names several."""

CLOSED: Final = "@trailer"
"""Key of a header: the node of its trailer."""

_NO_LOOPS: Final = Loops({}, {})


@lru_cache(maxsize=2_000)
def _is_tag(tag: str) -> bool:
    return re.fullmatch(r"[A-Z][A-Z0-9]{1,2}", tag) is not None


def _say(text: str) -> str:
    return text[:40]


class Builder:
    """Builds one interchange; `interchange` is its node once the header was read."""

    def __init__(self, standard: Standard, separators: Separators, decode: Decode | None, check: Check) -> None:
        """Start with nothing open."""
        self.standard = standard
        self._separators = separators
        self._decode = decode
        self._check = check
        self._last = Position(0, 0, 0)
        # Stands in until the header comes, which a broken first segment prevents.
        self.interchange: Node = {TAG: standard.interchange.header, AT: self._last, IMPLIED: True}
        self._group: Node | None = None
        self._stack: list[tuple[str, Node]] = []
        self._loops = _NO_LOOPS
        self._in_message = 0
        self._ends = {one.trailer: one for one in (standard.interchange, standard.group, standard.message)}

    def read(self, text: str, offset: int, number: int) -> int:
        """Read one interchange, which begins at a byte of the file; return the number of its last segment."""
        for content, at in cut(text, self._separators, offset):
            number += 1
            self._take(content, number, at)
        self._close(self.standard.interchange, None)
        return number

    def _take(self, content: str, number: int, offset: int) -> None:
        tag = content[:4].partition(self._separators.element)[0]
        message = self.standard.message
        inside = bool(self._stack) or tag == message.header
        self._in_message = self._in_message + 1 if self._stack else int(inside)
        at = self._last = Position(number, self._in_message, offset)
        if len(content) > MAX_SEGMENT:
            detail = f"a segment of {len(content)} bytes is left out; at most {MAX_SEGMENT} are read"
            self._note(Finding(Level.SEGMENT, self.standard.too_long, detail, _tag(tag), at))
            return
        if not _is_tag(tag):
            detail = f"{_say(content)!r} begins no segment; it is left out"
            self._note(Finding(Level.SEGMENT, self.standard.unknown_segment, detail, _tag(tag), at))
            return
        node = node_of(content, self._separators, at, self._decode)
        if tag in self._ends:
            self._end(self._ends[tag], node)
        elif tag == message.header:
            self._open_message(node)
        elif self._stack:
            self._place(tag, node)
        elif tag == self.standard.group.header:
            self._open_group(node)
        elif tag == self.standard.interchange.header and IMPLIED in self.interchange:
            del self.interchange[IMPLIED]
            self.interchange.update(node)
            self._numbered(self.standard.interchange, self.interchange, ())
        elif tag != "TA1":
            detail = f"segment {tag} stands outside of every message; it is left out"
            self._note(Finding(Level.INTERCHANGE, self.standard.stray, detail, tag, at))

    # ------------------------------------------------------------------ envelope

    def _open_group(self, node: Node) -> None:
        self._close(self.standard.group, None)
        siblings = self.interchange.setdefault(self.standard.group.header, [])
        self._numbered(self.standard.group, node, siblings)
        siblings.append(node)
        self._group = node

    def _open_message(self, node: Node) -> None:
        self._close(self.standard.message, None)
        node[AT] = self._last = Position(self._last.segment, 1, self._last.offset)
        self._in_message = 1
        if self._group is None:
            self._group = {TAG: self.standard.group.header, AT: node[AT], IMPLIED: True}
            self.interchange.setdefault(self.standard.group.header, []).append(self._group)
            if self.standard.name == "X12":
                detail = "a transaction set outside of every functional group"
                self._note(Finding(Level.INTERCHANGE, self.standard.stray, detail, "ST", node[AT]))
        siblings = self._group.setdefault(self.standard.message.header, [])
        self._stack = [(self.standard.message.header, node)]
        self._numbered(self.standard.message, node, siblings)
        siblings.append(node)
        kind = str(node.get(self.standard.kind) or "")
        self._loops = self.standard.loops.get(kind, _NO_LOOPS)
        if self._loops is _NO_LOOPS and kind not in self.standard.acknowledgements:
            detail = f"messages of type {_say(kind)!r} are not read here"
            note(node, Finding(Level.MESSAGE, self.standard.unsupported, detail, node[TAG], node[AT], fatal=True))

    def _numbered(self, envelope: Envelope, node: Node, siblings: Any) -> None:
        """Note a control number that is missing or was used by a sibling."""
        number = _text(node, envelope.reference)
        if not number:
            detail = f"{envelope.header} has no control number"
            note(node, Finding(envelope.level, envelope.unnumbered, detail, envelope.header, node[AT]))
        elif any(self._same(number, _text(other, envelope.reference)) for other in siblings):
            detail = f"control number {_say(number)} is used twice"
            note(node, Finding(envelope.level, envelope.repeated, detail, envelope.header, node[AT]))

    def _end(self, envelope: Envelope, trailer: Node) -> None:
        if self._node(envelope) is None:
            detail = f"{envelope.trailer} ends nothing"
            self._note(Finding(Level.INTERCHANGE, self.standard.stray, detail, envelope.trailer, trailer[AT]))
            return
        self._close(envelope, trailer)

    def _node(self, envelope: Envelope) -> Node | None:
        if envelope.level is Level.MESSAGE:
            return self._stack[0][1] if self._stack else None
        return self._group if envelope.level is Level.GROUP else self.interchange

    def _close(self, envelope: Envelope, trailer: Node | None) -> None:
        """Close a level and every level below it that is still open."""
        node = self._node(envelope)
        if node is None or CLOSED in node:
            return
        if envelope.level is Level.INTERCHANGE:
            self._close(self.standard.group, None)
        if envelope.level is Level.GROUP:
            self._close(self.standard.message, None)
        if trailer is not None:
            node[CLOSED] = trailer
            self._compare(envelope, node, trailer)
        elif IMPLIED not in node:
            detail = f"{envelope.trailer} is missing"
            note(node, Finding(envelope.level, envelope.missing, detail, envelope.header, node[AT]))
        if envelope.level is Level.MESSAGE:
            self._stack = []
        elif envelope.level is Level.GROUP:
            self._group = None

    def _compare(self, envelope: Envelope, node: Node, trailer: Node) -> None:
        said, counted = _text(trailer, "01"), self._counted(envelope, node)
        if not said.isascii() or not said.isdigit() or int(said[:12]) != counted:
            detail = f"{envelope.trailer} says {_say(said) or 'nothing'}, counted {counted}"
            note(node, Finding(envelope.level, envelope.miscounted, detail, envelope.trailer, trailer[AT], element=1))
        if not self._same(_text(trailer, "02"), _text(node, envelope.reference)):
            detail = (
                f"control number {_say(_text(trailer, '02'))!r} does not close "
                f"{_say(_text(node, envelope.reference))!r}"
            )
            note(node, Finding(envelope.level, envelope.differs, detail, envelope.trailer, trailer[AT], element=2))

    def _counted(self, envelope: Envelope, node: Node) -> int:
        if envelope.level is Level.MESSAGE:
            return self._in_message
        if envelope.level is Level.GROUP:
            return len(node.get(self.standard.message.header, ()))
        groups = node.get(self.standard.group.header, ())
        explicit = [one for one in groups if IMPLIED not in one]
        if explicit or self.standard.name == "X12":
            return len(explicit)
        return sum(len(one.get(self.standard.message.header, ())) for one in groups)

    def _same(self, one: str, other: str) -> bool:
        if self.standard.numbers_are_numeric:
            return one.lstrip("0") == other.lstrip("0")
        return one == other

    # ------------------------------------------------------------------ content

    def _place(self, tag: str, node: Node) -> None:
        stack, loops = self._stack, self._loops
        for finding in self._check(node):
            note(stack[0][1], finding)
        parents = loops.parents.get(tag)
        if parents is None:
            while tag not in loops.members.get(stack[-1][0], (tag,)):
                stack.pop()
            _add(stack[-1][1], tag, node)
            if loops.packages is not None and tag == loops.packages[0]:
                self._package(node, loops.packages[1])
            return
        while stack[-1][0] not in parents and len(stack) > 1:
            stack.pop()
        if stack[-1][0] not in parents:
            implied: Node = {TAG: parents[0], AT: node[AT], IMPLIED: True}
            stack[-1][1].setdefault(parents[0], []).append(implied)
            stack.append((parents[0], implied))
        stack[-1][1].setdefault(tag, []).append(node)
        stack.append((tag, node))

    def _package(self, node: Node, loop: str) -> None:
        """Keep the package's number at the loop that is about it; a second number makes it about several."""
        holder = next((one for tag, one in reversed(self._stack) if tag == loop), None)
        number = _text(node, "02")
        if holder is None or not number:
            return
        alone = not _text(node, "02-2") and not _text(node, "03")
        known = holder.get(PACKAGE, number)
        holder[PACKAGE] = number if alone and known == number else ""

    def _note(self, finding: Finding) -> None:
        holder = self._stack[0][1] if self._stack else self.interchange
        note(holder, finding)


def _tag(tag: str) -> str:
    return tag if _is_tag(tag) else "?"


def _text(node: Node, key: str) -> str:
    value = node.get(key)
    return value.strip() if value.__class__ is str else ""


def _add(holder: Node, tag: str, node: Node) -> None:
    known = holder.get(tag)
    if known is None:
        holder[tag] = node
    elif known.__class__ is list:
        known.append(node)
    else:
        holder[tag] = [known, node]


def headers(interchange: Node, standard: Standard) -> Iterator[Node]:
    """Yield the interchange's header, then every group's, each followed by those of its messages."""
    yield interchange
    for group in interchange.get(standard.group.header, ()):
        yield group
        yield from group.get(standard.message.header, ())
