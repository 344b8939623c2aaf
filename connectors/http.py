"""One HTTP client for every partner: bounded in time and size, no redirects, failures in the hub's own terms."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, Self

import httpx

from connectors.egress import EgressPolicy, GuardedTransport
from connectors.evidence import excerpt
from domain.errors import (
    CredentialsRejectedError,
    EndpointGoneError,
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


class PartnerHttp:
    """A pooled client; one per process is enough. Close it with `aclose` or as a context manager."""

    def __init__(
        self, policy: EgressPolicy | None = None, *, limits: HttpLimits | None = None, user_agent: str = "milepost"
    ) -> None:
        self._limits = limits or HttpLimits()
        self._client = httpx.AsyncClient(
            transport=GuardedTransport(policy or EgressPolicy()),
            timeout=httpx.Timeout(self._limits.read, connect=self._limits.connect),
            follow_redirects=False,
            trust_env=False,
            headers={"user-agent": user_agent, "accept-encoding": "identity"},
        )

    async def post(self, url: str, body: bytes, *, headers: Mapping[str, str], partner: str) -> Answer:
        """Send bytes and return the answer, whatever its status.

        Raises `PartnerUnavailableError` when there is none within `HttpLimits.total` seconds and
        `EgressRefusedError` when the address is not allowed. `partner` names the partner in failures.
        """
        try:
            async with asyncio.timeout(self._limits.total):
                return await self._exchange(url, body, headers)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise PartnerUnavailableError(f"{partner} did not answer in time", partner=partner) from error
        except httpx.InvalidURL as error:
            raise RequestRejectedError(f"the URL of {partner} is malformed", partner=partner) from error
        except httpx.TransportError as error:
            raise PartnerUnavailableError(
                f"{partner} could not be reached", partner=partner, failure=type(error).__name__
            ) from error

    async def _exchange(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        async with self._client.stream("POST", url, content=body, headers=dict(headers)) as response:
            kept = bytearray()
            async for part in response.aiter_raw():
                kept += part
                if len(kept) > self._limits.max_answer:
                    # The rest is never read: leaving the block closes the connection.
                    return Answer(response.status_code, response.headers, bytes(kept[: self._limits.max_answer]), True)
            return Answer(response.status_code, response.headers, bytes(kept))

    async def aclose(self) -> None:
        """Close the pooled connections."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def raise_for_answer(answer: Answer, *, partner: str, now: datetime, longest: timedelta = MAX_RETRY_AFTER) -> None:
    """Translate an answer that is not 2xx into the hub's own failure; the table is `_BY_STATUS`.

    `longest` caps the pause that the partner may ask for.
    """
    if answer.is_success:
        return
    retry_after = parse_retry_after(answer.headers.get("retry-after"), now=now, cap=longest)
    raise _kind(answer.status, has_pause=retry_after is not None)(
        f"{partner} answered {answer.status}",
        retry_after=retry_after,
        partner=partner,
        http_status=answer.status,
        answer=excerpt(answer.body, answer.headers.get("content-type", "")),
    )


def _kind(status: int, *, has_pause: bool) -> type[PartnerError]:
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
