"""Asking carriers about numbers: what an account asks, and what comes back.

Answers are raw bytes for the same intake that webhooks use; reading them is the mappings' business.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class CarrierAnswer:
    """One answer exactly as it came (after content decoding), and the numbers that were asked for in that call."""

    body: bytes
    content_type: str
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NumberFailure:
    """A number that could not be asked about while its siblings could; `code` is a `HubError.code`."""

    number: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """The outcome of asking for one batch.

    `unchanged` are numbers whose answer is the one of last time by the carrier's own word (304). A number that stands
    nowhere was answered within one of `answers`.
    """

    answers: tuple[CarrierAnswer, ...] = ()
    failures: tuple[NumberFailure, ...] = ()
    unchanged: tuple[str, ...] = ()


class CarrierTracker(Protocol):
    """One account at one carrier that can be asked. Safe to share between tasks."""

    @property
    def batch_size(self) -> int:
        """Numbers that one `fetch` may ask for, as the carrier's API allows."""
        ...

    @property
    def requests_per_second(self) -> float:
        """How often the account may call: as configured, else the carrier's documented limit."""
        ...

    async def fetch(self, numbers: Sequence[str]) -> Fetched:
        """Ask for at most `batch_size` numbers; raise `PartnerError` when nothing at all could be asked."""
        ...

    def stored(self, fetched: Fetched, /) -> None:
        """Hear that the answers are in the ledger: only then may the carrier be asked whether they are unchanged.

        Without this call every answer comes in full, every time.
        """
        ...


class CarrierTrackers(Protocol):
    """Finds the tracker of a carrier account; new credentials are used from the next call on."""

    def tracker(self, account: str) -> CarrierTracker:
        """Return the tracker; raise `NotFoundError`, or `CredentialsRejectedError` for a stopped account."""
        ...


class AccountSwitch(Protocol):
    """Stops carrier accounts."""

    def stop(self, account: str, /, *, reason: str) -> None:
        """Stop asking through an account whose credentials were refused; repeating it changes nothing."""
        ...
