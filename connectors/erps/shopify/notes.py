"""An order's note: the one text in Shopify's order page that an app can add to for the merchant's people alone.

It belongs to the merchant and often holds the customer's own words, so the hub only ever adds a line at its end.
"""

from dataclasses import dataclass
from typing import Final

from connectors.erps.shopify.client import ShopifyClient
from connectors.erps.shopify.records import ShopifyOrder

_WRITE: Final = """mutation Note($given: OrderInput!) {
  orderUpdate(input: $given) { order { id } userErrors { field message } }
}"""


@dataclass(frozen=True, slots=True)
class Notes:
    """Writes into the notes of one store's orders."""

    client: ShopifyClient

    async def add(self, order: ShopifyOrder, tag: str, text: str) -> None:
        """Add a line, unless the note has one with that tag. What a person writes in that moment may be lost."""
        if tag in order.note:
            return
        note = f"{order.note}\n{tag} {text}" if order.note else f"{tag} {text}"
        await self.client.mutate("orderUpdate", _WRITE, given={"id": order.id, "note": note})
