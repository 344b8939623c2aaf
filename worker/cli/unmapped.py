"""`milepost unmapped`: what a person has to look at before it means anything."""

import typer

from worker.cli.opening import TenantOption, begin, opened
from worker.cli.output import ExitCode, JsonOption, emit, moment, show, table

app = typer.Typer(rich_markup_mode="rich", add_completion=False)


@app.command()
def unmapped(tenant: TenantOption = None, *, as_json: JsonOption = False) -> None:
    """List what intake could not use: unknown codes, parked numbers, refused events, unreadable messages.

    Nothing of it is lost: a better mapping reads the same bytes again, a
    registration takes its parked facts. Exit code 1 when there are unknown
    codes or unreadable messages.

    [bold]Examples[/]

      milepost unmapped
      milepost unmapped --tenant main --json
    """
    with opened(begin()) as ledger:
        codes = ledger.reads.unmapped(tenant)
        parked = ledger.reads.parked(tenant)
        rejected = ledger.reads.rejected(tenant)
        unreadable = ledger.reads.unreadable(tenant)
    if as_json:
        emit({"codes": codes, "parked": parked, "rejected": rejected, "unreadable": unreadable})
    else:
        show(
            table(
                "Unknown codes",
                ["dialect", "code", "seen", "text", "last"],
                [(c.dialect, c.code, c.seen, c.sample_text, moment(c.last_seen_at)) for c in codes],
            ),
            table(
                "Numbers nobody has registered",
                ["tenant", "number", "facts", "since"],
                [(p.tenant, p.tracking_number, p.facts, moment(p.first_recorded_at)) for p in parked],
            ),
            table(
                "Events that did not become facts",
                ["account", "index", "problem", "detail", "code"],
                [(r.account, r.event_index, r.problem, r.detail, r.raw_code) for r in rejected],
            ),
            table(
                "Messages that gave nothing",
                ["account", "dialect", "message", "problem", "detail"],
                [(m.account, m.dialect, m.message_id[:14], m.problem, m.detail) for m in unreadable],
            ),
        )
    if codes or unreadable:
        raise typer.Exit(ExitCode.PROBLEMS)
