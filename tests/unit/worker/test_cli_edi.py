"""Interchanges on the command line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ledger import migrate
from mappings.loading import ROOT
from worker.cli import app
from worker.settings import Settings
from worker.wiring import open_ledger

FAULTY = ROOT / "canadapost_x12_214" / "fixtures" / "error__count_and_date.edi"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILEPOST_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("MILEPOST_TEMPORAL__ADDRESS", "127.0.0.1:1")
    monkeypatch.delenv("MILEPOST_LEDGER__URL", raising=False)
    settings = Settings()
    migrate.upgrade(settings.ledger_url)
    opened = open_ledger(settings)
    opened.accounts.add("cpc-edi", "main", "canadapost_x12_214")
    opened.close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_ingest_answers_an_interchange(tmp_path: Path):
    command = ["ingest", str(FAULTY), "--account", "cpc-edi", "--answers", str(tmp_path / "answers")]

    first, again = (json.loads(run(*command, "--json").stdout)[0] for _ in range(2))

    assert (first["new_facts"], first["acknowledgement"]["kind"]) == (2, "997")
    assert first["acknowledgement"]["verdict"] == "WITH_ERRORS"
    assert (again["new_facts"], again["acknowledgement"]) == (0, first["acknowledgement"])
    (answer,) = (tmp_path / "answers").iterdir()
    assert answer.name == f"{first['message_id'][2:14]}-error__count_and_date.edi.997"
    assert answer.read_text() == first["acknowledgement"]["body"]
    assert "997 WITH_ERRORS" in run(*command).stdout


def test_watching_once_tells_by_its_exit_code_that_a_file_was_rejected(tmp_path: Path):
    command = ["edi", "watch", str(tmp_path / "edi"), "--carrier", "canadapost_x12_214", "--once", "--settle", "0"]
    assert run(*command).exit_code == 0
    (tmp_path / "edi" / "in" / "day.edi").write_bytes(FAULTY.read_bytes())
    assert run(*command).exit_code == 0
    (tmp_path / "edi" / "in" / "page.edi").write_text("<html>")

    shown = run(*command, "--json")

    assert shown.exit_code == 1
    assert [(one["file"], one["answer"]) for one in json.loads(shown.stdout)] == [("page.edi", None)]


@pytest.mark.parametrize("carrier", ["fedex", "pigeon"])
def test_a_dialect_without_interchanges_is_wrong_usage(tmp_path: Path, carrier: str):
    shown = run("edi", "watch", str(tmp_path), "--carrier", carrier, "--once")

    assert shown.exit_code == 2
    assert "canadapost_x12_214, ups_iftsta" in shown.stderr
    assert list(tmp_path.glob("in")) == []
