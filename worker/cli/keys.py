"""`milepost keys`: tokens for the API."""

from typing import Annotated

import typer

from ledger.rows import ApiKey, Scope
from worker.cli.opening import TenantOption, begin, opened, tenant_of
from worker.cli.output import JsonOption, emit, moment, show, table

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    help="""Create, list and revoke API keys. Only a digest is kept: a token is shown once.

    [bold]Examples[/]

      milepost keys create --label "support desk" --scope shipments:read --scope commands:write
      milepost keys list
      milepost keys revoke 3f9a1c22b07d
    """,
)


@app.command()
def create(
    label: Annotated[str, typer.Option(help="What it is for, in your words.")],
    scope: Annotated[list[Scope] | None, typer.Option(help="What it may do; default: all but admin.")] = None,
    tenant: TenantOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Make a key and print its token, which cannot be shown again."""
    settings = begin()
    wanted = scope or [one for one in Scope if one is not Scope.ADMIN]
    with opened(settings) as ledger:
        key, token = ledger.access.create(tenant_of(settings, tenant), wanted, label)
    if as_json:
        emit({**_row(key), "token": token})
        return
    show(f"key [bold]{key.key_id}[/] for tenant {key.tenant}: {' '.join(sorted(key.scopes))}")
    show(f"token (shown this once): [bold]{token}[/]", "[dim]send it as `Authorization: Bearer <token>`[/]")


@app.command("list")
def list_keys(tenant: TenantOption = None, *, as_json: JsonOption = False) -> None:
    """List keys, revoked ones too. Without --tenant: of all tenants."""
    with opened(begin()) as ledger:
        keys = ledger.access.list(tenant)
    if as_json:
        emit([_row(key) for key in keys])
        return
    rows = [
        (key.key_id, key.tenant, key.label, " ".join(sorted(key.scopes)), moment(key.last_used_at), _life(key))
        for key in keys
    ]
    show(table("API keys", ["key", "tenant", "label", "scopes", "last used", ""], rows))


@app.command()
def revoke(key_id: str, tenant: TenantOption = None, *, as_json: JsonOption = False) -> None:
    """Stop a key for good, at once and everywhere."""
    with opened(begin()) as ledger:
        ledger.access.revoke(key_id, tenant)
    if as_json:
        emit({"key_id": key_id, "revoked": True})
    else:
        show(f"key [bold]{key_id}[/] is revoked")


def _life(key: ApiKey) -> str:
    return f"revoked {moment(key.revoked_at)}" if key.revoked_at else ""


def _row(key: ApiKey) -> dict[str, object]:
    return {
        "key_id": key.key_id,
        "tenant": key.tenant,
        "label": key.label,
        "scopes": sorted(key.scopes),
        "created_at": key.created_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
    }
