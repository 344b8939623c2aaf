"""`milepost accounts`: the half that calls carriers: credentials, settings, and a trial call."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from connectors.carriers.account import SANDBOX, missing
from domain.carriers import Fetched
from domain.errors import (
    CredentialsRejectedError,
    HubError,
    NotFoundError,
    PartnerError,
    PartnerUnavailableError,
    RateLimitedError,
)
from ledger.rows import AccountStatus, CarrierAccount
from ledger.store import Ledger
from mappings.calls import Calls
from worker.calling import LedgerCallers, load_calls, open_trackers
from worker.cli.opening import begin, opened
from worker.cli.output import CommandFailedError, ExitCode, JsonOption, emit, show
from worker.settings import Settings
from worker.wiring import CLOCK, load_mappings

UNKNOWN_NUMBER = "1234567890"
"""What is asked about where nobody names a number: not knowing it proves the credentials all the same."""

_MAX_CREDENTIALS = 64 * 1024


def credentials(
    account: str,
    file: Annotated[Path, typer.Argument(help="A JSON object of named secrets; `-` reads standard input.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Replace the secrets of outgoing calls; the next call takes them, and a stopped account calls again.

    They come from a file or a pipe and never from the command line, where other users of the machine can see them.
    """
    settings = begin()
    secrets = _secrets(file)
    with opened(settings) as ledger:
        calls = calls_of(settings, ledger.accounts.get(account))
        unknown = sorted(set(secrets) - set(calls.secrets))
        if unknown:
            raise CommandFailedError(
                f"no secret is called {', '.join(unknown)}",
                hint=f"wanted: {', '.join(calls.secrets) or 'none'}",
                code=ExitCode.USAGE,
            )
        made = ledger.accounts.set_credentials(account, secrets)
        told(settings, ledger, made, as_json=as_json)


