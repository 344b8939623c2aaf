"""Ways to spoil an interchange, for the fuzzer: segments, elements, separators, counts and control numbers."""

import random
from typing import Final

_ODD: Final = (
    b"", b" ", b"\x00", b"*", b"?", b"??", b"?+", b"+", b":", b"\xff\xfe", b"\xc3\xa9", b"0" * 30, b"9" * 400,
    b"A" * 20_000,
    b"20260230", b"2575", b"202602302561", b"-1", b"1E9", b"999999999999999999", b"D1", b"XB", b"21", b"101",
)  # fmt: skip
_ODD_SEGMENTS: Final = (
    b"", b"ISA", b"IEA*1*1", b"SE*1*1", b"GE*1*1", b"UNT+1+1", b"UNZ+1+1", b"UNB", b"UNH", b"ST*214*1",
    b"LX*1", b"AT7*D1",
    b"STS", b"CNI", b"?", b"*" * 300, b"+" * 300, b"STS+" + b":" * 300, b"garbage of some kind", b"TA1*1*1", b"AT7",
    b"UNH+1+IFTSTA:D:07B:UN", b"GS*QM*A*B*20260101*0000*1*X*004010", b"CNI+1+N", b"STS+1+21", b"DTM+78:20260102:102",
)  # fmt: skip


def segments(body: bytes, rng: random.Random) -> bytes:
    """Drop, repeat, move, insert and change segments; sometimes change what parts them."""
    mark, terminator = _separators(body)
    parts = body.split(terminator)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(parts))
        deed = rng.randrange(6)
        if deed == 0:
            del parts[place : place + rng.choice((1, 1, 3))]
        elif deed == 1:
            parts[place:place] = parts[place : place + rng.randint(1, 5)] * rng.choice((1, 2))
        elif deed == 2:  # noqa: PLR2004 - one of six deeds
            other = rng.randrange(len(parts))
            parts[place], parts[other] = parts[other], parts[place]
        elif deed == 3:  # noqa: PLR2004 - one of six deeds
            parts.insert(place, rng.choice(_ODD_SEGMENTS))
        else:
            parts[place] = _element(parts[place], mark, rng)
        parts = parts or [b""]
    return _parted(parts, terminator, rng)


def _separators(body: bytes) -> tuple[bytes, bytes]:
    text = body.lstrip()
    if text.startswith(b"ISA"):
        return text[3:4] or b"*", text[105:106] or b"~"
    return (text[4:5], text[8:9]) if text.startswith(b"UNA") and len(text) > 9 else (b"+", b"'")  # noqa: PLR2004 - UNA's length


def _element(segment: bytes, mark: bytes, rng: random.Random) -> bytes:
    elements = segment.split(mark)
    elements[rng.randrange(len(elements))] = rng.choice(_ODD)
    return mark.join(elements)


def _parted(parts: list[bytes], terminator: bytes, rng: random.Random) -> bytes:
    if rng.random() < 0.9:  # noqa: PLR2004 - one in ten loses or changes its terminators
        return terminator.join(parts)
    joined = rng.choice((terminator + b"\r\n", b"\n", b"", terminator * 2, b"\r"))
    whole = joined.join(parts)
    return whole * 2 if rng.random() < 0.5 else whole  # noqa: PLR2004 - a coin
