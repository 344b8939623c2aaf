"""The reasons of a fact, as the fold reads them."""

from typing import Final

from domain.facts import Fact
from domain.fold.groups import NEEDS_REASON
from domain.reasons import Reason

_UNSPECIFIED: Final = (Reason.OTHER_UNSPECIFIED,)


def reasons_of(fact: Fact) -> tuple[Reason, ...]:
    """Return the reasons; a milestone that needs one and came without says that none was told."""
    return fact.reasons or (_UNSPECIFIED if fact.milestone in NEEDS_REASON else ())
