"""Calls to one WooCommerce shop: its REST API v3, with a consumer key over TLS.

| WooCommerce | the hub |
|---|---|
| 401, and 403 with a code | `CredentialsRejectedError`: the key is wrong, revoked, or may only read |
| 403 without a code | `PartnerUnavailableError`: a firewall before the shop, which says nothing about the key |
| 404, and 400 to a change, with an order's or note's code | `MissingError`: the order or note is not there |
| 404 otherwise | `RequestRejectedError`: no WooCommerce there, or its permalinks are plain |
| 400 and other 4xx | `RequestRejectedError` with WordPress's code |
| 429, 5xx, web pages | as for any partner |

Sources: the reference of the REST API v3 (authentication, errors, pagination) and WordPress's global parameters.
"""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from connectors.http import Answer, PartnerHttp, raise_for_answer
from domain.errors import (
    CredentialsRejectedError,
    PartnerContractError,
    PartnerUnavailableError,
    RequestRejectedError,
)
from domain.ports import Clock

API: Final = "/wp-json/wc/v3"

_HTML: Final = re.compile(rb"\s*(<!doctype html|<html)", re.IGNORECASE)
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_UNAUTHORISED: Final = 401
_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404
_MISSING: Final = frozenset(
    {"woocommerce_rest_shop_order_invalid_id", "woocommerce_rest_order_invalid_id", "woocommerce_rest_invalid_id"}
)
_MAX_TEXT: Final = 300


class MissingError(RequestRejectedError):
    """The shop has no order or note of that id."""

    code = "missing"


@dataclass(frozen=True, slots=True)
class WooTarget:
    """A shop and a key for it; `url` is the shop's own, without `/wp-json`."""

    connection: str
    url: str
    key: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WooClient:
    """One key's calls to one shop. It has no state: every request carries the key."""

    target: WooTarget
    http: PartnerHttp
    clock: Clock

    @property
    def partner(self) -> str:
        """The connection's name, for failures."""
        return self.target.connection

    async def get(self, path: str, **query: str) -> Any:
        """Return what a path of the API has, for example `/orders`."""
        return await self._call("GET", path, query, None)

    async def put(self, path: str, body: Mapping[str, Any], **query: str) -> Any:
        """Change what is at a path; only the given members change."""
        return await self._call("PUT", path, query, body)

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Add to a list. A repetition adds once more: WooCommerce has no keys for that."""
        return await self._call("POST", path, {}, body)

    async def delete(self, path: str, **query: str) -> Any:
        """Delete what is at a path."""
        return await self._call("DELETE", path, query, None)

    async def _call(self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, Any] | None) -> Any:
        """Send a request and return its document; raise what the module's table says."""
        self._guard()
        pair = f"{self.target.key}:{self.target.secret}".encode()
        headers = {"authorization": f"Basic {b64encode(pair).decode()}", "accept": "application/json"}
        if body is not None:
            headers["content-type"] = "application/json"
        answer = await self.http.request(
            method,
            f"{self.target.url.rstrip('/')}{API}{path}{'?' if query else ''}{urlencode(query)}",
            headers=headers,
            body=None if body is None else json.dumps(body).encode(),
            partner=self.partner,
        )
        return self._document(answer)

    def _guard(self) -> None:
        """Keep the key off a line that others can read; over plain HTTP the shop would not take it anyhow."""
        parts = urlsplit(self.target.url)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise RequestRejectedError("a consumer key is sent by https only", partner=self.partner)

    def _document(self, answer: Answer) -> Any:
        if not answer.is_success:
            self._refuse(answer)
            raise_for_answer(answer, partner=self.partner, now=self.clock.now())
        if _HTML.match(answer.body):
            raise PartnerUnavailableError(f"{self.partner} answered with a web page", partner=self.partner)
        if answer.is_cut:
            raise PartnerContractError("the answer is longer than the hub reads", partner=self.partner)
        try:
            return json.loads(answer.body)
        except ValueError as error:
            raise PartnerContractError("the answer is not JSON", partner=self.partner) from error

    def _refuse(self, answer: Answer) -> None:
        """Raise what WordPress's own error means; return for answers that have none."""
        code, text = _error(answer)
        partner, status = self.partner, answer.status
        if status == _UNAUTHORISED or (status == _FORBIDDEN and code is not None):
            raise CredentialsRejectedError(
                f"WooCommerce does not let the key in: {text}", partner=partner, http_status=status, refusal=code
            )
        if status == _FORBIDDEN:
            raise PartnerUnavailableError(
                "something before the shop keeps the hub out", partner=partner, http_status=403
            )
        if code in _MISSING:
            raise MissingError(f"WooCommerce has no such record: {text}", partner=partner, refusal=code)
        if status == _NOT_FOUND:
            raise RequestRejectedError(
                "no WooCommerce REST API there; is the URL the shop's, and are its permalinks not plain?",
                partner=partner,
                http_status=404,
            )


def _error(answer: Answer) -> tuple[str | None, str]:
    try:
        document = json.loads(answer.body)
        return str(document["code"])[:_MAX_TEXT], str(document.get("message", ""))[:_MAX_TEXT]
    except (ValueError, KeyError, TypeError):
        return None, f"status {answer.status}"
