"""Looking orders up in a store: by name, by id, by what has changed; each request within the points it may ask for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.erps.shopify.client import ShopifyClient
from connectors.erps.shopify.records import ShopifyOrder, Stamp, nodes_of, order_of, stamp_of
from domain.errors import PartnerContractError

ORDER_PREFIX: Final = "gid://shopify/Order/"
ORDER_FIELDS: Final = """
fragment Wanted on Order {
  id name createdAt updatedAt cancelledAt note
  shippingAddress { name address1 address2 city zip provinceCode countryCodeV2 }
  fulfillmentOrders(first: 20) {
    nodes {
      id status requestStatus assignedLocation { location { id } }
      fulfillmentHolds { id handle heldByRequestingApp }
      fulfillments(first: 10) { nodes { id status trackingInfo(first: 10) { company number } } }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""

_ONE: Final = "query Order($id: ID!) { order(id: $id) { ...Wanted } }" + ORDER_FIELDS
_NAMED: Final = (
    "query Named($search: String!) { orders(first: 5, query: $search) { nodes { ...Wanted } } }" + ORDER_FIELDS
)

_MANY: Final = "query Many($ids: [ID!]!) { nodes(ids: $ids) { ... on Order { ...Wanted } } }" + ORDER_FIELDS
_STAMPS: Final = "query Stamps($ids: [ID!]!) { nodes(ids: $ids) { ... on Order { id createdAt updatedAt } } }"
_CHANGED: Final = """query Changed($search: String, $first: Int!, $after: String, $reverse: Boolean!) {
  orders(first: $first, after: $after, query: $search, sortKey: UPDATED_AT, reverse: $reverse) {
    nodes { id createdAt updatedAt } pageInfo { hasNextPage endCursor }
  }
}"""
_MORE: Final = """query More($id: ID!, $after: String) {
  order(id: $id) {
    fulfillmentOrders(first: 20, after: $after) {
      nodes {
        id status requestStatus assignedLocation { location { id } }
        fulfillmentHolds { id handle heldByRequestingApp }
        fulfillments(first: 10) { nodes { id status trackingInfo(first: 10) { company number } } }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""

AT_ONCE: Final = 4
"""Orders that one request reads whole: one costs about 220 points, and a request may ask for 1,000."""

STAMPED: Final = 50
"""Orders that one request looks up by their times only."""


@dataclass(frozen=True, slots=True)
class Orders:
    """Looks orders up in one store."""

    client: ShopifyClient

    async def read(self, gid: str) -> ShopifyOrder | None:
        """Return an order by its id, None when it was deleted."""
        return await self._whole((await self.client.query(_ONE, id=gid)).get("order"))

    async def read_many(self, gids: Sequence[str]) -> list[ShopifyOrder]:
        """Return those of the orders that are there."""
        found: list[ShopifyOrder] = []
        for start in range(0, len(gids), AT_ONCE):
            data = await self.client.query(_MANY, ids=list(gids[start : start + AT_ONCE]))
            read = [await self._whole(node) for node in _list(data, "nodes")]
            found += [one for one in read if one is not None]
        return found

    async def stamps(self, gids: Sequence[str]) -> list[Stamp]:
        """Return the times of those of at most `STAMPED` orders that are there."""
        if not gids:
            return []
        data = await self.client.query(_STAMPS, ids=list(gids))
        return [stamp_of(node) for node in _list(data, "nodes") if node]

    async def changed(self, search: str, *, after: str | None) -> tuple[list[Stamp], str | None]:
        """Return a page of what a search finds, oldest change first, and where the next page begins; None at the end.

        An order that changes while pages are read moves to the end, where it is found again.
        """
        data = await self.client.query(_CHANGED, search=search, first=STAMPED, after=after, reverse=False)
        try:
            page = data["orders"]["pageInfo"]
            following = page["endCursor"] if page["hasNextPage"] else None
        except (KeyError, TypeError) as error:
            raise PartnerContractError("a page that does not say whether it is the last") from error
        return [stamp_of(node) for node in nodes_of(data["orders"])], following

    async def newest(self) -> str | None:
        """Return the latest modification time of all orders, None in a store that has none."""
        data = await self.client.query(_CHANGED, search=None, first=1, after=None, reverse=True)
        return next((stamp_of(node).updated_at for node in nodes_of(data.get("orders"))), None)

    async def called(self, name: str) -> list[ShopifyOrder]:
        """Return the orders with this name or id."""
        if name.startswith(ORDER_PREFIX):
            found = await self.read(name)
            return [] if found is None else [found]
        search = 'name:"{}"'.format(name.replace("\\", "").replace('"', ""))
        data = await self.client.query(_NAMED, search=search)
        read = [await self._whole(node) for node in nodes_of(data.get("orders"))]
        # A search is no filter: what it does not understand it leaves out.
        return [one for one in read if one is not None and one.name == name]

    async def _whole(self, node: Any) -> ShopifyOrder | None:
        """Return an order with all its fulfilment orders, however many pages they take."""
        if node is None:
            return None
        try:
            parts, page = nodes_of(node["fulfillmentOrders"]), node["fulfillmentOrders"]["pageInfo"]
            while page["hasNextPage"]:
                more = (await self.client.query(_MORE, id=node["id"], after=page["endCursor"]))["order"]
                parts = [*parts, *nodes_of(more["fulfillmentOrders"])]
                page = more["fulfillmentOrders"]["pageInfo"]
        except (KeyError, TypeError) as error:
            raise PartnerContractError("an order without its parts", failure=type(error).__name__) from error
        return order_of(node, parts)


def _list(data: Mapping[str, Any], name: str) -> list[Any]:
    return nodes_of({"nodes": data.get(name)})
