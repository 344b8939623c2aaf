"""`milepost accounts subscribe` against a provider on loopback."""

import asyncio
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from domain.shipments import Leg, ShipmentPlan
from ledger import migrate
from ledger.store import Ledger
from mappings.loading import ROOT
from tests.carriers.faults import friendly, is_token
from tests.carriers.hostile import HostileCarrier, Reply, Seen, replying
from tests.carriers.subscribing import PROVIDERS
from worker.cli import app
from worker.settings import Settings

UPS = PROVIDERS["ups"]
CREDENTIAL = "credential-of-32-characters-0001"
HUB = "https://hub.example.com"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MILEPOST_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("MILEPOST_EGRESS__ALLOW_LOOPBACK", "true")
    monkeypatch.setenv("MILEPOST_MAPPINGS_ROOT", str(_root(tmp_path)))
    monkeypatch.chdir(tmp_path)
    migrate.upgrade(Settings.load().ledger_url)
    return tmp_path


def _root(directory: Path) -> Path:
    """Return mappings of the two carriers of these tests, whose answers nobody reads here."""
    for carrier in ("ups", "fedex"):
        folder = directory / "carriers" / carrier
        folder.mkdir(parents=True)
        shutil.copy(ROOT / carrier / "calls.toml", folder)
        (folder / "mapping.toml").touch()
    return directory / "carriers"


@pytest.fixture
def provider() -> Iterator[HostileCarrier]:
    """Run the provider in a thread of its own: commands run their own event loop."""
    server, ready, over = HostileCarrier(), threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with server:
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(10)
    yield server
    loop.call_soon_threadsafe(over.set)
    thread.join()
    loop.close()


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    opened = Ledger.open(Settings.load().ledger_url)
    yield opened
    opened.close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["accounts", *arguments])


def told(*arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def prepared(state: Path, provider: HostileCarrier, ledger: Ledger, *numbers: str) -> None:
    ledger.accounts.add("door", "main", "ups", signing_keys=[CREDENTIAL])
    keys = state / "keys.json"
    keys.write_text(json.dumps({name: value for name, value in UPS.secrets.items() if name != "webhook_secret"}))
    told("credentials", "door", str(keys))
    told("configure", "door", "--base-url", provider.url, "--rate", "1000")
    legs = tuple(Leg(carrier="ups", tracking_number=number) for number in numbers)
    ledger.registry.register(ShipmentPlan(shipment_id="S1", tenant="main", legs=legs))


def take_all(seen: Seen) -> Reply:
    if is_token(UPS, seen):
        return friendly(UPS)(seen)
    return Reply(json.dumps({"validTrackingNumbers": json.loads(seen.body)["trackingNumberList"]}).encode())


def requests(provider: HostileCarrier) -> list[Any]:
    return [json.loads(seen.body) for seen in provider.seen if not is_token(UPS, seen)]


def test_due_numbers_are_subscribed_once(state: Path, provider: HostileCarrier, ledger: Ledger) -> None:
    provider.answering = replying(take_all)
    prepared(state, provider, ledger, "1Z0000000000000001", "1Z0000000000000002")

    first = told("subscribe", "door", "--address", f"{HUB}/")
    second = told("subscribe", "door", "--address", HUB)

    assert first["subscribed"] == ["1Z0000000000000001", "1Z0000000000000002"]
    assert (second["subscribed"], second["failures"]) == ([], [])
    (request,) = requests(provider)
    assert request["destination"] == {
        "url": f"{HUB}/webhooks/carriers/door",
        "credentialType": "Bearer",
        "credential": CREDENTIAL,
    }
    assert [one["status"] for one in told("subscriptions", "door")] == ["ACTIVE", "ACTIVE"]


def test_a_rotated_credential_is_told_at_once(state: Path, provider: HostileCarrier, ledger: Ledger) -> None:
    provider.answering = replying(take_all)
    prepared(state, provider, ledger, "1Z0000000000000001")
    told("subscribe", "door", "--address", HUB)

    told("rotate", "door", "--secret", "credential-of-32-characters-0002")
    told("subscribe", "door", "--address", HUB)

    assert [one["destination"]["credential"] for one in requests(provider)] == [
        CREDENTIAL,
        "credential-of-32-characters-0002",
    ]


def test_a_provider_that_is_down_leaves_what_was_confirmed_and_the_rest_due(
    state: Path, provider: HostileCarrier, ledger: Ledger
) -> None:
    prepared(state, provider, ledger, *(f"1Z{index:016d}" for index in range(40)))
    many = [f"1Z{index:016d}" for index in range(150)]
    provider.answering = replying(
        lambda seen: take_all(seen) if is_token(UPS, seen) or len(requests(provider)) == 1 else Reply(status="503 -")
    )

    result = run("subscribe", "door", *many, "--address", HUB)

    assert result.exit_code != 0
    assert len(told("subscriptions", "door")) == 100


def test_a_stopped_account_says_so(state: Path, provider: HostileCarrier, ledger: Ledger) -> None:
    provider.answering = replying(lambda _: Reply(b'{"errors":[]}', status="401 Unauthorized"))
    prepared(state, provider, ledger, "1Z0000000000000001")

    result = run("subscribe", "door", "--address", HUB)

    assert result.exit_code == 1
    assert CREDENTIAL not in result.output
    (row,) = told("list")
    assert row["status"] == "STOPPED"


@pytest.mark.parametrize("address", [None, "http://hub.example.com", "https://", "https://a@hub.example.com"])
def test_an_address_that_cannot_be_told_is_refused(
    state: Path, provider: HostileCarrier, ledger: Ledger, address: str | None
) -> None:
    prepared(state, provider, ledger, "1Z0000000000000001")

    result = run("subscribe", "door", *(["--address", address] if address else []))

    assert (result.exit_code, provider.seen) == (2, [])


def test_a_carrier_without_subscriptions_is_named(ledger: Ledger) -> None:
    ledger.accounts.add("fx", "main", "fedex")

    result = run("subscribe", "fx")

    assert (result.exit_code, "fedex takes no subscriptions" in result.stderr) == (2, True)
