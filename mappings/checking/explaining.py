"""Which row of a mapping a code or an event uses, and why that row is believed."""

from pathlib import Path
from typing import Final, NamedTuple

from domain.errors import PayloadError
from mappings.checking.lines import line_of
from mappings.dialect import Dialect
from mappings.expectations import RECEIVED_AT, fixtures
from mappings.groups import FILE as GROUPS
from mappings.pins import row_said, rule_said
from mappings.rows import CodeReader

_EXCUSED: Final = "excused: "


class Explanation(NamedTuple):
    """What is said about a code.

    `key` is its row's key (a wildcard stands for several codes) and `meaning` that row in words; both are None where no
    row knows it. `rules` come before the row. `where` is file and line, `because` what the row is believed by.
    """

    code: str
    key: str | None
    meaning: str | None
    where: str | None
    rules: tuple[str, ...]
    because: str

    @property
    def is_judged(self) -> bool:
        """Tell whether a row or a rule knows the code, or a person has left it out on purpose."""
        return self.key is not None or bool(self.rules) or self.because.startswith(_EXCUSED)


class ExplainedEvent(NamedTuple):
    """One event of a payload by its place, what it became, and what decided that."""

    number: int
    sent: str | None
    milestones: tuple[str, ...]
    decided_by: str
    reason: str | None


def explain_code(dialect: Dialect, folder: Path, code: str) -> Explanation:
    """Explain a code as the partner sends it, parts joined as in `[codes]`."""
    mapping = dialect.mapping
    entry = dialect.codes.entry(CodeReader(mapping.event.code).key(code))
    rules = tuple(rule_said(mapping.rules[one.number]) for one in entry.rules)
    if entry.key is None:
        return Explanation(code, None, None, None, rules, _unknown(dialect, code, decided=bool(rules)))
    said = row_said(mapping.codes[entry.key])
    return Explanation(code, entry.key, said, _where(folder, entry.key), rules, _belief(dialect, folder, entry.key))


def _unknown(dialect: Dialect, code: str, *, decided: bool) -> str:
    if decided:
        return "only the rules know it; where none holds it becomes UNMAPPED"
    upper = code.upper()
    reason = next((why for key, why in dialect.mapping.excused.items() if key.upper() == upper), None)
    return f"{_EXCUSED}{reason}" if reason else "no row knows it: it becomes UNMAPPED, is counted and shown"


def _belief(dialect: Dialect, folder: Path, key: str) -> str:
    """Say what a row is believed by: fixtures that show it, or the reason that was written down."""
    shown = [path.name for path in fixtures(folder) if key in _keys(dialect, path)]
    if shown:
        more = f" and {len(shown) - 1} more" if len(shown) > 1 else ""
        return f"shown by fixtures/{shown[0]}{more}"
    reasons = [group.because for group in dialect.mapping.unverified if key in group.codes]
    if not reasons:
        return "guessed: no fixture shows it and nobody says why it holds"
    return f"no fixture shows it: {reasons[0]}"


def _keys(dialect: Dialect, path: Path) -> set[str | None]:
    try:
        return {one.key for one in dialect.explain(path.read_bytes()) if one is not None}
    except PayloadError:
        return set()


def _where(folder: Path, key: str) -> str:
    """Return file and line of a row; a row that is not written out is one of a group."""
    line = line_of((folder / "mapping.toml").read_text("utf-8"), f"codes.{key}")
    body = (folder / "mapping.toml").read_text("utf-8").splitlines()
    if line is not None and body[line - 1].split("=")[0].strip().strip("\"'") == key:
        return f"mapping.toml:{line}"
    return GROUPS if (folder / GROUPS).is_file() else "mapping.toml"


def explain_payload(dialect: Dialect, folder: Path, body: bytes) -> list[ExplainedEvent]:
    """Explain every event of a payload, in document order.

    Raises:
        PayloadError: The bytes cannot be read.
    """
    found = dialect.normalise(body, received_at=RECEIVED_AT)
    said: dict[int | None, list[str]] = {}
    for fact in found.facts:
        said.setdefault(fact.source.index, []).append(("~" if fact.by_context else "") + fact.milestone)
    refused = {one.index: f"{one.problem}: {one.detail}" for one in found.rejected}
    events = []
    for index, one in enumerate(dialect.explain(body)):
        if one is None:
            decided = refused.get(index, "no event: left out by [[skip]]")
            events.append(ExplainedEvent(index, None, (), decided, None))
            continue
        if one.rule is not None:
            decided = f"rule {one.rule}: {rule_said(dialect.mapping.rules[one.rule])}"
        elif one.key is not None:
            decided = f"row {one.key} ({_where(folder, one.key)})"
        else:
            decided = "no row"
        again = () if index in said or index in refused else ("the same as an earlier event",)
        milestones = tuple(said.get(index, ())) or again
        events.append(ExplainedEvent(index, one.sent, milestones, refused.get(index, decided), one.reason))
    return events
