"""`milepost erp`: how connections are read: pause, resume, read-now, backfill, and the status of one of them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer
from rich.markup import escape

from domain.erp_rounds import ReadingState
from domain.errors import HubUnavailableError
from ledger.rows import Connection, ConnectionStatus
from worker.cli.erp_entering import way_back
from worker.cli.opening import TenantOption, begin, opened, tenant_of
from worker.cli.output import CommandFailedError, ExitCode, emit, moment, show
from worker.erp_connections import can_be_read
from worker.erp_steering import Steer, progress_of, steer
from worker.settings import Settings
from worker.wiring import CLOCK
from workflows.erp_model import ConnectionProgress, ReadMode

_LATE: Final = timedelta(minutes=2)
"""A reading as old as this means that something stands in the way."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One connection: its row, how reading it went, what its workflow says, and the shipments it is behind with."""

    connection: Connection
    state: ReadingState
    progress: ConnectionProgress | None
    behind: Sequence[str] = ()

    @property
    def doing(self) -> str:
        """What is done with the connection, in a word or three."""
        if not can_be_read(self.connection):
            return "is told only"
        return "nobody reads it" if self.progress is None else self.progress.mode.value


def pause(connection: str, tenant: TenantOption = None) -> None:
    """Read nothing from a connection until `resume`; pushes go on, and what changes there meanwhile is read then."""
    settings, known = _readable(connection, tenant)
    asyncio.run(steer(settings, known.tenant, connection, Steer.PAUSE))
    show(f"connection [bold]{connection}[/] is read no more; go on with: milepost erp resume {connection}")


def resume(connection: str, tenant: TenantOption = None) -> None:
    """Read a paused connection again, from where it was left."""
    settings, known = _readable(connection, tenant)
    asyncio.run(steer(settings, known.tenant, connection, Steer.RESUME))
    show(f"connection [bold]{connection}[/] is read again")


def read_now(connection: str, tenant: TenantOption = None) -> None:
    """Read a connection at once, also while it waits for a system that was away."""
    settings, known = _readable(connection, tenant)
    asyncio.run(steer(settings, known.tenant, connection, Steer.READ_NOW))
    show(f"connection [bold]{connection}[/] is being read; see: milepost erp status {connection}")


def backfill(
    connection: str,
    since: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="In UTC.")],
    tenant: TenantOption = None,
) -> None:
    """Read once more every delivery that was made since a day and is to be sent, whether it was read before or not.

    What the hub knows already stays as it is; what it missed is registered.
    """
    settings, known = _readable(connection, tenant)
    moment_ = since.replace(tzinfo=UTC)
    asyncio.run(steer(settings, known.tenant, connection, Steer.BACKFILL, args=[moment_]))
    show(f"connection [bold]{connection}[/] reads what was made since {moment(moment_)}")


def hinted(settings: Settings, connection: Connection) -> None:
    """Have a connection that was switched on looked at now and not within minutes."""
    if not can_be_read(connection):
        return
    try:
        asyncio.run(steer(settings, connection.tenant, connection.connection_id, Steer.READ_NOW))
    except HubUnavailableError as error:
        show(f"[yellow]{escape(str(error))}:[/] it is read once the hub runs")


def status_of(connection: str, tenant: str | None, *, as_json: bool) -> None:
    """Print how one connection stands; exit code 1 when anything is wrong with it."""
    settings = begin()
    with opened(settings) as ledger:
        known = ledger.connections.get(tenant_of(settings, tenant), connection)
        divergent = ledger.convergence.status(known.tenant).divergent
        state = ledger.reading_states.state(known.tenant, connection)
    progress, trouble = _progress(settings, known)
    behind = [row.shipment_id for row in divergent if row.connection == connection]
    one = Standing(known, state, progress, behind)
    lines = [*advice(one, now=CLOCK.now()), *([] if trouble is None else [trouble])]
    if as_json:
        emit(_row(one, lines))
    else:
        show(f"connection [bold]{connection}[/] of tenant {known.tenant}: {known.status}, {one.doing}")
        show(f"  last read {moment(state.read_at)}; {state.registered} registered, {state.asked} wishes of its people")
        show(f"  {len(behind)} shipments of which it does not know everything")
        for line in lines:
            show(f"[yellow]{escape(line)}[/]")
    if behind or lines:
        raise typer.Exit(ExitCode.PROBLEMS)


def advice(one: Standing, *, now: datetime) -> list[str]:
    """Return a line for each thing that stands in the way of reading, with the step that removes it."""
    name, state, progress = one.connection.connection_id, one.state, one.progress
    if one.connection.status is not ConnectionStatus.ACTIVE:
        return [f"off: {one.connection.reason}; {way_back(one.connection)}"]
    if not can_be_read(one.connection):
        return []
    if progress is None:
        return ["nobody reads it: start `milepost worker --role erp`, or `milepost up`"]
    if progress.mode is ReadMode.PAUSED:
        return [f"paused by hand; go on with: milepost erp resume {name}"]
    lines = [f"{record} could not be worked off: {why}; mend it there" for record, why in state.failed.items()]
    if state.trouble is not None and state.away_since is not None:
        since = moment(state.away_since)
        lines.append(f"it does not answer since {since}: {state.trouble}; look now with: milepost erp read-now {name}")
    elif state.trouble is not None:
        lines.append(f"the latest reading failed: {state.trouble}; try it with: milepost erp test {name}")
    elif state.read_at is not None and now - state.read_at > _LATE:
        lines.append(f"not read since {moment(state.read_at)}; does `milepost worker --role erp` run?")
    return lines


def _row(one: Standing, lines: list[str]) -> dict[str, object]:
    state = one.state
    return {
        "connection": one.connection.connection_id,
        "kind": one.connection.kind,
        "status": one.connection.status,
        "reason": one.connection.reason,
        "mode": None if one.progress is None else one.progress.mode,
        "read_at": state.read_at,
        "away_since": state.away_since,
        "trouble": state.trouble,
        "registered": state.registered,
        "asked": state.asked,
        "failed": dict(state.failed),
        "behind": list(one.behind),
        "next": lines,
    }


def _readable(connection: str, tenant: str | None) -> tuple[Settings, Connection]:
    settings = begin()
    with opened(settings) as ledger:
        known = ledger.connections.get(tenant_of(settings, tenant), connection)
    if not can_be_read(known):
        raise CommandFailedError(
            f"{connection} cannot be read: its kind is only told, or it lacks something",
            hint=f"milepost erp kinds; milepost erp test {connection}",
            code=ExitCode.USAGE,
        )
    return settings, known


def _progress(settings: Settings, known: Connection) -> tuple[ConnectionProgress | None, str | None]:
    if not can_be_read(known):
        return None, None
    try:
        return asyncio.run(progress_of(settings, known.tenant, known.connection_id)), None
    except HubUnavailableError as error:
        return None, str(error)
