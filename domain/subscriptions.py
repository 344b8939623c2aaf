"""Subscriptions: numbers that a provider was asked to send webhooks about, and when each has to be asked for again.

Pure: times come in, times go out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.carriers import NumberFailure

RENEW_BEFORE: Final = timedelta(days=2)
"""How long before its end a subscription is renewed: room for a provider that is down over a week-end's two days."""

RETRY_FIRST: Final = timedelta(minutes=15)
RETRY_MOST: Final = timedelta(days=1)
_DOUBLINGS: Final = 7  # 15 minutes doubled seven times is more than a day


class SubscriptionStatus(StrEnum):
    """`ACTIVE` was confirmed by the provider; `FAILED` was not, and is tried again."""

    ACTIVE = "ACTIVE"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A number and where its subscription stands.

    `subscribed_at` and `expires_at` are of the last confirmation, and stay when a renewal fails. `next_at` is when to
    ask again; None: never. `detail` is the code and the words of the last failure.
    """

    number: str
    status: SubscriptionStatus
    next_at: datetime | None
    subscribed_at: datetime | None = None
    expires_at: datetime | None = None
    failures: int = 0
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Subscribed:
    """What a provider said about numbers: those that it confirmed, and why not the others."""

    taken: tuple[str, ...] = ()
    failures: tuple[NumberFailure, ...] = ()


def confirmed(number: str, *, at: datetime, lifetime: timedelta | None) -> Subscription:
    """Return a subscription that a provider confirmed; one without a lifetime is never asked for again."""
    ends = None if lifetime is None else at + lifetime
    # A lifetime shorter than twice the margin is renewed half-way, and not all the time.
    renew = None if lifetime is None else at + max(lifetime - RENEW_BEFORE, lifetime / 2)
    return Subscription(number, SubscriptionStatus.ACTIVE, renew, subscribed_at=at, expires_at=ends)


def failed(before: Subscription | None, failure: NumberFailure, *, at: datetime) -> Subscription:
    """Return what a failure leaves: the next try after 15 minutes, doubled each time up to a day."""
    failures = 1 if before is None else before.failures + 1
    pause = min(RETRY_FIRST * 2 ** min(failures - 1, _DOUBLINGS), RETRY_MOST)
    known = before or Subscription(failure.number, SubscriptionStatus.FAILED, None)
    return replace(
        known,
        status=SubscriptionStatus.FAILED,
        next_at=at + pause,
        failures=failures,
        detail=f"{failure.code}: {failure.detail}",
    )


def is_due(known: Subscription | None, *, at: datetime, secret_since: datetime | None = None) -> bool:
    """Tell whether a number has to be asked for now.

    `secret_since` is when the secret that the provider was told last changed: a subscription from before it would be
    refused at our own door before long. None where subscriptions carry no secret.
    """
    if known is None:
        return True
    if known.next_at is None and (known.status is SubscriptionStatus.FAILED or _is_over(known, at)):
        # Not renewed because its shipment had ended, which was taken back since.
        return True
    if known.next_at is not None and known.next_at <= at:
        return True
    is_old = known.subscribed_at is not None and secret_since is not None and known.subscribed_at < secret_since
    return is_old and known.status is SubscriptionStatus.ACTIVE


def _is_over(known: Subscription, at: datetime) -> bool:
    return known.expires_at is not None and known.expires_at <= at


def applied(
    known: Sequence[Subscription], told: Subscribed, *, at: datetime, lifetime: timedelta | None
) -> list[Subscription]:
    """Return the subscriptions that a provider's answer changes."""
    before = {one.number: one for one in known}
    taken = [confirmed(number, at=at, lifetime=lifetime) for number in told.taken]
    return taken + [failed(before.get(failure.number), failure, at=at) for failure in told.failures]
