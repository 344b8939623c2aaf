"""A draft as a `mapping.toml`: what is proposed stands there, what is open stands there as `TODO` with the choices."""

import re
from collections.abc import Iterator
from hashlib import blake2b
from typing import Final

import orjson

from mappings.drafting.evidence import Proposal
from mappings.drafting.hints import hints
from mappings.drafting.proposals import Draft, SeenCode

TODO: Final = "TODO"
"""Stands where a person has to decide; no milestone, so that a mapping that holds it as a meaning does not load."""

_OTHERS: Final = 6
_PLACES: Final = ("city", "region", "country", "postcode", "facility")


def written(draft: Draft, carrier: str, name: str) -> str:
    """Return the file; it loads once each code has a milestone and no `TODO` is left."""
    lines = [
        "#:schema ../../mapping.schema.json",
        f"carrier = {_quoted(carrier)}",
        f"name = {_quoted(name)}",
        f'format = "{draft.format}"',
        "",
        f"# Drafted from {draft.samples} sample(s). Comments say what speaks for a line; {TODO} waits for you.",
        "",
        "[[shapes]]",
        f"shipments = {_quoted(draft.shipments or TODO)}",
        f"events = {_quoted(draft.inner or TODO)} # {_plain(draft.events.why)}",
        *_also(draft.events),
        "",
        "[shipment]",
        *_required(draft.proposals.get("number"), "tracking_number", "{}"),
        "",
        "[event]",
        *_code(draft.proposals.get("code")),
        *_optional(draft.proposals.get("text"), "text"),
        *_optional(draft.proposals.get("reason_code"), "reason_code"),
        "",
        "[[time]]",
        *_time(draft.proposals.get("time")),
        "",
        "[place]",
        *(line for key in _PLACES for line in _optional(draft.proposals.get(key), key)),
        "",
        *_codes(draft.codes),
        *_reasons(draft.reasons),
    ]
    return _signed("\n".join(lines) + "\n")


def is_untouched_draft(text: str) -> bool:
    """Tell whether a file is a draft that nobody has worked on since."""
    unsigned = re.sub(r"^# draft [0-9a-f]+\n", "", text, count=1, flags=re.MULTILINE)
    return text != unsigned and _signed(unsigned) == text


def _signed(text: str) -> str:
    """Return a draft with its own digest, by which a later draft knows whether it may replace it."""
    head, _, rest = text.partition("\n")
    return f"{head}\n# draft {blake2b(text.encode(), digest_size=6).hexdigest()}\n{rest}"


def _required(said: Proposal | None, key: str, form: str) -> Iterator[str]:
    said = said or Proposal(key)
    value = _quoted(said.paths[0]) if said.paths else _quoted(TODO)
    yield f"{key} = {form.format(value)} # {_plain(said.why)}"
    yield from _also(said)


def _code(said: Proposal | None) -> Iterator[str]:
    said = said or Proposal("code")
    parts = ", ".join(map(_quoted, said.paths)) or _quoted(TODO)
    yield f"code = {{ parts = [{parts}] }} # {_plain(said.why)}"
    yield from _also(said)


def _time(said: Proposal | None) -> Iterator[str]:
    said = said or Proposal("time")
    fields = ", ".join(map(_quoted, said.paths)) or _quoted(TODO)
    yield f"fields = [{fields}] # {_plain(said.why)}"
    yield from _also(said)
    formats = ", ".join(map(_quoted, said.formats)) or _quoted(TODO)
    yield f"formats = [{formats}]"
    yield '# zone = "Europe/Oslo" # only if documented; a stamp of an unknown zone stays a day'


def _optional(said: Proposal | None, key: str) -> Iterator[str]:
    """Yield a line, or only a comment where nothing, or more than one thing, looks like it."""
    if said is None:
        return
    if said.paths:
        yield f"{key} = {_quoted(said.paths[0])} # {_plain(said.why)}"
    elif said.others:
        yield f"# {key}: {_plain(said.why)}; choose or leave it out"
    yield from _also(said)


def _also(said: Proposal) -> Iterator[str]:
    """Yield what else it may be, a comment each."""
    for one in said.others[:_OTHERS]:
        yield f"#   {'or' if said.paths else 'either'} {_quoted(one.path)}: {_plain(one.why)}"
    if len(said.others) > _OTHERS:
        yield f"#   and {len(said.others) - _OTHERS} more"


def _codes(codes: tuple[SeenCode, ...]) -> Iterator[str]:
    yield "# Judge each code by the carrier's own definition, not by its words here. Delete one whose meaning is open:"
    yield "# it becomes UNMAPPED and somebody sees it. `like` lists milestones whose words occur; they may be wrong."
    yield "[codes]"
    for one in codes:
        words = "; ".join(repr(word[:60]) for word in one.words) or "no words"
        like = hints(" ".join(one.words))
        says = f"; like {', '.join(like)}" if like else ""
        yield f"{_key(one.code)} = {_quoted(TODO)} # {one.times} times in {one.samples} samples: {_plain(words)}{says}"


def _reasons(reasons: tuple[str, ...]) -> Iterator[str]:
    if reasons:
        yield ""
        yield "# [reasons] # second codes seen; each says why, see docs/mapping-language.md"
        yield from (f"# {_key(one)} = {_quoted(TODO)}" for one in reasons)


def _quoted(text: str) -> str:
    """Return a TOML string; JSON's escapes are TOML's too."""
    return orjson.dumps(text).decode().replace("\x7f", "\\u007f")


def _key(text: str) -> str:
    return text if text.isascii() and text.replace("-", "").replace("_", "").isalnum() else _quoted(text)


def _plain(text: str) -> str:
    """Return a text that cannot leave its comment."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
