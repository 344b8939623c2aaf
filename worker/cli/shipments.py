"""`milepost shipments`: what the hub knows, from the ledger or from a gateway's API."""

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.text import Text

from domain.states import State
from worker.cli.opening import TenantOption, begin, opened, tenant_of
from worker.cli.output import CommandFailedError, ExitCode, JsonOption, emit, show, table
from worker.cli.texts import local, state_text
from worker.cli.views import ApiOption, KeyOption, asking, shipment_view

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    help="""Look at shipments: in the ledger of the settings, or through any gateway with --api and --key.

    [bold]Examples[/]

      milepost shipments list --state CUSTOMS_HOLD
      milepost shipments show ORDER-1001
      milepost shipments timeline ORDER-1001 --json
      milepost shipments erase ORDER-1001 --yes
      milepost shipments list --api https://hub.example.com --key "$MILEPOST_API_KEY"
    """,
)


@app.command("list")
def list_shipments(  # noqa: PLR0913, PLR0917 - a filter each, all of them options
    state: Annotated[State | None, typer.Option(help="Only shipments in this state.")] = None,
    reference: Annotated[str | None, typer.Option(help="Only this order number.")] = None,
    number: Annotated[str | None, typer.Option("--number", help="Only this tracking number.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many, latest registration first.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="Go on after an earlier page.")] = None,
    tenant: TenantOption = None,
    api: ApiOption = None,
    key: KeyOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """List shipments with their state and who acts next."""
    query = {"state": state, "reference": reference, "tracking_number": number, "limit": limit, "cursor": cursor}
    with asking(tenant, api, key) as hub:
        page = hub.shipments({name: value for name, value in query.items() if value is not None})
    if as_json:
        emit(page)
        return
    rows = [
        (
            one["shipment_id"],
            one["reference"],
            state_text(one["state"]),
            one["owner"],
            one["last_milestone"],
            local(one["last_at"]),
            Text("!", style="red") if one["anomalies"] else "",
        )
        for one in page["items"]
    ]
    show(table("Shipments", ["shipment", "order", "state", "acts next", "last milestone", "at", ""], rows))
    if page["next"]:
        show(f"[dim]more: --cursor {page['next']}[/]")


@app.command("show")
def show_shipment(
    shipment_id: str,
    tenant: TenantOption = None,
    api: ApiOption = None,
    key: KeyOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show one shipment: state, legs, open holds, what order systems know, and each step of its journey."""
    with asking(tenant, api, key) as hub:
        found = hub.shipment(shipment_id)
    if as_json:
        emit(found)
    else:
        show(*shipment_view(found))


@app.command()
def timeline(
    shipment_id: str,
    tenant: TenantOption = None,
    api: ApiOption = None,
    key: KeyOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Print the audit chain of one shipment: every fact, state, command and publication, with its hash."""
    with asking(tenant, api, key) as hub:
        entries = hub.timeline(shipment_id)
    if as_json:
        emit({"shipment_id": shipment_id, "entries": entries})
        return
    rows = [(e["seq"], local(e["at"]), e["kind"], _said(e), e.get("raw_code"), str(e["hash"])[:12]) for e in entries]
    show(table(f"Timeline of {shipment_id}", ["seq", "at", "kind", "what", "raw code", "hash"], rows))


@app.command()
def erase(
    shipment_id: str,
    tenant: TenantOption = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Erase the personal data of one shipment for good; its audit chain still verifies."""
    settings = begin()
    owner = tenant_of(settings, tenant)
    if not yes and not typer.confirm(f"Erase the personal data of {shipment_id} for good?", err=True):
        raise CommandFailedError("nothing was erased", code=ExitCode.USAGE)
    with opened(settings) as ledger:
        pieces = ledger.private.erase(owner, shipment_id)
    if as_json:
        emit({"shipment_id": shipment_id, "erased": pieces})
    else:
        show(f"{pieces} pieces of personal data of [bold]{escape(shipment_id)}[/] are gone")


def _said(entry: dict[str, Any]) -> Text:
    body = entry["body"]
    names = ("command", "milestone", "state", "flag", "outcome")
    words = [str(body[name]) for name in names if body.get(name)]
    if body.get("kind") not in {None, "STATUS", "PARCEL"}:
        words.append(str(body["kind"]))
    if body.get("supersedes"):
        words.append("takes back " + ", ".join(map(str, body["supersedes"])))
    if entry["kind"] == "FACT" and entry.get("raw_text"):
        words.append(f"“{entry['raw_text']}”")
    return Text(" ".join(words))