def configure(
    account: str,
    base_url: Annotated[
        str | None, typer.Option(help="Another address, or `sandbox`; empty: the carrier's own.")
    ] = None,
    rate: Annotated[float | None, typer.Option(min=0, help="Requests per second; 0: the carrier's default.")] = None,
    option: Annotated[list[str] | None, typer.Option(help="NAME=VALUE; an empty value takes the default.")] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Change address, rate and options of outgoing calls; what is not named stays."""
    settings = begin()
    with opened(settings) as ledger:
        known = ledger.accounts.get(account)
        calls = calls_of(settings, known)
        made = ledger.accounts.configure(
            account,
            base_url=known.base_url if base_url is None else _address(base_url, calls),
            requests_per_second=known.requests_per_second if rate is None else (rate or None),
            options=_options(known, option or [], calls),
        )
        told(settings, ledger, made, as_json=as_json)


def trial(
    account: str,
    number: Annotated[
        str, typer.Argument(help="A tracking number; without one, one that nobody has.")
    ] = UNKNOWN_NUMBER,
    *,
    as_json: JsonOption = False,
) -> None:
    """Ask the carrier once and say what came of it; changes nothing, neither here nor there."""
    settings = begin()
    with opened(settings) as ledger:
        row = ledger.accounts.get(account)
        lacking = missing(calls_of(settings, row), LedgerCallers(ledger).calling(account))
        if lacking:
            raise CommandFailedError(
                f"the account has no {', no '.join(lacking)}",
                hint=f"milepost accounts credentials {account} FILE, or configure {account} --option NAME=VALUE",
                code=ExitCode.USAGE,
            )
        try:
            fetched = asyncio.run(_tried(settings, ledger, account, number))
        except PartnerError as error:
            raise CommandFailedError(str(error), hint=next_step(error), code=exit_code(error)) from error
    report = _report(settings, row, fetched)
    if as_json:
        emit({"account": account, "number": number, **report})
        return
    show(f"[green]{row.dialect} took the credentials[/] of {account}")
    for line in report["outcome"]:
        show(f"  {line}")


async def _tried(settings: Settings, ledger: Ledger, account: str, number: str) -> Fetched:
    async with open_trackers(settings, ledger, trial=True) as trackers:
        return await trackers.tracker(account).fetch([number])


def _report(settings: Settings, row: CarrierAccount, fetched: Fetched) -> dict[str, Any]:
    mappings = load_mappings(settings)
    lines = [f"{failure.number}: {failure.code}: {failure.detail}" for failure in fetched.failures]
    facts = 0
    for answer in fetched.answers:
        try:
            read = mappings.normalise(row.dialect, answer.body, received_at=CLOCK.now())
        except HubError as error:
            lines.append(f"{len(answer.body)} bytes that the mapping cannot read: {error.code}")
            continue
        facts += len(read.facts)
        problems = ", ".join(problem.code for problem in read.problems) or "no problem"
        lines.append(f"{len(answer.body)} bytes: {len(read.facts)} facts, {problems}")
    return {"answered": bool(fetched.answers), "facts": facts, "outcome": lines}


def next_step(error: PartnerError) -> str:
    """Return what a person can do about a call that failed."""
    if isinstance(error, CredentialsRejectedError):
        return "give it the carrier's present keys: milepost accounts credentials ACCOUNT FILE"
    if isinstance(error, RateLimitedError):
        return f"the carrier asks for a pause{f' of {error.retry_after}' if error.retry_after else ''}; try again later"
    if isinstance(error, PartnerUnavailableError):
        return "the carrier does not answer; is the address right? try again later"
    if error.code == "egress_refused":
        return "the base URL leads to an address that the hub does not call; see docs/connecting-a-carrier-account.md"
    return "see docs/connecting-a-carrier-account.md"


def exit_code(error: PartnerError) -> ExitCode:
    """Return how a command ends whose call failed."""
    return ExitCode.UNREACHABLE if isinstance(error, PartnerUnavailableError) else ExitCode.PROBLEMS


def calls_of(settings: Settings, account: CarrierAccount) -> Calls:
    """Return how the account's carrier is called; raise `NotFoundError` where it is not."""
    found = load_calls(settings).get(account.dialect)
    if found is None:
        raise NotFoundError(f"{account.dialect} has no calls.toml: it sends webhooks or files and cannot be asked")
    return found


def _secrets(file: Path) -> dict[str, str]:
    try:
        text = sys.stdin.read(_MAX_CREDENTIALS) if str(file) == "-" else file.read_text("utf-8")
        found = json.loads(text)
    except (OSError, ValueError) as error:
        # Not the parser's own words: they may quote what they could not read.
        raise CommandFailedError("the credentials are not a readable JSON file", code=ExitCode.USAGE) from error
    if not isinstance(found, dict) or not all(isinstance(value, str) and value for value in found.values()):
        raise CommandFailedError('credentials are an object of texts: {"name": "value"}', code=ExitCode.USAGE)
    return found


def _address(text: str, calls: Calls) -> str | None:
    if not text:
        return None
    if text == SANDBOX:
        if calls.sandbox is None:
            raise CommandFailedError("no test system of this carrier is documented", code=ExitCode.USAGE)
        return text
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise CommandFailedError("a base URL is https://host, with a path at most", code=ExitCode.USAGE)
    return text


def _options(known: CarrierAccount, given: list[str], calls: Calls) -> dict[str, str]:
    options = dict(known.options)
    for text in given:
        name, separator, value = text.partition("=")
        if not separator or name not in calls.options:
            raise CommandFailedError(
                f"no option {name!r}", hint=f"NAME=VALUE of: {', '.join(calls.options) or 'none'}", code=ExitCode.USAGE
            )
        options[name] = value
    return {name: value for name, value in options.items() if value}


def told(
    settings: Settings, ledger: Ledger, account: CarrierAccount, *, note: str | None = None, as_json: bool
) -> None:
    """Print how the account calls, and a note."""
    calls = calls_of(settings, account)
    lacking = missing(calls, LedgerCallers(ledger).calling(account.account_id))
    rate = account.requests_per_second or calls.rate.per_second
    if as_json:
        emit(
            {
                "account": account.account_id,
                "status": account.status,
                "reason": account.reason,
                "base_url": account.base_url,
                "requests_per_second": rate,
                "options": dict(account.options),
                "credentials": account.generation,
                "lacking": lacking,
                "note": note,
            }
        )
        return
    state = "active" if account.status is AccountStatus.ACTIVE else f"stopped: {account.reason}"
    show(f"account [bold]{account.account_id}[/]: {account.dialect}, {state}, {rate:g} requests per second")
    show(f"address: {account.base_url or calls.host}; credentials: generation {account.generation}")
    if lacking:
        show(f"[yellow]still wanted:[/] {', '.join(lacking)}")
    if note:
        show(f"[yellow]{note}[/]")
