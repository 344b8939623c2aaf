from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.errors import NotFoundError
from ledger.rows import Scope
from ledger.store import Ledger
from ledger.tables import api_keys
from tests.integration.ledger.conftest import START, SetClock


def test_a_token_stands_for_its_key(ledger: Ledger) -> None:
    key, token = ledger.access.create("acme", ["shipments:read", Scope.CHANGES_READ], "shop")

    assert token.startswith(f"mp_{key.key_id}_")
    found = ledger.access.authenticate(token)
    assert found is not None
    assert (found.tenant, found.scopes, found.label) == (
        "acme",
        frozenset({Scope.SHIPMENTS_READ, Scope.CHANGES_READ}),
        "shop",
    )


def test_the_secret_is_kept_nowhere(ledger: Ledger) -> None:
    _, token = ledger.access.create("acme", ["admin"], "ops")
    secret = token.rpartition("_")[2]

    with ledger.database.read() as connection:
        [row] = connection.execute(select(api_keys))

    assert len(secret) == 64
    assert secret not in repr(tuple(row))


def test_anything_else_stands_for_nobody(ledger: Ledger) -> None:
    key, token = ledger.access.create("acme", ["admin"], "ops")
    _, other = ledger.access.create("acme", ["admin"], "ops")
    swapped = f"mp_{key.key_id}_{other.rpartition('_')[2]}"

    for wrong in ("", "mp", "mp__", token[:-1], token + "0", "xx" + token[2:], swapped, "mp_\ud800_\x00", "🦆" * 999):
        assert ledger.access.authenticate(wrong) is None, wrong


def test_a_revoked_key_is_refused_and_stays_listed(ledger: Ledger, clock: SetClock) -> None:
    key, token = ledger.access.create("acme", ["admin"], "ops")
    ledger.access.revoke(key.key_id)
    clock.forward(timedelta(days=1))
    ledger.access.revoke(key.key_id)

    assert ledger.access.authenticate(token) is None
    assert [row.revoked_at for row in ledger.access.list("acme")] == [START]


def test_another_tenant_cannot_revoke_or_list_it(ledger: Ledger) -> None:
    key, token = ledger.access.create("acme", ["admin"], "ops")

    with pytest.raises(NotFoundError):
        ledger.access.revoke(key.key_id, "brio")
    assert ledger.access.authenticate(token) is not None
    assert ledger.access.list("brio") == ()


def test_use_is_noted_at_most_once_a_minute(ledger: Ledger, clock: SetClock) -> None:
    _, token = ledger.access.create("acme", ["admin"], "ops")
    ledger.access.authenticate(token)
    clock.forward(timedelta(seconds=59))
    ledger.access.authenticate(token)
    assert [row.last_used_at for row in ledger.access.list()] == [START]

    clock.forward(timedelta(seconds=1))
    ledger.access.authenticate(token)
    assert [row.last_used_at for row in ledger.access.list()] == [START + timedelta(minutes=1)]


def test_an_unknown_scope_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="everything"):
        ledger.access.create("acme", ["everything"], "ops")
