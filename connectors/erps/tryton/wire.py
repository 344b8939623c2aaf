"""Tryton's JSON: plain JSON in which dates, decimals and bytes are objects that name their class.

Times on the wire have no zone and are UTC; in the hub they always have one.
"""

import binascii
import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from domain.errors import PartnerContractError


def encode(document: Any) -> bytes:
    """Return the document as Tryton reads it; raise `TypeError` for what Tryton has no form for."""
    return json.dumps(document, default=_typed, separators=(",", ":")).encode()


def decode(body: bytes) -> Any:
    """Return what Tryton wrote, its typed objects as Python's own.

    Raises:
        PartnerContractError: not JSON, too deep, or a typed object without its parts.
    """
    try:
        return json.loads(body, object_hook=_untyped)
    except (ValueError, KeyError, TypeError, InvalidOperation, OverflowError, RecursionError) as error:
        raise PartnerContractError("the answer is not Tryton's JSON", failure=type(error).__name__) from error


def _typed(value: object) -> dict[str, Any]:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("a time without a zone")
        at = value.astimezone(UTC)
        return {"__class__": "datetime", **_date_parts(at), **_time_parts(at.time())}
    if isinstance(value, date):
        return {"__class__": "date", **_date_parts(value)}
    if isinstance(value, timedelta):
        return {"__class__": "timedelta", "seconds": value.total_seconds()}
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    if isinstance(value, bytes):
        return {"__class__": "bytes", "base64": b64encode(value).decode()}
    raise TypeError(f"Tryton has no form for {type(value).__name__}")


def _date_parts(value: date) -> dict[str, int]:
    return {"year": value.year, "month": value.month, "day": value.day}


def _time_parts(value: time) -> dict[str, int]:
    return {"hour": value.hour, "minute": value.minute, "second": value.second, "microsecond": value.microsecond}


def _untyped(parts: dict[str, Any]) -> Any:
    read = _READERS.get(parts.get("__class__", ""))
    return parts if read is None else read(parts)


def _datetime(parts: dict[str, Any]) -> datetime:
    day = _date(parts)
    return datetime.combine(day, _time(parts), UTC)


def _date(parts: dict[str, Any]) -> date:
    return date(parts["year"], parts["month"], parts["day"])


def _time(parts: dict[str, Any]) -> time:
    return time(parts["hour"], parts["minute"], parts["second"], parts["microsecond"])


def _bytes(parts: dict[str, Any]) -> bytes:
    # Tryton wraps its base64 into lines.
    text = "".join(parts["base64"].split())
    try:
        return b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


_READERS: Final[dict[str, Callable[[dict[str, Any]], Any]]] = {
    "datetime": _datetime,
    "date": _date,
    "time": _time,
    "timedelta": lambda parts: timedelta(seconds=parts["seconds"]),
    "Decimal": lambda parts: Decimal(parts["decimal"]),
    "bytes": _bytes,
}
