"""The schedule of subscriptions, without clocks and providers."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.carriers import NumberFailure
from domain.subscriptions import Subscribed, Subscription, SubscriptionStatus, applied, confirmed, failed, is_due

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
FORTNIGHT = 14 * DAY
NO = NumberFailure("N1", "request_rejected", "not a number of ours")


def failing(times: int) -> Subscription:
    known = failed(None, NO, at=AT)
    for _ in range(times - 1):
        known = failed(known, NO, at=AT)
    return known


def test_a_fortnight_is_renewed_two_days_before_its_end():
    made = confirmed("N1", at=AT, lifetime=FORTNIGHT)

    assert (made.expires_at, made.next_at) == (AT + FORTNIGHT, AT + 12 * DAY)
    assert not is_due(made, at=AT + 12 * DAY - timedelta(microseconds=1))
    assert is_due(made, at=AT + 12 * DAY)


def test_a_short_life_is_renewed_half_way():
    assert confirmed("N1", at=AT, lifetime=3 * DAY).next_at == AT + 1.5 * DAY


def test_a_subscription_without_end_is_asked_for_once():
    made = confirmed("N1", at=AT, lifetime=None)

    assert (made.expires_at, made.next_at) == (None, None)
    assert not is_due(made, at=AT + 3_650 * DAY)


def test_an_unknown_number_is_due():
    assert is_due(None, at=AT)


@pytest.mark.parametrize(
    ("times", "minutes"), [(1, 15), (2, 30), (3, 60), (7, 960), (8, 1_440), (9, 1_440), (5_000, 1_440)]
)
def test_failures_are_tried_again_ever_later_up_to_a_day(times: int, minutes: int):
    known = failing(times)

    assert (known.failures, known.next_at) == (times, AT + timedelta(minutes=minutes))
    assert (known.status, known.detail) == (SubscriptionStatus.FAILED, "request_rejected: not a number of ours")


def test_a_failed_renewal_keeps_what_was_confirmed():
    made = confirmed("N1", at=AT, lifetime=FORTNIGHT)

    known = failed(made, NO, at=AT + 12 * DAY)

    assert (known.subscribed_at, known.expires_at) == (AT, AT + FORTNIGHT)
    assert known.next_at == AT + 12 * DAY + timedelta(minutes=15)


def test_a_confirmation_forgets_failures():
    told = Subscribed(taken=("N1",))

    (known,) = applied([failing(5)], told, at=AT + DAY, lifetime=None)

    assert known == confirmed("N1", at=AT + DAY, lifetime=None)


def test_a_new_secret_makes_older_subscriptions_due_at_once():
    made = confirmed("N1", at=AT, lifetime=FORTNIGHT)

    assert is_due(made, at=AT + DAY, secret_since=AT + timedelta(seconds=1))
    assert not is_due(made, at=AT + DAY, secret_since=AT)
    assert not is_due(made, at=AT + DAY)


def test_a_new_secret_does_not_hurry_a_number_that_fails():
    known = failed(confirmed("N1", at=AT, lifetime=FORTNIGHT), NO, at=AT + DAY)

    assert not is_due(known, at=AT + DAY, secret_since=AT + DAY)


def test_each_failure_counts_for_its_own_number():
    other = NumberFailure("N2", "not_confirmed", "-")

    first, second = applied([failing(3)], Subscribed(failures=(NO, other)), at=AT, lifetime=None)

    assert [(one.number, one.failures) for one in (first, second)] == [("N1", 4), ("N2", 1)]
