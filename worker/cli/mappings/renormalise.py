"""`milepost mappings renormalise`: a better table corrects what was stored, after somebody has seen what it changes."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ledger.rereading import Scope
from ledger.store import Ledger
from mappings.engine import Mappings
from worker.cli.mappings.options import SINCE_HELP, known, since_of
from worker.cli.mappings.preview import document, view
from worker.cli.opening import begin, opened
from worker.cli.output import CommandFailedError, ExitCode, JsonOption, emit, show, stderr
from worker.renormalise.apply import Applied, PlanMovedError
from worker.renormalise.plan import Plan, planned
from worker.renormalise.plan import Progress as Step
from worker.renormalise.run import apply_plan
from worker.settings import Settings
from worker.wiring import load_mappings


def renormalise(  # noqa: PLR0913 - an option each
    carrier: Annotated[str, typer.Option(help="The dialect whose stored messages are read again.")],
    *,
    since: Annotated[str | None, typer.Option(help=SINCE_HELP)] = None,
    tenant: Annotated[str | None, typer.Option(help="Only this tenant's messages; default: all tenants.")] = None,
    apply: Annotated[
        str | None, typer.Option(metavar="DIGEST", help="Do what the preview with this digest showed.")
    ] = None,
    show_most: Annotated[int, typer.Option("--show", help="Shipments that the preview lists.", min=0)] = 20,
    yes: Annotated[bool, typer.Option("--yes", help="Approve whatever the preview shows (for scripts).")] = False,
    as_json: JsonOption = False,
) -> None:
    """Read stored messages again with today's mapping, show what changes, and apply it once it is approved.

    Without approval nothing is written: the preview names every code whose
    meaning changes, every shipment whose state changes, and what its order
    systems would be told. It ends with a digest.

    Approving appends facts; none is rewritten. Each amendment names the fact
    that it corrects, goes to its shipment like any other fact, and order
    systems get a correction that names the revisions it supersedes. A second
    run finds nothing to do; an interrupted one goes on where it stopped, with
    the same digest. If anything has changed since the preview, nothing is done.

    Restart gateways with the new mapping first: one that still reads with the
    old one would bring the old meaning in again.

    [bold]Examples[/]

      milepost mappings renormalise --carrier fedex --since 30d
      milepost mappings renormalise --carrier fedex --since 30d --apply 3f0c9a1b22d47e10
      milepost mappings renormalise --carrier fedex --json --show 1000
    """
    settings = begin()
    mappings = load_mappings(settings)
    scope = Scope(known(mappings, carrier), since_of(since, datetime.now(UTC)), tenant)
    with (
        opened(settings) as ledger,
        _reading(as_json=as_json) as step,
        planned(ledger, mappings, scope, progress=step) as plan,
    ):
        said = document(plan, show_most)
        if not as_json:
            show(*view(plan, show_most))
        digest = apply or _approved(plan, yes=yes, as_json=as_json)
        done = None if digest is None else _apply(settings, ledger, mappings, plan=plan, digest=digest)
    if as_json:
        emit(said | {"applied": None if done is None else asdict(done)})
    elif done is not None:
        show(*_outcome(done))
    if done is not None and done.moved:
        raise typer.Exit(ExitCode.PROBLEMS)


def _approved(plan: Plan, *, yes: bool, as_json: bool) -> str | None:
    if plan.totals.is_empty:
        return None
    if yes:
        return plan.digest
    if as_json or not sys.stdin.isatty():
        return None
    return plan.digest if typer.confirm("Apply exactly this?", default=False) else None


def _apply(settings: Settings, ledger: Ledger, mappings: Mappings, *, plan: Plan, digest: str) -> Applied:
    try:
        return asyncio.run(apply_plan(settings, ledger, mappings, plan=plan, digest=digest))
    except PlanMovedError as error:
        hint = f"nothing was written; read the preview again, then --apply {plan.digest}"
        raise CommandFailedError(str(error), hint=hint) from error


def _outcome(done: Applied) -> Iterator[str]:
    how = "resumed and applied" if done.resumed else "applied"
    yield (
        f"[bold green]{how}[/] {done.digest}: {done.facts} facts appended, {done.handed_over} handed to "
        f"{done.shipments} shipments, {done.parked} parked, {done.messages} messages read for the first time"
    )
    if done.left_to_sweep:
        yield f"[yellow]{done.left_to_sweep} facts[/] wait for `milepost sweep`: their shipments did not answer"
    if done.moved:
        yield f"[yellow]{done.moved} shipments[/] were changed by others meanwhile and left alone: run it again"


@contextmanager
def _reading(*, as_json: bool) -> Iterator[Step]:
    """Show a bar on standard error where a person looks at it."""
    columns: Any = (TextColumn("reading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=stderr(), transient=True, disable=as_json or not sys.stderr.isatty()) as bar:
        task = bar.add_task("messages", total=None)

        def step(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)
            if done == total:
                bar.stop()

        yield step
