"""Tokens that stand for credentials: fetched once for all callers, renewed early, dropped when they are refused."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from connectors.carriers.account import CallingAccount, address
from connectors.carriers.answers import read, refuse, verdict
from connectors.carriers.requests import prepared, values_of
from connectors.http import Answer, PartnerHttp
from domain.errors import CredentialsRejectedError, PartnerContractError
from domain.ports import Clock
from mappings.access import getter
from mappings.call_requests import Token
from mappings.calls import Calls

_EARLY: Final = timedelta(minutes=1)
_MAX_TOKEN: Final = 8_000
_OAUTH_REFUSALS: Final = frozenset({"invalid_client", "unauthorized_client", "invalid_grant", "access_denied"})


@dataclass(frozen=True, slots=True)
class _Kept:
    generation: int
    base_url: str | None
    renew_at: datetime
    text: str = field(repr=False)


class TokenSource:
    """The token of one account. Many tasks may ask at once: one of them fetches, the others wait for it."""

    def __init__(self, calls: Calls, http: PartnerHttp, clock: Clock) -> None:
        self._calls = calls
        self._http = http
        self._clock = clock
        self._kept: _Kept | None = None
        self._lock = asyncio.Lock()

    async def token(self, account: CallingAccount) -> str | None:
        """Return a token of the account's present credentials; None for a carrier without tokens.

        Raises:
            CredentialsRejectedError: the carrier gives no token for these credentials.
            PartnerError: there is no token for another reason.
        """
        if self._calls.token is None:
            return None
        async with self._lock:
            kept = self._kept
            if kept is None or not _is_good(kept, account, self._clock.now()):
                kept = self._kept = await self._fetch(self._calls.token, account)
            return kept.text

    def refused(self, token: str | None) -> bool:
        """Drop a token that the carrier refused, unless it was renewed since; tell whether another try makes sense."""
        if token is None:
            return False
        if self._kept is not None and self._kept.text == token:
            self._kept = None
        return True

    async def _fetch(self, token: Token, account: CallingAccount) -> _Kept:
        now = self._clock.now()
        values = values_of(self._calls, account, now)
        host = address(token.host or self._calls.host, token.sandbox or self._calls.sandbox, account)
        request = prepared(token, host, values)
        answer = await self._http.request(
            request.method, request.url, headers=request.headers, body=request.body, partner=account.account_id
        )
        tree = self._granted(token, answer, account, now)
        text = getter(token.token)(tree, ())
        if text is None or len(text) > _MAX_TOKEN:
            raise PartnerContractError(f"{account.account_id} got an answer without a token", carrier=account.carrier)
        lifetime = timedelta(seconds=_seconds(token, tree))
        return _Kept(account.generation, account.base_url, now + lifetime - min(_EARLY, lifetime / 10), text)

    def _granted(self, token: Token, answer: Answer, account: CallingAccount, now: datetime) -> Any:
        tree = read(answer.body, token.format)
        told = None if tree is None else verdict(token.verdicts, tree)
        if told is CredentialsRejectedError or (told is None and _is_oauth_refusal(answer, tree)):
            raise CredentialsRejectedError(
                f"{account.account_id} gets no token for its credentials",
                carrier=account.carrier,
                http_status=answer.status,
            )
        if told is not None or not answer.is_success:
            refuse(answer, account, now=now, kind=told)
        if tree is None:
            raise PartnerContractError(
                f"{account.account_id} got a token answer that cannot be read", carrier=account.carrier
            )
        return tree


def _is_good(kept: _Kept, account: CallingAccount, now: datetime) -> bool:
    return (kept.generation, kept.base_url) == (account.generation, account.base_url) and now < kept.renew_at


def _seconds(token: Token, tree: Any) -> int:
    text = getter(token.lifetime)(tree, ()) if token.lifetime is not None else None
    return int(text[:9]) if text is not None and text.isascii() and text.isdigit() else token.seconds


def _is_oauth_refusal(answer: Answer, tree: Any) -> bool:
    # RFC 6749, 5.2: a refused client is 400 or 401 with one of these words.
    error = tree.get("error") if isinstance(tree, dict) else None
    return isinstance(error, str) and error in _OAUTH_REFUSALS and not answer.is_success
