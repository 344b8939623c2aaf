"""Calls to one Tryton database: JSON-RPC as Tryton 8.0 speaks it.

A request has exactly the members `id`, `method` and `params`, or Tryton answers errors as web pages. The last
parameter of a model's method is always a context; the user's own preferences are in it, as a client of Tryton sends
them, or the user would belong to no company.
"""

import asyncio
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from connectors.erps.tryton.failures import failure_of
from connectors.erps.tryton.wire import decode, encode
from connectors.http import Answer, PartnerHttp, raise_for_answer
from domain.errors import (
    CredentialsRejectedError,
    PartnerContractError,
    PartnerUnavailableError,
    RequestRejectedError,
)
from domain.ports import Clock

LANGUAGE: Final = "en"
"""Of messages and of names that Tryton translates: the hub's texts are English."""

_HTML: Final = re.compile(rb"\s*(<!doctype html|<html)", re.IGNORECASE)
_UNAUTHORISED: Final = 401
_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True)
class TrytonTarget:
    """A database and a user of it; `url` ends with the database's name."""

    connection: str
    url: str
    login: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Session:
    user: int
    authorization: str = field(repr=False)
    context: Mapping[str, Any]


class TrytonClient:
    """One user's calls, in one session that is renewed when it has ended. Tasks of one event loop may share it.

    A refused password is not sent a second time: Tryton makes those who guess wait, and would look like a server that
    is away.
    """

    def __init__(self, target: TrytonTarget, http: PartnerHttp, clock: Clock) -> None:
        self._target = target
        self._http = http
        self._clock = clock
        self._ids = count(1)
        self._session: _Session | None = None
        self._refused: CredentialsRejectedError | None = None
        self._logging_in = asyncio.Lock()

    async def user(self) -> int:
        """Return the id of the hub's own user, after logging in when that was not done."""
        return (await self._entered()).user

    async def call(self, method: str, *params: Any, context: Mapping[str, Any] | None = None) -> Any:
        """Call a method, for example `model.stock.shipment.out.read`, and return its result.

        Args:
            method: Type, model and name.
            params: All parameters but the context.
            context: Added to the user's own; `{"_timestamp": {"model,id": stamp}}` guards a write.

        Raises:
            RecordChangedError: a guarded record has changed.
            WarningRaisedError: Tryton wants a confirmation.
            RequestRejectedError: Tryton refuses, or does not offer the method.
            CredentialsRejectedError: the password is wrong.
            RateLimitedError, PartnerUnavailableError: another time.
            PartnerContractError: the answer is not one of Tryton.
        """
        session = await self._entered()
        answer = await self._posted(method, params, session, context)
        if answer.status == _UNAUTHORISED:
            session = await self._entered(instead_of=session)
            answer = await self._posted(method, params, session, context)
        if answer.status == _FORBIDDEN:
            raise RequestRejectedError(
                f"Tryton does not offer {method}; is its module activated?", partner=self._partner, http_status=403
            )
        return self._result(answer)

    @property
    def _partner(self) -> str:
        return self._target.connection

    async def _entered(self, *, instead_of: _Session | None = None) -> _Session:
        """Return a session other than the given one; tasks that need one together log in once."""
        async with self._logging_in:
            if self._session is None or self._session is instead_of:
                if self._refused is not None:
                    raise CredentialsRejectedError(str(self._refused), partner=self._partner)
                self._session = None
                self._session = await self._log_in()
            return self._session

    async def _log_in(self) -> _Session:
        target = self._target
        params = [target.login, {"password": target.password}, LANGUAGE]
        try:
            entered = self._result(await self._post("common.db.login", params, {}))
        except CredentialsRejectedError as error:
            self._refused = error
            raise
        if not isinstance(entered, list) or [type(part) for part in entered[:2]] != [int, str]:
            raise PartnerContractError("a login that gives no user and session", partner=self._partner)
        user, token = entered[:2]
        header = "Session " + b64encode(f"{target.login}:{user}:{token}".encode()).decode()
        bare = _Session(user, header, {})
        answer = await self._posted("model.res.user.get_preferences", (True,), bare, None)
        context = self._result(answer)
        if not isinstance(context, dict):
            raise PartnerContractError("a user without preferences", partner=self._partner)
        return _Session(user, header, context)

    async def _posted(
        self, method: str, params: tuple[Any, ...], session: _Session, context: Mapping[str, Any] | None
    ) -> Answer:
        full = [*params, {**session.context, **(context or {})}]
        return await self._post(method, full, {"authorization": session.authorization})

    async def _post(self, method: str, params: list[Any], headers: Mapping[str, str]) -> Answer:
        body = encode({"id": next(self._ids), "method": method, "params": params})
        return await self._http.request(
            "POST",
            f"{self._target.url.rstrip('/')}/rpc/",
            headers={**headers, "content-type": "application/json", "accept": "application/json"},
            body=body,
            partner=self._partner,
        )

    def _result(self, answer: Answer) -> Any:
        partner = self._partner
        if answer.status == _UNAUTHORISED:
            raise CredentialsRejectedError(
                "Tryton does not accept the login and password", partner=partner, http_status=401
            )
        if answer.status == _NOT_FOUND:
            raise RequestRejectedError("no such database, or no Tryton there", partner=partner, http_status=404)
        raise_for_answer(answer, partner=partner, now=self._clock.now())
        if _HTML.match(answer.body):
            raise PartnerUnavailableError(f"{partner} answered with a web page", partner=partner)
        if answer.is_cut:
            raise PartnerContractError("the answer is longer than the hub reads", partner=partner)
        document = decode(answer.body)
        if not isinstance(document, dict) or not {"result", "error"} & document.keys():
            raise PartnerContractError("an answer with neither result nor error", partner=partner)
        if "error" in document:
            raise failure_of(document["error"], partner=partner)
        return document["result"]
