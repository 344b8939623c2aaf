"""The command line: help that teaches, exit codes that mean something, JSON that stays."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from domain.errors import NotFoundError
from domain.shipments import Leg, ShipmentPlan
from ledger import migrate
from ledger.store import Ledger
from worker.cli import app
from worker.cli.output import lasting
from worker.cli.root import COMMANDS
from worker.settings import Settings
from worker.wiring import open_ledger

RUNNER = CliRunner()
SCAN = {
    "output": {
        "completeTrackResults": [
            {
                "trackingNumber": "770000000001",
                "trackResults": [
                    {
                        "trackingNumberInfo": {"trackingNumber": "770000000001"},
                        "scanEvents": [
                            {
                                "date": "2026-03-02T10:00:00-05:00",
                                "eventType": code,
                                "eventDescription": words,
                                "scanLocation": {"city": "MEMPHIS", "countryCode": "US"},
                            }
                            for code, words in (("PU", "Picked up"), ("QX", "Something new"))
                        ],
                    }
                ],
            }
        ]
    }
}


def run(*arguments: str, stdin: str | None = None) -> Result:
    return RUNNER.invoke(app, list(arguments), input=stdin)


def as_json(*arguments: str, stdin: str | None = None) -> Any:
    return json.loads(run(*arguments, "--json", stdin=stdin).stdout)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MILEPOST_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("MILEPOST_LEDGER__URL", raising=False)
    monkeypatch.delenv("MILEPOST_TEMPORAL__ADDRESS", raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path / "state"


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    settings = Settings()
    migrate.upgrade(settings.ledger_url)
    opened = open_ledger(settings)
    yield opened
    opened.close()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_examples(command: str):
    shown = run(command, "--help")

    assert shown.exit_code == 0
    assert f"milepost {command}" in shown.stdout


def test_help_lists_every_command_with_its_line():
    shown = run("--help").stdout

    assert [name for name in COMMANDS if name not in shown] == []
    assert "Start here" in shown


def test_help_loads_neither_temporal_nor_the_web_framework():
    program = (
        "import sys; from typer.testing import CliRunner; from worker.cli import app; "
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0; "
        "print([name for name in ('temporalio', 'fastapi', 'sqlalchemy', 'pydantic') if name in sys.modules])"
    )

    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert shown.stdout.strip() == "[]"


def test_the_version_is_printed():
    assert run("--version").stdout.strip() == "0.1.0"


def test_an_unknown_command_is_wrong_usage():
    assert run("shipment").exit_code == 2


def test_an_unknown_setting_is_wrong_usage_and_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MILEPOST_LEDGR__URL", "x")

    shown = run("doctor")

    assert shown.exit_code == 2
    assert "MILEPOST_LEDGR__URL" in shown.stderr
    assert "next:" in shown.stderr


def test_a_missing_ledger_is_not_made_by_asking(state: Path):
    shown = run("shipments", "list")

    assert shown.exit_code == 3
    assert "`milepost up` makes one" in shown.stderr
    assert not (state / "ledger.db").exists()


def test_migrate_goes_up_and_down():
    head = migrate.head()

    assert as_json("migrate") == {"before": None, "after": head, "head": head}
    assert as_json("migrate") == {"before": head, "after": head, "head": head}
    assert as_json("migrate", "--down-to", "base", "--yes")["after"] is None
    assert run("migrate", "--down-to", "base", stdin="n\n").exit_code == 2


def test_doctor_finds_an_empty_ledger_and_fixes_it():
    found = run("doctor", "--json")

    assert found.exit_code == 1
    (wrong,) = [one for one in json.loads(found.stdout) if one["verdict"] == "failed"]
    assert (wrong["name"], wrong["fix"]) == ("ledger", "run `milepost migrate`")
    fixed = run("doctor", "--fix", "--json")
    assert fixed.exit_code == 0
    assert {one["verdict"] for one in json.loads(fixed.stdout)} == {"ok", "fixed"}


@pytest.mark.usefixtures("ledger")
def test_doctor_says_what_cannot_be_reached(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MILEPOST_TEMPORAL__ADDRESS", "127.0.0.1:1")

    shown = run("doctor", "--json")

    assert shown.exit_code == 3
    assert [one["name"] for one in json.loads(shown.stdout) if one["verdict"] == "unreachable"] == ["Temporal"]


def test_keys_are_shown_once_and_revoked_for_good(ledger: Ledger):
    made = as_json("keys", "create", "--label", "desk", "--scope", "shipments:read")

    assert made["scopes"] == ["shipments:read"]
    assert ledger.access.authenticate(made["token"]) is not None
    assert made["token"] not in run("keys", "list").stdout
    assert as_json("keys", "revoke", made["key_id"]) == {"key_id": made["key_id"], "revoked": True}
    assert ledger.access.authenticate(made["token"]) is None
    assert run("keys", "revoke", "nobody").exit_code == 1


def test_accounts_get_a_secret_and_rotate_it(ledger: Ledger):
    made = as_json("accounts", "add", "fedex-main", "--dialect", "fedex")

    assert made["secret"].startswith("whsec_")
    assert made["path"] == "/webhooks/carriers/fedex-main"
    assert as_json("accounts", "add", "fedex-main", "--dialect", "fedex")["secret"] is None
    turned = as_json("accounts", "rotate", "fedex-main")
    assert ledger.accounts.get("fedex-main").signing_keys == (turned["secret"], made["secret"])
    assert [one["live_secrets"] for one in as_json("accounts", "list")] == [2]


def test_accounts_of_unknown_dialects_and_bad_secrets_are_refused(ledger: Ledger):
    unknown = run("accounts", "add", "x", "--dialect", "pigeon")
    bad = run("accounts", "add", "x", "--dialect", "fedex", "--secret", "short")

    assert (unknown.exit_code, bad.exit_code) == (2, 2)
    assert "cainiao" in unknown.stderr
    assert "short" not in bad.stderr
    assert ledger.accounts.list() == ()


def test_17track_keeps_its_own_kind_of_secret(ledger: Ledger):
    as_json("accounts", "add", "tracker", "--dialect", "17track", "--secret", "A1B2")

    assert ledger.accounts.get("tracker").signing_keys == ("A1B2",)


@pytest.mark.parametrize("dialect", ["17track", "aftership"])
def test_a_secret_that_the_provider_makes_has_to_be_given(ledger: Ledger, dialect: str):
    refused = run("accounts", "add", "tracker", "--dialect", dialect)

    assert (refused.exit_code, ledger.accounts.list()) == (2, ())
    assert "--secret" in refused.stderr


def test_a_secret_that_we_make_fits_the_provider(ledger: Ledger):
    made = as_json("accounts", "add", "parcels", "--dialect", "easypost")["secret"]

    assert len(made) == 64
    assert ledger.accounts.get("parcels").signing_keys == (made,)


def test_connections_are_added_and_listed_without_secrets(ledger: Ledger):
    made = as_json("erp", "add", "shop", "https://shop.example.com/hook")

    assert ledger.connections.get("main", "shop").secrets == (made["secret"],)
    assert made["secret"] not in run("erp", "list", "--json").stdout
    assert run("erp", "add", "bad", "ftp://shop.example.com").exit_code == 2
    assert as_json("erp", "status") == {"total": 0, "divergent": [], "disabled": []}
    assert as_json("erp", "dead-letters") == []
    assert run("erp", "replay").exit_code == 2


def test_shipments_have_the_shape_of_the_api(ledger: Ledger):
    ledger.registry.register(
        ShipmentPlan(
            tenant="main",
            shipment_id="S-1",
            reference="ORDER-1",
            legs=(Leg(carrier="fedex", tracking_number="770000000001"),),
            registered_at=datetime(2026, 3, 2, tzinfo=UTC),
        )
    )

    page = as_json("shipments", "list")

    assert [(one["shipment_id"], one["state"]) for one in page["items"]] == [("S-1", "CREATED")]
    assert page["next"] is None
    assert as_json("shipments", "list", "--state", "DELIVERED")["items"] == []
    assert as_json("shipments", "show", "S-1")["legs"][0]["tracking_number"] == "770000000001"
    assert as_json("shipments", "timeline", "S-1") == {"shipment_id": "S-1", "entries": []}
    assert run("shipments", "show", "S-2").exit_code == 1
    assert run("shipments", "list", "--api", "http://127.0.0.1:1").exit_code == 2
    assert run("shipments", "list", "--api", "http://127.0.0.1:1", "--key", "x").exit_code == 3


def test_personal_data_is_erased_only_when_meant(ledger: Ledger):
    ref = ledger.private.put("main", "S-1", "address", {"city": "Example"})

    assert run("shipments", "erase", "S-1", stdin="n\n").exit_code == 2
    assert ledger.private.get("main", "S-1", ref) == {"city": "Example"}
    assert as_json("shipments", "erase", "S-1", "--yes") == {"shipment_id": "S-1", "erased": 1}
    with pytest.raises(NotFoundError):
        ledger.private.get("main", "S-1", ref)


def test_the_demo_leaves_a_hub_that_is_there_alone(tmp_path: Path):
    (tmp_path / "ledger.db").touch()

    shown = run("demo", "--keep", str(tmp_path))

    assert shown.exit_code == 2
    assert "holds a hub already" in shown.stderr


@pytest.mark.parametrize(
    ("spent", "shown"),
    [
        (timedelta(seconds=42), "42s"),
        (timedelta(minutes=12, seconds=9), "12m"),
        (timedelta(hours=5, minutes=3), "5h3m"),
        (timedelta(days=3, hours=4, minutes=5), "3d4h"),
    ],
)
def test_durations_show_their_two_biggest_units(spent: timedelta, shown: str):
    assert lasting(spent) == shown


def test_a_taken_port_is_named(monkeypatch: pytest.MonkeyPatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("MILEPOST_GATEWAY__PORT", str(taken.getsockname()[1]))

        shown = run("up")

    assert shown.exit_code == 2
    assert "the port is taken" in shown.stderr


@pytest.mark.usefixtures("ledger")
def test_an_untouched_ledger_verifies():
    report = as_json("audit", "verify", "--rederive")

    assert (report["is_intact"], report["entries"], report["faults"]) == (True, 0, [])
    assert set(as_json("unmapped")) == {"codes", "parked", "rejected", "unreadable"}


def test_ingest_keeps_reads_and_parks_without_a_hub(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MILEPOST_TEMPORAL__ADDRESS", "127.0.0.1:1")
    ledger.accounts.add("fedex-main", "main", "fedex")
    file = tmp_path / "scan.json"
    file.write_text(json.dumps(SCAN))

    first = as_json("ingest", str(file), "--account", "fedex-main")
    again = as_json("ingest", str(file), "--account", "fedex-main")

    assert [(one["is_new"], one["new_facts"], one["parked"]) for one in first] == [(True, 2, 2)]
    assert [(one["is_new"], one["new_facts"]) for one in again] == [(False, 0)]
    assert [(one["dialect"], one["code"]) for one in as_json("unmapped")["codes"]] == [("fedex", "QX")]
    assert run("unmapped").exit_code == 1
    assert run("ingest", str(tmp_path / "no.json"), "--account", "fedex-main").exit_code == 2
    assert run("sweep").exit_code == 3


def test_normalise_has_its_stable_shape():
    document = as_json("normalise", "-", "--carrier", "fedex", stdin=json.dumps(SCAN))

    picked_up, unknown = document["facts"]
    assert {"index", "tracking_number", "milestone", "reasons", "classifier", "occurred_at", "precision", "raw_code",
            "raw_text", "location", "event_id"} <= set(picked_up)  # fmt: skip
    assert (picked_up["index"], picked_up["milestone"]) == (0, "PICKED_UP")
    assert (picked_up["occurred_at"], picked_up["precision"]) == ("2026-03-02T10:00:00-05:00", "SECOND")
    assert (unknown["milestone"], unknown["raw_code"], unknown["raw_text"]) == ("UNMAPPED", "QX", "Something new")
    assert [(one["tracking_number"], one["state"]) for one in document["journeys"]] == [("770000000001", "FIRST_MILE")]
    assert (document["rejected"], document["problems"]) == ([], [])


def test_normalise_names_what_it_cannot_read(tmp_path: Path):
    shown = run("normalise", "-", "--carrier", "fedex", "--json", stdin="{")

    assert shown.exit_code == 1
    assert [one["code"] for one in json.loads(shown.stdout)["problems"]] == ["payload_unreadable"]
    assert run("normalise", "-", "--carrier", "pigeon", stdin="{}").exit_code == 2
    assert run("normalise", str(tmp_path / "no.json"), "--carrier", "fedex").exit_code == 2


def test_normalise_lists_several_files(tmp_path: Path):
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(json.dumps(SCAN))

    documents = as_json("normalise", str(tmp_path / "a.json"), str(tmp_path / "b.json"), "--carrier", "fedex")

    assert [Path(one["file"]).name for one in documents] == ["a.json", "b.json"]
