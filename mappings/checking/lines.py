"""Which line of a TOML file says a key; the standard reader keeps no positions."""

import re
from typing import Final

_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]")
_KEY: Final = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+)\s*=""")


def line_of(text: str, key: str) -> int | None:
    """Return the line, from 1, of a key such as `codes.P` or `time.0.fields`, or of the nearest table around it."""
    prefix, counts = "", dict[str, int]()
    best: tuple[int, int | None] = (0, None)
    for number, line in enumerate(text.splitlines(), 1):
        header = _HEADER.match(line)
        if header is not None:
            prefix = _table(header[2], counts, many=header[1] == "[[")
            said = prefix
        else:
            found = _KEY.match(line)
            if found is None:
                continue
            said = f"{prefix}.{_bare(found[1])}".removeprefix(".")
        if (key == said or key.startswith(f"{said}.")) and len(said) > best[0]:
            best = (len(said), number)
    return best[1]


def lines_with(text: str, word: str) -> list[tuple[int, str]]:
    """Return the lines on which a word is a value, a key or a lead-in (`word:`), each with its key; no comments."""
    kept = []
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.partition(" #")[0]
        if not bare.lstrip().startswith("#") and re.search(rf"\b{word}(?=[:\"]|\s*=)", bare):
            found = _KEY.match(line)
            kept.append((number, _bare(found[1]) if found is not None else bare.strip()[:40]))
    return kept


def _table(name: str, counts: dict[str, int], *, many: bool) -> str:
    """Return a table's name with the numbers of the lists that it stands in."""
    steps = [_bare(step.strip()) for step in name.split(".")]
    said = ""
    for at, step in enumerate(steps):
        said = f"{said}.{step}".removeprefix(".")
        if many and at == len(steps) - 1:
            counts[said] = counts.get(said, -1) + 1
        if said in counts:
            said = f"{said}.{counts[said]}"
    return said


def _bare(key: str) -> str:
    return key[1:-1] if key[:1] in "\"'" else key
