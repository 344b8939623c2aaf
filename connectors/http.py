"""One HTTP client for every partner: bounded in time and size, no redirects, failures in the hub's own terms."""

import asyncio
import copy
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final, Protocol, Self

import httpx

from connectors.egress import EgressPolicy, GuardedTransport
from connectors.evidence import excerpt
from domain.errors import (
    CredentialsRejectedError,
    EndpointGoneError,
    PartnerContractError,
    PartnerError,
    PartnerUnavailableError,
    RateLimitedError,
    RequestRejectedError,
)

MAX_RETRY_AFTER: Final = timedelta(minutes=15)
"""A carrier cannot make the hub wait longer than this; the hub asks again and is told again."""

_BY_STATUS: Final[dict[int, type[PartnerError]]] = {
    401: CredentialsRejectedError,
    403: CredentialsRejectedError,
    408: PartnerUnavailableError,
    410: EndpointGoneError,
    425: PartnerUnavailableError,
    429: RateLimitedError,
}
_OK: Final = range(200, 300)
_BUSY: Final = 503
_SERVER: Final = range(500, 600)


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Seconds and bytes that one call may cost."""

    connect: float = 5.0
    read: float = 15.0
    total: float = 25.0
    max_answer: int = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What a partner answered; `body` holds at most `HttpLimits.max_answer` bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool = False

    @property
    def is_success(self) -> bool:
        """True for 2xx."""
        return self.status in _OK


class Gate(Protocol):
    """What every request of one connection has to pass."""

    async def send(self, attempt: Callable[[], Awaitable[Answer]]) -> Answer:
        """Make the attempt when its time has come; raise `HubError` in place of it."""
        ...


class PartnerHttp:
    """A pooled client; one per process is enough. Close it with `aclose` or as a context manager."""

    def __init__(
        self, policy: EgressPolicy | None = None, *, limits: HttpLimits | None = None, user_agent: str = "milepost"
    ) -> None:
        self._limits = limits or HttpLimits()
        self._gate: Gate | None = None
        self._client = httpx.AsyncClient(
            transport=GuardedTransport(policy or EgressPolicy()),
            timeout=httpx.Timeout(self._limits.read, connect=self._limits.connect),
            follow_redirects=False,
            trust_env=False,
            # One client serves all accounts: a cookie that one of them got must not go out with another's request.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"user-agent": user_agent, "accept-encoding": "identity"},
        )

    def through(self, gate: Gate) -> Self:
        """Return the same client with a gate before each request; it is closed with the one it came from."""
        gated = copy.copy(self)
        gated._gate = gate  # noqa: SLF001 - a copy of this very object
        return gated

    async def post(self, url: str, body: bytes, *, headers: Mapping[str, str], partner: str) -> Answer:
        """Send bytes and return the answer, whatever its status.

        Raises `PartnerUnavailableError` when there is none within `HttpLimits.total` seconds and
        `EgressRefusedError` when the address is not allowed. `partner` names the partner in failures.
        """
        return await self._send(self._built("POST", url, headers, body, partner=partner), partner)

    async def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None, partner: str
    ) -> Answer:
        """Send a request and return the answer, whatever its status; a gzipped body is unpacked up to `max_answer`.

        Raises what `post` does, and `PartnerContractError` for a body that is not what its encoding says.
        """
        asked = {**headers, "accept-encoding": "gzip"}
        return await self._send(self._built(method, url, asked, body, partner=partner), partner, unpack=True)

    def _built(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, *, partner: str
    ) -> httpx.Request:
        try:
            return self._client.build_request(method, url, content=body, headers=dict(headers))
        except httpx.InvalidURL as error:
            raise RequestRejectedError(f"the URL of {partner} is malformed", partner=partner) from error

    async def _send(self, request: httpx.Request, partner: str, *, unpack: bool = False) -> Answer:
        if self._gate is None:
            return await self._attempt(request, partner, unpack=unpack)
        return await self._gate.send(lambda: self._attempt(request, partner, unpack=unpack))

    async def _attempt(self, request: httpx.Request, partner: str, *, unpack: bool) -> Answer:
        try:
            async with asyncio.timeout(self._limits.total):
                return await self._exchange(request, unpack=unpack)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise PartnerUnavailableError(f"{partner} did not answer in time", partner=partner) from error
        except httpx.TransportError as error:
            raise PartnerUnavailableError(
                f"{partner} could not be reached", partner=partner, failure=type(error).__name__
            ) from error

    async def _exchange(self, request: httpx.Request, *, unpack: bool) -> Answer:
        limit = self._limits.max_answer
        response = await self._client.send(request, stream=True)
        try:
            coding = response.headers.get("content-encoding", "identity").strip().lower()
            unpacked = _Unpacked(coding) if unpack and coding != "identity" else None
            kept = bytearray()
            async for part in response.aiter_raw():
                kept += part if unpacked is None else unpacked.feed(part, limit + 1 - len(kept))
                if len(kept) > limit:
                    # The rest is never read: closing the response closes the connection.
                    return Answer(response.status_code, response.headers, bytes(kept[:limit]), True)
            if unpacked is not None:
                unpacked.end()
            return Answer(response.status_code, response.headers, bytes(kept))
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        """Close the pooled connections."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class _Unpacked:
    """Unpacks a gzipped body bit by bit: never more than asked for, whatever a few bytes would grow to."""

    def __init__(self, coding: str) -> None:
        if coding not in {"gzip", "x-gzip"}:
            raise PartnerContractError("the answer has an encoding that was not asked for", encoding=coding[:40])
        self._gzip = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        self._is_empty = True

    def feed(self, part: bytes, room: int) -> bytes:
        """Return at most `room` bytes of what the part unpacks to."""
        self._is_empty = self._is_empty and not part
        try:
            return self._gzip.decompress(part, room)
        except zlib.error as error:
            raise PartnerContractError("the answer is not the gzip that it says it is") from error

    def end(self) -> None:
        """Raise `PartnerContractError` unless the packed body came to its end."""
        if not self._gzip.eof and not self._is_empty:
            raise PartnerContractError("the answer ends in the middle of its gzip")


def raise_for_answer(answer: Answer, *, partner: str, now: datetime, longest: timedelta = MAX_RETRY_AFTER) -> None:
    """Translate an answer that is not 2xx into the hub's own failure; the table is `_BY_STATUS`.

    `longest` caps the pause that the partner may ask for.
    """
    if answer.is_success:
        return
    retry_after = parse_retry_after(answer.headers.get("retry-after"), now=now, cap=longest)
    raise kind_of(answer.status, has_pause=retry_after is not None)(
        f"{partner} answered {answer.status}",
        retry_after=retry_after,
        partner=partner,
        http_status=answer.status,
        answer=excerpt(answer.body, answer.headers.get("content-type", "")),
    )


def kind_of(status: int, *, has_pause: bool) -> type[PartnerError]:
    """Return what a status that is not 2xx means."""
    if status == _BUSY and has_pause:
        return RateLimitedError
    known = _BY_STATUS.get(status)
    if known is not None:
        return known
    return PartnerUnavailableError if status in _SERVER else RequestRejectedError


def parse_retry_after(value: str | None, *, now: datetime, cap: timedelta = MAX_RETRY_AFTER) -> timedelta | None:
    """Return the pause a `Retry-After` header asks for, in seconds or as an HTTP date, between zero and `cap`."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        # A number with very many digits is a pause beyond any cap, not a reason to overflow.
        return min(timedelta(seconds=int(text[:9]) if len(text) <= 9 else 10**9), cap)  # noqa: PLR2004 - 9 digits
    try:
        until = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max(until - now, timedelta(0)), cap)
