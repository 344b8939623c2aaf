"""`milepost accounts`: the part that asks providers for webhooks about numbers."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

import typer

from connectors.carriers.account import missing
from domain.carriers import NumberFailure
from domain.errors import HubBugError, PartnerError, RequestRejectedError
from domain.subscriptions import Subscribed
from ledger.rows import CarrierAccount
from ledger.store import Ledger
from mappings.call_subscriptions import Subscribe
from worker.calling import LedgerCallers
from worker.cli.calling import calls_of, exit_code, next_step
from worker.cli.opening import begin, opened
from worker.cli.output import CommandFailedError, ExitCode, JsonOption, emit, moment, show, table
from worker.settings import Settings
from worker.subscribing import open_desks, webhook_address

_MOST = 1_000
"""Numbers that one command asks for; the next one takes the rest."""


def subscribe(
    account: str,
    numbers: Annotated[list[str] | None, typer.Argument(help="Numbers to ask for; default: all that are due.")] = None,
    carrier: Annotated[
        list[str] | None, typer.Option(help="Whose legs are due, by dialect; default: the account's own.")
    ] = None,
    address: Annotated[
        str | None, typer.Option(help="Public https address of the gateway; default: MILEPOST_GATEWAY__PUBLIC_URL.")
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Ask the provider for webhooks about numbers now; a carriers worker does the same every five minutes by itself.

    Due are numbers of open shipments that were never asked for, whose subscription ends within two days, whose last try
    failed some time ago, or which know an older secret. Repeating it asks for nothing twice. Legs of another carrier
    have to be named once with --carrier; from then on they are renewed like the others.

    [bold]Examples[/]

      milepost accounts subscribe ups-main --address https://hub.example.com
      milepost accounts subscribe tracker --carrier canadapost
    """
    settings = begin()
    with opened(settings) as ledger:
        row = ledger.accounts.get(account)
        calls = calls_of(settings, row)
        if calls.subscribe is None:
            raise CommandFailedError(
                f"{row.dialect} takes no subscriptions by this hub",
                hint="its webhooks are set up in its own portal, once",
                code=ExitCode.USAGE,
            )
        lacking = missing(calls, LedgerCallers(ledger).calling(account))
        if lacking:
            raise CommandFailedError(
                f"the account has no {', no '.join(lacking)}",
                hint=f"milepost accounts credentials {account} FILE",
                code=ExitCode.USAGE,
            )
        _check_address(settings, row, calls.subscribe, address)
        wanted = _Wanted(account, numbers or [], carrier or [], address)
        try:
            told = asyncio.run(_subscribed(settings, ledger, wanted))
        except PartnerError as error:
            raise CommandFailedError(str(error), hint=next_step(error), code=exit_code(error)) from error
    _report(row, told, as_json=as_json)


def subscriptions(account: str, *, as_json: JsonOption = False) -> None:
    """List the numbers that the provider was asked about, and when each is asked for again."""
    with opened(begin()) as ledger:
        known = ledger.subscriptions.list(ledger.accounts.get(account).account_id)
    if as_json:
        emit(
            [
                {
                    "number": one.number,
                    "status": one.status,
                    "next_at": one.next_at,
                    "subscribed_at": one.subscribed_at,
                    "expires_at": one.expires_at,
                    "failures": one.failures,
                    "detail": one.detail,
                }
                for one in known
            ]
        )
        return
    columns = ["number", "status", "asked again", "until", "failures", "detail"]
    rows = [(s.number, s.status, moment(s.next_at), moment(s.expires_at), s.failures, s.detail) for s in known]
    show(table("Subscriptions", columns, rows))


def _check_address(settings: Settings, account: CarrierAccount, wanted: Subscribe, address: str | None) -> None:
    try:
        webhook_address(address or settings.gateway.public_url, account, wanted)
    except RequestRejectedError as error:
        raise CommandFailedError(
            str(error), hint="--address https://..., or MILEPOST_GATEWAY__PUBLIC_URL", code=ExitCode.USAGE
        ) from error


@dataclass(frozen=True, slots=True)
class _Wanted:
    account: str
    numbers: list[str]
    carriers: list[str]
    address: str | None


async def _subscribed(settings: Settings, ledger: Ledger, wanted: _Wanted) -> Subscribed:
    """Ask for these numbers, or for all that are due, and return what the provider said."""
    taken: list[str] = []
    failures: list[NumberFailure] = []
    async with open_desks(settings, ledger, base=wanted.address) as desks:
        desk = desks.desk(wanted.account, carriers=wanted.carriers)
        if desk is None:
            raise HubBugError(f"{wanted.account} has no desk")
        async for told in desk.ask(wanted.numbers or desk.due(_MOST)):
            desk.keep(told)
            taken += told.taken
            failures += told.failures
    return Subscribed(tuple(taken), tuple(failures))


def _report(account: CarrierAccount, told: Subscribed, *, as_json: bool) -> None:
    if as_json:
        failures = [{"number": one.number, "code": one.code, "detail": one.detail} for one in told.failures]
        emit({"account": account.account_id, "subscribed": list(told.taken), "failures": failures})
        return
    show(f"account [bold]{account.account_id}[/]: {len(told.taken)} subscribed, {len(told.failures)} not")
    for failure in told.failures:
        show(f"  {failure.number}: {failure.detail}")
