"""The events of one fulfilment: what its timeline has of the hub, and what is added to it.

A message begins with a tag, `[hub:<event id>/<revision>]`: the API has no keys that make a write happen once, so the
timeline is read before it is written to. Events are added in the order of revisions, so a change that is older than
the newest tag was told before, or left out on purpose.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from connectors.erps.shopify.client import ShopifyClient
from domain.erp_status import TAGGED, StatusMap, Told, tag_of
from domain.errors import PartnerContractError
from domain.publication import ChangeKind, StatusChange

PAGE: Final = 100

_TAG: Final = re.compile(re.escape(TAGGED) + r"[^\]]*/([0-9]{1,9})\]")

_THERE: Final = """query Events($id: ID!, $first: Int!, $after: String) {
  fulfillment(id: $id) {
    events(first: $first, after: $after) { nodes { status message } pageInfo { hasNextPage endCursor } }
  }
}"""
_ADD: Final = """mutation Event($given: FulfillmentEventInput!) {
  fulfillmentEventCreate(fulfillmentEvent: $given) { fulfillmentEvent { id } userErrors { field message } }
}"""


@dataclass(frozen=True, slots=True)
class Timeline:
    """How far the hub has told a fulfilment: the newest revision, 0 for none, and the status it was told with."""

    revision: int = 0
    status: str | None = None

    def news(self, changes: Sequence[StatusChange], words: StatusMap) -> list[tuple[StatusChange, Told]]:
        """Return the changes that become events, in order, in Shopify's words.

        A word that the newest event has already is news only where the map says so, or after a correction. A correction
        is an event itself only when no status follows that replaces what it takes back: else a parcel that was called
        delivered by mistake would stay so for the customer.
        """
        found: list[tuple[StatusChange, Told]] = []
        status = self.status
        replaced = max((one.revision for one in changes if one.kind is ChangeKind.STATUS), default=0)
        for change in changes:
            if change.revision <= self.revision:
                continue
            if change.kind is ChangeKind.CORRECTION and change.revision < replaced:
                status = None
                continue
            told = words.told(change)
            if told.event is not None and (told.repeats or told.event != status):
                found.append((change, told))
                status = told.event
        return found


@dataclass(frozen=True, slots=True)
class Events:
    """Tells fulfilments of one shipment what happened to it."""

    client: ShopifyClient
    words: StatusMap
    shipment_id: str

    async def tell(self, fulfilment: str, changes: Sequence[StatusChange], *, expected_at: datetime | None) -> int:
        """Add an event for each change that is news to the fulfilment, in order; return how many were added.

        Args:
            fulfilment: Its id.
            changes: In journey order.
            expected_at: The estimated delivery as it is now; the newest event carries it.
        """
        if not changes:
            return 0
        news = (await self._timeline(fulfilment)).news(changes, self.words)
        for change, told in news:
            await self._add(fulfilment, change, told, expected_at if change is news[-1][0] else None)
        return len(news)

    async def _timeline(self, fulfilment: str) -> Timeline:
        newest = Timeline()
        after: str | None = None
        while True:
            data = await self.client.query(_THERE, id=fulfilment, first=PAGE, after=after)
            try:
                page = data["fulfillment"]["events"]
                for node in page["nodes"]:
                    tag = _TAG.match(node["message"] or "")
                    if tag is not None and int(tag[1]) > newest.revision:
                        newest = Timeline(int(tag[1]), node["status"])
                is_last, after = not page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
            except (KeyError, TypeError) as error:
                raise PartnerContractError("a fulfilment without its events", partner=self.client.partner) from error
            if is_last:
                return newest

    async def _add(self, fulfilment: str, change: StatusChange, told: Told, expected_at: datetime | None) -> None:
        given: dict[str, Any] = {
            "fulfillmentId": fulfilment,
            "status": told.event,
            "message": f"{tag_of(change, self.shipment_id)} {told.note or change.state}",
            "happenedAt": _stamp(change.occurred_at or change.recorded_at),
        }
        if expected_at is not None:
            given["estimatedDeliveryAt"] = _stamp(expected_at)
        await self.client.mutate("fulfillmentEventCreate", _ADD, given=given)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
