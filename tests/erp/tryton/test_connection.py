"""A connection to the real Tryton as a platform engineer makes it: by command, tried before anything depends on it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger import migrate
from tests.erp.tryton.people import HUB
from tests.erp.tryton.server import TrytonServer
from worker.cli import app

RUNNER = CliRunner()
LOGIN, PASSWORD = HUB


def run(*words: str, stdin: str | None = None) -> Any:
    return RUNNER.invoke(app, ["erp", *words], input=stdin)


@pytest.fixture(autouse=True)
def _connected(tryton: TrytonServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILEPOST_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("MILEPOST_EGRESS__ALLOW_LOOPBACK", "true")
    (tmp_path / "state").mkdir()
    migrate.upgrade(f"sqlite:///{tmp_path / 'state' / 'ledger.db'}")
    made = run("add", "tryton", tryton.url, "--kind", "tryton", "--setting", f"login={LOGIN}")
    assert made.exit_code == 0


def test_a_connection_with_the_right_password_is_let_in():
    run("credentials", "tryton", "-", stdin=json.dumps({"password": PASSWORD}))

    answer = run("test", "tryton", "--json")

    assert answer.exit_code == 0
    assert json.loads(answer.output)["found"].startswith(f"logged in as {LOGIN}; ")


def test_a_wrong_password_says_what_to_do():
    run("credentials", "tryton", "-", stdin=json.dumps({"password": "not it"}))

    answer = run("test", "tryton")

    assert answer.exit_code == 1
    assert "milepost erp credentials tryton FILE" in " ".join(answer.output.split())


def test_a_database_that_is_not_there_is_named(tryton: TrytonServer):
    run("add", "other", f"{tryton.url}x", "--kind", "tryton", "--setting", f"login={LOGIN}")
    run("credentials", "other", "-", stdin=json.dumps({"password": PASSWORD}))

    answer = run("test", "other")

    assert answer.exit_code == 1
    assert f"{tryton.url}x" in "".join(answer.output.split())
