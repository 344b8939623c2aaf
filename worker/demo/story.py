"""How a demonstration is told: parcels with carriers' numbers, scans by round, and what must come out of it."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from domain.shipments import LegRole
from domain.states import State
from worker.demo.dialects import Parcel, Scan

WAVES: Final = 8
"""Rounds in which payloads are sent; the order system is heard after each."""


@dataclass(frozen=True, slots=True)
class Track:
    """One carrier's number and everything it will report.

    By round `wave`, the first `cuts[wave]` scans are known but for those in `missing[wave]`, which come late. Scans
    from `live_from` on happen while the demonstration runs: a person's command comes before them.
    """

    dialect: str
    parcel: Parcel
    role: LegRole
    scans: tuple[Scan, ...]
    cuts: dict[int, int]
    missing: dict[int, frozenset[int]] = field(default_factory=dict)
    live_from: int | None = None

    def known(self, wave: int) -> list[tuple[int, Scan]]:
        """Return the scans that a payload of that round carries, with their places in the history."""
        absent = self.missing.get(wave, frozenset())
        return [(place, scan) for place, scan in enumerate(self.scans[: self.cuts[wave]]) if place not in absent]


@dataclass(frozen=True, slots=True)
class Ask:
    """A person's command through the API in a round, before that round's payloads."""

    wave: int
    command: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Episode:
    """One shipment of the demonstration. `states` is what the order system must hold in the end, in this order."""

    shipment_id: str
    title: str
    origin: str
    destination: str
    tracks: tuple[Track, ...]
    states: tuple[State, ...]
    asks: tuple[Ask, ...] = ()
    register_in: int = 0
    later_legs: int = 0
    is_unruly: bool = False
    hold_sla: str = "P30D"
    corrections: int = 0
    alarms: int = 0

    @property
    def reference(self) -> str:
        """The order's number in the shop."""
        return self.shipment_id.replace("S-", "ORDER-")


class Calendar:
    """Local times of the demonstration's places, counted from its first day."""

    def __init__(self, first: date) -> None:
        self._first = first

    def at(self, day: int, clock: str, zone: str) -> datetime:
        """Return that day's local time, with offset."""
        return datetime.combine(self._first + timedelta(days=day), time.fromisoformat(clock), ZoneInfo(zone))
