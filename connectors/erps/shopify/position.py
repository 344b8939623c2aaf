"""How far a store's orders were read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from connectors.erps.shopify.records import Stamp

OVERLAP: Final = timedelta(minutes=5)
"""How much earlier than the newest change that was read orders are searched."""

_NEVER: Final = "1970-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Position:
    """The place in a store's changes; times are Shopify's own, which sort as text.

    `begun` is the time from which orders that were sent already are news. `newest` is the latest modification time that
    was read, `read` those of the orders in the overlap. `search` is under way while `page` is set, or `is_sweep`.
    `checked` is the last known order that was looked up.
    """

    begun: str
    newest: str
    search: str
    read: Mapping[str, str] = field(default_factory=dict)
    page: str | None = None
    is_sweep: bool = False
    checked: str = ""

    @classmethod
    def begun_at(cls, newest: str | None, *, since: str | None) -> "Position":
        """Return the beginning of a sweep over open orders; `since` limits it to those made from then on."""
        at = newest or _NEVER
        if since is None:
            return cls(begun=at, newest=at, search="status:open", is_sweep=True)
        from_ = _text(datetime.fromisoformat(since))
        return cls(begun=from_, newest=at, search=f"created_at:>='{from_}'", is_sweep=True)

    @classmethod
    def of(cls, cursor: Mapping[str, Any]) -> "Position | None":
        """Return the position that a cursor holds, None for one that has none."""
        if "newest" not in cursor:
            return None
        names = ("begun", "newest", "search", "read", "page", "is_sweep", "checked")
        return cls(**{name: cursor[name] for name in names})

    @property
    def is_through(self) -> bool:
        """Whether no search is under way."""
        return self.page is None and not self.is_sweep

    def cursor(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "begun": self.begun,
            "newest": self.newest,
            "search": self.search,
            "read": dict(self.read),
            "page": self.page,
            "is_sweep": self.is_sweep,
            "checked": self.checked,
        }

    def is_news(self, one: Stamp, versions: Mapping[str, str]) -> bool:
        """Return whether an order has to be read: neither the hub's mirror nor the overlap has it as it is now."""
        return one.updated_at not in {versions.get(one.id), self.read.get(one.id)}

    def turn(self, known: Sequence[str], most: int) -> list[str]:
        """Return the known orders that are looked up next, after the last from the beginning; `known` is sorted."""
        return [one for one in known if one > self.checked][:most] or list(known[:most])

    def after(self, stamps: Sequence[Stamp], page: str | None, turn: Sequence[str]) -> "Position":
        """Return the position once a page was read whose search goes on at `page`, and `turn` was looked up."""
        newest = self.newest if self.is_sweep else max([self.newest, *(one.updated_at for one in stamps)])
        since = _text(datetime.fromisoformat(newest) - OVERLAP)
        seen = {**self.read, **{one.id: one.updated_at for one in stamps}}
        moved = replace(
            self,
            newest=newest,
            read={record: at for record, at in seen.items() if at >= since},
            page=page,
            checked=turn[-1] if turn else self.checked,
        )
        return moved if page is not None else replace(moved, search=f"updated_at:>='{since}'", is_sweep=False)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
