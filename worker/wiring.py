"""Puts the rooms together: from settings to a ledger, mappings, intake, sinks, workers and the gateway's parts."""

import binascii
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from connectors.connections import ConnectionSinks
from connectors.egress import EgressPolicy
from connectors.http import HttpLimits, PartnerHttp
from domain.erps import ErpTarget
from domain.errors import EndpointGoneError, HubBugError
from domain.intake import Intake
from domain.ports import Clock, Dispatcher
from ledger.database import SystemClock
from ledger.rows import ConnectionStatus
from ledger.store import Ledger
from mappings.engine import Mappings
from worker.order_systems import sink_makers, target_of
from worker.readers import KeepingNormaliser, earlier_rederiver, rederiver
from worker.settings import Settings, SettingsInvalidError
from worker.statedir import StateDir

__all__ = ["earlier_rederiver", "rederiver"]

CLOCK: Final[Clock] = SystemClock()

MAX_ANSWER: Final = 1024 * 1024
"""Bytes of one answer to a push: an order with whatever a shop's plugins keep in it."""


def master_key(settings: Settings) -> bytes | None:
    """Return the 32 bytes that seal secrets: from the settings, else the embedded hub's own key file.

    A PostgreSQL ledger without `MILEPOST_MASTER_KEY` gets none: a key that lies beside one of several processes
    would open nothing for the others.

    Raises:
        SettingsInvalidError: The key is not 32 bytes in base64.
    """
    if settings.master_key is not None:
        return _key(settings.master_key.get_secret_value(), "MILEPOST_MASTER_KEY", sizes=(32,))
    if make_url(settings.ledger_url).get_backend_name() == "sqlite":
        return _key(StateDir.create(settings.state_dir).master_key(), "master.key", sizes=(32,))
    return None


def payload_keys(settings: Settings) -> list[tuple[str, bytes]]:
    """Return the ring of Temporal payload keys, newest first; empty means that payloads travel plainly.

    Raises:
        SettingsInvalidError: An entry is not `id:base64key` of 16, 24 or 32 bytes.
    """
    text = settings.temporal.codec_keys
    if text is None or not text.get_secret_value().strip():
        return []
    ring = []
    for entry in text.get_secret_value().split(","):
        key_id, separator, key = entry.strip().partition(":")
        if not separator or not key_id:
            raise SettingsInvalidError("MILEPOST_TEMPORAL__CODEC_KEYS: write id:base64key,id:base64key, newest first")
        ring.append((key_id, _key(key, "MILEPOST_TEMPORAL__CODEC_KEYS", sizes=(16, 24, 32))))
    return ring


def _key(text: str, name: str, *, sizes: tuple[int, ...]) -> bytes:
    try:
        key = b64decode(text.strip().translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError):
        raise SettingsInvalidError(f"{name}: not base64") from None
    if len(key) not in sizes:
        raise SettingsInvalidError(f"{name}: {len(key)} bytes; wanted: {' or '.join(map(str, sizes))}")
    return key


def open_ledger(settings: Settings) -> Ledger:
    """Return the ledger of the settings; nothing is contacted yet."""
    try:
        return Ledger.open(settings.ledger_url, master_key=master_key(settings))
    except ValueError as error:
        raise SettingsInvalidError(f"MILEPOST_LEDGER__URL: {error}") from error


def check_key(ledger: Ledger) -> None:
    """Find out at start, and not with the first webhook, that the master key is not this ledger's.

    Raises:
        SettingsInvalidError: It opens nothing here. A ledger that does not answer is not judged.
    """
    try:
        ledger.accounts.list()
        ledger.connections.list()
    except HubBugError:
        raise SettingsInvalidError(
            "the master key does not open what this ledger holds: MILEPOST_MASTER_KEY, or master.key beside a SQLite "
            "ledger, is missing or another one"
        ) from None
    except SQLAlchemyError:
        return


def load_mappings(settings: Settings) -> Mappings:
    """Return every dialect, checked; raise `MappingInvalidError` with file, key and allowed values."""
    return Mappings.load(settings.mappings_root)


def build_intake(ledger: Ledger, mappings: Mappings, dispatcher: Dispatcher) -> Intake:
    """Return the one way in."""
    reader = KeepingNormaliser(mappings, ledger)
    return Intake(inbox=ledger.inbox, normaliser=reader, dispatcher=dispatcher, clock=CLOCK)


@dataclass(frozen=True, slots=True)
class LedgerDirectory:
    """Connections of the ledger, in the words of the connectors."""

    ledger: Ledger

    def target(self, tenant: str, connection: str) -> ErpTarget:
        """Return where the connection's updates go; raise `EndpointGoneError` for a disabled one."""
        found = self.ledger.connections.get(tenant, connection)
        if found.status is not ConnectionStatus.ACTIVE:
            raise EndpointGoneError("the connection is disabled", connection=connection, reason=found.reason)
        return target_of(found)

    def disable(self, tenant: str, connection: str, *, reason: str) -> None:
        """Stop pushes until a person enables the connection."""
        self.ledger.connections.disable(tenant, connection, reason=reason)


@asynccontextmanager
async def open_sinks(settings: Settings, ledger: Ledger) -> AsyncIterator[ConnectionSinks]:
    """Return the order systems' sinks, sharing one HTTP client for the length of the block."""
    policy = EgressPolicy(allow_loopback=settings.egress.allow_loopback)
    async with PartnerHttp(policy, limits=HttpLimits(max_answer=MAX_ANSWER)) as http:
        yield ConnectionSinks(LedgerDirectory(ledger), http, CLOCK, makers=sink_makers(ledger), paces=ledger.paces)
