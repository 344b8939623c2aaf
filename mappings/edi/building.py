"""Segments into the tree of interchanges, groups, messages and loops; faults of the envelope are noted at its headers.

The tree: `ISA[] / GS[] / ST[] / (loops)` or `UNB[] / UNG[] / UNH[] / (loops)`. A missing level is put in, so that one
path reads interchanges with and without groups. Opening segments are lists, other segments only where they repeat.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from mappings.edi.checks import Checks
from mappings.edi.envelopes import check_number, check_trailer, say, text_of
from mappings.edi.findings import AT, TAG, Finding, Level, Position, note
from mappings.edi.segments import MAX_SEGMENT, Decode, Node, maker
from mappings.edi.separators import Separators
from mappings.edi.standards import Envelope, Loops, Standard

IMPLIED: Final = "@implied"
"""Key of a header that the interchange left out."""

PACKAGE: Final = "@package"
"""Key of a loop that is about exactly one numbered package; blank when it names several."""

CLOSED: Final = "@trailer"
"""Key of a header: the node of its trailer."""

_NO_LOOPS: Final = Loops({}, {})
_tuple: Final = tuple.__new__
"""Makes a `Position` in half the time of its constructor, once per segment."""


_LONGEST_TAG: Final = 3
_TAG: Final = re.compile(r"[A-Z][A-Z0-9]{1,2}")
_BREAKS: Final = "\r\n"
_BLANKS: Final = "\r\n\t \x00"


@lru_cache(maxsize=2_000)
def _is_tag(tag: str) -> bool:
    return _TAG.fullmatch(tag) is not None


class Builder:
    """Builds one interchange; `interchange` is its node once the header was read."""

    def __init__(self, standard: Standard, separators: Separators, decode: Decode | None, checks: Checks) -> None:
        """Start with nothing open."""
        self.standard = standard
        self._separators = separators
        self._make = maker(separators, decode)
        self._checks = checks
        # Stands in until the header comes, which a broken first segment prevents.
        self.interchange: Node = {TAG: standard.interchange.header, AT: Position(0, 0, 0), IMPLIED: True}
        self._group: Node | None = None
        self._groups: set[str] = set()
        self._messages: set[str] = set()
        self._stack: list[tuple[str, Node]] = []
        self._loops = _NO_LOOPS
        self._in_message = 0
        levels = (standard.interchange, standard.group, standard.message)
        self._ends = {one.trailer: one for one in levels}
        self._outside = frozenset({*self._ends, standard.message.header})

    def read(self, text: str, offset: int, number: int) -> int:
        """Read one interchange, which begins at a byte of the file; return the number of its last segment."""
        terminator = self._separators.segment
        broken = _BREAKS.replace(terminator, "")
        for piece in text.split(terminator):
            content = piece.lstrip(_BLANKS)
            if content:
                number += 1
                self._take(content.rstrip(broken), number, offset + len(piece) - len(content))
            offset += len(piece) + 1
        self._close(self.standard.interchange, None)
        return number

    def _take(self, content: str, number: int, offset: int) -> None:
        if len(content) > MAX_SEGMENT:
            self._leave_out(content, number, offset)
            return
        node = self._make(content)
        tag: str = node[TAG]
        if len(tag) > _LONGEST_TAG or not _is_tag(tag):
            self._leave_out(content, number, offset)
        elif self._stack and tag not in self._outside:
            self._in_message = within = self._in_message + 1
            node[AT] = _tuple(Position, (number, within, offset))
            self._place(tag, node)
        else:
            node[AT] = self._stand(tag, number, offset)
            self._envelope(tag, node)

    def _stand(self, tag: str, number: int, offset: int) -> Position:
        """Count a segment and return where it stands."""
        self._in_message = self._in_message + 1 if self._stack else int(tag == self.standard.message.header)
        return Position(number, self._in_message, offset)

    def _leave_out(self, content: str, number: int, offset: int) -> None:
        """Note what cannot be a segment."""
        tag = content[:4].partition(self._separators.element)[0]
        at = self._stand(tag, number, offset)
        if len(content) > MAX_SEGMENT:
            detail = f"a segment of {len(content)} bytes is left out; at most {MAX_SEGMENT} are read"
            self._note(Finding(Level.SEGMENT, self.standard.too_long, detail, _tag(tag), at))
        else:
            detail = f"{say(content)!r} begins no segment; it is left out"
            self._note(Finding(Level.SEGMENT, self.standard.unknown_segment, detail, _tag(tag), at))

    # ------------------------------------------------------------------ envelope

    def _envelope(self, tag: str, node: Node) -> None:
        """Take a header, a trailer or what stands outside of messages."""
        if tag in self._ends:
            self._end(self._ends[tag], node)
        elif tag == self.standard.message.header:
            self._open_message(node)
        elif tag == self.standard.group.header:
            self._open_group(node)
        elif tag == self.standard.interchange.header and IMPLIED in self.interchange:
            del self.interchange[IMPLIED]
            self.interchange.update(node)
            check_number(self.standard, self.standard.interchange, self.interchange, set())
        elif tag != "TA1":
            detail = f"segment {tag} stands outside of every message; it is left out"
            self._note(Finding(Level.INTERCHANGE, self.standard.stray, detail, tag, node[AT]))

    def _open_group(self, node: Node) -> None:
        self._close(self.standard.group, None)
        check_number(self.standard, self.standard.group, node, self._groups)
        self._begin_group(node)

    def _begin_group(self, node: Node) -> None:
        self.interchange.setdefault(self.standard.group.header, []).append(node)
        self._group, self._messages = node, set()

    def _open_message(self, node: Node) -> None:
        if self._stack:
            self._close(self.standard.message, None)
            node[AT] = node[AT]._replace(in_message=1)
            self._in_message = 1
        group = self._group
        if group is None:
            group = {TAG: self.standard.group.header, AT: node[AT], IMPLIED: True}
            self._begin_group(group)
            if self.standard.name == "X12":
                detail = "a transaction set outside of every functional group"
                self._note(Finding(Level.INTERCHANGE, self.standard.stray, detail, "ST", node[AT]))
        self._stack = [(self.standard.message.header, node)]
        check_number(self.standard, self.standard.message, node, self._messages)
        group.setdefault(self.standard.message.header, []).append(node)
        kind = str(node.get(self.standard.kind) or "")
        self._loops = self.standard.loops.get(kind, _NO_LOOPS)
        if self._loops is _NO_LOOPS and kind not in self.standard.acknowledgements:
            detail = f"messages of type {say(kind)!r} are not read here"
            note(node, Finding(Level.MESSAGE, self.standard.unsupported, detail, node[TAG], node[AT], fatal=True))

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
            check_trailer(self.standard, envelope, node, trailer, counted=self._counted(envelope, node))
        elif IMPLIED not in node:
            detail = f"{envelope.trailer} is missing"
            note(node, Finding(envelope.level, envelope.missing, detail, envelope.header, node[AT]))
        if envelope.level is Level.MESSAGE:
            self._stack = []
        elif envelope.level is Level.GROUP:
            self._group = None

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

    # ------------------------------------------------------------------ content

    def _place(self, tag: str, node: Node) -> None:
        stack, loops = self._stack, self._loops
        check = self._checks.get(tag)
        if check is not None:
            for finding in check(node):
                note(stack[0][1], finding)
        parents = loops.parents.get(tag)
        if parents is None:
            while (members := loops.members.get(stack[-1][0])) is not None and tag not in members:
                stack.pop()
            holder = stack[-1][1]
            if tag in holder:
                _repeat(holder, tag, node)
            else:
                holder[tag] = node
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
        number = text_of(node, "02")
        if holder is None or not number:
            return
        alone = not text_of(node, "02-2") and not text_of(node, "03")
        known = holder.get(PACKAGE, number)
        holder[PACKAGE] = number if alone and known == number else ""

    def _note(self, finding: Finding) -> None:
        holder = self._stack[0][1] if self._stack else self.interchange
        note(holder, finding)


def _tag(tag: str) -> str:
    return tag if _is_tag(tag) else "?"


def _repeat(holder: Node, tag: str, node: Node) -> None:
    known = holder[tag]
    if known.__class__ is list:
        known.append(node)
    else:
        holder[tag] = [known, node]


def headers(interchange: Node, standard: Standard) -> Iterator[Node]:
    """Yield the interchange's header, then every group's, each followed by those of its messages."""
    yield interchange
    for group in interchange.get(standard.group.header, ()):
        yield group
        yield from group.get(standard.message.header, ())
