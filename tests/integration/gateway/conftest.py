"""The gateway over a real ledger (SQLite), with fakes of the ports behind it: dialects, dispatcher, commands."""

import asyncio
import contextlib
import json
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from domain import ids
from domain.audit import AuditEntry, EntryKind, LedgerCommit, ShipmentSnapshot
from domain.commands import Command, CommandAnswer
from domain.errors import HubError, HubUnavailableError, NotFoundError, PayloadUnreadableError
from domain.facts import Fact, Source
from domain.intake import Intake
from domain.messages import Delivery
from domain.milestones import Milestone
from domain.normalised import Normalised
from domain.ports import Inbox
from domain.publication import ChangeKind, StatusChange
from domain.shipments import ShipmentPlan
from domain.states import State
from gateway.app import GatewayDeps, create_app
from gateway.options import CourierOptions, GatewayOptions
from ledger import migrate
from ledger.store import Ledger

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
TRACK17_KEYS = ("current-key", "previous-key")
WEBHOOK_KEY = "whsec_bWlsZXBvc3Qtc2Vjb25kLWtleS0zMi1ieXRlcy1vayE="


@dataclass
class SetClock:
    """Stands still until it is told otherwise; None follows the machine."""

    at: datetime | None = START

    def now(self) -> datetime:
        return self.at or datetime.now(UTC)

    def pass_(self, span: timedelta) -> None:
        self.at = self.now() + span


class JsonDialect:
    """Reads `[[number, code, iso time], ...]`; the code is a milestone, or unmapped when there is none of that name."""

    def __init__(self) -> None:
        self.breaks_on: bytes | None = None

    def normalise(
        self, dialect: str, body: bytes, *, received_at: datetime, message_id: str | None = None
    ) -> Normalised:
        if self.breaks_on is not None and self.breaks_on in body:
            raise RuntimeError("a bug in the engine")
        try:
            rows = json.loads(body)
            facts = [
                self._fact(dialect, row, place, received_at=received_at, message_id=message_id)
                for place, row in enumerate(rows)
            ]
        except (ValueError, TypeError) as error:
            raise PayloadUnreadableError("not a list of events") from error
        return Normalised(dialect=dialect, mapping_version="1", facts=facts)

    def _fact(self, dialect: str, row: Any, place: int, *, received_at: datetime, message_id: str | None) -> Fact:
        number, code, at = row
        known = code in Milestone.__members__
        return Fact(
            event_id=ids.event_id(dialect, number, code, at),
            tracking_number=number,
            milestone=Milestone[code] if known else Milestone.UNMAPPED,
            source=Source(party=dialect, system=dialect, raw_code=code, message_id=message_id, index=place),
            recorded_at=received_at,
            occurred_at=datetime.fromisoformat(at),
        )


@dataclass
class RecordingDispatcher:
    started: list[ShipmentPlan] = field(default_factory=list)
    delivered: list[Delivery] = field(default_factory=list)
    failure: Exception | None = None
    troubled: set[str] = field(default_factory=set)
    attempts: int = 0

    async def start(self, plan: ShipmentPlan) -> None:
        self.attempts += 1
        if self.failure:
            raise self.failure
        self.started.append(plan)

    async def deliver(self, delivery: Delivery) -> None:
        self.attempts += 1
        if self.failure:
            raise self.failure
        if delivery.shipment_id in self.troubled:
            raise NotFoundError("not registered")
        self.delivered.append(delivery)

    @property
    def milestones(self) -> list[list[str]]:
        return [[fact.milestone.value for fact in delivery.facts] for delivery in self.delivered]


@dataclass
class RecordingCommands:
    asked: list[tuple[str, str, Command]] = field(default_factory=list)
    failures: list[HubError] = field(default_factory=list)

    async def execute(self, tenant: str, shipment_id: str, command: Command) -> CommandAnswer:
        repeated = any(known.command_id == command.command_id for _, _, known in self.asked)
        self.asked.append((tenant, shipment_id, command))
        if self.failures:
            raise self.failures.pop(0)
        return CommandAnswer(
            command_id=command.command_id, state="RESOLVED", revision=3, outcome="released", repeated=repeated
        )


