"""`milepost accounts status` and `share`: what accounts have to ask their carriers about."""

from domain.polling import PollCounts
from ledger.rows import CarrierAccount
from worker.calling import callable_accounts, load_calls
from worker.cli.opening import TenantOption, begin, opened, tenant_of
from worker.cli.output import JsonOption, emit, moment, show, table


def status(tenant: TenantOption = None, *, as_json: JsonOption = False) -> None:
    """Show how many numbers each account has due, late, waiting and given up; without --tenant: of all tenants.

    Late numbers should have been asked about by now: the rate does not suffice, the carrier is away, the account is
    stopped, or no `milepost worker --role carriers` runs.
    """
    settings = begin()
    with opened(settings) as ledger:
        asking = callable_accounts(ledger, load_calls(settings))
        accounts = [account for account in ledger.accounts.list(tenant) if account.account_id in asking]
        found = [(account, ledger.polling.counts(account.account_id)) for account in accounts]
    if as_json:
        emit([_row(account, counts) for account, counts in found])
        return
    columns = ["account", "carrier", "status", "due", "late", "waiting", "given up", "oldest due", "reason"]
    rows = [
        (a.account_id, a.dialect, a.status, c.due, c.late, c.waiting, c.given_up, moment(c.oldest_due_at), a.reason)
        for a, c in found
    ]
    show(table("Numbers to ask carriers about", columns, rows))


def share(account: str, tenant: TenantOption = None) -> None:
    """Let an account ask for one more tenant's numbers; tenants take turns, however many numbers each has."""
    settings = begin()
    with opened(settings) as ledger:
        ledger.polling.share(account, tenant_of(settings, tenant))
    show(f"account [bold]{account}[/] asks for tenant {tenant_of(settings, tenant)}, too")


def _row(account: CarrierAccount, counts: PollCounts) -> dict[str, object]:
    return {
        "account": account.account_id,
        "tenant": account.tenant,
        "carrier": account.dialect,
        "status": account.status,
        "reason": account.reason,
        "due": counts.due,
        "late": counts.late,
        "waiting": counts.waiting,
        "given_up": counts.given_up,
        "oldest_due_at": counts.oldest_due_at,
        "next_due_at": counts.next_due_at,
    }
