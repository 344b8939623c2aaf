from datetime import timedelta

import pytest

from domain.errors import ConflictError
from ledger.idempotency import LEASE
from ledger.rows import StoredResponse
from ledger.store import Ledger
from tests.integration.ledger.conftest import SetClock
from tests.integration.ledger.made import at_once


def test_a_finished_request_gives_its_answer_again(ledger: Ledger) -> None:
    assert ledger.idempotency.claim("acme", "k", "h") is None
    ledger.idempotency.finish("acme", "k", 201, b"{}")
    ledger.idempotency.finish("acme", "k", 500, b"late")

    assert ledger.idempotency.claim("acme", "k", "h") == StoredResponse(201, b"{}")


def test_the_key_with_another_request_is_a_conflict(ledger: Ledger) -> None:
    ledger.idempotency.claim("acme", "k", "h")

    with pytest.raises(ConflictError, match="another request"):
        ledger.idempotency.claim("acme", "k", "other")


def test_a_request_at_work_blocks_until_its_lease_ends(ledger: Ledger, clock: SetClock) -> None:
    ledger.idempotency.claim("acme", "k", "h")

    with pytest.raises(ConflictError, match="being worked on"):
        ledger.idempotency.claim("acme", "k", "h")
    clock.forward(LEASE)
    assert ledger.idempotency.claim("acme", "k", "h") is None


def test_a_released_claim_may_be_taken_again_and_an_answer_stays(ledger: Ledger) -> None:
    ledger.idempotency.claim("acme", "k", "h")
    ledger.idempotency.release("acme", "k")
    assert ledger.idempotency.claim("acme", "k", "h2") is None

    ledger.idempotency.finish("acme", "k", 200, b"x")
    ledger.idempotency.release("acme", "k")
    assert ledger.idempotency.claim("acme", "k", "h2") == StoredResponse(200, b"x")


def test_keys_are_each_tenants_own(ledger: Ledger) -> None:
    ledger.idempotency.claim("acme", "k", "h")

    assert ledger.idempotency.claim("brio", "k", "other") is None


def test_old_keys_are_forgotten(ledger: Ledger, clock: SetClock) -> None:
    ledger.idempotency.claim("acme", "old", "h")
    clock.forward(timedelta(days=1))
    ledger.idempotency.claim("acme", "new", "h")

    assert ledger.idempotency.expire(timedelta(hours=23)) == 1
    assert ledger.idempotency.expire(timedelta(hours=23)) == 0


def test_one_of_many_at_once_gets_the_work(ledger: Ledger) -> None:
    def claim(_: int) -> bool:
        try:
            return ledger.idempotency.claim("acme", "k", "h") is None
        except ConflictError:
            return False

    assert sorted(at_once(claim, range(8))) == [False] * 7 + [True]
