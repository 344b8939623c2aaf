"""Notes of an order: private ones, for the shop's people, since an order's status says nothing about a parcel.

Each begins with a tag by which it is found again. WooCommerce has no keys for that, so every attempt looks before it
adds, and looks again afterwards: of what two attempts at the same time have made twice, the older one stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.erps.woocommerce.client import MissingError, WooClient
from domain.erp_status import TAGGED
from domain.errors import PartnerContractError


@dataclass(frozen=True, slots=True)
class Notes:
    """Writes notes of one shop."""

    client: WooClient

    async def add(self, order: str, texts: Mapping[str, str]) -> int:
        """Add notes by tag, in this order; those that are there are left out. Return how many were added."""
        there = await self._there(order) if texts else set()
        missing = {tag: text for tag, text in texts.items() if tag not in there}
        for tag, text in missing.items():
            await self.client.post(f"/orders/{order}/notes", {"note": f"{tag} {text}", "customer_note": False})
        if missing:
            await self._there(order)
        return len(missing)

    async def _there(self, order: str) -> set[str]:
        """Return the tags of the hub's notes, after taking away all but the first of each."""
        rows = await self.client.get(f"/orders/{order}/notes", _fields="id,note")
        try:
            tagged = sorted((int(row["id"]), _tag(row["note"])) for row in rows if row["note"].startswith(TAGGED))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise PartnerContractError("notes without id and text", partner=self.client.partner) from error
        first: set[str] = set()
        for note, tag in tagged:
            if tag in first:
                await self._delete(order, note)
            first.add(tag)
        return first

    async def _delete(self, order: str, note: int) -> None:
        try:
            # Notes have no bin: without force the shop refuses.
            await self.client.delete(f"/orders/{order}/notes/{note}", force="true")
        except MissingError:
            return


def _tag(note: Any) -> str:
    return str(note).partition("]")[0] + "]"
