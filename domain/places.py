"""A limit of requests per window that holds at the receiver's end, whatever happens to a request on its way.

There are as many places as requests that a window may have. A request takes one and gives it back when the answer is
there; a place is free again one window later. The receiver got the request before it answered, so between two requests
of one place there is a whole window at the receiver, too, and in no window are there more requests than places.
"""

from dataclasses import dataclass
from math import floor
from typing import Final

LEASE: Final = 40.0
"""Seconds for which a request may hold its place: longer than any request lasts. For processes that were killed."""

Place = tuple[float, bool]
"""When it is free, in seconds since the epoch, or, with True, how long its request may hold it."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A rate in requests per second, as a number of requests per window."""

    rate: float

    @property
    def requests(self) -> int:
        """How many requests a window may have; the fraction of a rate above one is not used."""
        return max(1, floor(self.rate))

    @property
    def window(self) -> float:
        """Seconds of the window: one, or as long as one request of a slower rate takes."""
        return max(1.0, 1 / self.rate)

    def fitted(self, places: list[Place], now: float) -> list[Place]:
        """Return places for this limit; those that a changed rate adds are free one window from now."""
        kept = places[: self.requests]
        missing = self.requests - len(kept)
        return kept + [(now + self.window if places else now, False)] * missing


def next_place(places: list[Place], now: float) -> tuple[int, float] | None:
    """Return the place that is free first, and when; None while all are held."""
    free = [(at, index) for index, (at, is_held) in enumerate(places) if not is_held or at <= now]
    if not free:
        return None
    at, index = min(free)
    return index, max(at, now)
