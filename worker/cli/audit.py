"""`milepost audit`: proves that history is what it was."""

from dataclasses import asdict
from typing import Annotated

import typer

from worker.cli.opening import TenantOption, begin, opened
from worker.cli.output import ExitCode, JsonOption, emit, show, table
from worker.wiring import earlier_rederiver, load_mappings, rederiver

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    help="""Prove that nothing in the ledger was changed, removed or slipped in.

    [bold]Examples[/]

      milepost audit verify
      milepost audit verify --rederive
      milepost audit verify --tenant main --shipment ORDER-1001 --json
    """,
)


@app.callback()
def _group() -> None:
    """Keep `verify` a sub-command while it is the only one."""


@app.command()
def verify(
    shipment: Annotated[str | None, typer.Option(help="Only this shipment (needs --tenant).")] = None,
    tenant: TenantOption = None,
    *,
    rederive: Annotated[
        bool, typer.Option("--rederive", help="Read every stored payload again; each fact must come out the same.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Recompute every hash chain, digest of raw bytes and stored fact; exit code 1 when anything differs.

    Each fact is derived again by the mapping that read it: the ledger keeps every mapping that was in use. A mapping
    that was improved since is no fault; `milepost mappings renormalise` shows what it would change.
    """
    settings = begin()
    with opened(settings) as ledger:
        reading = rederiver(load_mappings(settings)) if rederive else None
        scope = tenant or (settings.tenant if shipment else None)
        report = ledger.verify(scope, shipment, rederive=reading, earlier=earlier_rederiver(ledger))
    if as_json:
        emit({**asdict(report), "is_intact": report.is_intact})
    else:
        derived = f", {report.rederived} facts derived again from raw bytes" if rederive else ""
        verdict = "[green]verified[/]" if report.is_intact else f"[red]{len(report.faults)} faults[/]"
        show(
            f"[bold]audit: {report.entries} entries {verdict}[/] ({report.shipments} shipments, "
            f"{report.messages} messages, {report.facts} facts{derived})"
        )
        if report.faults:
            rows = [(f.finding, f.tenant, f.shipment_id, f.seq, f.message_id, f.detail) for f in report.faults]
            show(table("Faults", ["finding", "tenant", "shipment", "seq", "message", "detail"], rows))
    if not report.is_intact:
        raise typer.Exit(ExitCode.PROBLEMS)
