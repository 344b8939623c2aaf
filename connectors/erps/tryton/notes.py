"""Notes: the timeline that Tryton's people read beside a shipment, since Tryton has no states for what happens to it.

Each begins with a tag, `[hub:<event id>/<revision>]`, by which it is found again: a status is told once, however often
telling it was tried. Tryton has no keys for that, so every attempt searches before it creates, and takes away what two
attempts at the same time have made twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from connectors.erps.tryton.client import TrytonClient
from domain.erp_status import TAGGED
from domain.errors import RequestRejectedError

NOTE: Final = "ir.note"
ROUNDS: Final = 5
"""How often one attempt looks again when somebody else takes notes away at the same time."""


@dataclass(frozen=True, slots=True)
class Notes:
    """Writes notes of one database."""

    client: TrytonClient

    async def add(self, resource: str, texts: Mapping[str, str]) -> None:
        """Add notes, in this order and in one transaction, and take away those that somebody else has added meanwhile.

        An attempt that was given up for lost may still be at work. Whoever looks last sees both, so looking after the
        creation leaves each once.

        Args:
            resource: The record that the notes belong to, for example `stock.shipment.out,5`.
            texts: By tag; those that are there already are the caller's to leave out.
        """
        if texts:
            rows = [{"resource": resource, "message": f"{tag} {text}"} for tag, text in texts.items()]
            await self.client.call(f"model.{NOTE}.create", rows)
            await self.there(resource)

    async def there(self, resource: str) -> set[str]:
        """Return the tags of the hub's notes on a record, after taking away all but the first of each."""
        first: set[str] = set()
        for left in reversed(range(ROUNDS)):
            try:
                first, twice = await self._told(resource)
                if twice:
                    await self.client.call(f"model.{NOTE}.delete", twice)
            except RequestRejectedError:
                # Tryton neither reads nor deletes what somebody else has just taken away.
                if not left:
                    raise
            else:
                break
        return first

    async def _told(self, resource: str) -> tuple[set[str], list[int]]:
        """Return the tags on a record, and the notes that repeat one."""
        rows = await self.client.call(
            f"model.{NOTE}.search_read",
            [["resource", "=", resource], ["message", "like", f"{TAGGED}%"]],
            0,
            None,
            [["id", "ASC"]],
            ["message"],
        )
        first: set[str] = set()
        twice: list[int] = []
        for row in rows:
            tag = row["message"].partition("]")[0] + "]"
            if tag in first:
                twice.append(row["id"])
            first.add(tag)
        return first, twice
