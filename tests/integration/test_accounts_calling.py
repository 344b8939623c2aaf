"""`milepost accounts` against a carrier on loopback: keys from a file, a trial call, a stop, and the way back."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from domain.errors import CredentialsRejectedError
from ledger import migrate
from ledger.store import Ledger
from tests.carriers.cases import CASES
from tests.carriers.hostile import HostileCarrier, Reply, Seen, replying
from tests.integration.ledger.made import plan
from worker.calling import LedgerCallers, open_trackers
from worker.cli import app
from worker.settings import Settings

CASE = CASES["cainiao"]
FEDEX = CASES["fedex"]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MILEPOST_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("MILEPOST_EGRESS__ALLOW_LOOPBACK", "true")
    monkeypatch.chdir(tmp_path)
    migrate.upgrade(Settings.load().ledger_url)
    return tmp_path


@pytest.fixture
def carrier() -> Iterator[HostileCarrier]:
    """Run the carrier in a thread of its own: commands run their own event loop."""
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


def run(*arguments: str, piped: str | None = None) -> Result:
    return CliRunner().invoke(app, ["accounts", *arguments], input=piped)


def told(*arguments: str, piped: str | None = None) -> Any:
    result = run(*arguments, "--json", piped=piped)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def prepared(state: Path, carrier: HostileCarrier) -> None:
    told("add", "fx", "--dialect", "fedex")
    keys = state / "keys.json"
    keys.write_text(json.dumps(FEDEX.secrets))
    told("credentials", "fx", str(keys))
    told("configure", "fx", "--base-url", carrier.url)


def friendly_fedex(seen: Seen) -> Reply:
    if seen.path == "/oauth/token":
        return Reply(*FEDEX.token())
    return Reply(FEDEX.fixture)


def test_an_account_is_set_up_from_nothing_to_a_call(state: Path, carrier: HostileCarrier) -> None:
    carrier.answering = replying(friendly_fedex)
    prepared(state, carrier)

    tried = told("test", "fx", FEDEX.numbers[0])

    assert (tried["answered"], tried["facts"] > 0) == (True, True)
    assert [seen.path for seen in carrier.seen] == ["/oauth/token", "/track/v1/trackingnumbers"]


def test_what_is_lacking_is_said_before_anybody_is_asked() -> None:
    told("add", "fx", "--dialect", "fedex")

    short = told("credentials", "fx", "-", piped='{"client_id": "me"}')
    refused = run("test", "fx")

    assert (short["lacking"], short["credentials"]) == (["secret client_secret"], 1)
    assert refused.exit_code == 2
    assert "the account has no secret client_secret" in refused.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"client_idd": "x"}', "no secret is called client_idd"),
        ('{"client_id": 5}', "credentials are an object of texts"),
        ("hush-hush", "not a readable JSON file"),
    ],
)
def test_credentials_that_cannot_be_right_are_refused_without_being_repeated(text: str, said: str) -> None:
    told("add", "fx", "--dialect", "fedex")

    result = run("credentials", "fx", "-", piped=text)

    assert result.exit_code == 2
    assert said in result.stderr
    assert "hush" not in result.output


def test_a_trial_that_is_refused_explains_itself_and_stops_nothing(state: Path, carrier: HostileCarrier) -> None:
    carrier.answering = replying(lambda _: Reply(b'{"errors": [{"code": "NOT.AUTHORIZED.ERROR"}]}', status="401 No"))
    prepared(state, carrier)

    result = run("test", "fx")

    assert result.exit_code == 1
    assert "fx gets no token for its credentials" in result.stderr
    assert "milepost accounts credentials" in result.stderr
    assert told("list")[0]["status"] == "ACTIVE"


async def test_a_refusal_stops_the_account_in_the_ledger_until_new_credentials_come() -> None:
    settings = Settings.load()
    ledger = Ledger.open(settings.ledger_url, master_key=None)
    async with HostileCarrier() as server:
        server.answering = replying(lambda _: Reply(b"{}", status="401 Unauthorized"))
        ledger.accounts.add("rm", "main", "royalmail")
        ledger.accounts.set_credentials("rm", CASES["royalmail"].secrets)
        ledger.accounts.configure("rm", base_url=server.url, requests_per_second=None, options={})
        async with open_trackers(settings, ledger) as trackers:
            tracker = trackers.tracker("rm")
            with pytest.raises(CredentialsRejectedError, match="royalmail answered 401"):
                await tracker.fetch(["RM000000001GB"])
            stopped = LedgerCallers(ledger).calling("rm").stopped
            with pytest.raises(CredentialsRejectedError, match="rm is stopped"):
                trackers.tracker("rm")

            ledger.accounts.set_credentials("rm", {"client_id": "new", "client_secret": "newer"})
            server.answering = replying(lambda _: Reply(CASES["royalmail"].fixture))
            fetched = await trackers.tracker("rm").fetch(CASES["royalmail"].numbers)
    ledger.close()

    assert stopped == "rm: royalmail answered 401"
    assert len(fetched.answers) == 1


def test_stop_and_resume_are_seen_in_the_list() -> None:
    told("add", "fx", "--dialect", "fedex")

    assert run("stop", "fx", "--reason", "the contract ended").exit_code == 0
    (stopped,) = told("list")
    resumed = told("resume", "fx")

    assert (stopped["status"], stopped["reason"]) == ("STOPPED", "the contract ended")
    assert (resumed["status"], resumed["reason"]) == ("ACTIVE", None)
    assert "a paused one stays paused until this is repeated" in resumed["note"]


@pytest.mark.parametrize("command", ["pause", "poll-now"])
def test_an_account_that_cannot_ask_is_not_steered(command: str) -> None:
    told("add", "fx", "--dialect", "fedex")

    result = run(command, "fx")

    assert (result.exit_code, "it has no secret client_id, no secret client_secret" in result.stderr) == (2, True)


def test_a_stopped_account_is_told_how_to_go_on_before_it_is_hurried(state: Path, carrier: HostileCarrier) -> None:
    prepared(state, carrier)
    run("stop", "fx", "--reason", "the contract ended")

    result = run("poll-now", "fx")

    assert result.exit_code == 1
    assert "the account is stopped: the contract ended" in result.stderr
    assert "resume fx" in result.stderr


@pytest.mark.parametrize("command", ["pause", "resume", "stop", "poll-now", "status", "subscribe"])
def test_help_shows_an_example(command: str) -> None:
    result = run(command, "--help")

    assert f"milepost accounts {command}" in result.stdout


def test_settings_are_changed_one_by_one_and_taken_back() -> None:
    told("add", "fx", "--dialect", "fedex")

    told("configure", "fx", "--base-url", "sandbox", "--rate", "0.25")
    set_up = told("configure", "fx", "--option", "locale=de_DE")
    reset = told("configure", "fx", "--base-url", "", "--rate", "0", "--option", "locale=")

    assert (set_up["base_url"], set_up["requests_per_second"], set_up["options"]) == (
        "sandbox",
        0.25,
        {"locale": "de_DE"},
    )
    assert (reset["base_url"], reset["requests_per_second"], reset["options"]) == (None, 1.0, {})


@pytest.mark.parametrize("address", ["ftp://x", "https://me:pw@example.com", "https://example.com/?a=1", "example.com"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    told("add", "fx", "--dialect", "fedex")

    assert run("configure", "fx", "--base-url", address).exit_code == 2


def test_an_address_that_the_hub_does_not_call_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILEPOST_EGRESS__ALLOW_LOOPBACK", "false")
    told("add", "cn", "--dialect", "cainiao")
    told("configure", "cn", "--base-url", "http://169.254.169.254")

    result = run("test", "cn", CASE.numbers[0])

    assert result.exit_code == 1
    assert "the hub does not call" in result.stderr


def test_a_carrier_that_cannot_be_asked_is_said_so() -> None:
    told("add", "post", "--dialect", "upu")

    result = run("test", "post")

    assert result.exit_code == 1
    assert "upu has no calls.toml" in result.stderr


def test_status_tells_what_an_account_has_to_ask_about(state: Path) -> None:
    told("add", "silent", "--dialect", "fedex")
    told("add", "fx", "--dialect", "fedex")
    keys = state / "keys.json"
    keys.write_text(json.dumps(FEDEX.secrets))
    told("credentials", "fx", str(keys))
    ledger = Ledger.open(Settings.load().ledger_url)
    ledger.registry.register(plan("S1", "A1", "A2", tenant="main"))
    ledger.registry.register(plan("S2", "B1", tenant="second"))
    ledger.close()

    (before,) = told("status")
    assert run("share", "fx", "--tenant", "second").exit_code == 0
    run("stop", "fx", "--reason", "the contract ended")
    (after,) = told("status")
    shown = run("status").output

    assert (before["account"], before["due"], before["late"], before["waiting"]) == ("fx", 2, 0, 0)
    assert (after["due"], after["status"], after["reason"]) == (3, "STOPPED", "the contract ended")
    assert "give it the carrier's present ones: milepost accounts credentials fx FILE" in after["next"]
    assert "fx: or let it go on with those it has: milepost accounts resume fx" in shown
