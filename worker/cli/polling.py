"""`milepost accounts status` and `share`: what accounts have to ask their carriers about."""

import asyncio
from collections.abc import Sequence

from rich.markup import escape

from domain.errors import HubUnavailableError
from ledger.rows import AccountStatus
from worker.calling import callable_accounts, load_calls
from worker.cli.advice import Standing, advice
from worker.cli.opening import TenantOption, begin, opened, tenant_of
from worker.cli.output import JsonOption, emit, moment, show, table
from worker.settings import Settings
from worker.steering import progress_of
from workflows.carrier_model import AccountProgress


def status(tenant: TenantOption = None, *, as_json: JsonOption = False) -> None:
    """Show how many numbers each account has due, late, waiting, failing and given up, and what to do about it.

    Late numbers should have been asked about by now: the rate does not suffice, the carrier is away, the account is
    stopped or paused, or no `milepost worker --role carriers` runs. Failing ones are tried again later; given up are
    those that the carrier refused or did not know for days. Without --tenant: accounts of all tenants.

    [bold]Examples[/]

      milepost accounts status
      milepost accounts status --tenant acme --json
    """
    settings = begin()
    calls = load_calls(settings)
    with opened(settings) as ledger:
        asking = callable_accounts(ledger, calls)
        accounts = [account for account in ledger.accounts.list(tenant) if account.account_id in asking]
        counts = [ledger.polling.counts(account.account_id) for account in accounts]
    progress, trouble = _progress(settings, [account.account_id for account in accounts])
    found = [
        Standing(account, of, progress.get(account.account_id)) for account, of in zip(accounts, counts, strict=True)
    ]
    if as_json:
        emit([_row(one, advice(settings, calls, one)) for one in found])
        return
    columns = ["account", "carrier", "does", "due", "late", "waiting", "failing", "given up", "oldest due"]
    rows = [
        (
            *(one.account.account_id, one.account.dialect, "?" if trouble else one.doing),
            *(one.counts.due, one.counts.late, one.counts.waiting, one.counts.failing, one.counts.given_up),
            moment(one.counts.oldest_due_at),
        )
        for one in found
    ]
    show(table("Numbers to ask carriers about", columns, rows))
    if trouble:
        show(f"[yellow]{escape(trouble)}:[/] what the accounts do is not known")
    for one in found:
        for line in [] if trouble and one.account.status is AccountStatus.ACTIVE else advice(settings, calls, one):
            show(f"[bold]{one.account.account_id}[/]: {escape(line)}")


def share(account: str, tenant: TenantOption = None) -> None:
    """Let an account ask for one more tenant's numbers; tenants take turns, however many numbers each has."""
    settings = begin()
    with opened(settings) as ledger:
        ledger.polling.share(account, tenant_of(settings, tenant))
    show(f"account [bold]{account}[/] asks for tenant {tenant_of(settings, tenant)}, too")


def _progress(settings: Settings, accounts: Sequence[str]) -> tuple[dict[str, AccountProgress | None], str | None]:
    if not accounts:
        return {}, None
    try:
        return asyncio.run(progress_of(settings, accounts)), None
    except HubUnavailableError as error:
        return {}, str(error)


def _row(one: Standing, lines: list[str]) -> dict[str, object]:
    return {
        "account": one.account.account_id,
        "tenant": one.account.tenant,
        "carrier": one.account.dialect,
        "status": one.account.status,
        "reason": one.account.reason,
        "mode": None if one.progress is None else one.progress.mode,
        "due": one.counts.due,
        "late": one.counts.late,
        "waiting": one.counts.waiting,
        "failing": one.counts.failing,
        "given_up": one.counts.given_up,
        "oldest_due_at": one.counts.oldest_due_at,
        "next_due_at": one.counts.next_due_at,
        "next": lines,
    }
