"""Conditional requests: what carriers said last time, so that they may answer "unchanged".

A validator counts from the moment the hub has stored the answer it came with, and not before: otherwise an answer that
was lost on the way to the ledger would never be sent again.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeVar

T = TypeVar("T")

LIMIT: Final = 10_000
"""Validators kept per account; the ones not used for longest go first."""

Key = tuple[object, ...]

_MAX_HEADER: Final = 500


@dataclass(frozen=True, slots=True)
class Validator:
    """The carrier's marks of one answer."""

    etag: str | None
    last_modified: str | None

    def headers(self) -> dict[str, str]:
        """Return the headers that ask whether the answer is still the same."""
        asked = {"if-none-match": self.etag, "if-modified-since": self.last_modified}
        return {name: value for name, value in asked.items() if value is not None}


class Validators:
    """The validators of one account, bounded."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._stored: OrderedDict[Key, Validator] = OrderedDict()
        self._pending: OrderedDict[Key, tuple[bytes, Validator]] = OrderedDict()

    def headers(self, key: Key) -> dict[str, str]:
        """Return the conditional headers of a request; empty when nothing is known."""
        known = self._stored.get(key)
        if known is None:
            return {}
        self._stored.move_to_end(key)
        return known.headers()

    def seen(self, key: Key, body: bytes, headers: Mapping[str, str]) -> None:
        """Remember the marks of an answer that is on its way to the ledger."""
        etag, modified = (_usable(headers.get(name)) for name in ("etag", "last-modified"))
        self._pending.pop(key, None)
        if etag is None and modified is None:
            return
        _put(self._pending, key, (sha256(body).digest(), Validator(etag, modified)), self._limit)

    def stored(self, key: Key, body: bytes) -> None:
        """Let the marks of that answer count; it is in the ledger."""
        digest, found = self._pending.get(key, (b"", None))
        if found is not None and digest == sha256(body).digest():
            _put(self._stored, key, found, self._limit)


def _put(kept: OrderedDict[Key, T], key: Key, value: T, limit: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > limit:
        kept.popitem(last=False)


def _usable(value: str | None) -> str | None:
    if value is None or len(value) > _MAX_HEADER or not value.isascii() or not value.isprintable():
        return None
    return value
