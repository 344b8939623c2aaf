"""Carrier accounts, connections and the vault under them."""

import pytest
from sqlalchemy import select

from domain.errors import ConflictError, HubBugError, NotFoundError
from ledger.rows import ConnectionStatus
from ledger.store import Ledger
from ledger.tables import accounts, connections
from ledger.vault import Vault
from tests.integration.ledger.made import tamper


def test_an_account_is_added_once(ledger: Ledger) -> None:
    first = ledger.accounts.add("fedex-main", "acme", "fedex", signing_keys=["one"])
    again = ledger.accounts.add("fedex-main", "acme", "fedex", signing_keys=["two"])

    assert first == again == ledger.accounts.get("fedex-main")
    assert (first.tenant, first.dialect, first.signing_keys) == ("acme", "fedex", ("one",))


def test_an_account_id_belongs_to_one_tenant(ledger: Ledger) -> None:
    ledger.accounts.add("main", "acme", "fedex")

    with pytest.raises(ConflictError, match="main"):
        ledger.accounts.add("main", "brio", "fedex")
    with pytest.raises(NotFoundError):
        ledger.accounts.get("other")
    assert ledger.accounts.list("brio") == ()
    assert [one.account_id for one in ledger.accounts.list()] == ["main"]


def test_rotation_keeps_the_key_before(ledger: Ledger) -> None:
    ledger.accounts.add("main", "acme", "fedex", signing_keys=["one"])

    ledger.accounts.rotate("main", "two")
    ledger.accounts.rotate("main", "two")
    assert ledger.accounts.get("main").signing_keys == ("two", "one")
    ledger.accounts.rotate("main", "three")
    assert ledger.accounts.get("main").signing_keys == ("three", "two")


def test_a_connection_lives(ledger: Ledger) -> None:
    added = ledger.connections.add("acme", "shop", "webhook", "http://127.0.0.1:9/hook", secrets=["whsec_1"])
    assert (added.status, added.secrets) == (ConnectionStatus.ACTIVE, ("whsec_1",))

    ledger.connections.disable("acme", "shop", reason="410")
    ledger.connections.disable("acme", "shop", reason="410")
    stopped = ledger.connections.get("acme", "shop")
    assert (stopped.status, stopped.reason) == (ConnectionStatus.DISABLED, "410")

    ledger.connections.enable("acme", "shop")
    ledger.connections.rotate("acme", "shop", "whsec_2")
    ledger.connections.rotate("acme", "shop", "whsec_2")
    back = ledger.connections.get("acme", "shop")
    assert (back.status, back.reason, back.secrets) == (ConnectionStatus.ACTIVE, None, ("whsec_2", "whsec_1"))


def test_a_connection_is_its_tenants_own(ledger: Ledger) -> None:
    ledger.connections.add("acme", "shop", "webhook", "http://127.0.0.1:9/a")
    ledger.connections.add("brio", "shop", "webhook", "http://127.0.0.1:9/b")

    with pytest.raises(ConflictError, match="shop"):
        ledger.connections.add("acme", "shop", "webhook", "http://127.0.0.1:9/b")
    with pytest.raises(NotFoundError):
        ledger.connections.get("cato", "shop")
    with pytest.raises(NotFoundError):
        ledger.connections.disable("cato", "shop", reason="410")
    assert [one.url for one in ledger.connections.list("brio")] == ["http://127.0.0.1:9/b"]
    assert len(ledger.connections.list()) == 2


def test_secrets_are_sealed_on_disk_and_shown_in_no_repr(ledger: Ledger) -> None:
    account = ledger.accounts.add("main", "acme", "fedex", signing_keys=["very-secret"])
    connection = ledger.connections.add("acme", "shop", "webhook", "http://127.0.0.1:9/", secrets=["very-secret"])

    with ledger.database.read() as open_one:
        kept = [*open_one.execute(select(accounts.c.secrets)), *open_one.execute(select(connections.c.secrets))]

    assert ledger.vault.is_sealed is True
    assert not [row for row in kept if b"very-secret" in bytes(row.secrets)]
    assert "very-secret" not in repr((account, connection, ledger.vault))


def test_without_a_master_key_secrets_are_plain_and_stay_readable_with_one(url: str) -> None:
    plain = Ledger.open(url)
    plain.accounts.add("main", "acme", "fedex", signing_keys=["one"])
    plain.close()
    sealed = Ledger.open(url, master_key=b"k" * 32)

    assert (plain.vault.is_sealed, sealed.vault.is_sealed) == (False, True)
    assert sealed.accounts.get("main").signing_keys == ("one",)
    sealed.accounts.rotate("main", "two")
    sealed.close()

    for key in (None, b"x" * 32):
        blind = Ledger.open(url, master_key=key)
        with pytest.raises(HubBugError):
            blind.accounts.get("main")
        blind.close()


def test_a_secret_moved_to_another_row_does_not_open(ledger: Ledger) -> None:
    ledger.accounts.add("a", "acme", "fedex", signing_keys=["one"])
    ledger.accounts.add("b", "brio", "fedex", signing_keys=["two"])

    tamper(
        ledger,
        "UPDATE accounts SET secrets = (SELECT secrets FROM accounts WHERE account_id = 'b') WHERE account_id = 'a'",
    )

    with pytest.raises(HubBugError):
        ledger.accounts.get("a")


def test_a_master_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(b"short")
