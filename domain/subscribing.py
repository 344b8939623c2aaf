"""What renewing subscriptions needs of the ledger and of providers, as protocols."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

from domain.subscriptions import Subscribed


class SubscriptionDesk(Protocol):
    """The subscriptions of one account at one provider. All but `ask` block and may be repeated."""

    @property
    def batch_size(self) -> int:
        """Numbers that one request may carry."""
        ...

    def retire(self) -> None:
        """Plan no renewal of numbers whose shipments have ended."""
        ...

    def due(self, limit: int) -> list[str]:
        """Return at most so many numbers that have to be asked for now."""
        ...

    def ask(self, numbers: Sequence[str]) -> AsyncIterator[Subscribed]:
        """Ask for webhooks about the numbers, at the account's rate, and yield what came of each batch.

        Raises:
            CredentialsRejectedError: the account is stopped, or is now.
            PartnerError: a batch could not be asked about at all.
        """
        ...

    def keep(self, told: Subscribed) -> None:
        """Remember what the provider said about each number."""
        ...

    def next_at(self) -> datetime | None:
        """Return when a known number has to be asked for again; None when never."""
        ...


class SubscriptionDesks(Protocol):
    """Finds the desk of an account. Blocking."""

    def desk(self, account: str) -> SubscriptionDesk | None:
        """Return the account's desk as of now; None where the provider takes no subscriptions by the hub.

        Raises:
            NotFoundError: no such account.
            CredentialsRejectedError: the account is stopped.
            RequestRejectedError: something that the provider has to be told is not set.
        """
        ...
