"""From `calls.toml`, an account and numbers to the bytes of one request."""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode
from uuid import uuid4

from connectors.carriers.account import CallingAccount, address
from connectors.carriers.signing import signature
from connectors.carriers.templates import fill
from domain.errors import RequestRejectedError
from mappings.call_requests import Request
from mappings.calls import Calls

_NUMBER: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request ready to go out. It holds secrets, so it shows none of its parts."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False, default=None)


def askable(number: str) -> str | None:
    """Return the number as carriers are asked for it, without blanks; None for one that cannot be a part of a request.

    Only letters, digits and `-._` inside: anything else could be read as a second number, a path or markup.
    """
    compact = "".join(number.split())
    return compact if _NUMBER.fullmatch(compact) else None


def values_of(calls: Calls, account: CallingAccount, now: datetime) -> dict[str, str]:
    """Return what every text may use: secrets, options, a fresh id and the time in milliseconds.

    Raises:
        RequestRejectedError: the account lacks a secret or an option; a person has to give it.
    """
    values = {"uuid": str(uuid4()), "timestamp": str(int(now.timestamp() * 1_000))}
    for name in calls.secrets:
        values[f"secret.{name}"] = _given(account.credentials.get(name), f"secret {name}", account)
    for name, option in calls.options.items():
        given = account.options.get(name) or option.default
        values[f"option.{name}"] = _given(given, f"option {name}", account)
    return values


def tracking_request(
    calls: Calls, account: CallingAccount, numbers: Sequence[str], *, token: str | None, now: datetime
) -> Prepared:
    """Return the request that asks about the numbers, which are all askable."""
    call = calls.call
    values = values_of(calls, account, now)
    values["number"] = numbers[0]
    values["numbers"] = call.separator.join(fill(call.item, {**values, "number": number}) for number in numbers)
    values.update({f"value.{name}": fill(text, values) for name, text in calls.values.items()})
    if token is not None:
        values["token"] = token
    if calls.sign is not None:
        values["signature"] = signature(calls.sign, values)
    return prepared(call, address(calls.host, calls.sandbox, account), values, numbers)


def prepared(request: Request, host: str, values: Mapping[str, str], numbers: Sequence[str] = ()) -> Prepared:
    """Return a request with its texts filled in and encoded."""
    query = [
        (name, fill(text, {**values, "number": number}))
        for name, text in request.query.items()
        for number in (numbers if "${number}" in text else ("",))
    ]
    encoded = {name: quote(value, safe=",") for name, value in values.items()}
    url = host + fill(request.path, encoded) + (f"?{urlencode(query, safe=',')}" if query else "")
    headers = {name: _header(fill(text, values)) for name, text in request.headers.items()}
    if request.basic is not None:
        pair = f"{fill(request.basic.user, values)}:{fill(request.basic.password, values)}"
        headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    body = None
    if request.form:
        body = urlencode({name: fill(text, values) for name, text in request.form.items()}).encode()
        headers["content-type"] = _FORM
    elif request.body is not None:
        body = fill(request.body, values).strip().encode()
        headers["content-type"] = request.content_type or ""
    return Prepared(request.method, url, headers, body)


def _header(text: str) -> str:
    if not text.isascii() or not text.isprintable():
        raise RequestRejectedError("a header would hold a control character or a letter beyond ASCII")
    return text


def _given(value: str | None, name: str, account: CallingAccount) -> str:
    if not value:
        raise RequestRejectedError(
            f"the account has no {name}", account=account.account_id, carrier=account.carrier, missing=name
        )
    return value
