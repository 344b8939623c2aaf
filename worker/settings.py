"""Settings of every process role: environment variables that start with `MILEPOST_`, read once in `main`.

Nested names use two underscores: `MILEPOST_TEMPORAL__ADDRESS`. A name that nobody reads is an error, not a shrug.
"""

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX: Final = "MILEPOST_"

_LEDGER_URL: Final = re.compile(r"sqlite:///.|postgresql\+psycopg://([^/@]*@)?(\[[^\]/]*\]|[^/@:]*)(:\d+)?/.")

_STRICT: Final = ConfigDict(frozen=True, extra="forbid")


class SettingsInvalidError(Exception):
    """The environment does not describe a hub; the message lists every wrong name and never a value."""


class LedgerSettings(BaseModel):
    """Where the record is kept. A URL may hold a password, so it is a secret; None is SQLite in the state directory."""

    model_config = _STRICT

    url: SecretStr | None = None

    @field_validator("url")
    @classmethod
    def _is_known_kind(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not _LEDGER_URL.match(url.get_secret_value()):
            raise ValueError("write sqlite:///<file> or postgresql+psycopg://<user>:<password>@<host>/<database>")
        return url


class TemporalSettings(BaseModel):
    """Which Temporal service decides. Without an address, `milepost up` brings its own."""

    model_config = _STRICT

    address: str | None = None
    namespace: str = "default"
    tls: bool = False
    api_key: SecretStr | None = None
    codec_keys: SecretStr | None = None
    port: Annotated[int, Field(ge=0, le=65_535)] = 0
    metrics_port: Annotated[int, Field(ge=0, le=65_535)] = 0
    stop_grace: timedelta = timedelta(seconds=10)


class GatewaySettings(BaseModel):
    """Where HTTP is served. Limits are bytes of a request's body; `upload_limit` is for whole carrier files.

    `public_url` is the https address under which carriers reach it, for those that have to be told.
    """

    model_config = _STRICT

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8080
    public_url: str | None = None
    body_limit: Annotated[int, Field(ge=1_024, le=64 * 1024 * 1024)] = 256 * 1024
    upload_limit: Annotated[int, Field(ge=1_024, le=64 * 1024 * 1024)] = 4 * 1024 * 1024


class LogSettings(BaseModel):
    """How the process speaks. `auto` is console on a terminal and JSON anywhere else."""

    model_config = _STRICT

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    format: Literal["auto", "json", "console"] = "auto"


class ErpSettings(BaseModel):
    """How pushes to order systems are repeated: the waits between them in seconds; None is 75 hours in nine steps.

    `read_every` is the pause between two readings of a system that has nothing new.
    """

    model_config = _STRICT

    retry_schedule: Annotated[tuple[timedelta, ...], Field(min_length=1, max_length=50)] | None = None
    read_every: Annotated[timedelta, Field(gt=timedelta())] | None = None


class EgressSettings(BaseModel):
    """Where the hub may send to. Loopback and private addresses are refused unless allowed here."""

    model_config = _STRICT

    allow_loopback: bool = False


class ServiceSettings(BaseModel):
    """Rhythm of the background work. `metrics` is the host:port on which a worker shows its Temporal metrics."""

    model_config = _STRICT

    accounts_every: timedelta = timedelta(seconds=30)
    sweep_every: timedelta = timedelta(seconds=5)
    sweep_older_than: timedelta = timedelta(seconds=4)
    stop_grace: timedelta = timedelta(seconds=20)
    metrics: str | None = None


class Settings(BaseSettings):
    """Everything a process may be told from outside; frozen after start."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    state_dir: Path = Path(".milepost")
    ledger: LedgerSettings = LedgerSettings()
    temporal: TemporalSettings = TemporalSettings()
    gateway: GatewaySettings = GatewaySettings()
    log: LogSettings = LogSettings()
    erp: ErpSettings = ErpSettings()
    egress: EgressSettings = EgressSettings()
    service: ServiceSettings = ServiceSettings()
    master_key: SecretStr | None = None
    mappings_root: Path | None = None
    tenant: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=64)] = "main"

    @classmethod
    def load(cls) -> Self:
        """Read the environment.

        Raises:
            SettingsInvalidError: A name is unknown or a value has the wrong form; values are not repeated.
        """
        names = os.environ  # noqa: TID251 - the one place that reads it
        unknown = sorted(name for name in names if name.upper().startswith(PREFIX) and not _known(name))
        if unknown:
            known = ", ".join(sorted(_names()))
            raise SettingsInvalidError(f"unknown: {', '.join(unknown)}. Known: {known}")
        try:
            return cls()
        except ValidationError as error:
            raise SettingsInvalidError(_explain(error)) from error

    @property
    def ledger_url(self) -> str:
        """The database of the ledger; with a password in it where the environment gave one."""
        if self.ledger.url is not None:
            return self.ledger.url.get_secret_value()
        return f"sqlite:///{self.state_dir / 'ledger.db'}"


def _names() -> set[str]:
    names: set[str] = set()
    for field, info in Settings.model_fields.items():
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            names.update(f"{PREFIX}{field}__{inner}".upper() for inner in kind.model_fields)
        else:
            names.add(f"{PREFIX}{field}".upper())
    return names


def _known(name: str) -> bool:
    return name.upper() in _names() or name.upper().startswith(f"{PREFIX}TEST_")


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        name = PREFIX + "__".join(str(part) for part in problem["loc"]).upper()
        lines.append(f"{name}: {problem['msg'].removeprefix('Value error, ')}")
    return "; ".join(lines)
