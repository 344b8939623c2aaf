"""`milepost accounts pause`, `resume`, `stop` and `poll-now`: steering what accounts ask."""

import asyncio
from typing import Annotated

import typer

from connectors.carriers.account import missing
from domain.errors import HubUnavailableError
from ledger.rows import AccountStatus, CarrierAccount
from worker.calling import LedgerCallers
from worker.cli.calling import calls_of, told
from worker.cli.opening import begin, opened
from worker.cli.output import CommandFailedError, ExitCode, JsonOption, emit, show
from worker.settings import Settings
from worker.steering import Steer, steer


def pause(account: str, *, as_json: JsonOption = False) -> None:
    """Ask the carrier nothing for a while: no numbers, no subscriptions. Webhooks still come in.

    A call under way ends first. Numbers become due meanwhile and are asked about after `resume`, most urgent first.
    The pause outlives restarts. `stop` is the harder way: it also refuses `test`, and says why in every list.

    [bold]Examples[/]

      milepost accounts pause fedex-main      # the carrier announced maintenance
      milepost accounts resume fedex-main
    """
    settings = begin()
    _callable(settings, account)
    asyncio.run(steer(settings, account, Steer.PAUSE))
    _say(account, "paused", f"asks nothing until `milepost accounts resume {account}`", as_json=as_json)


def resume(account: str, *, as_json: JsonOption = False) -> None:
    """End a pause or a stop: the account calls again at once, with the credentials it has.

    New keys need no `resume`: `milepost accounts credentials ACCOUNT FILE` lets a stopped account go on by itself.

    [bold]Examples[/]

      milepost accounts test fedex-main       # are the keys good again?
      milepost accounts resume fedex-main
    """
    settings = begin()
    with opened(settings) as ledger:
        row = ledger.accounts.resume(account)
        try:
            asyncio.run(steer(settings, account, Steer.RESUME))
            note = None
        except HubUnavailableError as error:
            note = f"{error}. A stopped account goes on by itself; a paused one stays paused until this is repeated."
        told(settings, ledger, row, note=note, as_json=as_json)


def stop(account: str, reason: Annotated[str, typer.Option(help="Shown wherever the account is.")] = "by hand") -> None:
    """Forbid an account to call its carrier until `resume` or new `credentials`; its webhooks still come in.

    This is what the hub does by itself when a carrier refuses the keys.

    [bold]Examples[/]

      milepost accounts stop fedex-main --reason "the contract ended"
    """
    with opened(begin()) as ledger:
        ledger.accounts.stop(account, reason=reason)
    show(f"account [bold]{account}[/] is stopped: {reason}")


def poll_now(account: str, *, as_json: JsonOption = False) -> None:
    """Ask the carrier about every number of the account now, those that were given up, too.

    The account's rate holds: 1,000 numbers at one call a second take a while, most urgent first. What is due is asked
    about by itself; this is for the moment after an outage, a new mapping, or a customer on the phone.

    [bold]Examples[/]

      milepost accounts poll-now fedex-main
      milepost accounts status                # how many are still due
    """
    settings = begin()
    row = _callable(settings, account)
    if row.status is AccountStatus.STOPPED:
        raise CommandFailedError(
            f"the account is stopped: {row.reason}",
            hint=f"milepost accounts test {account}; then credentials {account} FILE, or resume {account}",
        )
    asyncio.run(steer(settings, account, Steer.POLL_NOW))
    _say(account, "poll_now", "asks about all of its numbers now", as_json=as_json)


def _callable(settings: Settings, account: str) -> CarrierAccount:
    """Return the account; raise `CommandFailedError` where it lacks what a call needs."""
    with opened(settings) as ledger:
        row = ledger.accounts.get(account)
        lacking = missing(calls_of(settings, row), LedgerCallers(ledger).calling(account))
    if lacking:
        raise CommandFailedError(
            f"the account asks nothing: it has no {', no '.join(lacking)}",
            hint=f"milepost accounts credentials {account} FILE, or configure {account} --option NAME=VALUE",
            code=ExitCode.USAGE,
        )
    return row


def _say(account: str, what: str, line: str, *, as_json: bool) -> None:
    if as_json:
        emit({"account": account, "told": what})
    else:
        show(f"account [bold]{account}[/] {line}")
