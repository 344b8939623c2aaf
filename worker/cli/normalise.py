"""`milepost normalise`: what a payload becomes, without storing anything."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from domain.errors import HubError, PayloadError
from domain.milestones import Milestone
from mappings.engine import Mappings
from mappings.report import report
from worker.cli.files import contents
from worker.cli.output import CommandFailedError, ExitCode, JsonOption, emit, show, table
from worker.cli.texts import local, state_text
from worker.settings import Settings

app = typer.Typer(rich_markup_mode="rich", add_completion=False)


@app.command()
def normalise(
    files: Annotated[list[Path], typer.Argument(help="Payloads as the carrier sent them; `-` reads standard input.")],
    carrier: Annotated[str, typer.Option(help="The dialect: a folder of mappings/carriers.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Show what a carrier payload becomes in the milestone language. Nothing is stored.

    Unknown codes are UNMAPPED, times without a zone are days, and what
    could not become a fact is named with its reason. Exit code 1 when the
    payload cannot be read at all.

    [bold]Examples[/]

      milepost normalise scan.json --carrier fedex
      curl -s https://carrier.example.com/track | milepost normalise - --carrier dhl_parcel_de --json

    [bold]JSON[/] (stable: keys are only ever added): facts, rejected,
    problems, journeys; for several files a list of such documents, each
    with its file.
    """
    # No ledger, no Temporal: this command answers at once.
    mappings = Mappings.load(Settings.load().mappings_root)
    if carrier not in mappings.carriers:
        raise CommandFailedError(
            f"no dialect {carrier!r}", hint=f"one of: {', '.join(mappings.carriers)}", code=ExitCode.USAGE
        )
    documents = {name: _document(mappings, carrier, body) for name, body in contents(files).items()}
    if as_json:
        many = [{"file": name, **document} for name, document in documents.items()]
        emit(many if len(many) > 1 else next(iter(documents.values())))
    else:
        for name, document in documents.items():
            show(*_view(name, document))
    if any(document["unreadable"] for document in documents.values()):
        raise typer.Exit(ExitCode.PROBLEMS)


def _document(mappings: Mappings, carrier: str, body: bytes) -> dict[str, Any]:
    try:
        normalised = mappings.normalise(carrier, body, received_at=datetime.now(UTC))
    except PayloadError as error:
        return _unreadable(carrier, error)
    return {**report(normalised), "unreadable": False}


def _unreadable(carrier: str, error: HubError) -> dict[str, Any]:
    problem = {"problem": error.code, "code": error.code, "detail": str(error), "tracking_number": None}
    return {
        "carrier": carrier,
        "facts": [],
        "rejected": [],
        "problems": [{**problem, "partner_code": None}],
        "journeys": [],
        "unreadable": True,
    }


def _view(name: str, document: dict[str, Any]) -> list[Table | Text | str]:
    facts = [
        (
            fact["index"],
            fact["tracking_number"],
            _when(fact),
            _milestone(fact),
            " ".join(fact["reasons"]),
            _place(fact["location"]),
            fact["raw_code"],
            fact["raw_text"],
        )
        for fact in document["facts"]
    ]
    columns = ["#", "number", "at", "milestone", "why", "place", "raw code", "raw text"]
    parts: list[Table | Text | str] = [table(f"{name} ({document['carrier']})", columns, facts)]
    if document["rejected"]:
        rows = [(one["index"], one["problem"], one["detail"], one["raw_code"]) for one in document["rejected"]]
        parts.append(table("Events that did not become facts", ["#", "problem", "detail", "raw code"], rows))
    if document["problems"]:
        wrong = [(one["code"], one["detail"], one["tracking_number"]) for one in document["problems"]]
        parts.append(table("Problems", ["code", "detail", "number"], wrong))
    for journey in document["journeys"]:
        flags = ", ".join(sorted({one["flag"] for one in journey["anomalies"]}))
        line = Text.assemble(f"{journey['tracking_number']}: ", state_text(journey["state"]))
        parts.append(line.append(f"  {flags}", style="yellow"))
    return parts


def _when(fact: dict[str, Any]) -> str:
    at = fact["occurred_at"]
    if at is None:
        return "no time"
    return f"{at[:10]} (day)" if fact["precision"] == "DAY" else local(at)


def _milestone(fact: dict[str, Any]) -> Text:
    style = "yellow" if fact["milestone"] == Milestone.UNMAPPED else "dim" if fact["classifier"] != "ACT" else ""
    return Text(fact["milestone"], style=style)


def _place(location: dict[str, Any] | None) -> str:
    found = location or {}
    return ", ".join(str(found[name]) for name in ("facility", "city", "country") if found.get(name))
