"""The order of a journey: by time, then rank, then event id; never by arrival.

A fact known by its day only ties with everything of its local day. Ties between a day and several instants are no
total order by themselves (rank may put the day before the first instant and after the second), so the place of a day
is defined on the whole set: it stands before the first instant of its day whose (rank, event id) is greater than its
own, and behind the day where there is none. Days with the same place follow (date, rank, event id).
"""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import timedelta

from domain.axes import Precision
from domain.facts import Fact
from domain.fold.groups import RANK

ONE_DAY = timedelta(days=1)


def stamp(fact: Fact) -> float:
    """Return `occurred_at` as seconds since 1970; the fact must be dated."""
    assert fact.occurred_at is not None  # noqa: S101 - undated facts are set apart before
    return fact.occurred_at.timestamp()


def span(fact: Fact) -> tuple[float, float]:
    """Return first and last moment that a dated fact may mean, as seconds since 1970: its whole day, or one instant."""
    if fact.precision is not Precision.DAY:
        at = stamp(fact)
        return at, at
    assert fact.occurred_at is not None  # noqa: S101 - undated facts are set apart before
    start = fact.occurred_at.replace(hour=0, minute=0, second=0, microsecond=0)
    return start.timestamp(), (start + ONE_DAY).timestamp()


def exact_key(fact: Fact) -> tuple[float, int, str]:
    """Return the sort key of a fact with an instant."""
    return stamp(fact), RANK[fact.milestone], fact.event_id


def ordered(facts: Iterable[Fact]) -> list[Fact]:
    """Return dated facts in journey order; the same set gives the same list whatever way it came."""
    instants: list[Fact] = []
    days: list[Fact] = []
    for fact in facts:
        (days if fact.precision is Precision.DAY else instants).append(fact)
    instants.sort(key=exact_key)
    return _merged(instants, days) if days else instants


def _merged(instants: list[Fact], days: list[Fact]) -> list[Fact]:
    keys = [exact_key(fact) for fact in instants]
    placed = sorted((_place(fact, keys), _date(fact), RANK[fact.milestone], fact.event_id, fact) for fact in days)
    result: list[Fact] = []
    done = 0
    for place, _, _, _, fact in placed:
        result.extend(instants[done:place])
        done = place
        result.append(fact)
    result.extend(instants[done:])
    return result


def _date(fact: Fact) -> str:
    assert fact.occurred_at is not None  # noqa: S101 - undated facts are set apart before
    return fact.occurred_at.date().isoformat()


def _place(day: Fact, keys: list[tuple[float, int, str]]) -> int:
    """Return the index of the first instant that comes after the day."""
    start, end = span(day)
    own = RANK[day.milestone], day.event_id
    place = bisect_left(keys, (start,))
    while place < len(keys) and keys[place][0] < end and keys[place][1:] < own:
        place += 1
    return place
