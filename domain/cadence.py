"""When a carrier is asked about a number again: a pure function of where the shipment stands and how the last ask went.

Every wait is lengthened or shortened by a share that the number itself decides, so that 10,000 numbers that were
registered together are not asked together, and a repeated computation gives the same moment.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zlib import crc32

from domain.errors import NotKnownYetError, RequestRejectedError
from domain.states import State

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)

OUT_FOR_DELIVERY: Final = 15 * _MINUTE
"""The recipient waits at the door and a failed try has to be answered the same day."""

DELIVERY_ATTEMPTED: Final = 1 * _HOUR
"""The next try or the way to a pickup point is decided within the working day."""

LAST_MILE: Final = 1 * _HOUR
"""Going out for delivery is the next thing, and from then on minutes count."""

HELD: Final = 1 * _HOUR
"""While a hold is within its agreed time somebody works on it; the release should be seen within the hour."""

IMPORT_CUSTOMS: Final = 2 * _HOUR
"""Customs decide by the working day; a hold has to be found while their office is open."""

FIRST_MILE: Final = 3 * _HOUR
"""Collection rounds and sorting shifts: a few scans a day."""

LONG_WAY: Final = 4 * _HOUR
"""Flights, ships and export formalities: a scan or two a day, and nothing that anybody could do between them."""

AT_PICKUP_POINT: Final = 4 * _HOUR
"""Collected when the recipient gets to it; a day of grace is left when the last hours count."""

UNDELIVERABLE: Final = 6 * _HOUR
"""Somebody has to decide first, and the hub tells them by itself."""

BEFORE_CUSTODY: Final = 8 * _HOUR
"""A label was printed; until the goods are handed over the carrier has nothing to say."""

ON_THE_WAY_BACK: Final = 8 * _HOUR
"""Returns travel slowly and nobody waits at a door."""

STALE: Final = 24 * _HOUR
"""Nothing was heard for as long as the shipment's limit of silence: one look a day keeps the door open."""

BY_STAGE: Final[dict[State, timedelta]] = {
    State.CREATED: BEFORE_CUSTODY,
    State.FIRST_MILE: FIRST_MILE,
    State.EXPORT: LONG_WAY,
    State.LINEHAUL: LONG_WAY,
    State.IMPORT_CUSTOMS: IMPORT_CUSTOMS,
    State.LAST_MILE: LAST_MILE,
    State.OUT_FOR_DELIVERY: OUT_FOR_DELIVERY,
    State.DELIVERY_ATTEMPTED: DELIVERY_ATTEMPTED,
    State.AVAILABLE_FOR_PICKUP: AT_PICKUP_POINT,
    State.UNDELIVERABLE: UNDELIVERABLE,
    State.RETURNING: ON_THE_WAY_BACK,
}
"""Stages that are not here are endings: nobody asks after them."""

SPREAD: Final = 0.1
"""A wait is up to this share shorter or longer."""

FIRST_LOOK: Final = 10 * _MINUTE
"""A new number is due at once; within this time it should have been asked about."""

UNKNOWN_FIRST: Final = 30 * _MINUTE
"""After the carrier's first "no such number"; every further one doubles the wait, up to `STALE`."""

UNKNOWN_MOST: Final = 20
"""Then the number is given up: a little more than two weeks after the first ask."""

REFUSED_FIRST: Final = 6 * _HOUR
"""After the carrier refused a number; doubling, up to `STALE`."""

REFUSED_MOST: Final = 5
"""Then the number is given up: two and a half days after the first refusal."""

TROUBLE_FIRST: Final = 5 * _MINUTE
"""After a failure that says nothing about the number (an outage, something that is no answer).

It doubles up to the stage's own wait, and the number is never given up.
"""

_UNKNOWN: Final = NotKnownYetError.code
_REFUSED: Final = RequestRejectedError.code
_DOUBLINGS: Final = 12  # enough for every bound above; keeps the power small


@dataclass(frozen=True, slots=True)
class Standing:
    """What the cadence needs to know of a shipment. `held_until` is when the time agreed for its hold runs out."""

    stage: State
    is_stale: bool = False
    held_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """When to ask, and by when at the latest.

    Numbers that are due are asked by `deadline_at`: a number of a hasty stage goes before a patient one that became
    due at the same time, and a patient one that has waited for as long as its own wait goes before both.
    """

    due_at: datetime
    deadline_at: datetime


def is_over(standing: Standing) -> bool:
    """Tell whether nobody asks any more, because the shipment's stage is an ending."""
    return standing.stage not in BY_STAGE


def interval(standing: Standing, at: datetime) -> timedelta:
    """Return the wait after an answer, without spread; `STALE` for a stage that nobody should ask about."""
    if standing.is_stale:
        return STALE
    wait = BY_STAGE.get(standing.stage, STALE)
    if standing.held_until is not None and at < standing.held_until:
        return min(wait, HELD)
    return wait


def first_due(at: datetime) -> Due:
    """Return when a number that was enrolled just now is asked about: at once, for what happened before."""
    return Due(at, at + FIRST_LOOK)


def next_due(number_key: str, standing: Standing, asked_at: datetime) -> Due | None:
    """Return when to ask again after an answer, changed or not; None when the shipment has ended."""
    if is_over(standing):
        return None
    return _due(asked_at + _spread(number_key, interval(standing, asked_at)), standing, asked_at)


def due_after_failure(
    number_key: str, standing: Standing, asked_at: datetime, *, code: str, failures: int
) -> Due | None:
    """Return when to ask again after the `failures`-th failure in a row of this kind; None gives the number up.

    `code` is a `HubError.code`.
    """
    if is_over(standing):
        return None
    if code == _UNKNOWN:
        wait = None if failures >= UNKNOWN_MOST else min(_doubled(UNKNOWN_FIRST, failures), STALE)
    elif code == _REFUSED:
        wait = None if failures >= REFUSED_MOST else min(_doubled(REFUSED_FIRST, failures), STALE)
    else:
        wait = min(_doubled(TROUBLE_FIRST, failures), interval(standing, asked_at))
    return None if wait is None else _due(asked_at + _spread(number_key, wait), standing, asked_at)


def is_same_trouble(before: str | None, code: str) -> bool:
    """Tell whether two failures count as a row: those that may give a number up never count others."""
    return before is not None and _kind(before) == _kind(code)


def _kind(code: str) -> str:
    return "unknown" if code == _UNKNOWN else "refused" if code == _REFUSED else "trouble"


def _doubled(first: timedelta, failures: int) -> timedelta:
    return first * (1 << min(max(failures - 1, 0), _DOUBLINGS))


def _due(due_at: datetime, standing: Standing, at: datetime) -> Due:
    return Due(due_at, due_at + interval(standing, at))


def _spread(number_key: str, wait: timedelta) -> timedelta:
    return wait * (1 - SPREAD + 2 * SPREAD * _share(number_key))


def _share(number_key: str) -> float:
    """Return a number in [0, 1) that belongs to the key."""
    return crc32(number_key.encode()) / 2**32
