"""Reads a shop's orders: those that have changed, those that are to be sent, and which are no more.

Lists are walked by time and not by page: an order that changes leaves its place, and whatever stood behind it would be
skipped. Times have seconds, and "after" means later than that second.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from typing_extensions import override

from connectors.erps.woocommerce.client import MissingError, WooClient
from connectors.erps.woocommerce.notes import Notes
from connectors.erps.woocommerce.orders import PAGE, STATUSES, Orders, WooOrder
from domain.erp_reading import ErpPull, ErpReader
from domain.erp_records import DeliveryStatus, ErpRecord

OVERLAP: Final = timedelta(seconds=30)
"""How much earlier than the newest known change is looked at again, and for how long: stamped is not yet readable."""

CHECK_EVERY: Final = timedelta(minutes=5)
"""How often known orders are looked up by their ids, a page per reading: deletion leaves no trace in any list."""

_SECOND: Final = timedelta(seconds=1)
_NEVER: Final = "1970-01-01T00:00:00"


@dataclass(frozen=True, slots=True)
class Walk:
    """A place in a list that is in order of time: after a second, and on which page of what is after it."""

    after: str
    page: int = 1

    def beyond(self, rows: Sequence[WooOrder], stamp: Callable[[WooOrder], str]) -> "Walk | None":
        """Return where to go on, None at the end of the list.

        The last second is read once more, for it may go on behind the page; a page that is one second from end to end
        is followed by the next page.
        """
        if len(rows) < PAGE:
            return None
        after = _earlier(stamp(rows[-1]), _SECOND)
        return Walk(after) if after > self.after else Walk(self.after, self.page + 1)


@dataclass(frozen=True, slots=True)
class WooReader(ErpReader):
    """Reads one shop. `sendable` are statuses of plugins that mean that an order is to be sent.

    Its cursor: `read_to` is the newest change that was read, at `moved_at` by the hub's clock; `changes` is the place
    among changes while there are more pages, `sweep` the place in a sweep that is under way; `checked` is
    the last order of a check that is under way, `checked_at` when the last one ended.
    """

    client: WooClient
    sendable: frozenset[str] = frozenset()

    @override
    async def pull(self, cursor: Mapping[str, Any], known: Sequence[ErpRecord], /) -> ErpPull:
        """Return what has changed; a cursor without a position first sweeps over all that is to be sent."""
        following = {name: value for name, value in cursor.items() if name not in {"again", "since"}}
        if "read_to" not in following:
            # The position comes first: what changes during the sweep is read after it.
            now = self.client.clock.now().isoformat()
            sweep = [_gmt(cursor.get("since")), 1]
            following |= {"read_to": await self._newest(), "moved_at": now, "sweep": sweep}
        step = self._sweep if "sweep" in following else self._changes
        orders, is_behind = await step(following)
        asked_for = sorted(cursor.get("again", ()), key=int)
        checked = [] if is_behind else self._due(following, known)
        looked_up, gone = await self._look_up([*asked_for, *checked], known)
        versions = {mirror.record: mirror.version for mirror in known if mirror.record not in asked_for}
        found = {order.record: order for order in (*orders, *looked_up)}
        changed = [order for order in found.values() if versions.get(order.record) != order.version]
        return ErpPull(tuple(one.delivery(self.sendable) for one in changed), gone, following, is_behind=is_behind)

    @override
    async def answer(self, mirror: ErpRecord, tag: str, text: str, /) -> None:
        """Note the answer on the order, once; nobody would read it on one that was deleted."""
        try:
            await Notes(self.client).add(mirror.record, {tag: text})
        except MissingError:
            return

    async def _newest(self) -> str:
        rows = await Orders(self.client).listed(orderby="modified", order="desc", per_page="1")
        return rows[0].modified if rows else _NEVER

    async def _sweep(self, following: dict[str, Any]) -> tuple[list[WooOrder], bool]:
        """Read the next orders that are to be sent, the oldest first; leave in the cursor where to go on."""
        place = Walk(*following.pop("sweep"))
        statuses = sorted({name for name, means in STATUSES.items() if means is DeliveryStatus.OPEN} | self.sendable)
        rows = await self._page("after", place, orderby="date", status=",".join(statuses))
        beyond = place.beyond(rows, lambda order: order.created)
        if beyond is not None:
            following["sweep"] = [beyond.after, beyond.page]
        else:
            # What was known before may have changed in a way that took it out of the sweep.
            following["checked"] = "0"
        return rows, beyond is not None

    async def _changes(self, following: dict[str, Any]) -> tuple[list[WooOrder], bool]:
        """Read the next changes; leave in the cursor where to go on."""
        place = Walk(*following.pop("changes")) if "changes" in following else self._start(following)
        rows = await self._page("modified_after", place, orderby="modified")
        newest = max((order.modified for order in rows), default=_NEVER)
        if newest > following["read_to"]:
            following |= {"read_to": newest, "moved_at": self.client.clock.now().isoformat()}
        beyond = place.beyond(rows, lambda order: order.modified)
        if beyond is not None:
            following["changes"] = [beyond.after, beyond.page]
        return rows, beyond is not None

    def _start(self, following: Mapping[str, Any]) -> Walk:
        """Return where to look for changes: a little back, as long as something older could still come to light."""
        moved_at = datetime.fromisoformat(following["moved_at"])
        is_settled = self.client.clock.now() - moved_at > OVERLAP
        return Walk(following["read_to"] if is_settled else _earlier(following["read_to"], OVERLAP))

    async def _page(self, since: str, place: Walk, **query: str) -> list[WooOrder]:
        bounds = {since: place.after, "dates_are_gmt": "true", "page": str(place.page), "order": "asc"}
        return await Orders(self.client).listed(**bounds, **query)

    def _due(self, following: dict[str, Any], known: Sequence[ErpRecord]) -> list[str]:
        """Return the known orders whose turn it is to be looked up, a page at most."""
        now = self.client.clock.now()
        at = following.get("checked_at")
        if "checked" not in following and at is not None and now - datetime.fromisoformat(at) < CHECK_EVERY:
            return []
        last = int(following.pop("checked", "0"))
        waiting = sorted((mirror.record for mirror in known if int(mirror.record) > last), key=int)
        due = waiting[:PAGE]
        if len(waiting) > PAGE:
            following["checked"] = due[-1]
        else:
            following["checked_at"] = now.isoformat()
        return due

    async def _look_up(
        self, records: Sequence[str], known: Sequence[ErpRecord]
    ) -> tuple[list[WooOrder], tuple[str, ...]]:
        """Return orders by their ids, and which of the known ones are gone."""
        wanted = list(dict.fromkeys(records))
        found: dict[str, WooOrder] = {}
        for part in _parts(wanted):
            rows = await Orders(self.client).listed(include=",".join(part), orderby="include")
            found |= {order.record: order for order in rows}
        gone = []
        for record in sorted({mirror.record for mirror in known} & set(wanted) - found.keys(), key=int):
            # Lists leave out statuses that a plugin keeps from searches: only the order itself says that it is gone.
            order = await Orders(self.client).read(record)
            if order is None:
                gone.append(record)
            else:
                found[record] = order
        return list(found.values()), tuple(gone)


def _parts(records: Sequence[str]) -> Iterable[Sequence[str]]:
    return (records[start : start + PAGE] for start in range(0, len(records), PAGE))


def _earlier(stamp: str, by: timedelta) -> str:
    return (datetime.fromisoformat(stamp) - by).isoformat()


def _gmt(since: str | None) -> str:
    """Return the second before a time, as the shop writes times: what was made in that second is wanted."""
    if since is None:
        return _NEVER
    at = datetime.fromisoformat(since).astimezone(UTC).replace(tzinfo=None, microsecond=0)
    return _earlier(at.isoformat(), _SECOND)
