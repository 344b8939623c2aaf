"""Calls to one Shopify store: the GraphQL Admin API in a stated version, within its cost limit.

A store gives every app a bucket of points. An answer says what is in it and how fast it fills; a request that asks for
more than there is gets `THROTTLED` in an answer of 200. Short waits happen here, long ones are the caller's.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from connectors.erps.shopify.failures import (
    THROTTLED,
    closed,
    codes_of,
    failure_of,
    raise_for_user_errors,
)
from connectors.http import Answer, PartnerHttp, raise_for_answer
from domain.errors import PartnerContractError, RateLimitedError, RequestRejectedError
from domain.ports import Clock

VERSION: Final = "2026-10"
"""The version that the hub's requests were written for."""

SHORT_WAIT: Final = 5.0
"""Seconds that a call may wait for points by itself: less than an attempt has before it is given up."""

ROUNDS: Final = 3
"""How often one call is tried when the bucket is emptied by others meanwhile."""

_UNSAID: Final = timedelta(seconds=2)
"""The pause when a refusal does not say what the bucket holds."""

_NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True)
class ShopifyTarget:
    """A store and an app's token for it; `url` is the store's own, such as `https://example.myshopify.com`."""

    connection: str
    url: str
    token: str = field(repr=False)
    version: str = VERSION


class ShopifyClient:
    """One app's calls to one store. Tasks of one event loop may share it.

    `served` is the version that the newest answer came from: Shopify serves a retired version by the oldest that it
    still supports, and only says so in a header.
    """

    def __init__(
        self,
        target: ShopifyTarget,
        http: PartnerHttp,
        clock: Clock,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._target = target
        self._http = http
        self._clock = clock
        self._pause = pause
        self.served: str | None = None

    @property
    def asked(self) -> str:
        """The version that requests ask for."""
        return self._target.version

    @property
    def partner(self) -> str:
        """The connection's name, for failures."""
        return self._target.connection

    async def query(self, text: str, **variables: Any) -> dict[str, Any]:
        """Run a query and return its `data`.

        Raises:
            CredentialsRejectedError: the token is wrong, or the app lacks an access scope.
            RequestRejectedError: Shopify does not understand the query, or has no such store or version.
            RateLimitedError: the bucket of points fills too slowly for this call to wait.
            PartnerUnavailableError: another time; a frozen or locked store much later.
            PartnerContractError: the answer is not one of Shopify.
        """
        body = json.dumps({"query": text, "variables": variables}).encode()
        for left in reversed(range(ROUNDS)):
            document = self._document(await self._post(body))
            errors = document.get("errors")
            if not errors:
                return self._data(document)
            if THROTTLED not in codes_of(errors):
                raise failure_of(errors, partner=self.partner)
            wait = wait_of(document.get("extensions"))
            if not left or wait.total_seconds() > SHORT_WAIT:
                raise RateLimitedError("the store's points are used up", retry_after=wait, partner=self.partner)
            await self._pause(wait.total_seconds())
        raise AssertionError("the last round returns or raises")

    async def mutate(self, name: str, text: str, **variables: Any) -> dict[str, Any]:
        """Run a mutation of one field and return that field's payload.

        Raises:
            UserErrorsError: Shopify refuses what was asked.
            HubError: what `query` raises.
        """
        payload = (await self.query(text, **variables)).get(name)
        raise_for_user_errors(payload, partner=self.partner)
        return dict(payload or {})

    async def _post(self, body: bytes) -> Answer:
        return await self._http.request(
            "POST",
            f"{self._target.url.rstrip('/')}/admin/api/{self._target.version}/graphql.json",
            headers={
                "x-shopify-access-token": self._target.token,
                "content-type": "application/json",
                "accept": "application/json",
            },
            body=body,
            partner=self.partner,
        )

    def _document(self, answer: Answer) -> dict[str, Any]:
        failure = closed(answer.status, partner=self.partner)
        if failure is not None:
            raise failure
        if answer.status == _NOT_FOUND:
            raise RequestRejectedError(
                f"no such store, or no version {self.asked} of its API", partner=self.partner, http_status=404
            )
        raise_for_answer(answer, partner=self.partner, now=self._clock.now())
        if answer.is_cut:
            raise PartnerContractError("the answer is longer than the hub reads", partner=self.partner)
        self.served = answer.headers.get("x-shopify-api-version") or self.served
        try:
            document = json.loads(answer.body)
        except ValueError as error:
            raise PartnerContractError("the answer is not JSON", partner=self.partner) from error
        if not isinstance(document, dict):
            raise PartnerContractError("the answer is not an object", partner=self.partner)
        return document

    def _data(self, document: Mapping[str, Any]) -> dict[str, Any]:
        data = document.get("data")
        if not isinstance(data, dict):
            raise PartnerContractError("an answer with neither data nor errors", partner=self.partner)
        return data


def wait_of(extensions: Any) -> timedelta:
    """Return how long the bucket takes until it holds what was asked for, by what the refusal says of both."""
    try:
        cost = extensions["cost"]
        bucket = cost["throttleStatus"]
        lacking = float(cost["requestedQueryCost"]) - float(bucket["currentlyAvailable"])
        return timedelta(seconds=max(lacking / float(bucket["restoreRate"]), 0.1))
    except (KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError):
        return _UNSAID
