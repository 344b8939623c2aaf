"""Carrier accounts, connections and the vault under them."""

import pytest
from sqlalchemy import select

from domain.errors import ConflictError, HubBugError, NotFoundError
from ledger.rows import AccountStatus, ConnectionStatus
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


def test_credentials_are_replaced_sealed_and_counted(ledger: Ledger) -> None:
    made = ledger.accounts.add("main", "acme", "fedex")
    assert (dict(made.credentials), made.generation, made.status) == ({}, 0, AccountStatus.ACTIVE)

    ledger.accounts.set_credentials("main", {"client_id": "one", "client_secret": "very-secret"})
    ledger.accounts.set_credentials("main", {"client_secret": "very-secret", "client_id": "one"})
    first = ledger.accounts.get("main")
    second = ledger.accounts.set_credentials("main", {"client_id": "two", "client_secret": "more-secret"})

    assert (first.generation, first.credentials) == (1, {"client_id": "one", "client_secret": "very-secret"})
    assert (second.generation, second.credentials) == (2, {"client_id": "two", "client_secret": "more-secret"})
    assert "secret" not in repr(second)
    with ledger.database.read() as open_one:
        kept = open_one.execute(select(accounts.c.credentials)).scalar_one()
    assert b"secret" not in bytes(kept)


def test_credentials_moved_to_another_account_do_not_open(ledger: Ledger) -> None:
    for name in ("a", "b"):
        ledger.accounts.add(name, "acme", "fedex")
        ledger.accounts.set_credentials(name, {"key": name})

    tamper(
        ledger,
        "UPDATE accounts SET credentials = (SELECT credentials FROM accounts WHERE account_id = 'b')"
        " WHERE account_id = 'a'",
    )

    with pytest.raises(HubBugError):
        ledger.accounts.get("a")


def test_an_account_is_stopped_for_the_first_reason_until_it_is_resumed_or_gets_other_credentials(
    ledger: Ledger,
) -> None:
    ledger.accounts.add("main", "acme", "fedex")

    ledger.accounts.stop("main", reason="fedex answered 401")
    ledger.accounts.stop("main", reason="again")
    stopped = ledger.accounts.get("main")
    resumed = ledger.accounts.resume("main")
    ledger.accounts.stop("main", reason="fedex answered 403")
    renewed = ledger.accounts.set_credentials("main", {"key": "new"})

    assert (stopped.status, stopped.reason) == (AccountStatus.STOPPED, "fedex answered 401")
    assert (resumed.status, resumed.reason) == (AccountStatus.ACTIVE, None)
    assert (renewed.status, renewed.reason) == (AccountStatus.ACTIVE, None)
    with pytest.raises(NotFoundError):
        ledger.accounts.stop("other", reason="401")


def test_address_rate_and_options_of_an_account_are_replaced_together(ledger: Ledger) -> None:
    ledger.accounts.add("main", "acme", "fedex")

    set_up = ledger.accounts.configure(
        "main", base_url="https://sandbox.example.com", requests_per_second=0.5, options={"language": "de"}
    )
    reset = ledger.accounts.configure("main", base_url=None, requests_per_second=None, options={})

    assert (set_up.base_url, set_up.requests_per_second, set_up.options) == (
        "https://sandbox.example.com",
        0.5,
        {"language": "de"},
    )
    assert (reset.base_url, reset.requests_per_second, reset.options) == (None, None, {})
