"""Column types that mean the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine
from typing_extensions import override

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)


def to_utc(moment: datetime) -> datetime:
    """Return the same instant in UTC; raise `ValueError` for a time without zone.

    A partner may send the first or last day of the calendar with an offset that leaves it: the bound is kept then.
    """
    if moment.tzinfo is None:
        raise ValueError("a time without zone is no time")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return _EARLIEST if moment.year == 1 else _LATEST


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant with microseconds; fixed-width ISO text on SQLite, so that it sorts, else `timestamptz`."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime] | TypeEngine[str]:
        """Pick the storage type of the database."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(32))
        return dialect.type_descriptor(DateTime(timezone=True))

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> object:
        """Turn any aware time into UTC."""
        if value is None:
            return None
        moment = to_utc(value)
        return moment.isoformat(timespec="microseconds") if dialect.name == "sqlite" else moment

    @override
    def process_result_value(self, value: datetime | str | None, dialect: Dialect) -> datetime | None:
        """Return the instant in UTC whatever zone the session has."""
        if value is None:
            return None
        return to_utc(datetime.fromisoformat(value) if isinstance(value, str) else value)


class Name(TypeDecorator[str]):
    """An identifier of at most `length` characters. Callers ask for what they like: NUL and the like match nothing."""

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        """Keep the length, in characters."""
        super().__init__(length)

    @override
    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return text that the database can compare."""
        return None if value is None else storable(value, len(value))


class Words(TypeDecorator[str]):
    """Text as partners send it: cut to `limit` characters, without what a database cannot hold (NUL, lone halves)."""

    impl = Text
    cache_ok = True

    def __init__(self, limit: int = 2_000) -> None:
        """Keep the limit, in characters."""
        super().__init__()
        self.limit = limit

    @override
    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return storable text."""
        return None if value is None else storable(value, self.limit)


def storable(text: str, limit: int) -> str:
    """Return at most `limit` characters of the text, with unstorable characters replaced."""
    text = text[:limit]
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
