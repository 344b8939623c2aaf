"""`milepost erp`: connections to systems that the hub enters, from nothing to a trial, and no secret shown."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ledger import migrate
from worker.cli import app

RUNNER = CliRunner()
URL = "https://erp.example.com/main"


def run(*arguments: str, stdin: str | None = None) -> Result:
    return RUNNER.invoke(app, list(arguments), input=stdin)


def as_json(*arguments: str, stdin: str | None = None) -> Any:
    return json.loads(run(*arguments, "--json", stdin=stdin).stdout)


@pytest.fixture(autouse=True)
def _ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILEPOST_STATE_DIR", str(tmp_path / "state"))
    (tmp_path / "state").mkdir()
    migrate.upgrade(f"sqlite:///{tmp_path / 'state' / 'ledger.db'}")


@pytest.fixture
def add() -> Callable[..., Any]:
    return lambda *extra: as_json("erp", "add", "tryton", URL, "--kind", "tryton", *extra)


def test_kinds_say_what_they_need():
    kinds = {one["kind"]: one for one in as_json("erp", "kinds")}

    assert list(kinds["tryton"]["settings"]) == ["login"]
    assert list(kinds["tryton"]["credentials"]) == ["password"]


def test_a_connection_says_what_it_lacks_until_it_has_it(add: Callable[..., Any]):
    assert add()["missing"] == ["login", "password"]

    named = as_json("erp", "configure", "tryton", "--setting", "login=hub", "--rate", "5")
    entered = as_json("erp", "credentials", "tryton", "-", stdin='{"password": "quiet"}')

    assert (named["missing"], named["requests_per_second"]) == (["password"], 5.0)
    assert (entered["missing"], entered["settings"], entered["credentials"]) == ([], {"login": "hub"}, ["password"])


def test_no_command_shows_a_secret(add: Callable[..., Any]):
    add("--setting", "login=hub")
    said = [run("erp", "credentials", "tryton", "-", stdin='{"password": "quiet"}')]
    said += [
        run("erp", *words) for words in (["list"], ["list", "--json"], ["configure", "tryton"], ["status", "--json"])
    ]

    assert [one.exit_code for one in said] == [0] * 5
    assert not any("quiet" in one.output for one in said)


@pytest.mark.parametrize(
    ("words", "stdin", "hint"),
    [
        (["add", "x", URL, "--kind", "sap9"], None, "one of: webhook, "),
        (["configure", "tryton", "--setting", "colour=red"], None, "login="),
        (["configure", "tryton", "--setting", "login"], None, "login="),
        (["credentials", "tryton", "-"], "no json", '"password": "..."'),
        (["credentials", "tryton", "-"], '["quiet"]', '"password": "..."'),
        (["credentials", "tryton", "-"], '{"pass": "quiet"}', '"password": "..."'),
        (["credentials", "tryton", "-"], '{"password": ""}', '"password": "..."'),
        (["test", "tryton"], None, "milepost erp credentials tryton FILE"),
    ],
)
def test_what_is_wrong_is_said_with_the_next_step(
    add: Callable[..., Any], words: list[str], *, stdin: str | None, hint: str
):
    add()

    answer = run("erp", *words, stdin=stdin)

    assert answer.exit_code == 2
    assert hint in " ".join(answer.output.split())
    assert "quiet" not in answer.output


def test_a_webhook_is_told_and_cannot_be_tried():
    as_json("erp", "add", "shop", "https://shop.example.com/hook")

    answer = run("erp", "test", "shop")

    assert answer.exit_code == 2
    assert "nothing can be tried" in " ".join(answer.output.split())
