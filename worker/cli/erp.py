"""`milepost erp`: connections to order systems, whether they know everything, and what they refused."""

import asyncio
from collections.abc import Iterable
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

import typer
from rich.markup import escape

from connectors.standard_webhooks import new_key
from domain.erps import WEBHOOK
from ledger.rows import ConnectionStatus, ConvergenceRow, DeadLetter
from worker.cli import erp_entering, erp_reading
from worker.cli.opening import TenantOption, begin, opened, tenant_of
from worker.cli.output import CommandFailedError, ExitCode, JsonOption, emit, moment, show, table
from worker.replay import Resent, replay_letters, resend_divergent

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    help="""Order systems that are told about shipments: in their own language, or by signed webhooks.

    [bold]Examples[/]

      milepost erp add shop https://shop.example.com/hooks/milepost
      milepost erp add tryton https://erp.example.com/main --kind tryton --setting login=hub
      milepost erp credentials tryton password.json
      milepost erp test tryton
      milepost erp status                  "0 divergent of N", or the list of those behind
      milepost erp status tryton           what reading it does, and what to do about trouble
      milepost erp read-now tryton         now, and not with the next reading
      milepost erp backfill tryton --from 2026-03-01
      milepost erp dead-letters            what was given up, and why
      milepost erp replay d_0f3c...        send one again, with its original id
      milepost erp enable shop             after a 410 switched it off; sends what it missed
    """,
)


for name, command in (
    ("kinds", erp_entering.kinds),
    ("configure", erp_entering.configure),
    ("credentials", erp_entering.credentials),
    ("test", erp_entering.trial),
    ("pause", erp_reading.pause),
    ("resume", erp_reading.resume),
    ("read-now", erp_reading.read_now),
    ("backfill", erp_reading.backfill),
):
    app.command(name)(command)


@app.command()
def add(
    connection: str,
    url: str,
    *,
    kind: Annotated[str, typer.Option(help="`milepost erp kinds` lists them.")] = WEBHOOK,
    setting: erp_entering.SettingOption = None,
    tenant: TenantOption = None,
    as_json: JsonOption = False,
) -> None:
    """Connect an order system.

    For a webhook, prints, once, the secret with which it verifies what it receives.
    """
    settings = begin()
    parts = _checked(url)
    wanted = erp_entering.kind_of(kind)
    names = erp_entering.settings_of(wanted, setting or [], {})
    owner = tenant_of(settings, tenant)
    secret = new_key()
    with opened(settings) as ledger:
        made = ledger.connections.add(owner, connection, kind, url, secrets=[secret])
        if names:
            rate = made.requests_per_second
            made = ledger.connections.configure(owner, connection, settings=names, requests_per_second=rate)
    fresh = made.secrets[:1] == (secret,)
    if as_json:
        emit({**erp_entering.row_of(made), "secret": secret if fresh else None})
        return
    erp_entering.told(made, as_json=False)
    if kind == WEBHOOK:
        show(f"secret (shown this once): [bold]{secret}[/]" if fresh else "[dim]it was there; its secret stays[/]")
    _warn(parts.scheme, parts.hostname or "", allows_loopback=settings.egress.allow_loopback)
    show("[dim]register shipments with this connection's name; docs/receiving-webhooks.md is for the receiver[/]")


def _checked(url: str) -> SplitResult:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise CommandFailedError("the URL is not http(s)://host/...", code=ExitCode.USAGE)
    return parts


def _warn(scheme: str, host: str, *, allows_loopback: bool) -> None:
    if scheme == "http":
        show("[yellow]plain http: what is sent can be read on the way[/]")
    if host in {"localhost", "127.0.0.1", "::1"} and not allows_loopback:
        show("[yellow]loopback is refused unless MILEPOST_EGRESS__ALLOW_LOOPBACK=true[/]")


@app.command("list")
def list_connections(tenant: TenantOption = None, *, as_json: JsonOption = False) -> None:
    """List connections, without their secrets. Without --tenant: of all tenants."""
    with opened(begin()) as ledger:
        found = ledger.connections.list(tenant)
    if as_json:
        emit([erp_entering.row_of(one) for one in found])
        return
    rows = [(one.connection_id, one.tenant, one.kind, one.url, one.status, one.reason) for one in found]
    show(table("Connections", ["connection", "tenant", "kind", "url", "status", "reason"], rows))


