"""`milepost accounts`: carrier accounts, the doors that webhooks come in by."""

from typing import Annotated

import typer

from connectors.carrier_webhooks import scheme_of
from ledger.rows import CarrierAccount
from worker.cli import calling, polling, steering, subscribing
from worker.cli.opening import TenantOption, begin, opened, tenant_of
from worker.cli.output import CommandFailedError, ExitCode, JsonOption, emit, moment, show, table
from worker.wiring import load_mappings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    help="""Carrier accounts: which carrier calls under which name with which signature, and how the hub calls it.

    17TRACK and AfterShip make the secret themselves: pass it with --secret. EasyPost and UPS Track Alert are told ours.
    Everything else signs by Standard Webhooks.

    [bold]Examples[/]

      milepost accounts add fedex-main --dialect fedex
      milepost accounts add tracker --dialect 17track --secret "$SEVENTEEN_TRACK_KEY"
      milepost accounts rotate fedex-main
      milepost accounts credentials fedex-main keys.json
      milepost accounts configure fedex-main --base-url sandbox --rate 0.5
      milepost accounts test fedex-main
      milepost accounts subscribe tracker
      milepost accounts status
      milepost accounts poll-now fedex-main
    """,
)

for name, command in (
    ("credentials", calling.credentials),
    ("configure", calling.configure),
    ("test", calling.trial),
    ("pause", steering.pause),
    ("resume", steering.resume),
    ("stop", steering.stop),
    ("poll-now", steering.poll_now),
    ("subscribe", subscribing.subscribe),
    ("subscriptions", subscribing.subscriptions),
    ("status", polling.status),
    ("share", polling.share),
):
    app.command(name)(command)

SecretOption = Annotated[
    str | None, typer.Option(help="The signing secret, when the carrier gives one; default: a fresh one is made.")
]


@app.command()
def add(
    account: str,
    dialect: Annotated[str, typer.Option(help="The carrier's dialect: a folder of mappings/carriers.")],
    secret: SecretOption = None,
    tenant: TenantOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Open a door for a carrier; prints the address to give to it and, once, the secret."""
    settings = begin()
    known = load_mappings(settings).carriers
    if dialect not in known:
        raise CommandFailedError(f"no dialect {dialect!r}", hint=f"one of: {', '.join(known)}", code=ExitCode.USAGE)
    key = _checked(dialect, secret)
    with opened(settings) as ledger:
        made = ledger.accounts.add(account, tenant_of(settings, tenant), dialect, signing_keys=[key])
    _told(made, key if made.signing_keys[:1] == (key,) else None, as_json=as_json)


@app.command("list")
def list_accounts(tenant: TenantOption = None, *, as_json: JsonOption = False) -> None:
    """List accounts, without their secrets. Without --tenant: of all tenants."""
    with opened(begin()) as ledger:
        accounts = ledger.accounts.list(tenant)
    if as_json:
        emit([_row(account) for account in accounts])
        return
    rows = [
        (a.account_id, a.tenant, a.dialect, len(a.signing_keys), moment(a.rotated_at), a.status, a.generation, a.reason)
        for a in accounts
    ]
    columns = ["account", "tenant", "dialect", "live secrets", "rotated", "calls", "credentials", "reason"]
    show(table("Carrier accounts", columns, rows))


@app.command()
def rotate(account: str, secret: SecretOption = None, *, as_json: JsonOption = False) -> None:
    """Put a new secret in front; the one before stays good until the next rotation."""
    with opened(begin()) as ledger:
        key = _checked(ledger.accounts.get(account).dialect, secret)
        made = ledger.accounts.rotate(account, key)
    _told(made, key, as_json=as_json)


def _checked(dialect: str, secret: str | None) -> str:
    scheme = scheme_of(dialect)
    if secret is None:
        if scheme.secret_from_provider:
            raise CommandFailedError(
                f"{dialect} signs with a secret of its own making",
                hint="pass what its portal shows with --secret",
                code=ExitCode.USAGE,
            )
        return scheme.fresh_secret()
    try:
        scheme.check_secret(secret)
    except ValueError as error:
        hint = (
            "take the one in the provider's portal" if scheme.secret_from_provider else "leave --secret out to get one"
        )
        raise CommandFailedError(str(error), hint=hint, code=ExitCode.USAGE) from error
    return secret


def _told(account: CarrierAccount, secret: str | None, *, as_json: bool) -> None:
    if as_json:
        emit({**_row(account), "secret": secret})
        return
    show(f"account [bold]{account.account_id}[/]: {account.dialect}, tenant {account.tenant}")
    show(f"address: <gateway>/webhooks/carriers/{account.account_id}")
    show(
        f"secret (shown this once): [bold]{secret}[/]" if secret else "[dim]the account was there; its secret stays[/]"
    )


def _row(account: CarrierAccount) -> dict[str, object]:
    return {
        "account": account.account_id,
        "tenant": account.tenant,
        "dialect": account.dialect,
        "live_secrets": len(account.signing_keys),
        "created_at": account.created_at,
        "rotated_at": account.rotated_at,
        "path": f"/webhooks/carriers/{account.account_id}",
        "status": account.status,
        "reason": account.reason,
        "credentials": account.generation,
    }
