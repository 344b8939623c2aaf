"""`milepost accounts`: the part that asks providers for webhooks about numbers."""

import asyncio
from typing import Annotated
from urllib.parse import urlsplit

import typer

from connectors.carriers.account import missing
from domain.errors import PartnerError
from domain.subscriptions import Subscribed
from ledger.rows import CarrierAccount
from mappings.call_subscriptions import WEBHOOK_URL, Subscribe
from worker import subscribing
from worker.calling import LedgerCallers
from worker.cli.calling import calls_of, exit_code, next_step
from worker.cli.opening import begin, opened
from worker.cli.output import CommandFailedError, ExitCode, JsonOption, emit, moment, show, table
from worker.settings import Settings


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
    """Ask the provider for webhooks about numbers; run it every quarter of an hour, and it renews what runs out.

    Due are numbers of open shipments that were never asked for, whose subscription ends within two days, whose last try
    failed some time ago, or which know an older secret. Repeating it asks for nothing twice.
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
        url = _url(settings, row, calls.subscribe, address)
        wanted = numbers or subscribing.due(ledger, row, calls.subscribe, carrier or [row.dialect])
        try:
            told = asyncio.run(subscribing.subscribe(settings, ledger, row, calls, url=url, numbers=wanted))
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


def _url(settings: Settings, account: CarrierAccount, wanted: Subscribe, address: str | None) -> str:
    """Return where the account's webhooks come in; raise `CommandFailedError` where the provider has to be told it."""
    base = address or settings.gateway.public_url
    is_told = wanted.uses(f"option.{WEBHOOK_URL}")
    if not base:
        if is_told:
            raise CommandFailedError(
                f"{account.dialect} has to be told where its webhooks go",
                hint="--address https://..., or MILEPOST_GATEWAY__PUBLIC_URL",
                code=ExitCode.USAGE,
            )
        return ""
    parts = urlsplit(base)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise CommandFailedError("the address is https://host, with a path at most", code=ExitCode.USAGE)
    return f"{base.rstrip('/')}/webhooks/carriers/{account.account_id}"


def _report(account: CarrierAccount, told: Subscribed, *, as_json: bool) -> None:
    if as_json:
        failures = [{"number": one.number, "code": one.code, "detail": one.detail} for one in told.failures]
        emit({"account": account.account_id, "subscribed": list(told.taken), "failures": failures})
        return
    show(f"account [bold]{account.account_id}[/]: {len(told.taken)} subscribed, {len(told.failures)} not")
    for failure in told.failures:
        show(f"  {failure.number}: {failure.detail}")