@app.command()
def status(
    connection: Annotated[str | None, typer.Argument(help="One connection, with what reading it does.")] = None,
    tenant: TenantOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Say whether every order system knows every revision; exit code 1 when one does not, or cannot be read."""
    if connection is not None:
        erp_reading.status_of(connection, tenant, as_json=as_json)
        return
    with opened(begin()) as ledger:
        report = ledger.convergence.status(tenant)
        off = [one for one in ledger.connections.list(tenant) if one.status is ConnectionStatus.DISABLED]
    if as_json:
        divergent = [_behind(row) for row in report.divergent]
        emit({"total": report.total, "divergent": divergent, "disabled": [one.connection_id for one in off]})
    else:
        for one in off:
            show(f"[yellow]connection {one.connection_id} of tenant {one.tenant} is off: {one.reason}[/]")
            show(f"[dim]  {escape(erp_entering.way_back(one))}[/]")
        show(f"[bold]ERP: {len(report.divergent)} divergent of {report.total}[/]")
        if report.divergent:
            rows = [(r.tenant, r.shipment_id, r.connection, r.acked, r.wanted, r.outcome) for r in report.divergent]
            show(table("Behind", ["tenant", "shipment", "connection", "knows", "of", "last outcome"], rows))
    if report.divergent:
        raise typer.Exit(ExitCode.PROBLEMS)


@app.command("dead-letters")
def dead_letters(
    tenant: TenantOption = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Resolved ones too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List pushes that were given up; exit code 1 when there are unresolved ones."""
    with opened(begin()) as ledger:
        letters = ledger.convergence.dead_letters(tenant, open_only=not every)
    if as_json:
        emit([_letter(one) for one in letters])
    else:
        rows = [
            (x.letter_id, x.publication.shipment_id, x.publication.connection, moment(x.created_at), x.reason)
            for x in letters
        ]
        show(table("Dead letters", ["letter", "shipment", "connection", "since", "reason"], rows))
    if any(not letter.is_resolved for letter in letters):
        raise typer.Exit(ExitCode.PROBLEMS)


@app.command()
def replay(
    letters: Annotated[list[str] | None, typer.Argument(help="Letters as `erp dead-letters` names them.")] = None,
    tenant: TenantOption = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every unresolved letter.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Send given-up pushes again, each with its original id, so that a receiver that has it ignores it.

    Exit code 1 when one was refused again, or could not be sent.
    """
    settings = begin()
    if not letters and not every:
        raise CommandFailedError("which letters?", hint="name them, or --all", code=ExitCode.USAGE)
    with opened(settings) as ledger:
        wanted = (
            ledger.convergence.dead_letters(tenant)
            if every
            else [ledger.convergence.dead_letter(one) for one in letters or ()]
        )
        outcomes = asyncio.run(replay_letters(settings, ledger, wanted))
    if as_json:
        emit([{"letter": letter.letter_id} | _resent(one) for letter, one in outcomes])
    else:
        for letter, one in outcomes:
            show(f"{letter.letter_id} {one.shipment_id}: {escape(one.outcome)}")
    _end(one for _, one in outcomes)


@app.command()
def enable(connection: str, tenant: TenantOption = None, *, as_json: JsonOption = False) -> None:
    """Switch a connection on again and send what it missed; exit code 1 when something was refused."""
    settings = begin()
    owner = tenant_of(settings, tenant)
    with opened(settings) as ledger:
        ledger.connections.enable(owner, connection)
        erp_reading.hinted(settings, ledger.connections.get(owner, connection))
        outcomes = asyncio.run(resend_divergent(settings, ledger, owner, connection))
    if as_json:
        emit({"connection": connection, "enabled": True, "resent": [_resent(one) for one in outcomes]})
    else:
        show(f"connection [bold]{connection}[/] is on; {len(outcomes)} shipments were behind")
        for one in outcomes:
            show(f"{one.shipment_id}: {escape(one.outcome)}")
    _end(outcomes)


def _end(outcomes: Iterable[Resent]) -> None:
    if not all(one.is_ok for one in outcomes):
        raise typer.Exit(ExitCode.PROBLEMS)


def _resent(one: Resent) -> dict[str, object]:
    return {"shipment_id": one.shipment_id, "connection": one.connection, "ok": one.is_ok, "outcome": one.outcome}


def _behind(row: ConvergenceRow) -> dict[str, object]:
    return {
        "tenant": row.tenant,
        "shipment_id": row.shipment_id,
        "connection": row.connection,
        "wanted": row.wanted,
        "sent": row.sent,
        "acked": row.acked,
        "outcome": row.outcome,
        "updated_at": row.updated_at,
    }


def _letter(letter: DeadLetter) -> dict[str, object]:
    return {
        "letter": letter.letter_id,
        "tenant": letter.publication.tenant,
        "shipment_id": letter.publication.shipment_id,
        "connection": letter.publication.connection,
        "message_id": letter.message_id,
        "reason": letter.reason,
        "created_at": letter.created_at,
        "replayed_at": letter.replayed_at,
        "resolved_at": letter.resolved_at,
        "changes": letter.publication.changes,
    }