@dataclass
class World:
    app: FastAPI
    http: httpx.AsyncClient
    ledger: Ledger
    clock: SetClock
    dialect: JsonDialect
    dispatcher: RecordingDispatcher
    commands: RecordingCommands
    temporal_is_up: bool = True

    def key(self, *scopes: str, tenant: str = "main") -> dict[str, str]:
        _, token = self.ledger.access.create(tenant, scopes, "test")
        return {"authorization": f"Bearer {token}"}

    async def register(self, shipment_id: str, *numbers: str, tenant: str = "main", **more: Any) -> httpx.Response:
        legs = [{"carrier": "acme", "tracking_number": number} for number in numbers]
        body = {"shipment_id": shipment_id, "legs": legs, **more}
        return await self.http.post("/v1/shipments", json=body, headers=self.key("shipments:write", tenant=tenant))

    def tell(self, shipment_id: str, *states: State, tenant: str = "main") -> None:
        """Write what a shipment's workflow would have written: one entry and one change per state."""
        row = self.ledger.reads.shipment(tenant, shipment_id)
        first, now = row.entries + 1, self.clock.now()
        changes = tuple(
            StatusChange(
                revision=row.snapshot.revision + place,
                kind=ChangeKind.STATUS,
                state=state,
                occurred_at=now,
                recorded_at=now,
            )
            for place, state in enumerate(states, start=1)
        )
        entries = tuple(
            AuditEntry(seq=first + place, kind=EntryKind.STATE, at=now, body={"state": state.value})
            for place, state in enumerate(states)
        )
        snapshot = ShipmentSnapshot(
            state=states[-1],
            stage=State.LINEHAUL,
            owner="CARRIER",
            revision=changes[-1].revision,
            updated_at=now,
            is_ended=states[-1] is State.RETURNED,
            anomalies=1 if states[-1] is State.LOST else 0,
        )
        self.ledger.journal.commit(
            LedgerCommit(
                tenant=tenant,
                shipment_id=shipment_id,
                entries=entries,
                changes=changes,
                snapshot=snapshot,
                journey={"state": states[-1].value},
            )
        )


QUICK = CourierOptions(
    settle_quiet=timedelta(milliseconds=60),
    settle_most=timedelta(milliseconds=300),
    sweep_every=timedelta(milliseconds=150),
    sweep_older_than=timedelta(seconds=1),
    start_older_than=timedelta(seconds=2),
    retry_first=timedelta(milliseconds=50),
    retry_most=timedelta(milliseconds=200),
)


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file; copying it is quicker than migrating one per test."""
    path = tmp_path_factory.mktemp("ledger") / "empty.db"
    migrate.upgrade(f"sqlite:///{path}")
    ledger = Ledger.open(f"sqlite:///{path}")
    with ledger.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    ledger.close()
    return path


@pytest.fixture
def ledger_file(empty_ledger: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(empty_ledger, tmp_path / "ledger.db"))


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def ledger(ledger_file: Path, clock: SetClock) -> Iterator[Ledger]:
    ledger = Ledger.open(f"sqlite:///{ledger_file}", master_key=b"k" * 32, clock=clock)
    ledger.accounts.add("17track-main", "main", "17track", signing_keys=TRACK17_KEYS)
    ledger.accounts.add("acme-main", "main", "acme", signing_keys=[WEBHOOK_KEY])
    ledger.accounts.add("acme-other", "other", "acme", signing_keys=[WEBHOOK_KEY])
    yield ledger
    ledger.close()


def build_world(
    ledger: Ledger,
    clock: SetClock,
    *,
    options: GatewayOptions | None = None,
    inbox: Inbox | None = None,
    dispatcher: Any = None,
    commands: Any = None,
) -> World:
    dialect = JsonDialect()
    dispatcher, commands = dispatcher or RecordingDispatcher(), commands or RecordingCommands()
    intake = Intake(inbox or ledger.inbox, dialect, dispatcher, clock)

    async def probe() -> None:
        if not world.temporal_is_up:
            raise HubUnavailableError("the workflow service does not answer")

    app = create_app(
        GatewayDeps(
            ledger=ledger,
            intake=intake,
            dispatcher=dispatcher,
            commands=commands,
            clock=clock,
            temporal_probe=probe,
            dialects={"acme", "17track"},
            options=options or GatewayOptions(courier=QUICK),
        )
    )
    transport = httpx.ASGITransport(app)
    client = httpx.AsyncClient(transport=transport, base_url="http://gateway.test")
    world = World(app, client, ledger, clock, dialect, dispatcher, commands)
    return world


@pytest.fixture
async def world(ledger: Ledger, clock: SetClock) -> AsyncIterator[World]:
    world = build_world(ledger, clock)
    async with world.app.router.lifespan_context(world.app), world.http:
        yield world


@pytest.fixture
def build(ledger: Ledger, clock: SetClock) -> Callable[..., World]:
    """Build a gateway with other parts."""
    return lambda **parts: build_world(ledger, clock, **parts)


@pytest.fixture
def make_world(build: Callable[..., World]) -> Callable[..., World]:
    """Build further gateways over the same ledger; keyword arguments change the courier's options."""
    return lambda inbox=None, **courier: build(options=GatewayOptions(courier=replace(QUICK, **courier)), inbox=inbox)


@contextlib.asynccontextmanager
async def _serving(app: FastAPI) -> AsyncIterator[str]:
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="on"))
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]  # signals are pytest's
    task = asyncio.create_task(server.serve(sockets=[bound]))
    while not server.started:  # noqa: ASYNC110 - uvicorn tells it by a flag only
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@pytest.fixture
def serving() -> Callable[[FastAPI], contextlib.AbstractAsyncContextManager[str]]:
    """Serve an app on a free port of loopback; the value is its base URL."""
    return _serving
