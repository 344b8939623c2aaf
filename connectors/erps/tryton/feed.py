"""Tryton's change log as a cursor: which customer shipments may have changed since it was last read.

`ir.model.log` has a row with a growing id for every write, button, transition and deletion. Three things keep it from
being a perfect feed, and each has its own answer here:

* On PostgreSQL ids are handed out before they are committed, so a small id may appear after a larger one: the last
  `OVERLAP` ids are looked at again, and those that were read are remembered.
* Plain creations have no row: shipments are searched by the time of their last write, too.
* Deletion takes a record's name out of all of its rows: a deletion only says that something is gone, and what it is
  comes from comparing with what was known.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from connectors.erps.tryton.client import TrytonClient
from connectors.erps.tryton.shipments import SHIPMENT

LOG: Final = "ir.model.log"

OVERLAP: Final = 200
"""Ids before the newest that are looked at again: as many rows as transactions in flight may still be about to add."""

PAGE: Final = 500
"""Rows of one reading."""

SLACK: Final = timedelta(minutes=2)
"""How much earlier than the newest known write shipments are searched: transactions get their time when they begin."""

_ADDRESS: Final = "party.address"
_PACKAGE: Final = "stock.package"
_DELETED: Final = "delete"


@dataclass(frozen=True, slots=True)
class Position:
    """How far the log was read: the newest id, those of the last `OVERLAP` that were read, the newest write's time."""

    newest: int = 0
    read: frozenset[int] = frozenset()
    written_at: datetime | None = None

    @classmethod
    def of(cls, cursor: Mapping[str, Any]) -> "Position":
        """Return the position that a cursor holds."""
        at = cursor.get("written_at")
        return cls(cursor["log"], frozenset(cursor["read"]), None if at is None else datetime.fromisoformat(at))

    def cursor(self) -> dict[str, Any]:
        """Return it as JSON."""
        at = None if self.written_at is None else self.written_at.isoformat()
        return {"log": self.newest, "read": sorted(self.read), "written_at": at}

    def after(self, ids: list[int], written_at: datetime | None) -> "Position":
        """Return the position once these rows were read, too."""
        newest = max([self.newest, *ids])
        read = {one for one in (*self.read, *ids) if one > newest - OVERLAP}
        times = [at for at in (self.written_at, written_at) if at is not None]
        return Position(newest, frozenset(read), max(times, default=None))


@dataclass(frozen=True, slots=True)
class Hints:
    """Shipments that may have changed, whether something was deleted, and where to go on."""

    shipments: frozenset[int]
    has_deletions: bool
    position: Position
    is_behind: bool


@dataclass(frozen=True, slots=True)
class Feed:
    """The change log of one database."""

    client: TrytonClient

    async def top(self) -> Position:
        """Return the position at the log's end."""
        newest = await self.client.call(f"model.{LOG}.search", [], 0, OVERLAP, [["id", "DESC"]])
        return Position().after(newest, await self._last_write())

    async def since(self, position: Position, versions: Mapping[int, str]) -> Hints:
        """Return what the log has after a position.

        Args:
            position: Where the reading before ended.
            versions: Stamps of shipments as they are known; a shipment that still has its stamp is no hint.
        """
        after = position.newest - OVERLAP
        found = await self.client.call(f"model.{LOG}.search", [["id", ">", after]], 0, PAGE, [["id", "ASC"]])
        new = [one for one in found if one not in position.read]
        rows = await self._rows(new)
        hinted = await self._shipments_of(rows)
        written, written_at = await self._written(position.written_at, versions)
        return Hints(
            shipments=frozenset(hinted | written),
            has_deletions=any(row["event"] == _DELETED for row in rows),
            position=position.after(new, written_at),
            is_behind=len(found) == PAGE,
        )

    async def _rows(self, ids: list[int]) -> list[dict[str, Any]]:
        if not ids:
            return []
        rows: list[dict[str, Any]] = await self.client.call(f"model.{LOG}.read", ids, ["resource", "event"])
        return rows

    async def _shipments_of(self, rows: list[dict[str, Any]]) -> set[int]:
        """Return the shipments that the rows are about, directly or by their address or their packages."""
        named: dict[str, set[int]] = {SHIPMENT: set(), _ADDRESS: set(), _PACKAGE: set()}
        for row in rows:
            model, _, number = (row["resource"] or "").partition(",")
            if model in named:
                named[model].add(int(number))
        hinted = named[SHIPMENT]
        for field, model in (("delivery_address", _ADDRESS), ("packages", _PACKAGE)):
            if named[model]:
                domain = [[field, "in", sorted(named[model])], ["state", "not in", ["done", "cancelled"]]]
                hinted |= set(await self.client.call(f"model.{SHIPMENT}.search", domain, 0, None, None))
        return hinted

    async def _written(self, since: datetime | None, versions: Mapping[int, str]) -> tuple[set[int], datetime | None]:
        """Return shipments written since a time and not known as they are, and the time of the newest write."""
        rows: list[dict[str, Any]] = []
        if since is not None:
            rows = await self.client.call(
                f"model.{SHIPMENT}.search_read", _since(since - SLACK), 0, PAGE, [["id", "DESC"]], list(_TIMES)
            )
        times = [row["write_date"] or row["create_date"] for row in rows]
        changed = {row["id"] for row in rows if versions.get(row["id"]) != row["_timestamp"]}
        return changed, max(times, default=None)

    async def _last_write(self) -> datetime:
        rows = await self.client.call(f"model.{LOG}.search_read", [], 0, 1, [["id", "DESC"]], ["create_date"])
        # A database without a single row has nothing that could be missed before this.
        at: datetime = rows[0]["create_date"] if rows else datetime.fromisoformat("1970-01-01T00:00:00+00:00")
        return at


_TIMES: Final = ("_timestamp", "write_date", "create_date")


def _since(at: datetime) -> list[Any]:
    # The time of the last write is empty until the first one.
    never_written = [["write_date", "=", None], ["create_date", ">=", at]]
    return ["OR", [["write_date", ">=", at]], never_written]
