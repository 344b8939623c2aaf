"""The items of a plan on disk, so that a plan over millions of messages needs no memory; gone with the process."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Final

from worker.renormalise.items import Effect, Item, label

_SCHEMA: Final = """
CREATE TABLE items (
  tenant TEXT, event_id TEXT, shipment_id TEXT, number TEXT, digest TEXT, kind TEXT, code TEXT, before TEXT, after TEXT,
  body TEXT, PRIMARY KEY (tenant, event_id)
) WITHOUT ROWID;
CREATE INDEX by_owner ON items (tenant, shipment_id, number, event_id);
CREATE TABLE effects (tenant TEXT, shipment_id TEXT, weight INTEGER, body TEXT);
CREATE TABLE readable (tenant TEXT, account TEXT, message_id TEXT);
"""

Meaning = tuple[str, str, str, int, int]
"""Code, meaning before, meaning after, events, shipments or numbers."""


class Spool:
    """A temporary database of one plan."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._of = connection
        self._of.executescript(_SCHEMA)

    def add(self, item: Item) -> bool:
        """Add an item; the first message that brings a new event has it. Return whether it was added."""
        shown = item.shown
        row = (
            item.tenant,
            item.event_id,
            item.shipment_id,
            "" if item.shipment_id is not None else shown.tracking_number,
            item.digest,
            item.kind.value,
            shown.source.raw_code,
            label(item.before),
            label(item.after),
            item.model_dump_json(),
        )
        cursor = self._of.execute(f"INSERT OR IGNORE INTO items VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608 - only question marks
        return cursor.rowcount == 1

    def add_readable(self, tenant: str, account: str, message_id: str) -> None:
        """Add a message that can be read now."""
        self._of.execute("INSERT INTO readable VALUES (?, ?, ?)", (tenant, account, message_id))

    def add_effect(self, effect: Effect) -> None:
        """Add what becomes of a shipment; those that change most are listed first."""
        weight = 2 * (effect.before != effect.after) + bool(effect.corrections)
        row = (effect.tenant, effect.shipment_id, weight, effect.model_dump_json())
        self._of.execute("INSERT INTO effects VALUES (?, ?, ?, ?)", row)

    def parts(self) -> Iterator[list[Item]]:
        """Yield the items of each shipment, and of each number without one, in a fixed order."""
        query = "SELECT tenant, shipment_id, number, body FROM items ORDER BY tenant, shipment_id, number, event_id"
        for _, rows in groupby(self._of.cursor().execute(query), key=lambda row: row[:3]):
            yield [Item.model_validate_json(row[3]) for row in rows]

    def digests(self) -> Iterator[str]:
        """Yield the hash of every item, in the order of `parts`."""
        query = "SELECT digest FROM items ORDER BY tenant, shipment_id, number, event_id"
        return (row[0] for row in self._of.cursor().execute(query))

    def readable(self) -> list[tuple[str, str, str]]:
        """Return tenant, account and id of messages that can be read now."""
        return list(self._of.execute("SELECT * FROM readable ORDER BY 1, 2, 3"))

    def effects(self, limit: int) -> list[Effect]:
        """Return what becomes of shipments, those whose state changes first."""
        query = "SELECT body FROM effects ORDER BY weight DESC, tenant, shipment_id LIMIT ?"
        return [Effect.model_validate_json(body) for (body,) in self._of.execute(query, (limit,))]

    def each_effect(self) -> Iterator[Effect]:
        """Yield what becomes of every shipment, in a fixed order."""
        query = "SELECT body FROM effects ORDER BY tenant, shipment_id"
        return (Effect.model_validate_json(body) for (body,) in self._of.cursor().execute(query))

    def meanings(self) -> list[Meaning]:
        """Return how codes change their meaning, most events first."""
        query = (
            "SELECT code, before, after, count(*), count(DISTINCT tenant || char(31) || coalesce(shipment_id, number)) "
            "FROM items GROUP BY code, before, after ORDER BY 4 DESC, 1, 2, 3"
        )
        return [(code or "(no code)", *rest) for code, *rest in self._of.execute(query)]

    def kinds(self) -> dict[str, int]:
        """Return how many items there are of each kind."""
        return dict(self._of.execute("SELECT kind, count(*) FROM items GROUP BY kind").fetchall())

    def parked_numbers(self) -> int:
        """Return how many numbers without a shipment are affected."""
        query = "SELECT count(*) FROM (SELECT DISTINCT tenant, number FROM items WHERE shipment_id IS NULL)"
        return int(self._of.execute(query).fetchone()[0])


@contextmanager
def spool() -> Iterator[Spool]:
    """Open a spool in a temporary file for the length of the block."""
    with tempfile.TemporaryDirectory(prefix="milepost-plan-") as directory:
        # Used by threads one after the other: planning and applying run in threads of their own.
        connection = sqlite3.connect(f"{directory}/plan.db", check_same_thread=False, isolation_level=None)
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA journal_mode=OFF")
        try:
            yield Spool(connection)
        finally:
            connection.close()
