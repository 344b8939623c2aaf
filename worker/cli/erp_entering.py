"""`milepost erp`: how the hub gets into an order system: its kind, settings, credentials, and a trial."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from connectors.egress import EgressPolicy, EgressRefusedError
from connectors.http import PartnerHttp
from domain.errors import CredentialsRejectedError, PartnerError, PartnerUnavailableError
from ledger.rows import Connection
from worker.cli.opening import TenantOption, begin, opened, tenant_of
from worker.cli.output import CommandFailedError, ExitCode, JsonOption, emit, show, table
from worker.order_systems import KINDS, Kind, Probe, target_of
from worker.settings import Settings
from worker.wiring import CLOCK

_MAX_CREDENTIALS = 64 * 1024

SettingOption = Annotated[list[str] | None, typer.Option("--setting", help="NAME=VALUE; an empty value takes it away.")]
RateOption = Annotated[float | None, typer.Option(min=0, help="Requests per second at most; 0: no limit of the hub's.")]


def kinds(*, as_json: JsonOption = False) -> None:
    """List the kinds of order systems and what each needs to be connected."""
    if as_json:
        emit([{"kind": name, **_needs(kind)} for name, kind in KINDS.items()])
        return
    rows = []
    for name, kind in KINDS.items():
        settings = ", ".join([*kind.settings, *(f"[{one}]" for one in kind.optional)])
        secrets = ", ".join([*kind.credentials, *(f"[{one}]" for one in kind.optional_credentials)])
        rows.append((name, kind.title, kind.url, escape(settings), escape(secrets)))
    show(table("Kinds of order systems", ["kind", "system", "URL", "settings", "credentials"], rows))


def configure(
    connection: str,
    setting: SettingOption = None,
    rate: RateOption = None,
    tenant: TenantOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Change settings and rate of a connection; what is not named stays."""
    settings = begin()
    owner = tenant_of(settings, tenant)
    with opened(settings) as ledger:
        known = ledger.connections.get(owner, connection)
        made = ledger.connections.configure(
            owner,
            connection,
            settings=settings_of(kind_of(known.kind), setting or [], known.settings),
            requests_per_second=known.requests_per_second if rate is None else (rate or None),
        )
    told(made, as_json=as_json)


