"""Which carrier does a tracking number belong to? Every carrier that it fits, ranked; the choice is the caller's.

Rank is evidence: `odds` is the share of random numbers of the same make-up (digits where it has digits, letters where
it has letters) that have the format, too. 1 in 1,000 is strong, 1 in 7 is hardly more than the right length.
"""

import random
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple, Self

from mappings.loading import ROOT
from mappings.numbers import Format, formats

MAX_NUMBER: Final = 100
"""Characters of a number; a longer one is none."""

SAMPLES: Final = 2_000
"""Random numbers that estimate the odds; the smallest odds told are one in twice as many."""

STRONG: Final = 0.005
"""Odds below which a format counts as proof of the carrier: a fixed prefix together with a check digit."""

_DIGITS: Final = "0123456789"
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Candidate(NamedTuple):
    """A carrier whose format a number has. `is_checked` says that a check digit was verified."""

    carrier: str
    format: str
    odds: float
    is_checked: bool


class Detection(NamedTuple):
    """What fits a number, best first; `carrier` only where exactly one carrier fits and its format is strong."""

    number: str
    candidates: tuple[Candidate, ...]

    @property
    def carrier(self) -> str | None:
        """The carrier, when there is no doubt; None otherwise."""
        names = {one.carrier for one in self.candidates}
        return self.candidates[0].carrier if len(names) == 1 and self.candidates[0].odds < STRONG else None


def cleaned(number: str) -> str:
    """Return a number as formats see it: no blanks, capitals."""
    return "".join(number.split()).upper()


class Detector:
    """Knows the formats of all carriers. Pure; holds a bounded memory of odds."""

    def __init__(self, known: list[Format]) -> None:
        """Hold the formats."""
        self._formats = tuple(known)

    @classmethod
    def load(cls, root: Path | None = None) -> Self:
        """Read every `numbers.toml` below `root`; raise `MappingInvalidError`."""
        return cls(formats(root or ROOT))

    @property
    def carriers(self) -> frozenset[str]:
        """Carriers that declare formats."""
        return frozenset(one.carrier for one in self._formats)

    def detect(self, number: str) -> Detection:
        """Return every carrier whose format the number has, one candidate a carrier, best first."""
        plain = cleaned(number)
        if not plain or len(plain) > MAX_NUMBER or not plain.isascii():
            return Detection(plain[:MAX_NUMBER], ())
        make_up = "".join("9" if one.isdigit() else "A" if one.isalpha() else one for one in plain)
        best: dict[str, Candidate] = {}
        for one in self._formats:
            if not one.fits(plain):
                continue
            found = Candidate(one.carrier, one.name, _odds(one, make_up), one.check is not None)
            known = best.get(one.carrier)
            if known is None or found.odds < known.odds:
                best[one.carrier] = found
        return Detection(plain, tuple(sorted(best.values(), key=lambda one: (one.odds, one.carrier))))


@lru_cache(maxsize=2_000)
def _odds(one: Format, make_up: str) -> float:
    source = random.Random(make_up)  # noqa: S311 - the same estimate every time, no secret
    pools = [_DIGITS if kind == "9" else _LETTERS if kind == "A" else kind for kind in make_up]
    hits = sum(one.fits("".join(source.choice(pool) for pool in pools)) for _ in range(SAMPLES))
    return max(hits, 0.5) / SAMPLES
