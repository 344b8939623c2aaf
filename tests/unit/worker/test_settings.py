"""Settings come from MILEPOST_ variables, are strict, and never repeat a value in an error."""

from datetime import timedelta
from pathlib import Path

import pytest

from worker.settings import Settings, SettingsInvalidError


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MILEPOST_STATE_DIR", "MILEPOST_LEDGER__URL", "MILEPOST_TEMPORAL__ADDRESS"):
        monkeypatch.delenv(name, raising=False)


def test_defaults_keep_everything_in_one_directory():
    settings = Settings.load()

    assert settings.state_dir == Path(".milepost")
    assert settings.ledger_url == "sqlite:///.milepost/ledger.db"
    assert settings.temporal.address is None
    assert (settings.gateway.host, settings.gateway.port) == ("127.0.0.1", 8080)


def test_nested_names_use_two_underscores(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MILEPOST_TEMPORAL__ADDRESS", "temporal.example.com:7233")
    monkeypatch.setenv("MILEPOST_ERP__RETRY_SCHEDULE", "[1, 2.5]")

    settings = Settings.load()

    assert settings.temporal.address == "temporal.example.com:7233"
    assert settings.erp.retry_schedule == (timedelta(seconds=1), timedelta(seconds=2.5))


@pytest.mark.parametrize("name", ["MILEPOST_LEGDER__URL", "MILEPOST_GATEWAY__PROT", "MILEPOST_KEY"])
def test_a_name_that_nobody_reads_is_an_error(monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.setenv(name, "secret-looking-value")

    with pytest.raises(SettingsInvalidError, match=name) as refused:
        Settings.load()

    assert "secret-looking-value" not in str(refused.value)


def test_a_wrong_value_names_the_variable_and_hides_the_value(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MILEPOST_GATEWAY__PORT", "secret-looking-value")

    with pytest.raises(
        SettingsInvalidError, match="MILEPOST_GATEWAY__PORT: Input should be a valid integer"
    ) as refused:
        Settings.load()

    assert "secret-looking-value" not in str(refused.value)


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MILEPOST_LEDGER__URL", "postgresql+psycopg://hub:hunter2@db.example.com/milepost")
    monkeypatch.setenv("MILEPOST_MASTER_KEY", "hunter3")

    settings = Settings.load()

    assert "hunter" not in repr(settings)
    assert settings.ledger_url == "postgresql+psycopg://hub:hunter2@db.example.com/milepost"