def credentials(
    connection: str,
    file: Annotated[Path, typer.Argument(help="A JSON object of named secrets; `-` reads standard input.")],
    tenant: TenantOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Replace the secrets with which the hub gets in; workers take them within seconds.

    They come from a file or a pipe and never from the command line, where other users of the machine can see them.
    """
    settings = begin()
    owner = tenant_of(settings, tenant)
    with opened(settings) as ledger:
        known = ledger.connections.get(owner, connection)
        given = credentials_of(kind_of(known.kind), file)
        made = ledger.connections.set_credentials(owner, connection, {**known.credentials, **given})
    told(made, as_json=as_json)


def trial(connection: str, tenant: TenantOption = None, *, as_json: JsonOption = False) -> None:
    """Get into the order system once and say what was found; writes nothing there."""
    settings = begin()
    with opened(settings) as ledger:
        known = ledger.connections.get(tenant_of(settings, tenant), connection)
    kind = kind_of(known.kind)
    lacking = kind.missing(known)
    if lacking:
        raise CommandFailedError(
            f"the connection has no {', no '.join(lacking)}", hint=hint_for(known), code=ExitCode.USAGE
        )
    if kind.probe is None:
        raise CommandFailedError(
            f"a {known.kind} is told and not entered: nothing can be tried without writing to it",
            hint="register a shipment with it, then `milepost erp status`",
            code=ExitCode.USAGE,
        )
    try:
        found = asyncio.run(_tried(settings, kind.probe, known))
    except PartnerError as error:
        raise CommandFailedError(str(error), hint=_next_step(error, known), code=ExitCode.PROBLEMS) from error
    if as_json:
        emit({"connection": connection, "kind": known.kind, "found": found})
    else:
        show(f"[green]{KINDS[known.kind].title} lets the hub in[/]: {escape(found)}")


async def _tried(settings: Settings, probe: Probe, connection: Connection) -> str:
    async with PartnerHttp(EgressPolicy(allow_loopback=settings.egress.allow_loopback)) as http:
        return await probe(target_of(connection), http, CLOCK)


def kind_of(name: str) -> Kind:
    """Return the kind; raise `CommandFailedError` with the names there are."""
    if name not in KINDS:
        raise CommandFailedError(f"no kind {name!r}", hint=f"one of: {', '.join(KINDS)}", code=ExitCode.USAGE)
    return KINDS[name]


def settings_of(kind: Kind, given: list[str], known: dict[str, str]) -> dict[str, str]:
    """Return the settings after the ones given; raise `CommandFailedError` for names the kind does not have."""
    made = dict(known)
    for one in given:
        name, sign, value = one.partition("=")
        if not sign or name not in {**kind.settings, **kind.optional}:
            wanted = ", ".join(f"{name}=..." for name in {**kind.settings, **kind.optional}) or "none"
            raise CommandFailedError(f"not a setting of {kind.title}: {name!r}", hint=wanted, code=ExitCode.USAGE)
        made[name] = value
    return {name: value for name, value in made.items() if value}


def credentials_of(kind: Kind, file: Path) -> dict[str, str]:
    """Return the secrets in a file, or on standard input for `-`.

    Raises:
        CommandFailedError: the file cannot be read, is no JSON object of texts, or names other secrets.
    """
    try:
        raw = sys.stdin.buffer.read(_MAX_CREDENTIALS) if str(file) == "-" else file.read_bytes()[:_MAX_CREDENTIALS]
        found: Any = json.loads(raw)
    except OSError as error:
        raise CommandFailedError(f"{file} cannot be read: {error.strerror}", code=ExitCode.USAGE) from error
    except ValueError:
        found = None
    wanted = ", ".join(f'"{name}": "..."' for name in {**kind.credentials, **kind.optional_credentials}) or "none"
    if not isinstance(found, dict) or not all(isinstance(value, str) and value for value in found.values()):
        raise CommandFailedError("no JSON object of named secrets", hint=f"{{{wanted}}}", code=ExitCode.USAGE)
    unknown = sorted(found.keys() - kind.credentials.keys() - kind.optional_credentials.keys())
    if unknown:
        raise CommandFailedError(f"no secret is called {', '.join(unknown)}", hint=f"{{{wanted}}}", code=ExitCode.USAGE)
    return found


def told(connection: Connection, *, as_json: bool) -> None:
    """Say how the connection stands, and what it lacks; never a secret."""
    lacking = kind_of(connection.kind).missing(connection)
    if as_json:
        emit(row_of(connection))
        return
    show(f"connection [bold]{connection.connection_id}[/] of tenant {connection.tenant} -> {escape(connection.url)}")
    for name, value in connection.settings.items():
        show(f"  {name} = {escape(value)}")
    show(f"  secrets: {', '.join(connection.credentials) or 'none'}")
    if lacking:
        show(f"[yellow]still missing: {', '.join(lacking)}[/]; {hint_for(connection)}")
    else:
        show(f"[dim]next: milepost erp test {connection.connection_id}[/]")


def row_of(connection: Connection) -> dict[str, object]:
    """Return what may be shown of a connection: names of secrets and no secret."""
    return {
        "connection": connection.connection_id,
        "tenant": connection.tenant,
        "kind": connection.kind,
        "url": connection.url,
        "status": connection.status,
        "reason": connection.reason,
        "created_at": connection.created_at,
        "settings": connection.settings,
        "credentials": sorted(connection.credentials),
        "requests_per_second": connection.requests_per_second,
        "missing": kind_of(connection.kind).missing(connection),
    }


def hint_for(connection: Connection) -> str:
    """Return the commands that give a connection what it lacks."""
    name = connection.connection_id
    return f"milepost erp configure {name} --setting NAME=VALUE; milepost erp credentials {name} FILE"


def way_back(connection: Connection) -> str:
    """Return what a person does to let a connection that was switched off go on."""
    name = connection.connection_id
    if connection.reason and connection.reason.startswith(CredentialsRejectedError.code):
        fix = f"milepost erp credentials {name} FILE" if KINDS[connection.kind].credentials else "compare the secrets"
        return f"{fix}; milepost erp test {name}; milepost erp enable {name}"
    return f"milepost erp enable {name} when the system takes updates again"


def _needs(kind: Kind) -> dict[str, object]:
    return {
        "title": kind.title,
        "url": kind.url,
        "settings": dict(kind.settings),
        "optional": dict(kind.optional),
        "credentials": dict(kind.credentials),
        "optional_credentials": dict(kind.optional_credentials),
    }


def _next_step(error: Exception, connection: Connection) -> str:
    name = connection.connection_id
    if isinstance(error, CredentialsRejectedError):
        return f"check user and rights there, then: milepost erp credentials {name} FILE; milepost erp enable {name}"
    if isinstance(error, EgressRefusedError):
        return "a private address needs to be allowed: MILEPOST_EGRESS__ALLOW_LOOPBACK=true for loopback"
    if isinstance(error, PartnerUnavailableError):
        return f"is {connection.url} right, and reachable from here?"
    return f"compare {connection.url} and the settings with docs/connecting-an-erp.md"
