"""Check digits of tracking numbers: pure functions of serial and check character, one per published scheme."""

from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Final

Check = Callable[[str, str], bool]

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_S10_WEIGHTS: Final = (8, 6, 4, 2, 3, 5, 9, 7)
_MOD_36: Final = 36


def mod10(weights: Sequence[int], *, from_right: bool) -> Check:
    """GS1-like: weighted sum to the next ten. A letter counts as (ASCII code - 3) modulo 10, as UPS defines it."""

    def check(serial: str, digit: str) -> bool:
        characters = reversed(serial) if from_right else iter(serial)
        total = sum(_value(one) * weight for one, weight in zip(characters, cycle(weights), strict=False))
        return -total % 10 == int(digit)

    return check


def mod7(serial: str, digit: str) -> bool:
    """DHL Express: the serial's remainder by seven."""
    return int(serial) % 7 == int(digit)


def mod11(weights: Sequence[int]) -> Check:
    """FedEx: weighted sum by eleven, a remainder of ten counts as zero."""

    def check(serial: str, digit: str) -> bool:
        total = sum(int(one) * weight for one, weight in zip(serial, cycle(weights), strict=False))
        return total % 11 % 10 == int(digit)

    return check


def s10(serial: str, digit: str) -> bool:
    """UPU S10: 11 less the weighted remainder; ten is written 0, eleven is written 5."""
    rest = 11 - sum(int(one) * weight for one, weight in zip(serial, _S10_WEIGHTS, strict=True)) % 11
    return {10: 0, 11: 5}.get(rest, rest) == int(digit)


def mod37_36(serial: str, character: str) -> bool:
    """ISO/IEC 7064 MOD 37,36 over digits and letters, as DPD's label specification uses it."""
    rest = _MOD_36
    for one in serial:
        rest = (rest + _ALPHABET.index(one)) % _MOD_36 or _MOD_36
        rest = rest * 2 % (_MOD_36 + 1)
    return (_MOD_36 + 1 - rest) % _MOD_36 == _ALPHABET.index(character)


def _value(character: str) -> int:
    return int(character) if character.isdigit() else (ord(character) - 3) % 10
